"""Events of a computer while it shares: its clock is set, its network changes, it sleeps, its display is lost."""

import glob
import os
import signal
import socket
import subprocess
import time
import unittest

from desktop import OURS, PATIENCE, App, Desktop, until
from test_admin_api import Page
from up2k import CHUNK, Upload

DAY = 86_400


def ip(*args):
    subprocess.run(["ip", *args], check=True)


class FaultTest(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)

    def folder(self, name):
        folder = self.desktop.folder / "shared" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def volume(self, name, access, flags=""):
        return f'\n[[volume]]\nsource = "{self.folder(name)}"\nmount = "/{name}"\naccess = ["{access}"]\n{flags}\n'

    def cable(self, name, *addresses):
        ip("link", "add", "name", name, "type", "veth", "peer", "name", f"{name}-far")
        self.addCleanup(subprocess.run, ["ip", "link", "del", name], stderr=subprocess.DEVNULL)
        for end in (name, f"{name}-far"):
            ip("link", "set", end, "up")
        for address in addresses:
            ip("addr", "add", address, "dev", name)


class Clock:
    """The wall clock of one program, which tests set while it runs. Its monotonic clock is not changed."""

    def __init__(self, desktop):
        self.file = desktop.folder / "clock"
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not library:
            raise AssertionError("Debian's package faketime is not installed")
        self.env = {
            "LD_PRELOAD": library[0],
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        self.set(0)

    def set(self, days):
        """Sets the clock, by an offset in days from the right time."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{round(days * DAY):+d}\n")
        fresh.rename(self.file)


class ClockTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.clock = Clock(self.desktop)
        app = App(self.desktop, shares=[("inbox", "rw: *")], starts=False, env=self.clock.env)
        tomorrow = int(time.time()) + DAY
        text = app.config.read_text()
        text += self.volume("party", "r: *", f"[volume.flags]\nuntil = {tomorrow}")
        text += self.volume("mine", "r: ann") + '\n[accounts]\nann = "correct-horse"\n'
        app.config.write_text(text)
        app.process = app.start("--hidden")
        self.app, self.tray = app, app.tray()
        app.serves()

    def log_in(self):
        """Signs in. Returns a cookie jar."""
        jar = self.desktop.folder / "cookies"
        form = ["-F", "act=login", "-F", "cppwd=correct-horse"]
        subprocess.run(["curl", "-sfc", jar, *form, f"http://127.0.0.1:{self.app.port}/"], check=True, capture_output=True)
        return jar

    def sees_own(self, jar):
        cookie = ["-b", jar] if jar else []
        return subprocess.run(["curl", "-sf", *cookie, f"http://127.0.0.1:{self.app.port}/mine/"], capture_output=True).returncode == 0

    def test_setting_the_clock_ends_only_what_has_expired(self):
        app = self.app
        jar = self.log_in()
        self.assertTrue(self.sees_own(jar) and not self.sees_own(None))
        self.assertEqual(app.get("/party/"), 200)
        upload = Upload(app, "/inbox/film.bin", os.urandom(6 * CHUNK))
        chunks = upload.ask()
        upload.send(chunks[0])

        self.clock.set(2)
        until(lambda: app.get("/party/") not in (200, None), what="the end of the share")
        self.assertTrue(self.sees_own(jar), "a session lasts longer than two days")
        upload.send(chunks[1])
        until(lambda: "the network is checked again" in app.log.read_text(), what="a new check of the network")

        self.clock.set(-2)
        # The clock goes back four days: the share has not expired yet.
        until(lambda: app.get("/party/") == 200, what="the share")
        self.assertTrue(self.sees_own(jar))
        upload.send(chunks[2])
        self.clock.set(0)
        self.assertEqual(upload.resume(), 3)
        self.assertEqual((app.file("inbox") / "film.bin").read_bytes(), upload.data)
        self.assertTrue(self.sees_own(jar) and self.sees_own(self.log_in()))

    def test_pauses_end_on_time(self):
        app, tray = self.app, self.tray
        tray.click("Pause", "For 30 minutes")
        until(lambda: tray.labels()[1].startswith("Sharing is paused until"), what="the pause")
        self.assertIsNone(app.get("/"))
        self.clock.set(2)
        app.serves()
        until(lambda: tray.labels()[1].startswith("Sharing: ON"), what="the end of the pause")


class NetworkTest(FaultTest):
    """Network interfaces that appear and disappear, in the namespace of this test."""

    def start(self, lan=""):
        port = 3923
        settings = f'{OURS}\n[network]\nports = [{port}]\n{lan}\n' + self.volume("photos", "r: *")
        app = App(self.desktop, settings=settings, port=port, starts=False)
        page = Page(self.desktop, app)
        self.addCleanup(page.close)
        app.serves()
        return app, page

    def test_addresses_and_codes_follow(self):
        app, page = self.start()
        shown = lambda: page.run("return document.querySelector('.address code')?.textContent") or ""
        code = lambda: page.run("return document.querySelector('pl-qr')?.text") or ""
        until(lambda: shown().startswith("http://127.0.0.1:3923/"), what="an address")
        tray = self.desktop.only_tray()

        def leads(address):
            start = f"http://{address}:3923/"
            until(lambda: shown().startswith(start) and code() == shown(), what=f"{address} in the window")
            until(lambda: f"Copy address  {start.rstrip('/')}" in tray.labels(), what=f"{address} in the menu")
            self.assertEqual(app.get("/photos/", host=address), 200)
            # A phone that scans the code gets in.
            self.assertEqual(app.get(code()[len(start) - 1 :], host=address), 200)

        self.cable("home0", "10.77.0.5/24")
        leads("10.77.0.5")
        ip("addr", "del", "10.77.0.5/24", "dev", "home0")
        ip("addr", "add", "10.78.0.9/24", "dev", "home0")
        leads("10.78.0.9")
        self.cable("home1", "10.79.0.3/24")
        ip("link", "del", "home0")
        leads("10.79.0.3")
        ip("link", "del", "home1")
        leads("127.0.0.1")

    def test_a_new_network_has_to_be_trusted(self):
        app, page = self.start(lan="[lan]\nask-networks = true\n")
        tray = self.desktop.only_tray()
        says = lambda words: words in page.run("return document.body.innerText")
        until(lambda: tray.labels()[1].startswith("Sharing: ON"), what="sharing in the known network")

        def asked(name, address):
            until(lambda: says(f"New network: {name}. Share here?"), what="the question")
            until(lambda: tray.labels()[1:3] == ["Not sharing on this network", "Share on this network…"], what="the menu")
            self.assertIsNone(app.get("/photos/", host=address))
            self.assertEqual(app.get("/photos/"), 200, "this computer itself may always connect")

        self.cable("home0", "10.77.0.5/24")
        asked("10.77.0.0/24", "10.77.0.5")
        page.run("document.querySelector('.ask .primary').click()")
        until(lambda: app.get("/photos/", host="10.77.0.5") == 200, what="an open port")
        ip("addr", "del", "10.77.0.5/24", "dev", "home0")
        ip("addr", "add", "10.78.0.9/24", "dev", "home0")
        asked("10.78.0.0/24", "10.78.0.9")
        ip("addr", "del", "10.78.0.9/24", "dev", "home0")
        ip("addr", "add", "10.77.0.5/24", "dev", "home0")
        until(lambda: app.get("/photos/", host="10.77.0.5") == 200, what="the trusted network")


class Slow:
    """A PUT that pauses in the middle of its body until `end` is called."""

    def __init__(self, app, path, data):
        self.rest = data[len(data) // 2 :]
        self.socket = socket.create_connection(("127.0.0.1", app.port), timeout=60)
        head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        self.socket.sendall(head + data[: len(data) // 2])

    def end(self):
        """Sends the rest. Returns the status."""
        self.socket.sendall(self.rest)
        with self.socket, self.socket.makefile("rb") as answer:
            return int(answer.readline().split()[1])


class SleepTest(FaultTest):
    def state(self, process):
        with open(f"/proc/{process.pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def test_transfers_prevent_sleep_and_survive_it(self):
        clock = Clock(self.desktop)
        self.cable("home0", "10.77.0.5/24")
        lan = "[network]\nports = [3923]\n\n[lan]\nz = true\nzmv = true\n"
        settings = f"{OURS}\n{lan}" + self.volume("inbox", "rw: *")
        app = App(self.desktop, "--hidden", settings=settings, port=3923, env=clock.env)
        app.serves()
        tray = app.tray()
        announced = lambda: app.log.read_text().count("mDNS: announced")
        until(lambda: announced() >= 1, what="an announcement")
        data = os.urandom(4 * CHUNK)
        slow = Slow(app, "/inbox/slow.bin", data)
        film = Upload(app, "/inbox/film.bin", os.urandom(4 * CHUNK))
        film.send(film.ask()[0])
        kinds = lambda key: sorted(entry[key] for entry in self.desktop.heard(key))
        until(lambda: kinds("inhibited") == ["idle", "sleep"], what="the sleep inhibitors")

        # A closed lid suspends nevertheless: the system announces it, then only the wall clock advances.
        self.desktop.announce_sleep(True)
        app.process.send_signal(signal.SIGSTOP)
        self.addCleanup(app.process.send_signal, signal.SIGCONT)
        until(lambda: self.state(app.process) == "T", what="sleep")
        before = announced()
        clock.set(0.5)
        app.process.send_signal(signal.SIGCONT)
        self.desktop.announce_sleep(False)
        until(lambda: "the network is checked again" in app.log.read_text(), what="a new check of the network")
        until(lambda: announced() > before, what="another announcement")

        self.assertEqual(slow.end(), 201)
        self.assertEqual(film.resume(), 3)
        self.assertEqual((app.file("inbox") / "slow.bin").read_bytes(), data)
        self.assertEqual((app.file("inbox") / "film.bin").read_bytes(), film.data)
        until(lambda: tray.labels()[1].startswith("Sharing: ON"), what="the end of the transfers")
        self.assertEqual(kinds("inhibited"), ["idle", "sleep"], "the inhibitors are not taken twice")


class DisplayTest(FaultTest):
    def test_a_lost_display_loses_nothing(self):
        app = App(self.desktop, "--hidden", shares=[("inbox", "rw: *")])
        app.serves()
        app.tray()
        inbox = app.file("inbox")
        # Acknowledged: a complete file, and two chunks. In flight: half a body.
        note = os.urandom(CHUNK)
        self.assertEqual(app.put("/inbox/note.bin", note), 201)
        film = Upload(app, "/inbox/film.bin", os.urandom(5 * CHUNK))
        for chunk in film.ask()[:2]:
            film.send(chunk)
        slow = Slow(app, "/inbox/slow.bin", os.urandom(4 * CHUNK))
        partial = lambda: [name for name in os.listdir(inbox) if name.endswith(".PARTIAL")]
        until(lambda: len(partial()) == 2, what="two unfinished files")
        settings = app.config.read_text()

        self.desktop.kill_display()
        app.process.wait(PATIENCE)
        self.assertIsNone(app.get("/"))
        slow.socket.close()
        self.assertEqual(sorted(name for name in os.listdir(inbox) if name[0] != "."), ["note.bin"])

        self.desktop.restart_display()
        app.process = app.start("--hidden")
        app.serves()
        tray = app.tray()
        # The same port, the same settings, no problem reported.
        until(lambda: tray.labels()[1].startswith("Sharing: ON"), what="sharing")
        self.assertEqual(app.config.read_text(), settings)
        self.assertEqual([path.name for path in app.config.parent.glob("*damaged*")], [])
        self.assertEqual((inbox / "note.bin").read_bytes(), note)
        self.assertEqual(film.resume(), 3)
        self.assertEqual((inbox / "film.bin").read_bytes(), film.data)
        until(lambda: partial() == [], what="removing abandoned uploads")
        self.assertEqual(app.second(), 0, "a second start shows the window of the running program")
        until(self.desktop.windows, what="the window")


if __name__ == "__main__":
    unittest.main()
