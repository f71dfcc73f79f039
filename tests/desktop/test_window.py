"""The window comes and goes; the server does not notice."""

import subprocess
import unittest

from desktop import App, Desktop, until

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

    def test_opens_by_the_menu_and_by_a_click(self):
        tray = self.start("--hidden").tray()
        tray.click("Open window")
        first = self.window()
        self.desktop.close_window(first)
        until(lambda: not self.desktop.windows(), what="the end of the window")
        tray.activate()
        self.window()
        tray.click("Settings")
        # What looks for windows finds none when one of the menu's goes at that moment.
        self.assertEqual(len(until(self.desktop.windows, what="the window")), 1, "one window, never two")

    def test_two_who_want_to_see_it_see_one(self):
        app = self.start("--hidden")
        tray = app.tray()
        for _ in range(3):
            tray.click("Open window")
        self.window()
        self.assertEqual(app.second(), 0)
        self.assertEqual(len(self.desktop.windows()), 1)

    def test_closing_it_goes_on_and_says_so_once(self):
        app = self.start()
        for _ in range(2):
            self.desktop.close_window(self.window())
            until(lambda: not self.desktop.windows(), what="the end of the window")
            self.assertEqual(app.get("/photos/"), 200)
            app.tray().click("Open window")
        titles = [note["title"] for note in self.desktop.notifications()]
        self.assertEqual(titles, ["Potluck goes on"])

    def test_a_second_start_shows_the_window_of_the_first(self):
        app = self.start("--hidden")
        self.assertEqual(app.second(), 0)
        self.window()
        self.assertEqual(app.get("/photos/"), 200)

    def test_it_is_where_and_as_large_as_it_was(self):
        app = self.start()
        window = self.window()
        geometry = lambda: subprocess.run(
            ["xdotool", "getwindowgeometry", str(self.window())], env=self.desktop.env, capture_output=True, text=True
        ).stdout
        self.assertIn("760x560", geometry())
        subprocess.run(["xdotool", "windowsize", str(window), "600", "500"], env=self.desktop.env, check=True)
        until(lambda: "600x500" in geometry(), what="another size")
        self.desktop.close_window(window)
        until(lambda: not self.desktop.windows(), what="the end of the window")
        app.tray().click("Quit")
        app.process.wait(15)
        self.start()
        until(lambda: "600x500" in geometry(), what="the size of before")


if __name__ == "__main__":
    unittest.main()
