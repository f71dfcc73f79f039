"""Calls of the admin API and commands of the app, through a real webview."""

import json
import os
import signal
import subprocess
import unittest
import urllib.request

from desktop import APP, App, Desktop, free_port, until

SHARES = [("photos", "r: *"), ("inbox", "w: *")]


class Page:
    """The page in the window, driven by WebDriver."""

    def __init__(self, desktop, app, *args):
        self.port = free_port()
        env = {**desktop.env, "TAURI_AUTOMATION": "true", "TAURI_WEBVIEW_AUTOMATION": "true"}
        desktop.run(["WebKitWebDriver", f"--port={self.port}"], env=env)
        until(self._is_up, what="WebDriver")
        arguments = list(map(str, app.arguments(*args)[1:]))
        options = {"webkitgtk:browserOptions": {"binary": APP, "args": arguments}}
        answer = self._post("/session", {"capabilities": {"alwaysMatch": options}})
        self.session = answer["sessionId"]
        self._post(f"/session/{self.session}/timeouts", {"script": 10_000})

    def _is_up(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=1):
                return True
        except OSError:
            return False

    def _post(self, path, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def run(self, script):
        return self._post(f"/session/{self.session}/execute/sync", {"script": script, "args": []})

    def click(self, words, within="document"):
        """Clicks the visible button, link or switch with this text."""
        script = f"""
            const wanted = {json.dumps(words)};
            const all = [...{within}.querySelectorAll("button, a, summary, label, input, [role=switch]")];
            const says = (e) => (e.getAttribute("aria-label") ?? e.textContent ?? "").replace(/\\s+/g, " ").trim();
            const found = all.find((e) => e.checkVisibility() && !e.disabled && says(e) === wanted)
                ?? all.find((e) => e.checkVisibility() && !e.disabled && says(e).startsWith(wanted));
            found?.click();
            return !!found;
        """
        until(lambda: self.run(script), what=f"something to click that says {words!r}")

    def sees(self, words):
        return until(lambda: words in self.run("return document.body.innerText") and words, what=f"{words!r} in the window")

    def invoke(self, command, **arguments):
        """Returns (answer, None) or (None, refusal)."""
        script = """
            const [command, args, done] = arguments;
            window.__TAURI__.core.invoke(command, args).then((good) => done([good, null]), (bad) => done([null, bad]));
        """
        body = {"script": script, "args": [command, arguments]}
        return self._post(f"/session/{self.session}/execute/async", body)

    def listen(self, event):
        self.run(f"window.heard ??= {{}}; window.__TAURI__.event.listen({event!r}, "
                 f"(e) => (window.heard[{event!r}] ??= []).push(e.payload));")

    def heard(self, event):
        return self.run(f"return (window.heard ?? {{}})[{event!r}] ?? []")

    def close(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/session/{self.session}", method="DELETE")
        urllib.request.urlopen(request, timeout=60).close()


class AdminApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        cls.app = App(cls.desktop, shares=SHARES, starts=False)
        cls.page = Page(cls.desktop, cls.app)
        cls.addClassCleanup(cls.page.close)
        cls.app.serves()
        until(lambda: cls.page.run("return !!window.__TAURI__"), what="the page")

    def answer(self, command, **arguments):
        good, bad = self.page.invoke(command, **arguments)
        self.assertIsNone(bad)
        return good

    def test_a_call_is_answered(self):
        overview = self.answer("control", call={"call": "overview"})
        self.assertEqual([share["mount"] for share in overview["shares"]], ["/inbox", "/photos"])
        self.assertEqual(overview["sharing"], {"is": "on"})

    def test_a_refusal_has_the_code_of_the_admin_api(self):
        good, bad = self.page.invoke("control", call={"call": "remove_share", "mount": "/nothing"})
        self.assertIsNone(good)
        self.assertEqual((bad["code"], bad["faults"]), ("not_found", []))
        self.assertTrue(bad["sentence"])

    def test_nonsense_is_refused(self):
        good, bad = self.page.invoke("control", call={"call": "format_disk"})
        self.assertIsNone(good)
        self.assertIn("format_disk", bad)

    def test_no_plugin_is_accessible_to_the_page(self):
        for command in ("plugin:opener|open_path", "plugin:dialog|open", "plugin:autostart|enable"):
            good, bad = self.page.invoke(command, path="/", options={})
            self.assertIn("not allowed", str(bad), command)

    def test_the_page_runs_no_foreign_script(self):
        self.assertEqual(self.page.run("try { eval('1'); return 'ran' } catch (e) { return 'refused' }"), "refused")

    def test_options_of_the_app_can_be_set(self):
        before = self.answer("desktop")
        self.assertEqual(before, {
            "start_at_login": False, "start_hidden": True, "close_to_tray": True, "notify": True, "has_tray": True,
            "language": "",
        })
        after = self.answer("set_desktop", desktop={"notify": False, "start_at_login": True})
        self.assertEqual(after, {**before, "notify": False, "start_at_login": True})
        entry = self.desktop.folder / "home/.config/autostart/Potluck.desktop"
        self.assertIn("--at-login", entry.read_text())
        self.assertEqual(self.answer("set_desktop", desktop={"notify": True, "start_at_login": False}), before)
        self.assertFalse(entry.exists())
        self.assertIn("notify = true", (self.app.config.parent / "desktop.toml").read_text())

    def test_texts_are_copied(self):
        self.answer("copy_text", text="http://[::1]/ü")
        paste = subprocess.run(
            ["xclip", "-o", "-selection", "clipboard"], env=self.desktop.env, capture_output=True, text=True
        )
        self.assertEqual(paste.stdout, "http://[::1]/ü")

    def test_only_web_addresses_are_opened(self):
        good, bad = self.page.invoke("open_url", url="file:///etc/passwd")
        self.assertEqual((good, bad), (None, "Only web addresses can be opened."))

    def test_notices_reach_the_page(self):
        self.page.listen("notice")
        self.app.upload("/inbox/new.txt", os.urandom(1000))
        kinds = lambda: {notice["kind"] for notice in self.page.heard("notice")}
        until(lambda: {"upload_started", "upload_finished"} <= kinds(), what="the notices of an upload")

    def test_files_of_a_second_start_reach_the_page(self):
        self.page.listen("share-paths")
        (self.desktop.folder / "a b.txt").write_text("x")
        self.assertEqual(self.app.second("a b.txt"), 0)
        heard = until(lambda: self.page.heard("share-paths"), what="the file")
        self.assertEqual(heard, [[str(self.desktop.folder / "a b.txt")]])

    def test_a_row_of_the_menu_opens_its_pane(self):
        self.page.listen("show")
        name = until(lambda: next((n for n in self.desktop.bus.list_names() if "StatusNotifierItem-" in n), None))
        self.app.tray_named(str(name)).click("Settings")
        until(lambda: self.page.heard("show") == ["settings"], what="the pane")


class CrashTest(unittest.TestCase):
    def test_a_crash_of_the_webview_stops_nothing(self):
        desktop = Desktop()
        self.addCleanup(desktop.close)
        app = App(desktop, shares=SHARES, starts=False)
        page = Page(desktop, app)
        app.serves()
        # WebKit ends the whole program if its process dies during the start; this test is about a later crash.
        until(lambda: page.run("return document.readyState") == "complete", what="the page")
        program = desktop.process_of("app.potluck.desktop.SingleInstance")
        self.addCleanup(os.kill, program, signal.SIGTERM)

        def children():
            found = subprocess.run(["pgrep", "-P", str(program), "WebKitWeb"], capture_output=True, text=True)
            return set(map(int, found.stdout.split()))

        before = children()
        for child in before:
            # A child process of the program that this test started.
            os.kill(child, signal.SIGKILL)
        until(lambda: children() - before, what="a new process for the page")
        self.assertEqual(app.get("/photos/"), 200)
        self.assertEqual(desktop.process_of("app.potluck.desktop.SingleInstance"), program)
        self.assertEqual(len(desktop.windows()), 1)


if __name__ == "__main__":
    unittest.main()
