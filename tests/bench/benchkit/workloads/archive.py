"""Downloads of folders as zip and tar, uncompressed if the server has that option."""
import subprocess

from . import transfer_note, workload
from ..data import warm
from ..proc import AnonPeak, Meter, peak_rss_mib, reset_peak

GIB = 1 << 30


@workload
def archive(ctx):
    """zip and tar of 10,000 small files and of 2 x 1 GiB: MB/s, first byte, peak RSS"""
    sets = [("10,000 x 4 KiB", ctx.data.tree(ctx.data.n(10_000, 100))), ("2 x 1 GiB", ctx.data.blob(GIB, 2))]
    for label, root in sets:
        warm(root)
        payload = sum(p.stat().st_size for p in root.rglob("*") if p.is_file())
        for _ in range(ctx.reps):
            with Meter() as m:  # a pipe: GNU tar does not read the files if its output is /dev/null
                subprocess.run(f"tar cf - -C '{root}' . | cat > /dev/null", shell=True, check=True)
            ctx.add("limit", f"{label}, tar", "MB/s", payload / m.wall / 1e6, noise=m.noise)
        for kind in ("zip", "tar"):
            case = f"{label}, {kind}"
            with ctx.servers(kind, root=root) as up:
                for s in ctx.rounds(up):
                    url = s.target.archive("", kind).replace("//", "/")
                    reset_peak(s.pid)
                    with s.meter() as m, AnonPeak(s.pid) as memory:
                        r = ctx.replay(s, ctx.script().add("GET", url, {"Connection": "close"}), seconds=300)
                    note = transfer_note(r)
                    if r["bytes_in"] < payload * .9:
                        note = note or f"only {r['bytes_in'] / 1e6:.1f} MB received for {payload / 1e6:.1f} MB of files"
                        note = note if r["bytes_in"] > payload * .01 else "!" + note.lstrip("!")
                    ctx.add(s.target, case, "MB/s", payload / r["wall"] / 1e6, noise=m.noise, note=note)
                    ctx.add(s.target, case, "first byte ms", r["ttfb"]["p50"] * 1e3, better="low", noise=m.noise)
                    ctx.add(s.target, case, "server CPU s/GB", m.cpu / (payload / 1e9), better="low", noise=m.noise)
                    ctx.add(s.target, case, "MiB over idle", max(.1, memory.peak - memory.before), better="low")
                    ctx.add(s.target, case, "peak RSS MiB", peak_rss_mib(s.pid), better="low")
