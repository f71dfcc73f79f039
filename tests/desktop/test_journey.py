"""From the first start to quitting, as a person and a phone use the app: setup, a code, an upload, a share."""

import json
import os
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from desktop import App, Desktop, until
from test_admin_api import Page

PHONE = Path(__file__).parents[1] / "browser" / "phone.mjs"
SHOTS = os.environ.get("POTLUCK_SHOTS")


class JourneyTest(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        # Its default port: no other program listens in this network namespace.
        self.app = App(self.desktop, port=3923, starts=False)
        self.page = Page(self.desktop, self.app)
        self.addCleanup(self.page.close)

    def click(self, words, **where):
        self.page.click(words, **where)

    def sees(self, words):
        return self.page.sees(words)

    def fill(self, selector, text):
        script = f"""
            const field = document.querySelector({json.dumps(selector)});
            if (!field) return false;
            field.value = {json.dumps(str(text))};
            field.dispatchEvent(new Event("input", {{ bubbles: true }}));
            field.dispatchEvent(new Event("change", {{ bubbles: true }}));
            return true;
        """
        until(lambda: self.page.run(script), what=f"the field {selector}")

    def shot(self, name):
        if SHOTS:
            # Images in the page are drawn a moment after the text.
            time.sleep(0.5)
            path = Path(SHOTS) / f"{name}.png"
            subprocess.run(["import", "-window", "root", str(path)], env=self.desktop.env, check=False)

    def phone(self, *args):
        env = {**self.desktop.env, "PATH": os.environ["PATH"], "CHROMIUM": os.environ.get("CHROMIUM", "/usr/bin/chromium")}
        done = subprocess.run(
            [shutil.which("node"), PHONE, *map(str, args)], env=env, cwd=PHONE.parent, capture_output=True, text=True,
            timeout=120,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def answer(self, **call):
        good, bad = self.page.invoke("control", call=call)
        self.assertIsNone(bad)
        return good

    def test_from_the_first_start_to_quitting(self):
        # Setup: four screens, and the server is not reachable before the last one.
        until(lambda: self.page.run("return !!window.__TAURI__"), what="the page")
        self.sees("Next")
        self.shot("1-welcome")
        self.assertTrue(self.answer(call="overview")["is_new"])
        self.click("Next")
        inbox = until(lambda: self.page.run("return document.querySelector('#welcome-inbox')?.value"), what="an inbox")
        self.assertTrue(inbox.startswith(str(self.desktop.folder / "home")), inbox)
        self.shot("2-folders")
        self.click("Next")
        self.sees("Who can connect?")
        self.shot("3-who")
        self.click("Start sharing")
        url = until(
            lambda: self.page.run("return document.querySelector('.address code')?.textContent"), what="an address"
        )
        self.shot("4-ready")
        shares = self.answer(call="shares")
        self.assertEqual([(share["may"], share["on"]) for share in shares], [("drop_off", True)])
        self.assertEqual(shares[0]["folder"], inbox)
        inbox = Path(inbox)
        self.assertTrue(inbox.is_dir())

        # The phone scans the code, joins under a name, and sends twenty pictures.
        pictures = [self.desktop.folder / f"IMG_{number}.jpg" for number in range(2041, 2061)]
        for picture in pictures:
            picture.write_bytes(os.urandom(700_000))
        state = self.desktop.folder / "phone.json"
        seen = self.phone("enter", state, url, "Anna's phone", *pictures)
        self.assertIn("/inbox/", seen["url"])
        self.sees("Anna's phone")
        for picture in pictures:
            self.assertEqual((inbox / picture.name).read_bytes(), picture.read_bytes())
        self.shot("5-joined")
        self.click("Done")

        # The code works once.
        used = subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "device=x", url], capture_output=True, text=True
        )
        self.assertEqual(used.stdout, "403")

        # The received files are listed with their sender, and one notification is shown.
        self.click("Activity")
        self.sees("IMG_2041.jpg")
        self.sees("Received from Anna's phone")
        self.shot("6-activity")
        told = until(self.desktop.notifications, what="a notification")
        self.assertEqual([note["title"] for note in told], ["20 files received"])

        # A folder that everyone may read, with its preview.
        photos = self.desktop.folder / "home" / "Photos"
        (photos / "2026").mkdir(parents=True)
        (photos / "cat.jpg").write_bytes(b"meow")
        self.click("Shares")
        self.click("Share a folder")
        self.sees("Who")
        self.fill("pl-share-editor input[id*=folder]", photos)
        self.click("Everyone")
        self.sees("cat.jpg")
        self.shot("7-editor")
        self.click("Share folder")
        until(lambda: len(self.answer(call="shares")) == 2, what="two shares")
        self.shot("8-shares")
        self.assertEqual(self.app.get("/photos/cat.jpg"), 200)

        # Off and on again from the tray.
        tray = self.desktop.only_tray()

        def row_of_photos():
            shares = next((row[3] for row in tray.rows() if row[0] == "Shared folders"), [])
            return next((row[0] for row in shares if row[0].lower().startswith("photos")), None)

        label = until(row_of_photos, what="the share in the menu")
        tray.click("Shared folders", label)
        until(lambda: self.app.get("/photos/cat.jpg") != 200, what="the end of the share")
        tray.click("Shared folders", label)
        until(lambda: self.app.get("/photos/cat.jpg") == 200, what="the share again")

        # The phone is logged out at once.
        again = self.phone("again", state, f"http://127.0.0.1:3923{shares[0]['mount']}/")
        self.assertEqual(again["status"], 200)
        self.click("People & devices")
        self.sees("Anna's phone")
        self.shot("9-people")
        devices = self.answer(call="people")["devices"]
        self.assertEqual([(device["name"], device["guest"]["may"]) for device in devices], [("Anna's phone", "drop_off")])
        self.click("Sign out Anna's phone")
        self.click("Sign out", within="(document.querySelector('dialog[open]') ?? document)")
        until(lambda: self.answer(call="people")["devices"] == [], what="the end of the device")
        out = self.phone("again", state, f"http://127.0.0.1:3923{shares[0]['mount']}/")
        self.assertIn(out["status"], (401, 403, 404))

        # A link with a file request, and every other pane.
        for pane in ("Links", "Settings", "Help", "Connect"):
            self.click(pane)
            self.shot(f"10-{pane.lower()}")

        # Quit.
        self.click("Turn sharing off")
        until(lambda: self.app.get("/") is None, what="closed ports")
        self.sees("off")
        self.shot("11-off")


if __name__ == "__main__":
    unittest.main()
