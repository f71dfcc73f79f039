"""The setup: each phone gets a code of its own, and a taken port is shown beside the code."""

import socket
import subprocess
import unittest

from desktop import OURS, App, Desktop, free_port, until
from test_admin_api import Page


class WelcomeTest(unittest.TestCase):
    def start(self, port):
        desktop = Desktop()
        self.addCleanup(desktop.close)
        settings = f'{OURS}\n[network]\nlisten = ["127.0.0.1"]\nports = [{port}]\n'
        app = App(desktop, settings=settings, port=port, starts=False)
        page = Page(desktop, app)
        self.addCleanup(page.close)
        until(lambda: page.run("return !!window.__TAURI__"), what="the page")
        page.click("Next")
        page.sees("Where should received files go?")
        page.click("Next")
        page.sees("Who can connect?")
        page.click("Start sharing")
        return page

    def shown(self, page):
        return page.run("return document.querySelector('.address code')?.textContent")

    def test_every_phone_gets_a_code_that_works(self):
        page = self.start(free_port())
        used = set()
        for phone in ("Anna's phone", "Ben's phone", "Clara's phone"):
            url = until(lambda: self.shown(page) not in used and self.shown(page), what="a fresh code")
            used.add(url)
            joined = subprocess.run(
                ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--data-urlencode", f"device={phone}", url],
                capture_output=True, text=True,
            )
            self.assertEqual(joined.stdout, "303", phone)
            page.sees(f"Device connected: {phone}")

    def test_a_taken_port_is_shown_beside_the_code(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            page = self.start(port)
            until(lambda: self.shown(page), what="an address")
            page.sees(f"Port {port} belongs to the program python3")


if __name__ == "__main__":
    unittest.main()
