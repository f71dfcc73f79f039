"""Starts servers, and reads CPU time and memory of a process tree from /proc."""
import os
import resource
import signal
import socket
import subprocess
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    with open(f"/proc/{pid}/stat", "rb") as f:
        return f.read().rsplit(b")", 1)[1].split()


def tree(root):
    """Returns the process ids of root and all its descendants."""
    children = {}
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                children.setdefault(int(_stat(pid)[1]), []).append(int(pid))
            except (OSError, IndexError):
                pass
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def cpu_seconds(root):
    """Returns user + system seconds of the tree, including reaped children."""
    total = 0
    for pid in tree(root):
        try:
            total += sum(int(x) for x in _stat(pid)[11:15])
        except (OSError, IndexError):
            pass
    return total / TICK


def _field(pid, file, key):
    try:
        with open(f"/proc/{pid}/{file}") as f:
            for ln in f:
                if ln.startswith(key):
                    return int(ln.split()[1]) / 1024
    except OSError:
        pass
    return 0


def pss_mib(root):
    """Returns the current memory of the tree; pages shared inside the tree count once."""
    return sum(_field(p, "smaps_rollup", "Pss:") for p in tree(root))


def peak_rss_mib(root):
    return sum(_field(p, "status", "VmHWM:") for p in tree(root))


def anon_mib(root):
    """Returns the current anonymous memory of the tree, that is, without mapped files."""
    return sum(_field(p, "status", "RssAnon:") for p in tree(root))


class AnonPeak:
    """Peak of the anonymous memory of the tree while the block runs, sampled every 20 ms."""

    def __init__(self, root):
        self.root, self.before, self.peak = root, anon_mib(root), 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._end.wait(.02):
            self.peak = max(self.peak, anon_mib(self.root))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self.peak = max(self.peak, anon_mib(self.root))


def reset_peak(root):
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/clear_refs", "w") as f:
                f.write("5")
        except OSError:
            pass


def machine_busy_seconds():
    """Returns the CPU seconds that the whole machine was not idle, including steal time."""
    with open("/proc/stat") as f:
        v = [int(x) for x in f.readline().split()[1:]]
    return (sum(v[:8]) - v[3] - v[4]) / TICK


def own_cpu_seconds():
    total = 0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        u = resource.getrusage(who)
        total += u.ru_utime + u.ru_stime
    return total


class Meter:
    """Measures wall time, CPU time of the server, and CPU use of other processes.

    `noise` is in cores: 0.0 is a quiet machine, 1.0 is one whole core taken by
    processes that are neither the server, nor this harness, nor its clients.
    """

    def __init__(self, server_pid=None):
        self.pid = server_pid

    def _server(self):
        return cpu_seconds(self.pid) if self.pid else 0.0

    def __enter__(self):
        self._s, self._o, self._b = self._server(), own_cpu_seconds(), machine_busy_seconds()
        self._t = time.monotonic()
        return self

    def __exit__(self, *_):
        self.wall = time.monotonic() - self._t
        self.cpu = self._server() - self._s
        self.client_cpu = own_cpu_seconds() - self._o
        busy = machine_busy_seconds() - self._b
        self.noise = max(0.0, (busy - self.cpu - self.client_cpu) / max(self.wall, 1e-3))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One running server under test."""

    def __init__(self, target, launch):
        self.target, self.launch, self.port = target, launch, launch.port
        target.prepare(launch)
        self.log = open(launch.scratch / "server.log", "wb")
        env = dict(os.environ, HOME=str(launch.scratch), XDG_CONFIG_HOME=str(launch.scratch), **target.env(launch))
        self.t0 = time.monotonic()
        self.proc = subprocess.Popen(
            target.command(launch), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            cwd=launch.scratch, env=env, start_new_session=True)
        self.pid = self.proc.pid

    def wait_ready(self, timeout=60):
        """Waits for the first 2xx, 3xx or 401 reply, and returns the seconds since exec."""
        req = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % self.target.ready_path.encode()
        while time.monotonic() - self.t0 < timeout:
            if self.proc.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                    s.sendall(req)
                    head = s.recv(64)
                if head[9:10] in (b"2", b"3") or head[9:12] == b"401":
                    return time.monotonic() - self.t0
            except OSError:
                pass
            time.sleep(0.002)
        self.stop()
        tail = open(self.log.name, "rb").read()[-600:].decode("utf-8", "replace")
        raise RuntimeError(f"{self.target.name} did not come up: {tail}")

    def meter(self):
        return Meter(self.pid)

    def stop(self):
        """Ends the process group of the server with SIGTERM, then SIGKILL."""
        for sig, wait in ((signal.SIGTERM, 6), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.pid, sig)
            except ProcessLookupError:
                pass
            try:
                self.proc.wait(wait)
                break
            except subprocess.TimeoutExpired:
                continue
        self.log.close()
