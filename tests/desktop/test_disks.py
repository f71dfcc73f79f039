"""Disks that become full, are pulled out, put back, or replaced, while uploads run."""

import os
import subprocess
import unittest

from desktop import PATIENCE, App, Desktop, until
from test_admin_api import Page
from up2k import CHUNK, Refused, Upload

OURS = ".hist"


def visible(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def curl(*args, data=None):
    """Returns (status, text) of an answer."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", "--max-time", "30", *map(str, args)]
    done = subprocess.run(command, input=data, capture_output=True)
    text, _, status = done.stdout.decode().rpartition("\n")
    return int(status), text


class DiskTest(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)

    def mount_tmpfs(self, at, size):
        """Mounts a small disk."""
        return self.desktop.mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", at=at)

    def start(self, *shares):
        app = App(self.desktop, "--hidden", shares=shares)
        app.serves()
        return app, app.tray()

    def begin_upload(self, app, path, size, sent):
        """Starts an upload and sends some of its chunks."""
        upload = Upload(app, path, os.urandom(size))
        for chunk in upload.ask()[:sent]:
            upload.send(chunk)
        return upload


class FullTest(DiskTest):
    def test_a_full_disk_is_reported_and_uploads_resume_when_there_is_space(self):
        inbox = self.mount_tmpfs(self.desktop.folder / "shared/inbox", 24 * CHUNK)
        app, tray = self.start(("inbox", "rw: *"))
        film = self.begin_upload(app, "/inbox/film.bin", 12 * CHUNK, sent=4)
        with (inbox / "ballast").open("wb", buffering=0) as ballast, self.assertRaises(OSError):
            while True:
                ballast.write(b"x" * 65536)

        # Every client gets an error, whatever protocol it uses.
        with self.assertRaisesRegex(Refused, "500 .*full"):
            film.resume()
        url = f"http://127.0.0.1:{app.port}/inbox/"
        note = os.urandom(3 * CHUNK)
        file = self.desktop.folder / "note.bin"
        file.write_bytes(note)
        for how in (["-T", file], ["-T", file, "-H", "Transfer-Encoding: chunked"], ["-F", f"f=@{file}", "-F", "act=bput"]):
            status, text = curl(*how, url + ("" if "-F" in how else "note.bin"))
            self.assertEqual(status, 500, how)
            self.assertIn("full", text, how)
        self.assertEqual(visible(inbox), ["ballast"])
        self.assertEqual(app.get("/inbox/note.bin"), 404)
        partial = lambda: [name for name in os.listdir(inbox) if name.endswith(".PARTIAL")]
        until(lambda: len(partial()) == 1, what="removing all but the resumable upload")

        # The user of the computer is told, too: in the menu, and once by a notification.
        until(lambda: tray.labels()[1].startswith("The disk of /inbox is full"), what="the problem in the menu")
        told = until(self.desktop.notifications, what="a notification")
        self.assertEqual([note["title"] for note in told], ["Potluck needs attention"])
        self.assertIn("/inbox", told[0]["body"])

        (inbox / "ballast").unlink()
        self.assertLessEqual(film.resume(), 8, "received chunks are not sent again")
        self.assertEqual((inbox / "film.bin").read_bytes(), film.data)
        self.assertEqual(curl("-T", file, url + "note.bin")[0], 201)
        self.assertEqual((inbox / "note.bin").read_bytes(), note)
        until(lambda: tray.labels()[1].startswith("Sharing: ON"), what="the end of the problem")
        self.assertEqual(partial(), [])


class UnpluggedTest(DiskTest):
    def wait_until_disconnected(self, tray, name):
        until(lambda: f"✗ {name} (not connected)" in tray.labels_below("Shared folders"), what="a share without its disk")

    def wait_until_reconnected(self, app, tray, name):
        until(lambda: app.get(f"/{name}/") == 200, what="the share")
        until(
            lambda: any(label.startswith(f"{name} — ") for label in tray.labels_below("Shared folders")),
            what="the share in the menu",
        )

    def assert_refused(self, app, upload):
        with self.assertRaisesRegex(Refused, "410 .*unavailable"):
            upload.ask()
        self.assertNotIn(app.get(upload.url[upload.url.index("/", 7) :]), (200, None))
        status, _ = curl("-T", "-", upload.url + "new.txt", data=b"x")
        self.assertEqual(status, 410)

    def test_a_share_returns_with_its_disk(self):
        disk = self.mount_tmpfs(self.desktop.folder / "disk", 40 * CHUNK)
        stick = self.desktop.folder / "shared/stick"
        self.desktop.mount("--bind", disk, at=stick)
        app, tray = self.start(("stick", "rw: *"))
        upload = self.begin_upload(app, "/stick/film.bin", 6 * CHUNK, sent=2)
        self.desktop.unmount(stick)
        # Until the server notices, files are written to the disk or nowhere.
        try:
            upload.send(list(upload.chunks)[2])
        except Refused as refused:
            self.assertEqual(refused.status, 410)
        self.wait_until_disconnected(tray, "stick")
        self.assert_refused(app, upload)
        self.assertEqual(os.listdir(stick), [], "nothing is written below the mount point")
        # The same for a program that was started without the disk.
        app.process.terminate()
        app.process.wait(PATIENCE)
        app.process = app.start("--hidden")
        app.serves()
        tray = app.tray()
        self.wait_until_disconnected(tray, "stick")
        self.assert_refused(app, upload)
        self.assertEqual(os.listdir(stick), [], "nothing is written below the mount point")
        self.desktop.mount("--bind", disk, at=stick)
        self.wait_until_reconnected(app, tray, "stick")
        self.assertIn(until(upload.try_resume, what="the remaining chunks"), (3, 4))
        self.assertEqual((stick / "film.bin").read_bytes(), upload.data)

    def test_another_disk_has_no_chunks_of_the_first(self):
        stick = self.mount_tmpfs(self.desktop.folder / "shared/stick", 40 * CHUNK)
        app, tray = self.start(("stick", "rw: *"))
        upload = self.begin_upload(app, "/stick/film.bin", 6 * CHUNK, sent=2)
        self.desktop.unmount(stick)
        self.wait_until_disconnected(tray, "stick")
        self.assert_refused(app, upload)
        self.assertEqual(os.listdir(stick), [])
        self.mount_tmpfs(stick, 40 * CHUNK)
        self.wait_until_reconnected(app, tray, "stick")
        # The ledger of a disk is on the disk itself, so no chunk of the first disk counts on the second.
        self.assertEqual(until(upload.try_resume, what="all chunks"), 6)
        self.assertEqual((stick / "film.bin").read_bytes(), upload.data)
        self.assertTrue((stick / OURS / "potluck.db").exists())

    def test_a_folder_that_is_moved_away_is_not_created_again(self):
        app = App(self.desktop, shares=[("inbox", "rw: *")], starts=False)
        page = Page(self.desktop, app)
        self.addCleanup(page.close)
        app.serves()
        tray = self.desktop.only_tray()
        says = lambda words: words in page.run("return document.body.innerText")
        until(lambda: says("Sharing"), what="the page")
        inbox, away = app.file("inbox"), self.desktop.folder / "away"
        upload = self.begin_upload(app, "/inbox/film.bin", 6 * CHUNK, sent=2)
        inbox.rename(away)
        self.wait_until_disconnected(tray, "inbox")
        until(lambda: says("The folder of /inbox was not found"), what="the problem in the window")
        # The row in the menu opens the pane where the problem can be solved, and the pane shows the problem.
        until(lambda: tray.labels()[1].startswith("The folder of /inbox was not found"), what="the problem in the menu")
        tray.click("The folder of /inbox was not found")
        until(lambda: page.run("return location.hash") == "#shares", what="the pane")
        self.assertIn("The folder of /inbox was not found", page.run("return document.querySelector('main').innerText"))
        shares, _ = page.invoke("control", call={"call": "shares"})
        self.assertEqual([share["is_there"] for share in shares], [False])
        self.assert_refused(app, upload)
        self.assertFalse(inbox.exists())
        away.rename(inbox)
        self.wait_until_reconnected(app, tray, "inbox")
        until(lambda: not says("The folder of /inbox was not found"), what="the end of the problem in the window")
        self.assertEqual(until(upload.try_resume, what="the remaining chunks"), 4)
        self.assertEqual((inbox / "film.bin").read_bytes(), upload.data)


if __name__ == "__main__":
    unittest.main()
