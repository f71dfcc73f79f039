"""Many connections at once."""
import socket

from . import workload
from .download import wrk
from ..proc import AnonPeak

IDLE, BUSY = 1000, 500


def _open_idle(port, url, count):
    """Opens connections that send one request each and stay open, as browsers do. Returns those that were answered."""
    request = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % url.encode()
    idle, refused = [], 0
    while len(idle) + refused < count and refused < 5:  # after five refusals the rest would be refused, too
        s = None
        try:
            s = socket.create_connection(("127.0.0.1", port), 5)
            s.sendall(request)
            if s.recv(65536)[9:12] == b"200":
                idle.append(s)
                continue
        except OSError:
            pass
        refused += 1
        if s:
            s.close()
    return idle


def _is_open(s):
    """Returns whether the server has kept the connection open."""
    s.setblocking(False)
    try:
        while s.recv(65536):  # the rest of the reply
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


@workload
def crowd(ctx):
    """1,000 idle connections and 500 busy ones that fetch a 4 KiB file: req/s, p99, anonymous memory, refusals"""
    root = ctx.data.blob(1 << 20)
    www = ctx.folder()
    (www / "4k.bin").write_bytes((root / "0.bin").read_bytes()[:4096])
    seconds = ctx.seconds(5)
    case = f"{IDLE:,} idle, {BUSY} busy"
    for target in ctx.rounds(t for t in ctx.with_caps("get") if not t.is_limit):
        with ctx.server(target, www, crowd=IDLE + BUSY) as s:
            url = target.file_url("4k.bin")
            with AnonPeak(s.pid) as memory:
                idle = _open_idle(s.port, url, IDLE)
                m, rate, p99, note = wrk(s, url, BUSY, seconds)
                kept = sum(map(_is_open, idle))
            for x in idle:
                x.close()
            if len(idle) < IDLE:
                note = note or f"!{IDLE - len(idle)} of {IDLE} idle connections refused"
            ctx.add(target, case, "req/s", rate, noise=m.noise, note=note)
            ctx.add(target, case, "p99 ms", p99, better="low", noise=m.noise) if p99 else None
            ctx.add(target, case, "anonymous MiB", memory.peak, better="low")
            ctx.add(target, case, "idle ones kept", kept, better="info")
