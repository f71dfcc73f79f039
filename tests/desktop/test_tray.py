"""The tray is enough for daily use: state and common actions, without a window."""

import re
import socket
import subprocess
import time
import unittest
import urllib.request

from desktop import PATIENCE, App, Desktop, until

SHARES = [("photos", "r: *"), ("inbox", "w: *")]


class TrayTest(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.app = App(self.desktop, "--hidden", shares=SHARES)
        self.tray = self.app.tray()
        self.app.serves()

    def row(self, *path):
        rows = self.tray.rows()
        for label in path:
            found = [row for row in rows if row[0].startswith(label)]
            self.assertTrue(found, f"{label!r} in {rows}")
            row, rows = found[0], found[0][3]
        return row

    def test_starts_hidden_with_a_menu_and_an_icon(self):
        self.assertEqual(self.desktop.windows(), [])
        labels = self.tray.labels()
        self.assertEqual(labels[0], "Open window")
        self.assertTrue(labels[1].startswith("Sharing: ON — 2 folders"), labels)
        self.assertEqual(labels[2], "Turn sharing off")
        self.assertIn(f"Copy address  http://127.0.0.1:{self.app.port}", labels)
        self.assertEqual(labels[-1], "Quit")
        self.assertFalse(self.tray.rows()[1][2], "the state row is disabled")
        self.assertIn("Sharing: ON", self.tray.tooltip())
        width, height, pixels = self.tray.picture()
        self.assertEqual((width, height, len(pixels)), (44, 44, 44 * 44 * 4))
        self.assertGreater(max(pixels[0::4]), 200, "the icon is visible")

    def test_a_share_is_switched(self):
        self.assertEqual(self.app.get("/photos/"), 200)
        self.assertEqual(self.row("Shared folders", "photos")[:2], ("photos — everyone · view", True))
        self.tray.click("Shared folders", "photos")
        until(lambda: self.app.get("/photos/") != 200, what="the end of the share")
        until(lambda: self.row("Shared folders", "photos")[1] is False, what="an unchecked row")
        self.assertIn("off = true", self.app.config.read_text())
        self.tray.click("Shared folders", "photos")
        until(lambda: self.app.get("/photos/") == 200, what="the share")

    def test_sharing_is_turned_off_and_on(self):
        on = self.tray.picture()
        self.tray.click("Turn sharing off")
        until(lambda: self.app.get("/") is None, what="closed ports")
        until(lambda: self.tray.labels()[1:3] == ["Sharing is off", "Turn sharing on"], what="the menu of off")
        until(lambda: self.tray.picture() != on, what="another icon")
        self.tray.click("Turn sharing on")
        self.app.serves()
        until(lambda: self.tray.picture() == on, what="the first icon again")

    def test_sharing_is_paused(self):
        self.tray.click("Pause", "For 30 minutes")
        until(lambda: re.match(r"Sharing is paused until .*\d:\d\d$", self.tray.labels()[1]), what="the pause")
        self.assertIsNone(self.app.get("/"))
        self.tray.click("Resume sharing")
        self.app.serves()

    def test_files_received_together_are_notified_once(self):
        for number in range(5):
            self.assertIn(self.app.put(f"/inbox/{number}.jpg"), (200, 201))
        told = until(self.desktop.notifications, what="a notification")
        self.assertEqual([note["title"] for note in told], ["5 files received"])
        self.assertIn("/inbox", told[0]["body"])
        until(lambda: self.row("Activity", "Last: "), what="the last file in the menu")

    def test_quit_ends_everything(self):
        self.tray.click("Quit")
        self.assertEqual(self.app.process.wait(PATIENCE), 0)
        self.assertIsNone(self.app.get("/"))

    def test_quit_asks_while_a_transfer_runs(self):
        data = b"x" * 100_000
        self.app.upload("/inbox/big.bin", data, whole=False)
        until(lambda: self.tray.labels()[1].startswith("Receiving 1 file from"), what="the upload in the menu")
        self.tray.click("Quit")
        until(lambda: self.desktop.windows("Quit Potluck"), what="the question")
        self.assertIsNone(self.app.process.poll())
        self.app.upload("/inbox/big.bin", data)
        self.assertTrue((self.desktop.folder / "shared/inbox/big.bin").exists(), "the transfer went on meanwhile")

    def test_the_computer_stays_awake_for_a_transfer(self):
        self.app.upload("/inbox/big.bin", b"x" * 1000, whole=False)
        until(lambda: len(self.desktop.heard("inhibited")) == 2, what="the sleep inhibitors")
        self.assertEqual({entry["inhibited"] for entry in self.desktop.heard("inhibited")}, {"idle", "sleep"})
        self.assertEqual(self.desktop.heard("released"), [])
        self.app.process.terminate()
        self.app.process.wait(PATIENCE)
        until(lambda: len(self.desktop.heard("released")) == 2, what="the end of the inhibitors")

    def test_a_dock_shows_the_progress(self):
        dock = lambda: [(look["shows"], look["progress"]) for look in self.desktop.heard("entry")]
        with socket.create_connection(("127.0.0.1", self.app.port), timeout=60) as sender:
            head = f"PUT /inbox/slow.bin HTTP/1.1\r\nHost: 127.0.0.1:{self.app.port}\r\nContent-Length: 4000000\r\n\r\n"
            sender.sendall(head.encode() + b"x" * 1_000_000)
            until(dock, what="the first request of the dock")
            # Progress is published a few times per second at most; the last value before a pause may be outdated.
            for _ in range(20):
                time.sleep(0.3)
                sender.sendall(b"x" * 50_000)
            until(lambda: dock()[-1] == (True, 0.5), what="50 % in the dock")
            sender.sendall(b"x" * 2_000_000)
            self.assertIn(b" 201 ", sender.recv(1000))
        until(lambda: dock()[-1] == (False, 0.0), what="no progress in the dock")

    def test_a_text_goes_from_the_clipboard_to_the_page(self):
        page = lambda: urllib.request.urlopen(f"http://127.0.0.1:{self.app.port}/photos/", timeout=60).read().decode()
        subprocess.run(
            ["xclip", "-selection", "clipboard"], input=b"the key is 42", env=self.desktop.env, check=True,
            stdout=subprocess.DEVNULL,
        )
        self.tray.click("Request and send", "Send clipboard")
        until(lambda: "the key is 42" in page(), what="the text on the page")
        labels = lambda: [row[0] for row in self.row("Request and send")[3]]
        back = until(lambda: [one for one in labels() if one.startswith("Stop showing clipboard")], what="the row that removes it")
        self.tray.click("Request and send", back[0])
        until(lambda: "the key is 42" not in page(), what="the end of the text")

    def test_an_address_is_copied(self):
        self.tray.click("Copy address")
        paste = lambda: subprocess.run(
            ["xclip", "-o", "-selection", "clipboard"], env=self.desktop.env, capture_output=True, text=True
        ).stdout
        until(lambda: paste() == f"http://127.0.0.1:{self.app.port}/", what="the address on the clipboard")

    def test_a_signal_ends_it_in_order(self):
        self.app.process.terminate()
        self.assertEqual(self.app.process.wait(PATIENCE), 0)


if __name__ == "__main__":
    unittest.main()
