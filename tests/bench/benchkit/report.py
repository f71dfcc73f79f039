"""Results as JSON, and as one Markdown table per workload."""
import json

from statistics import median

from . import targets

QUIET = 0.15  # a sample counts as undisturbed if other processes used fewer cores than this


def number(v):
    if v is None:
        return "-"
    if v == 0 or abs(v) >= 100:
        return f"{v:,.0f}"
    return f"{v:.3g}"


def save(path, meta, samples):
    with open(path, "w") as f:
        json.dump(dict(meta=meta, samples=samples), f, indent=1)


def load(paths):
    """Returns the pooled results of several runs."""
    metas, cells = [], {}
    for path in paths:
        with open(path) as f:
            one = json.load(f)
        metas.append(one["meta"])
        for s in one["samples"]:
            key = (s["workload"], s["case"], s["metric"], s["better"])
            cells.setdefault(key, {}).setdefault(s["target"], []).append(s)
    return metas, cells


def is_limit(name):
    return name in targets.KINDS and targets.KINDS[name].is_limit


def is_ours(name):
    """Returns True for ours, ours-old, ours@potluck=...: these are compared with the best peer."""
    return name.split("-")[0] == "ours"


def summarize(samples):
    """(median, noise, note)"""
    note = max((s["note"] for s in samples), key=lambda n: n.startswith("!"))
    return median(s["value"] for s in samples), median(s["noise"] for s in samples), note


def summarize_row(by_target):
    """Returns the summaries of one row, and the targets that may be compared.

    A ratio must not mix quiet and disturbed samples. If most targets have quiet samples, only those count;
    otherwise all samples count.
    """
    quiet = {n: q for n, v in by_target.items() if (q := [s for s in v if s["noise"] <= QUIET])}
    if len(quiet) * 2 <= len(by_target):
        return {n: summarize(v) for n, v in by_target.items()}, set(by_target)
    return {n: summarize(quiet.get(n, v)) for n, v in by_target.items()}, set(quiet)


def markdown(loaded):
    """Returns the tables. Cell: median (ratio to the best peer, above 1 is better); ~ marks disturbed cells, ! failures."""
    metas, cells = loaded
    out = ["Cells are medians; in brackets the ratio to the best peer of that row (1.00 = best peer, higher is "
           "better, for every unit; ours is not a peer). The limit is not a peer either. `~` = disturbed: other "
           f"processes used more than {QUIET} cores; no ratio = not comparable with the rest of the row; `!` = some requests failed.", ""]
    for m in metas:
        for r in m["runs"]:
            before = r.get("foreign_cores_before")
            out.append(f"- {m['date']}: {r['workload']}, scale {m['scale']}, {m['reps']} rounds, {r['seconds']:.0f} s, "
                       + ("" if before is None else f"others used {before:.2f} cores just before"))
    for workload in dict.fromkeys(k[0] for k in cells):
        rows = {k: v for k, v in cells.items() if k[0] == workload}
        names = sorted(dict.fromkeys(n for v in rows.values() for n in v), key=is_limit)  # stable: limits go last
        out += ["", f"### {workload}", "", "| case | unit | " + " | ".join(names) + " |",
                "|---|---|" + "---:|" * len(names)]
        notes = []
        for (_, case, metric, better), by_target in rows.items():
            got, comparable = summarize_row(by_target)
            usable = {n: got[n][0] for n in comparable if not is_limit(n) and got[n][0] and not got[n][2].startswith("!")}
            peers = [v for n, v in usable.items() if not is_ours(n)] or list(usable.values())
            best = (max if better == "high" else min)(peers) if peers else None
            line = []
            for n in names:
                if n not in got:
                    line.append("")
                    continue
                v, noise, note = got[n]
                ratio = None
                if best and v and better != "info" and n in comparable:
                    ratio = v / best if better == "high" else best / v
                mark = ("~" if noise > QUIET else "") + ("!" if note.startswith("!") else "")
                line.append(f"{number(v)}{mark}" + (f" ({ratio:.2f})" if ratio else ""))
                if note:
                    notes.append(f"{n}, {case}: {note.lstrip('!')}")
            out.append(f"| {case} | {metric} | " + " | ".join(line) + " |")
        out += [""] + [f"- {x}" for x in dict.fromkeys(notes)]
    return "\n".join(out)
