"""Files given to the app are shared by one link; a received file is shown in its folder, or the window says why not."""

import os
import subprocess
import unittest

from desktop import App, Desktop, until
from test_admin_api import Page

SHARES = [("photos", "r: *")]


class FirstStartTest(unittest.TestCase):
    def test_files_of_the_first_start_wait_until_the_page_listens(self):
        desktop = Desktop()
        self.addCleanup(desktop.close)
        files = [desktop.folder / name for name in ("a.jpg", "b.jpg")]
        for file in files:
            file.write_text("x")
        app = App(desktop, shares=SHARES, starts=False)
        page = Page(desktop, app, *files)
        self.addCleanup(page.close)
        page.sees("Share 2 files with a link")


class FilesTest(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        # Found before the system's own programs.
        self.programs = self.desktop.folder / "programs"
        self.programs.mkdir()
        env = {"PATH": f"{self.programs}:{os.environ['PATH']}"}
        self.app = App(self.desktop, shares=SHARES, starts=False, env=env)
        self.desktop.env = self.app.env
        self.page = Page(self.desktop, self.app)
        self.addCleanup(self.page.close)
        self.app.serves()
        until(lambda: self.page.run("return !!window.__TAURI__"), what="the page")
        self.page.sees("Sharing is on")

    def program(self, name, script):
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def curl(self, *args):
        jar = self.desktop.folder / "cookies"
        done = subprocess.run(["curl", "-s", "-b", jar, "-c", jar, *args], capture_output=True)
        self.assertEqual(done.returncode, 0)
        return done.stdout

    def test_files_of_a_second_start_get_one_link_for_all(self):
        folder = self.desktop.folder / "home" / "Pictures"
        folder.mkdir()
        names = ["a b.jpg", "b.jpg", "c.jpg", "secret.jpg"]
        for name in names:
            (folder / name).write_text(f"this is {name}")
        self.assertEqual(self.app.second(*(folder / name for name in names[:3])), 0)
        self.page.sees("Share 3 files with a link")
        self.page.click("Create link")
        url = until(
            lambda: self.page.run("return document.querySelector('dialog .address code')?.textContent"), what="a link"
        )
        self.curl("-d", "then=open", url)
        top = f"http://127.0.0.1:{self.app.port}/files-1/"
        for name in names[:3]:
            self.assertEqual(self.curl(top + name.replace(" ", "%20")).decode(), f"this is {name}")
        self.assertNotIn(b"this is secret", self.curl(top + "secret.jpg"))
        self.assertNotIn(b"secret", self.curl(top + "?ls"))
        # The share is saved in the settings, and ends with its link.
        self.assertIn('only = "a%20b.jpg+b.jpg+c.jpg"', self.app.config.read_text())
        self.page.click("Done")
        self.page.sees("a b.jpg and 2 more")
        self.page.click("Revoke: a b.jpg and 2 more")
        self.page.click("Revoke", within="(document.querySelector('dialog[open]') ?? document)")
        until(lambda: "only = " not in self.app.config.read_text(), what="the end of the share")
        self.assertNotIn(b"this is b.jpg", self.curl(top + "b.jpg"))

    def test_a_file_is_shown_in_its_folder_or_an_error_is_shown(self):
        file = self.app.file("photos/cat.jpg")
        file.write_text("meow")
        asked = self.desktop.folder / "opened"
        self.program("xdg-open", f'echo "$1" >> {asked}')
        self.assertEqual(self.page.invoke("show_in_folder", path=str(file)), [None, None])
        until(asked.exists, what="opening the folder")
        self.assertEqual(asked.read_text(), f"{file.parent}\n")
        self.assertEqual(self.page.invoke("open_path", path=str(file.parent)), [None, None])
        # A program that runs as long as its window is open has not failed.
        self.program("xdg-open", "exec sleep 5")
        self.assertEqual(self.page.invoke("show_in_folder", path=str(file)), [None, None])
        self.program("xdg-open", "exit 3")
        _, why = self.page.invoke("show_in_folder", path=str(file))
        self.assertIn("No program could be found that shows folders", why)
        self.assertIn(str(file), why)
        _, why = self.page.invoke("show_in_folder", path=f"{file}.gone")
        self.assertIn("no longer exists", why)
        # The window shows the error.
        self.page.click("Shares")
        self.page.click("Open folder")
        self.page.sees("cannot be opened: this desktop has no program for it")


if __name__ == "__main__":
    unittest.main()
