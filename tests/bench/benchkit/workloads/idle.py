"""Start-up time and memory."""
import os
import time

from . import workload
from ..proc import Meter, anon_mib, pss_mib

GIB = 1 << 30


def _bytes(path):
    if path.is_file():
        return path.stat().st_size
    return sum(os.lstat(os.path.join(d, f)).st_size for d, _, names in os.walk(path) for f in names)


@workload
def idle(ctx):
    """start-up to the first reply, idle memory, memory after some load, installed size"""
    root = ctx.data.flat(1000)
    big = ctx.data.blob(GIB, 2)
    for target in ctx.rounds(ctx.with_caps("get")):
        with Meter() as before:  # the resolution of /proc/stat is too low for a start-up of a few ms
            time.sleep(.3)
        with ctx.server(target, root) as s:
            ctx.add(target, "start-up", "ms", s.startup * 1e3, better="low", noise=before.noise)
            time.sleep(1)
            ctx.add(target, "idle", "PSS MiB", pss_mib(s.pid), better="low")
            ctx.add(target, "idle", "anonymous MiB", anon_mib(s.pid), better="low")
            load = ctx.script()
            for name in sorted(p.name for p in (root / "d").iterdir()):
                load.add("GET", target.file_url(f"d/{name}"))
            for kind in ("html", "json"):
                if f"list-{kind}" in target.caps:
                    load.add("GET", *target.listing("d", kind))
            ctx.replay(s, load, conns=64, seconds=ctx.seconds(2), loop=True)
            ctx.add(target, "after 2 s of small GETs and listings", "PSS MiB", pss_mib(s.pid), better="low")
        with ctx.server(target, big) as s:
            ctx.replay(s, ctx.script().add("GET", target.file_url("0.bin")).add("GET", target.file_url("1.bin")), conns=2)
            ctx.add(target, "after 2 x 1 GiB downloads", "PSS MiB", pss_mib(s.pid), better="low")
    for target in ctx.targets:
        ctx.add(target, "installed size", "MiB", sum(map(_bytes, target.footprint())) / 1048576, better="low")
