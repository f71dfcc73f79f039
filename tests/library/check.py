#!/usr/bin/env python3
"""Indexes a tree of files with a server and compares what it finds with the disk: see README.md."""
import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from pathlib import Path

import naive
from make_tree import WORDS, Tree, GIB

PATIENCE = 120


class Server:
    """A server over the tree, with an index and tags."""

    def __init__(self, program, top, state):
        self.args = [program, "-i", "127.0.0.1", "-p", str(free_port()), "-v", f"{top}::rwmda.", "--hist", str(state),
                     "-e2dsa", "-e2ts", "-ed", "--dotsrch", "--srch-hits", "1000000"]
        self.log = Path(state) / "log.txt"

    def index(self):
        """Runs the server until the index is complete; returns the seconds."""
        start = time.monotonic()
        with open(self.log, "ab") as log:
            subprocess.run([*self.args, "--exit", "idx"], check=True, stdout=log, stderr=log)
        return time.monotonic() - start

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.args, stdout=log, stderr=log)
        self.url = f"http://127.0.0.1:{self.args[4]}/"
        wait(lambda: answers(self.url), "the server answers")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def search(self, query):
        body = json.dumps({"q": query, "n": 1000000}).encode()
        request = urllib.request.Request(self.url + "?srch", body, {"Content-Type": "text/plain"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            answer = json.load(reply)
        assert not answer["trunc"], f"cut off: {query}"
        links = [hit["rp"] for hit in answer["hits"]]
        assert len(links) == len(set(links)), f"found twice: {query}"
        return set(links)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=5).close()
        return True
    except OSError:
        return False


def wait(done, what):
    stop = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < stop, f"never happened: {what}"
        time.sleep(.1)


def same(server, condition, files):
    """Fails if the server's answer differs from the naive one."""
    found, wanted = server.search(condition.text), {file.link for file in files if condition.matches(file)}
    if found != wanted:
        extra, missing = sorted(found - wanted), sorted(wanted - found)
        sys.exit(f"{condition.text}\n  found {len(found)}, not {len(wanted)}; too many: {extra[:5]}; missing: {missing[:5]}")
    return len(found)


def check_queries(server, top, count, seed):
    files, chance = naive.files(top), random.Random(seed)
    everything = naive.Condition("", lambda file: True)
    print(f"  {same(server, everything, files)} files, as on disk; find: {count_by_find(top)}")
    words = [*WORDS, *(file.name for file in chance.sample(files, min(300, len(files))))]
    hits = [same(server, naive.some(chance, words), files) for _ in range(count)]
    print(f"  {count} random queries agree with the naive answers; {sum(map(bool, hits))} found something, at most {max(hits)}")
    assert sum(map(bool, hits)) > count // 4


def count_by_find(top):
    find = ["find", top, "-name", ".hist", "-prune", "-o", "-type", "f", "-print0"]
    return subprocess.run(find, check=True, stdout=subprocess.PIPE).stdout.count(b"\0")


def check_tags(server, top):
    for tag in ("artist like Motörhead", "artist like *кино*", "title like *千本桜*", "album like *αγαπη*", ".bpm >= 100"):
        print(f"  {tag}: {len(server.search(tag))}")
    audio = [path for path in (Path(top) / "Music").rglob("*") if path.suffix not in (".wav", "")]
    artists = {}
    for path in audio:
        artists.setdefault(path.parent.name, set()).add(path.suffix)
    wait(lambda: all(server.search(f'artist like "{artist}"') for artist in artists if '"' not in artist),
         "every artist is found")
    for artist, suffixes in artists.items():
        found = {os.path.splitext(link)[1] for link in server.search(f'artist like "{artist}"')}
        if missing := suffixes - found - {".aac"}:
            sys.exit(f"{artist}: no tags of {missing}")


def check_changes(server, top):
    """Changes by other programs show by themselves."""
    top = Path(top)
    subprocess.run(["cp", "-r", top / "Music", top / "copied music"], check=True)
    subprocess.run(["mv", top / "Pictures", top / "moved pictures"], check=True)
    subprocess.run(["rm", "-r", top / "Broken"], check=True)
    (top / "Special" / "file").write_text("another text")
    everything = naive.Condition("", lambda file: True)
    files = naive.files(top)
    wanted = {file.link for file in files}
    start = time.monotonic()
    wait(lambda: server.search("") == wanted, "cp, mv, rm are followed")
    print(f"  cp, mv and rm of {len(wanted)} files are followed after {time.monotonic() - start:.1f} s")
    same(server, everything, files)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("server", help="the program potluck-server")
    ap.add_argument("--tree", help="a tree of make_tree.py; it is changed. Default: a small one is made")
    ap.add_argument("--queries", type=int, default=300)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="potluck-library-"))
    try:
        top = args.tree or str(scratch / "tree")
        if not args.tree:
            Tree(top, .01, args.seed).make(GIB // 64)
        state = scratch / "state"
        state.mkdir()
        server = Server(args.server, top, state)
        first, second = server.index(), server.index()
        print(f"  first scan {first:.1f} s, second {second:.1f} s")
        with server:
            check_queries(server, top, args.queries, args.seed)
            check_tags(server, top)
            check_changes(server, top)
            check_queries(server, top, args.queries // 3, args.seed + 1)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
