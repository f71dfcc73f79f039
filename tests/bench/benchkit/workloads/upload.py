"""Uploads. The target folder is in RAM, except in cases with 'disk' in their name."""
import shutil
import subprocess
import sys

from . import transfer_note, workload
from .. import up2k
from ..data import warm

GIB = 1 << 30


def _empty_server(ctx, target, parent=None, **options):
    """Starts a server with an empty folder and no databases; those of earlier repetitions would change the work. For a folder on
    disk, the databases are on disk, too."""
    return ctx.server(target, ctx.folder(parent), scratch_in=parent, **options)


def _clean_up(ctx, s):
    """Removes the uploaded files if they are in RAM. On disk they are kept until the end: for each new file, ext4 without a
    journal searches all inodes that were deleted in the last minutes."""
    if s.launch.root.is_relative_to(ctx.ram):
        shutil.rmtree(s.launch.root, ignore_errors=True)


def _record(ctx, s, case, size, wall, m, note=""):
    ctx.add(s.target, case, "MB/s", size / wall / 1e6, noise=m.noise, note=note)
    ctx.add(s.target, case, "server CPU s/GB", m.cpu / (size / 1e9), better="low", noise=m.noise, note=note)


def _check(s, size):
    """Returns a note if the bytes on disk are not complete."""
    got = max((p.stat().st_size for p in s.launch.root.rglob("*.bin")), default=0)
    return "" if got == size else f"!{got} of {size} bytes on disk"


def _put_curl(s, src, size):
    subprocess.run(["curl", "-sS", "-o", "/dev/null", "-H", "Expect:", "-T", src,
                    f"http://127.0.0.1:{s.port}{s.target.put_url('big.bin')}"], check=True, timeout=300)


def _bput_curl(s, src, size):
    url, fields, name = s.target.bput("", "big.bin")
    form = [x for k, v in fields.items() for x in ("-F", f"{k}={v}")]
    subprocess.run(["curl", "-sS", "-o", "/dev/null", "-H", "Expect:", *form, "-F", f"{name}=@{src};filename=big.bin",
                    f"http://127.0.0.1:{s.port}{url}"], check=True, timeout=300)


def _u2c(u2c, conns):
    def go(s, src, size):
        subprocess.run([sys.executable, u2c, "-j", str(conns), "-ns", f"http://127.0.0.1:{s.port}/", src],
                       check=True, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return go


def _put_replay(ctx):
    def go(s, src, size):
        r = ctx.replay(s, ctx.script().add("PUT", s.target.put_url("big.bin"), file=src, length=size))
        return transfer_note(r)
    return go


def _put_unchecked(ctx):
    def go(s, src, size):
        url, headers = s.target.put_unchecked("big.bin")
        return transfer_note(ctx.replay(s, ctx.script().add("PUT", url, headers, file=src, length=size)))
    return go


def _up2k_replay(ctx, conns, hashes):
    def go(s, src, size):
        hs = ctx.script()
        hs.job(up2k.handshake(hs, "/", "big.bin", size, hashes))
        data = ctx.script()
        for req in up2k.chunk_posts(data, "/", src, size, hashes, s.target.salt):
            data.job(req)
        replies = [ctx.replay(s, hs), ctx.replay(s, data, conns=conns), ctx.replay(s, hs)]
        return next(filter(None, map(transfer_note, replies)), "")
    return go


def _limit_chunks(ctx, conns, extra):
    """The upper bound for up2k: the same chunks are received, hashed and written, nothing else."""
    def go(s, src, size):
        data = ctx.script()
        step = 64 << 20
        for off in range(0, size, step):
            data.add("PUT", f"/big.bin?off={off}{extra}", file=src, off=off, length=min(step, size - off))
        return transfer_note(ctx.replay(s, data, conns=conns))
    return go


def _big_methods(ctx, target, hashes):
    if "put" in target.caps:
        yield "PUT, curl -T", _put_curl
        yield "PUT, precomputed", _put_replay(ctx)
        yield "PUT, checksum waived", _put_unchecked(ctx)
    if "bput" in target.caps:
        yield "multipart, curl -F", _bput_curl
    if "up2k" in target.caps:
        for j in (1, 4, 8):
            yield f"up2k, precomputed, {j} conn", _up2k_replay(ctx, j, hashes)
        for j in (1, 4, 8) if ctx.args.u2c else ():
            yield f"up2k, u2c.py -j{j}", _u2c(ctx.args.u2c, j)
    if target.is_limit:
        for j in (1, 4, 8):
            yield f"up2k, precomputed, {j} conn", _limit_chunks(ctx, j, "&sum")


def _upload_big(ctx, parent, full_size, methods, label=""):
    folder = ctx.data.blob(full_size)
    src = folder / "0.bin"
    size = src.stat().st_size
    warm(folder)
    hashes = up2k.cached_hash_list(src)
    work = [(t, *m) for t in ctx.targets for m in _big_methods(ctx, t, hashes) if methods is None or m[0] in methods]
    work.sort(key=lambda w: w[1])  # the same method on all targets, one after the other
    for target, case, go in ctx.rounds(work):
        with _empty_server(ctx, target, parent, index="up2k" in target.caps) as s:
            with s.meter() as m:
                note = go(s, src, size) or ""
            _record(ctx, s, case + label, size, m.wall, m, note or _check(s, size))
            if label:
                with s.meter() as m2:
                    subprocess.run(["sync", "-f", s.launch.root], check=True)
                ctx.add(target, case + label + ", then sync", "MB/s", size / (m.wall + m2.wall) / 1e6, noise=m.noise)
            shutil.rmtree(s.launch.root, ignore_errors=True)


@workload
def upload(ctx):
    """a 4 GiB file into RAM: PUT with and without a checksum in the reply, multipart, up2k by u2c.py and by a client with precomputed hashes"""
    _upload_big(ctx, None, 4 * GIB, None)


@workload
def upload_disk(ctx):
    """a 2 GiB file onto disk, without and with the sync"""
    _upload_big(ctx, ctx.disk, 2 * GIB, {"PUT, precomputed", "up2k, precomputed, 4 conn"}, ", disk")


def _payload(i, base):
    return i.to_bytes(8, "little") + base[8:]


def _small_script(ctx, target, method, count, base):
    script = ctx.script()
    for i in range(count):
        name, data = f"f{i:05}.bin", _payload(i, base)
        if method == "PUT":
            script.add("PUT", target.put_url(name), {"Content-Type": "application/octet-stream"}, data)
        elif method == "up2k":
            up2k.small_file_job(script, "/", name, data, target.salt)
        else:
            url, fields, file_field = target.bput("", name)
            b = "----benchboundary7d1f"
            head = "".join(f'--{b}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
            head += (f'--{b}\r\nContent-Disposition: form-data; name="{file_field}"; filename="{name}"\r\n'
                     "Content-Type: application/octet-stream\r\n\r\n")
            script.add("POST", url, {"Content-Type": f"multipart/form-data; boundary={b}"},
                       head.encode() + data + f"\r\n--{b}--\r\n".encode())
    return script


def _upload_many(ctx, parent, methods, conns, label=""):
    """Uploads 5,000 files of 4 KiB by each method and number of connections. Returns the number of files."""
    count = ctx.data.n(5000, 50)
    base = (ctx.data.blob(1 << 20) / "0.bin").read_bytes()[:4096]
    work = [(t, m, c) for m, cap in methods.items() for c in conns for t in ctx.with_caps(cap)]
    for target, method, c in ctx.rounds(work):
        case = f"{method}, {c} conn{label}"
        with _empty_server(ctx, target, parent, index="up2k" in target.caps) as s:
            script = _small_script(ctx, target, method, count, base)
            with s.meter() as m:
                r = ctx.replay(s, script, conns=c)
            there = sum(1 for _ in s.launch.root.rglob("f*.bin"))
            note = transfer_note(r) or ("" if there == count else f"!{there} of {count} files on disk")
            ctx.add(target, case, "files/s", count / r["wall"], noise=m.noise, note=note)
            ctx.add(target, case, "server CPU ms/file", m.cpu * 1e3 / count, better="low", noise=m.noise)
            if label:  # returns at once if the server has synced already
                with s.meter() as m2:
                    subprocess.run(["sync", "-f", s.launch.root], check=True)
                ctx.add(target, case + ", then sync", "files/s", count / (r["wall"] + m2.wall), noise=m.noise)
            _clean_up(ctx, s)
    return count


@workload
def upload_small_disk(ctx):
    """5,000 files of 4 KiB onto disk: PUT, up2k; 8 connections; without and with the sync"""
    _upload_many(ctx, ctx.disk, {"PUT": "put", "up2k": "up2k"}, (8,), ", disk")


@workload
def upload_small(ctx):
    """5,000 files of 4 KiB into RAM: PUT, multipart, up2k; 1 and 8 connections"""
    count = _upload_many(ctx, None, {"PUT": "put", "multipart": "bput", "up2k": "up2k"}, (1, 8))
    if ctx.args.u2c:
        src = ctx.data.tree(count, per_dir=count)
        for target in ctx.rounds(ctx.with_caps("up2k")):
            with _empty_server(ctx, target, index=True) as s:
                with s.meter() as m:
                    _u2c(ctx.args.u2c, 4)(s, src, 0)
                ctx.add(target, "up2k, u2c.py -j4", "files/s", count / m.wall, noise=m.noise)
                shutil.rmtree(s.launch.root, ignore_errors=True)


@workload
def dedup(ctx):
    """1,000 uploads of 64 KiB whose contents the server already has"""
    count = ctx.data.n(1000, 20)
    base = (ctx.data.blob(1 << 20) / "0.bin").read_bytes()[:65536]
    work = [(t, flag) for flag in (True, False) for t in ctx.with_caps("up2k", "dedup")]
    for target, flag in ctx.rounds(work):
        with _empty_server(ctx, target, index=True, dedup=flag) as s:
            first, again = ctx.script(), ctx.script()
            for i in range(count):
                data = _payload(i, base)
                up2k.small_file_job(first, "/a/", f"f{i:05}.bin", data, target.salt)
                again.job(up2k.handshake(again, "/b/", f"f{i:05}.bin", len(data), [up2k.digest(data)]))
            ctx.replay(s, first, conns=4)
            with s.meter() as m:
                r = ctx.replay(s, again, conns=4)
            there = sum(1 for _ in (s.launch.root / "b").rglob("f*.bin"))
            note = transfer_note(r) or ("" if there == count else f"!{there} of {count} files on disk")
            case = "symlinks (--dedup)" if flag else "full copies (default)"
            ctx.add(target, case, "files/s", count / r["wall"], noise=m.noise, note=note)
            ctx.add(target, case, "p99 ms", r["latency"]["p99"] * 1e3, better="low", noise=m.noise)
            shutil.rmtree(s.launch.root, ignore_errors=True)
