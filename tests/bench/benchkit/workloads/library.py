"""What an index costs: memory, disk, and the speed of everything else."""
import os
import shutil
import subprocess
import time
import urllib.request

from . import transfer_note, workload
from ..data import warm
from ..proc import Meter, Server

GIB = 1 << 30


def _scan_with_peak(target, launch, timeout=580):
    """Runs the server once, to index and exit. Returns its peak memory (RSS with mapped files) in MiB, and the meter."""
    with open(launch.scratch / "scan.log", "ab") as log, Meter() as m:
        scan = subprocess.Popen(target.scan_only(launch), env=dict(os.environ, HOME=str(launch.scratch)),
                                cwd=launch.scratch, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        stop, usage = time.monotonic() + timeout, None
        while usage is None:
            pid, _, got = os.wait4(scan.pid, os.WNOHANG)
            usage = got if pid else None
            if time.monotonic() > stop:
                scan.kill()
            time.sleep(.02)
        scan.returncode = 0
    return usage.ru_maxrss / 1024, m


@workload
def index_memory(ctx):
    """peak memory while 1,000,000 names or 100,000 contents are indexed, and the size of the database for each file"""
    cases = [("1,000,000 names", ctx.data.names(ctx.data.n(1_000_000, 500)), dict(hashing=False), ctx.data.n(1_000_000, 500)),
             ("100,000 contents", ctx.data.tree(ctx.data.n(100_000, 500)), {}, ctx.data.n(100_000, 500))]
    for case, root, options, count in cases:
        for target in ctx.rounds(ctx.with_caps("index")):
            launch = ctx.launch(root, ctx.disk, index=True, **options)
            peak, m = _scan_with_peak(target, launch)
            size = sum(p.stat().st_size for p in target.database_files(launch))
            ctx.add(target, case, "peak RSS MiB", peak, better="low", noise=m.noise)
            ctx.add(target, case, "DB bytes/file", size / count, better="low")
            shutil.rmtree(launch.scratch, ignore_errors=True)


def _listing(ctx, s, case, folder, seconds=2):
    once = ctx.script().add("GET", *s.target.listing(folder, "json"))
    with s.meter() as m:
        r = ctx.replay(s, once, seconds=ctx.seconds(seconds), loop=True, timeout=60)
    ctx.add(s.target, case, "ms", r["latency"]["p50"] * 1e3, better="low", noise=m.noise, note=transfer_note(r))
    ctx.add(s.target, case, "reply KiB", r["bytes_in"] / max(1, r["ok"]) / 1024, better="info")


def _wait_for_tags(s, url, headers, text, seconds=120):
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        request = urllib.request.Request(f"http://127.0.0.1:{s.port}{url}", headers=headers)
        with urllib.request.urlopen(request, timeout=60) as reply:
            if text in reply.read():
                return
        time.sleep(.5)
    raise RuntimeError(f"{s.target.name} shows no tags")


@workload
def listing_tags(ctx):
    """a folder of 10,000 MP3s as JSON: with tags, and without an index"""
    count = ctx.data.n(10_000, 500)
    root = ctx.data.names(count, tagged=count)
    up = []
    try:
        for target in ctx.with_caps("index", "list-json"):
            for case, options in (("with tags", dict(index=True, tags=True)), ("without index", {})):
                s = Server(target, ctx.launch(root, ctx.disk, **options))
                s.wait_ready()
                up.append((case, s))
                if options:
                    _wait_for_tags(s, *target.listing("music", "json"), b"Song %d" % (count - 1))
        time.sleep(2)
        for case, s in ctx.rounds(up):
            _listing(ctx, s, f"10,000 files, {case}", "music")
    finally:
        for _, s in up:
            s.stop()
            shutil.rmtree(s.launch.scratch, ignore_errors=True)


@workload
def during_scan(ctx):
    """listing of 1,000 files and download of a file while the contents of 8 x 1 GiB are read, and without an index"""
    flat, big = ctx.data.flat(1000), ctx.data.blob(GIB, 8)
    warm(big)
    for target in ctx.rounds(ctx.with_caps("index", "list-json")):
        for case, index in (("idle", False), ("during a scan", True)):
            launch = ctx.launch(big, ctx.disk, index=index, extra=["-v", f"{flat}:flat:r"])
            s = Server(target, launch)
            try:
                s.wait_ready()
                time.sleep(.3)
                _listing(ctx, s, f"1,000 files, {case}", "flat/d", seconds=1)
                script = ctx.script().add("GET", target.file_url("0.bin"))
                with s.meter() as m:
                    r = ctx.replay(s, script, seconds=ctx.seconds(1.5), loop=True)
                ctx.add(target, f"download, {case}", "GB/s", r["bytes_in"] / r["wall"] / 1e9, noise=m.noise, note=transfer_note(r))
                ctx.add(target, f"download, {case}", "server cores", m.cpu / m.wall, better="info")
            finally:
                s.stop()
                shutil.rmtree(launch.scratch, ignore_errors=True)
