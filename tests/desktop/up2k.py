"""An up2k client that sends many chunks and resumes, as the page and u2c.py do."""

import base64
import hashlib
import json
import urllib.error
import urllib.request

# The chunk size of files up to 256 MiB.
CHUNK = 1 << 20


class Refused(Exception):
    """A refusal by the server."""

    def __init__(self, status, text):
        super().__init__(f"{status} {text}")
        self.status = status


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha512(data).digest()[:33]).decode()


class Upload:
    """One upload to `path`."""

    def __init__(self, app, path, data, host="127.0.0.1"):
        folder, self.name = path.rsplit("/", 1)
        self.url = f"http://{host}:{app.port}{folder}/"
        self.data = data
        self.chunks = {digest(data[at : at + CHUNK]): data[at : at + CHUNK] for at in range(0, len(data), CHUNK)}

    def ask(self):
        """Sends a handshake. Returns the hashes of missing chunks."""
        plan = {"name": self.name, "size": len(self.data), "lmod": 1_700_000_000, "hash": list(self.chunks)}
        answer = json.loads(self._post(json.dumps(plan).encode(), {"Content-Type": "application/json"}))
        self.wark = answer["wark"]
        return answer["hash"]

    def send(self, chunk):
        headers = {"X-Up2k-Wark": self.wark, "X-Up2k-Hash": chunk}
        self._post(self.chunks[chunk], {"Content-Type": "application/octet-stream", **headers})

    def resume(self):
        """Sends all missing chunks. Returns their number."""
        missing = self.ask()
        for chunk in missing:
            self.send(chunk)
        rest = self.ask()
        if rest:
            raise AssertionError(f"{len(rest)} chunks are missing after all were sent")
        return len(missing)

    def try_resume(self):
        """Like `resume`; returns None if the server refuses or cannot be reached."""
        try:
            return self.resume()
        except (Refused, OSError):
            return None

    def _post(self, body, headers):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode(errors="replace")) from None
