"""Folder pages and JSON listings."""
import base64
import re
import subprocess
import urllib.request

from . import transfer_note, workload
from ..proc import Meter


def _complete(s, url, headers, last_name):
    """Returns whether the reply contains the name of the last file. dufs encodes the names in base64."""
    req = urllib.request.Request(f"http://127.0.0.1:{s.port}{url}", headers=headers)
    with urllib.request.urlopen(req, timeout=60) as reply:
        body = reply.read()
    packed = re.findall(rb"[A-Za-z0-9+/]{200,}={0,2}", body)
    return any(last_name in x for x in (body, *(base64.b64decode(p + b"=" * (-len(p) % 4)) for p in packed)))


@workload
def listing(ctx):
    """a folder of 10 to 100,000 files as HTML and JSON: latency, size, 16 at once"""
    counts = [10, 1000] + ([10_000, 100_000] if not ctx.quick else [])
    for count in counts:
        root = ctx.data.flat(count)
        incomplete = {}
        for _ in range(ctx.reps):
            with Meter() as m:
                subprocess.run(["find", root / "d", "-printf", "%p %s %T@\n"], stdout=subprocess.DEVNULL, check=True)
            ctx.add("limit", f"{count} files", "find -printf ms", m.wall * 1e3, better="info", noise=m.noise)
        with ctx.servers("list-html", root=root) as up:
            for s in ctx.rounds(up):
                for kind in ("html", "json"):
                    if f"list-{kind}" not in s.target.caps:
                        continue
                    url, headers = s.target.listing("d", kind)
                    once = ctx.script().add("GET", url, headers)
                    case = f"{count} files, {kind}"
                    with s.meter() as m:
                        r = ctx.replay(s, once, seconds=ctx.seconds(1), loop=True, timeout=60)
                    p50 = r["latency"]["p50"]
                    key = s.target.name, kind
                    if key not in incomplete:
                        incomplete[key] = not _complete(s, url, headers, b"_%06d." % (count - 1))
                    note = transfer_note(r) or ("!the listing is incomplete" if incomplete[key] else "")
                    ctx.add(s.target, case, "ms", p50 * 1e3, better="low", noise=m.noise, note=note)
                    ctx.add(s.target, case, "first byte ms", r["ttfb"]["p50"] * 1e3, better="low", noise=m.noise, note=note)
                    ctx.add(s.target, case, "reply KiB", r["bytes_in"] / max(1, r["ok"]) / 1024, better="info")
                    if p50 > 1.5:  # 16 requests would take most of a minute
                        continue
                    with s.meter() as m:
                        r = ctx.replay(s, once, conns=16, seconds=max(ctx.seconds(1.5), 16 * p50), loop=True, timeout=60)
                    ctx.add(s.target, case + ", 16 conn", "req/s", r["ok"] / r["wall"], noise=m.noise, note=transfer_note(r) or note)
