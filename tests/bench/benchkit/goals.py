"""Goals for our server, and whether the results reach them.

A goal names a row of the results, the server to compare with, and the smallest ratio (above 1 is better, for every unit). Without
a server to compare with (None), it is the largest permitted value.
"""
from . import report

BEST = "best peer"
SEARCHES = ("name, rare substring", "name, common substring", "name, no hit", "path AND NOT name", "size range")


def _ratio(workload, cases, metric, against, least):
    return [(workload, case, metric, against, least) for case in cases]


GOALS = [
    *_ratio("download", ["whole file, 1 conn", "an eighth each, 8 conn", "1 MiB ranges, 8 conn"], "GB/s", BEST, 1.0),
    *_ratio("download", ["whole file, 1 conn", "an eighth each, 8 conn", "1 MiB ranges, 8 conn"], "server CPU s/GB", BEST, 1.0),
    *_ratio("small", ["4 KiB, keep-alive"], "req/s", "nginx", 0.5),
    *_ratio("small", ["4 KiB, keep-alive"], "req/s", "copyparty", 20),
    ("small", "4 KiB, keep-alive", "p99 ms", None, 10),
    *_ratio("listing", [f"{n} files, {k}" for n in (1000, 10000, 100000) for k in ("html", "json")], "ms", "nginx", 1.0),
    *_ratio("listing", [f"{n} files, {k}, 16 conn" for n in (1000, 10000, 100000) for k in ("html", "json")], "req/s", "nginx", 0.7),
    *_ratio("upload", ["PUT, precomputed"], "MB/s", "copyparty", 1.3),
    *_ratio("upload", ["PUT, checksum waived"], "MB/s", "nginx", 0.8),
    *_ratio("upload", ["up2k, precomputed, 4 conn", "up2k, precomputed, 8 conn"], "MB/s", "copyparty", 2.0),
    *_ratio("upload", ["up2k, precomputed, 4 conn", "up2k, precomputed, 8 conn"], "server CPU s/GB", "copyparty", 2.0),
    *_ratio("upload_small", ["up2k, 8 conn"], "files/s", "copyparty", 10),
    *_ratio("upload_small", ["PUT, 8 conn"], "files/s", "copyparty", 8),
    *_ratio("upload_small_disk", ["up2k, 8 conn, disk", "PUT, 8 conn, disk"], "files/s", "copyparty", 3),
    *_ratio("dedup", ["full copies (default)", "symlinks (--dedup)"], "files/s", "copyparty", 8),
    *_ratio("archive", ["2 x 1 GiB, zip", "2 x 1 GiB, tar"], "MB/s", BEST, 1.0),
    *_ratio("archive", ["10,000 x 4 KiB, zip", "10,000 x 4 KiB, tar"], "MB/s", "copyparty", 2),
    *[("archive", f"{what}, {kind}", "MiB over idle", None, 32) for what in ("2 x 1 GiB", "10,000 x 4 KiB") for kind in ("zip", "tar")],
    *_ratio("index", ["with hashes"], "files/s", "copyparty", 1.5),
    *_ratio("index", ["8 x 1 GiB, with hashes"], "GB/s", "copyparty", 1.8),
    *_ratio("index", ["with hashes"], "rescan s", "copyparty", 4),
    *[("search", f"1,000,000, {kind}", metric, None, most) for kind in SEARCHES for metric, most in (("p50 ms", 10), ("p99 ms", 30))],
    *_ratio("search", [f"1,000,000, {kind}" for kind in SEARCHES], "p50 ms", "copyparty", 20),
    *_ratio("search", ["100,000, tag"], "p50 ms", "copyparty", 20),
    *_ratio("thumbs", ["12 MP JPEG, cold"], "thumbs/s", "copyparty", 3),
    *_ratio("thumbs", ["12 MP JPEG, cold"], "thumbs/s", "pillow", 1.0),
    *_ratio("thumbs", ["12 MP JPEG, cold"], "thumbs/s", "vipsthumbnail", 1.0),
    *_ratio("thumbs", ["12 MP JPEG, cached"], "req/s", "nginx", 0.5),
    ("index_memory", "1,000,000 names", "peak RSS MiB", None, 300),
    ("index_memory", "1,000,000 names", "DB bytes/file", None, 300),
    ("idle", "start-up", "ms", None, 50),
    ("idle", "idle", "PSS MiB", None, 20),
    ("idle", "installed size", "MiB", None, 25e6 / 1048576),
    ("crowd", "1,000 idle, 500 busy", "anonymous MiB", None, 150),
]


def _verdict(by_target, better, ours, against, least):
    """Returns (the result as text, whether the goal is reached), or None if one of the servers was not measured."""
    got, comparable = report.summarize_row(by_target)
    value, _, note = got[ours]
    if note.startswith("!"):
        return "failed: " + note[1:60], False
    if against is None:
        return report.number(value), value <= least
    names = [n for n in got if not report.is_limit(n) and not report.is_ours(n) and not got[n][2].startswith("!")]
    values = [got[n][0] for n in names if against in (BEST, n) and got[n][0]]
    if not values or not value:
        return None
    best = (max if better == "high" else min)(values)
    ratio = value / best if better == "high" else best / value
    quiet = "" if ours in comparable else "~"
    return f"{ratio:.2f}{quiet}", ratio >= least


def markdown(loaded):
    """Returns a table for each of our servers, without goals whose rows were not measured."""
    _, cells = loaded
    ours = sorted({n for row in cells.values() for n in row if report.is_ours(n)})
    out = []
    for name in ours:
        lines = []
        for workload, case, metric, against, least in GOALS:
            row = next(((k, v) for k, v in cells.items() if k[:3] == (workload, case, metric) and name in v), None)
            if not row:
                continue
            verdict = _verdict(row[1], row[0][3], name, against, least)
            if verdict:
                goal = f"{least:g} x {against}" if against else f"at most {report.number(least)}"
                lines.append(f"| {workload} | {case} | {metric} | {goal} | {verdict[0]} | {'yes' if verdict[1] else 'NO'} |")
        if lines:
            out += ["", f"### goals: {name}", "", "| workload | case | unit | goal | result | reached |",
                    "|---|---|---|---|---:|---|", *lines]
    return "\n".join(out)
