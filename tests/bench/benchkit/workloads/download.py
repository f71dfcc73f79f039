"""Large and small downloads, from the page cache."""
import random
import re
import subprocess

from . import transfer_note, workload
from ..data import warm

GIB = 1 << 30


def _bulk(ctx, s, case, script, conns):
    with s.meter() as m:
        r = ctx.replay(s, script, conns=conns)
    gb = r["bytes_in"] / 1e9
    ctx.add(s.target, case, "GB/s", gb / r["wall"], noise=m.noise, note=transfer_note(r))
    ctx.add(s.target, case, "server CPU s/GB", m.cpu / gb if gb else 0, better="low", noise=m.noise, note=transfer_note(r))


@workload
def download(ctx):
    """a 4 GiB file: 1 connection, 8 connections, 1 MiB ranges"""
    root = ctx.data.blob(4 * GIB)
    size = (root / "0.bin").stat().st_size
    warm(root)
    rng = random.Random(ctx.args.seed)
    mib = 1 << 20
    offsets = [rng.randrange(size // mib) * mib for _ in range(ctx.data.n(2048, 16))]
    with ctx.servers("get", root=root) as up:
        for s in ctx.rounds(up):
            url = s.target.file_url("0.bin")
            _bulk(ctx, s, "whole file, 1 conn", ctx.script().add("GET", url), 1)
            eight = ctx.script()
            for i in range(8):
                a = i * size // 8
                eight.add("GET", url, {"Range": f"bytes={a}-{a + size // 8 - 1}"})
            _bulk(ctx, s, "an eighth each, 8 conn", eight, 8)
            ranges = ctx.script()
            for a in offsets:
                ranges.add("GET", url, {"Range": f"bytes={a}-{a + mib - 1}"})
            _bulk(ctx, s, "1 MiB ranges, 8 conn", ranges, 8)


def wrk(s, url, conns, seconds, *headers):
    cmd = ["wrk", "-t1", f"-c{conns}", f"-d{seconds:.0f}s", "--timeout", "30s", "--latency"]
    for h in headers:
        cmd += ["-H", h]
    with s.meter() as m:
        out = subprocess.run([*cmd, f"http://127.0.0.1:{s.port}{url}"], capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    scale = {"us": 1e-3, "ms": 1, "s": 1e3}
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out) or re.search(r"Socket errors: (.*)", out)
    note = f"!wrk: {bad[0]}" if bad and bad[0].startswith("Non") else (f"wrk: {bad[0]}" if bad else "")
    return m, rate, float(p99[1]) * scale[p99[2]] if p99 else None, note


@workload
def small(ctx):
    """a 4 KiB file over 64 connections, with and without keep-alive (wrk)"""
    root = ctx.data.blob(GIB // 1024, 1)  # only used as a source of bytes
    www = ctx.folder()
    (www / "4k.bin").write_bytes((root / "0.bin").read_bytes()[:4096])
    seconds = ctx.seconds(3)
    with ctx.servers("get", root=www) as up:
        for s in ctx.rounds(up):
            url = s.target.file_url("4k.bin")
            for case, headers in (("4 KiB, keep-alive", ()), ("4 KiB, no keep-alive", ("Connection: close",))):
                m, rate, p99, note = wrk(s, url, 64, seconds, *headers)
                ctx.add(s.target, case, "req/s", rate, noise=m.noise, note=note)
                ctx.add(s.target, case, "server CPU ms/1k req", m.cpu * 1e6 / max(1, rate * m.wall), better="low", noise=m.noise)
                if p99:
                    ctx.add(s.target, case, "p99 ms", p99, better="low", noise=m.noise)
