"""Runs every test_*.py in a network namespace of its own, which no announcement leaves, with mounts of its own:
python3 run.py [PART OF A NAME...]

POTLUCK_APP: the built app. Everything runs on virtual displays; no window appears on the real one."""

import os
import sys
import unittest
from pathlib import Path


def enter_namespaces():
    """Restarts this program in a network and mount namespace with only a loopback interface of its own.

    The sockets of X servers get a folder of their own. An X server takes the first display number that is free in its
    network namespace, and here all are: in a shared folder it would replace the socket of another run, whose clients
    would then connect to it."""
    if os.environ.get("POTLUCK_ALONE"):
        return
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    sockets = "/tmp/.X11-unix"
    prepare = f'ip link set lo up && mkdir -p {sockets} && mount -t tmpfs -o mode=1777 tmpfs {sockets} && exec "$@"'
    inner = ["sh", "-c", prepare, "sh", sys.executable, *sys.argv]
    os.execvpe("unshare", ["unshare", "--net", "--mount", *root, *inner], {**os.environ, "POTLUCK_ALONE": "1"})


def main():
    enter_namespaces()
    here = Path(__file__).parent
    sys.path.insert(0, str(here))
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{part}*" for part in sys.argv[1:]] or None
    suite = loader.discover(str(here), "test_*.py")
    result = unittest.TextTestRunner(verbosity=2, failfast=False).run(suite)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


main()
