"""The window opens, closes and crashes without any effect on the server."""

import subprocess
import unittest

from desktop import OURS, PATIENCE, App, Desktop, free_port, until

SHARES = [("photos", "r: *")]


class WindowTest(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)

    def start(self, *args):
        app = App(self.desktop, *args, shares=SHARES)
        app.serves()
        return app

    def window(self):
        return until(self.desktop.windows, what="a window")[0]

    def test_it_opens_from_the_menu_and_by_a_click(self):
        tray = self.start("--hidden").tray()
        tray.click("Open window")
        self.window()
        self.desktop.close_windows()
        tray.activate()
        self.window()
        tray.click("Settings")
        self.assertEqual(len(self.desktop.windows()), 1, "one window, never two")

    def test_two_requests_open_one_window(self):
        app = self.start("--hidden")
        tray = app.tray()
        for _ in range(3):
            tray.click("Open window")
        self.window()
        self.assertEqual(app.second(), 0)
        self.assertEqual(len(self.desktop.windows()), 1)

    def test_closing_it_keeps_sharing_and_says_so_once(self):
        app = self.start()
        for _ in range(2):
            self.window()
            self.desktop.close_windows()
            self.assertEqual(app.get("/photos/"), 200)
            app.tray().click("Open window")
        titles = until(lambda: [note["title"] for note in self.desktop.notifications()], what="a notification")
        self.assertEqual(titles, ["Potluck keeps running"])

    def test_closing_it_before_anything_is_shared_says_that_nothing_is(self):
        app = App(self.desktop, settings=f"{OURS}\n[network]\nports = [{free_port()}]\n")
        titles = lambda: [note["title"] for note in self.desktop.notifications()]
        for times in (1, 2):
            self.window()
            self.desktop.close_windows()
            until(lambda: len(titles()) == times, what="a notification")
            app.tray().click("Open window")
        self.assertEqual(titles(), ["Nothing is shared yet"] * 2, "it must not say that sharing goes on")
        # The other notification is still shown once the setup is finished.
        self.assertNotIn("told_closing = true", self.preferences(app))

    def preferences(self, app):
        file = app.config.parent / "desktop.toml"
        return file.read_text() if file.exists() else ""

    def test_a_second_start_shows_the_window_of_the_first(self):
        app = self.start("--hidden")
        self.assertEqual(app.second(), 0)
        self.window()
        self.assertEqual(app.get("/photos/"), 200)

    def test_it_keeps_its_position_and_size(self):
        app = self.start()
        window = self.window()
        geometry = lambda: subprocess.run(
            ["xdotool", "getwindowgeometry", str(self.window())], env=self.desktop.env, capture_output=True, text=True
        ).stdout
        self.assertIn("760x560", geometry())
        subprocess.run(["xdotool", "windowsize", str(window), "600", "500"], env=self.desktop.env, check=True)
        until(lambda: "600x500" in geometry(), what="the new size")
        self.desktop.close_windows()
        app.tray().click("Quit")
        app.process.wait(PATIENCE)
        self.start()
        until(lambda: "600x500" in geometry(), what="the saved size")


if __name__ == "__main__":
    unittest.main()
