#!/usr/bin/env python3
"""Compares the performance of file servers. See README.md."""
import argparse
import datetime
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchkit import goals, report, targets
from benchkit.data import DataSets
from benchkit.proc import Meter, Server, free_port
from benchkit.replay import Replayer, Script
from benchkit.workloads import WORKLOADS

HERE = Path(__file__).resolve().parent


class Context:
    """What workloads use: the arguments, the targets, data sets, temporary folders, and the list of samples."""

    def __init__(self, args, peers):
        self.args, self.targets, self.reps, self.quick = args, peers, args.reps, args.scale < 0.1
        self.data = DataSets(args.data, args.scale, args.seed)
        self.ram = Path(tempfile.mkdtemp(prefix="bench-", dir=args.ram))
        self.disk = Path(tempfile.mkdtemp(prefix="run-", dir=args.data))
        native = self.data.root / "native"
        subprocess.run(["make", "-s", "-C", HERE / "native", f"BUILD={native}"], check=True)
        os.environ["PATH"] += f":{native}"
        self.replay = Replayer(native / "httpreplay", self.ram)
        self.samples, self.workload, self._serial = [], None, 0

    def close(self):
        for d in (self.ram, self.disk):
            shutil.rmtree(d, ignore_errors=True)

    def script(self):
        return Script()

    def with_caps(self, *caps):
        return [t for t in self.targets if set(caps) <= t.caps]

    def folder(self, parent=None):
        self._serial += 1
        d = (parent or self.ram) / f"f{self._serial}"
        d.mkdir()
        return d

    def seconds(self, full):
        """Returns the duration of a timed run."""
        return max(1.0, full * min(1, self.args.scale * 10 if self.quick else 1))

    def launch(self, root, scratch_in=None, **options):
        return targets.Launch(root=root, scratch=self.folder(scratch_in), port=free_port(), **options)

    @contextmanager
    def server(self, target, root, **options):
        s = Server(target, self.launch(root, **options))
        try:
            s.startup = s.wait_ready()
            yield s
        finally:
            s.stop()
            if s.launch.scratch.is_relative_to(self.ram):
                shutil.rmtree(s.launch.scratch, ignore_errors=True)

    @contextmanager
    def servers(self, *caps, root, **options):
        """Starts every target that has these capabilities; all of them run at the same time."""
        with ExitStack() as stack:
            up = []
            for t in self.with_caps(*caps):
                try:
                    up.append(stack.enter_context(self.server(t, root, **options)))
                except RuntimeError as ex:
                    self.log(f"{t.name}: {ex}")
            yield up

    def rounds(self, items):
        """Yields every item once per repetition, in rotating order: A B C, B C A, ..."""
        items = [item for item in items if self.is_selected(item)]
        for rep in range(self.reps):
            k = rep % max(1, len(items))
            for item in items[k:] + items[:k]:
                if self.args.patience:
                    foreign_cores(self.args.patience / 60, sample=.25, pause=.5)
                yield item

    def is_selected(self, item):
        """Returns True if --only is not set, if one of the item's strings contains it, or if the item has no strings."""
        texts = [part for part in (item if isinstance(item, tuple) else ()) if isinstance(part, str)]
        return not (self.args.only and texts) or any(self.args.only in text for text in texts)

    def add(self, target, case, metric, value, better="high", noise=0.0, note=""):
        name = target if isinstance(target, str) else target.name
        self.samples.append(dict(workload=self.workload, case=case, metric=metric, target=name, value=value,
                                 better=better, noise=round(noise, 3), note=note or ""))
        self.log(f"{name:14} {case:28} {report.number(value):>9} {metric}  noise {noise:.2f} {note or ''}")

    def log(self, text):
        print(f"  [{self.workload}] {text}", file=sys.stderr, flush=True)


def foreign_cores(minutes, limit=0.3, sample=3.0, pause=5.0):
    """Returns how many cores other processes use while this one is idle. Waits up to `minutes` until it is below `limit`."""
    stop = time.monotonic() + minutes * 60
    while True:
        with Meter() as m:
            time.sleep(sample)
        if m.noise < limit or time.monotonic() > stop:
            return m.noise
        time.sleep(pause)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--target", action="append", metavar="NAME[@KIND][=COMMAND]",
                    help="repeatable; default: every peer that is installed")
    ap.add_argument("--workload", action="append", metavar="NAME[,NAME]", help="default: all; see --list")
    ap.add_argument("--only", metavar="TEXT", help="only cases whose name contains TEXT (where cases have names)")
    ap.add_argument("--scale", type=float, default=1.0, help="1 = full size, 0.01 = quick check of the harness")
    ap.add_argument("--quick", action="store_true", help="same as --scale 0.01 --reps 1")
    ap.add_argument("--reps", type=int, default=3)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--data", default="bench-data", help="folder for data sets and results (default: ./bench-data)")
    ap.add_argument("--ram", default="/dev/shm", help="a RAM-backed folder for uploads (default: /dev/shm)")
    ap.add_argument("--out", help="name of the result files, without extension (default: DATA/results/TIME)")
    ap.add_argument("--python", default=sys.executable, help="a Python that has Pillow, for making photos")
    ap.add_argument("--u2c", help="copyparty's u2c.py, for the stock-client uploads")
    ap.add_argument("--wait", type=float, default=0, metavar="MIN", help="wait up to MIN minutes for a quiet machine")
    ap.add_argument("--patience", type=float, default=0, metavar="SEC", help="wait up to SEC before each measurement")
    ap.add_argument("--list", action="store_true", help="list the workloads and targets")
    ap.add_argument("--report", nargs="+", metavar="JSON", help="only print the table of earlier results, merged")
    args = ap.parse_args()
    if args.quick:
        args.scale, args.reps = 0.01, 1
    if args.report:
        result = report.load(args.report)
        print(report.markdown(result))
        print(goals.markdown(result))
        return
    if args.list:
        for name, fn in WORKLOADS.items():
            print(f"{name:12} {(fn.__doc__ or '').strip().splitlines()[0]}")
        print("targets:", ", ".join(targets.PEERS), "or NAME[@KIND]=COMMAND")
        return

    peers = [targets.parse(s) for s in args.target or targets.PEERS]
    names = [n for w in args.workload or WORKLOADS for n in w.split(",")]
    if bad := set(names) - set(WORKLOADS):
        raise SystemExit(f"unknown workload: {', '.join(sorted(bad))}")
    os.environ["PATH"] += f":{Path(args.data).resolve()}/native"
    args.data = str(Path(args.data).resolve())
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)  # for the workload `crowd`; servers and clients inherit it
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stops the servers and removes the folders
    ctx = Context(args, peers)
    for t in [t for t in peers if not t.available()]:
        print(f"# {t.name}: {t.base[0]} is not installed; skipped", file=sys.stderr)
        peers.remove(t)
    out = Path(args.out or f"{args.data}/results/{datetime.datetime.now():%Y%m%d-%H%M%S}")
    out.parent.mkdir(parents=True, exist_ok=True)
    runs = []
    try:
        for name in names:
            ctx.workload = name
            before, t0 = foreign_cores(args.wait), time.monotonic()
            try:
                WORKLOADS[name](ctx)
            except Exception as ex:  # the other workloads still run
                ctx.log(f"FAILED: {ex!r}")
            finally:  # samples before an interruption are kept
                runs.append(dict(workload=name, foreign_cores_before=round(before, 2), load_after=os.getloadavg()[0],
                                 seconds=round(time.monotonic() - t0, 1)))
                meta = dict(date=f"{datetime.datetime.now():%Y-%m-%d %H:%M}", scale=args.scale, reps=args.reps,
                            cores=os.cpu_count(), kernel=platform.release(), runs=runs)
                report.save(out.with_suffix(".json"), meta, ctx.samples)
    finally:
        ctx.close()
    result = report.load([out.with_suffix(".json")])
    out.with_suffix(".md").write_text(report.markdown(result) + "\n" + goals.markdown(result) + "\n")
    print(report.markdown(result))
    print(goals.markdown(result))
    print(f"\nwritten: {out}.json and .md", file=sys.stderr)


if __name__ == "__main__":
    main()
