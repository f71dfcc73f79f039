"""The app starts in every environment, or says in one sentence why not."""

import socket
import subprocess
import time
import unittest

from desktop import APP, OURS, PATIENCE, App, Desktop, free_port, until

SHARES = [("photos", "r: *")]


class StartTest(unittest.TestCase):
    def desktop(self, **how):
        desktop = Desktop(**how)
        self.addCleanup(desktop.close)
        return desktop

    def test_without_a_display_it_names_the_headless_program(self):
        for display in ({}, {"DISPLAY": ":4711"}):
            done = subprocess.run(
                [APP], env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **display}, capture_output=True, text=True
            )
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("potluck-server", done.stderr)

    def test_help_needs_no_display(self):
        done = subprocess.run([APP, "--help"], env={}, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--hidden", done.stdout)
        self.assertEqual(subprocess.run([APP, "--nonsense"], env={}, capture_output=True).returncode, 1)

    def test_without_a_tray_the_window_opens_and_says_so_once(self):
        desktop = self.desktop(panel=False)
        app = App(desktop, "--hidden", shares=SHARES)
        app.serves()
        until(desktop.windows, what="a window")
        until(desktop.notifications, what="a notification")

        def is_put_away():
            # A window that is just being drawn ignores the first request. A busy computer handles it late, and a second
            # request would then minimize the window that was just restored.
            for window in desktop.windows():
                desktop.close_window(window)
            end = time.monotonic() + 3
            while desktop.windows() and time.monotonic() < end:
                time.sleep(0.05)
            return not desktop.windows()

        until(is_put_away, what="a minimized window")
        self.assertIsNone(app.process.poll())
        self.assertEqual(app.second(), 0)
        self.assertTrue(until(desktop.windows, what="the window"))
        app.process.terminate()
        app.process.wait(PATIENCE)
        App(desktop, shares=SHARES).serves()
        until(desktop.windows, what="a window")
        titles = [note["title"] for note in desktop.notifications()]
        self.assertEqual(titles, ["This desktop has no tray icons"])

    def test_a_tray_that_appears_late_is_used(self):
        desktop = self.desktop(panel=False)
        app = App(desktop, "--hidden", shares=SHARES)
        app.serves()
        desktop.panel()
        self.assertEqual(app.tray().labels()[0], "Open window")
        watcher = desktop.bus.get_object("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher")
        names = lambda: watcher.Get(
            "org.kde.StatusNotifierWatcher",
            "RegisteredStatusNotifierItems",
            dbus_interface="org.freedesktop.DBus.Properties",
        )
        until(lambda: any(str(app.process.pid) in name for name in names()), what="the icon in the panel")
        self.assertEqual(desktop.windows(), [])

    def test_the_first_start_shares_nothing_and_shows_the_questions(self):
        desktop = self.desktop()
        settings = OURS + f"\n[network]\nports = [{free_port()}]\n"
        app = App(desktop, settings=settings)
        until(desktop.windows, what="a window")
        self.assertEqual(app.tray().labels()[1:3], ["Nothing is shared yet", "Set up sharing…"])
        sockets = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True).stdout.splitlines()
        ours = [line.split()[3] for line in sockets if f"pid={app.process.pid}," in line]
        self.assertTrue(ours)
        self.assertTrue(all(address.startswith(("127.0.0.1:", "[::1]:")) for address in ours), ours)

    def test_an_error_that_prevents_the_start_is_shown(self):
        desktop = self.desktop()
        mine = "# mine\n[network]\nlisten = ['127.0.0.1']\nports = [0]\n"
        app = App(desktop, settings=mine)
        until(lambda: desktop.windows("Potluck cannot start"), what="an error window")
        self.assertIsNone(app.process.poll())

        def closed():
            # The window found before may have been a frame that the window manager has removed since.
            for dialog in desktop.windows("Potluck cannot start"):
                desktop.close_window(dialog)
            return app.process.poll() is not None

        until(closed, what="the end")
        self.assertEqual(app.process.returncode, 1)
        self.assertIn("left alone", app.log.read_text())
        self.assertEqual(app.config.read_text(), mine)

    def test_damaged_settings_are_replaced_by_the_last_good_ones(self):
        desktop = self.desktop()
        app = App(desktop, "--hidden", shares=SHARES)
        app.serves("/photos/")
        # The copy is written a moment after the first answer.
        until(app.config.with_name("settings.toml.last-good").exists, what="a copy of the good settings")
        app.process.terminate()
        app.process.wait(PATIENCE)
        good = app.config.read_text()
        app.config.write_text("[network\nports =")
        app.process = app.start("--hidden")
        until(lambda: app.get("/photos/") == 200, what="the last good settings")
        self.assertEqual(app.config.read_text(), good)
        aside = list(app.config.parent.glob("settings.toml.damaged-*"))
        self.assertEqual([path.read_text() for path in aside], ["[network\nports ="])
        self.assertTrue(app.tray().labels()[1].startswith("The settings could not be read"))

    def test_a_taken_port_is_replaced_and_taken_back_when_free(self):
        desktop = self.desktop()
        with socket.create_server(("127.0.0.1", 0)) as other:
            app = App(desktop, "--hidden", shares=SHARES, port=other.getsockname()[1])
            tray = app.tray()
            until(lambda: tray.labels()[1].startswith(f"Port {app.port} belongs to the program python3"), what="the problem")
            address = next(label for label in tray.labels() if label.startswith("Copy address"))
            self.assertRegex(address, r":39(2[4-9]|3[0-3])$")
            app.process.terminate()
            app.process.wait(PATIENCE)
        app.process = app.start("--hidden")
        app.serves("/photos/")
        self.assertTrue(app.tray().labels()[1].startswith("Sharing: ON"))


if __name__ == "__main__":
    unittest.main()
