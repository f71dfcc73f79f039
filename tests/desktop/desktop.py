"""A desktop for tests: X server, session bus, notifications and optionally a panel that shows tray icons."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import dbus
import dbus.bus
from Xlib import X, display, error
from Xlib.protocol import event

from up2k import Upload

APP = os.environ["POTLUCK_APP"]
OURS = "# Potluck keeps its settings here and writes this file anew with every change.\n"
WATCHER = "org.kde.StatusNotifierWatcher"


# Longer than a person would wait. No test takes so long, but on a busy computer everything is slower.
PATIENCE = 120.0


def until(condition, seconds=PATIENCE, what="it"):
    """Polls `condition` until it returns a true value. Returns that value."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen in {seconds} s; the last answer was {answer!r}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Desktop:
    """A desktop session. Everything that it starts ends with `close`."""

    def __init__(self, panel=True):
        self.started = []
        try:
            self._open(panel)
        except BaseException:
            self.close()
            raise

    def _open(self, panel):
        self.mounts = []
        self.folder = Path(tempfile.mkdtemp(prefix="potluck-desktop-"))
        self.bus = None
        (self.folder / "run").mkdir(mode=0o700)
        home = self.folder / "home"
        home.mkdir()
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            # No accessibility bus and no graphics card: neither is tested.
            "NO_AT_BRIDGE": "1",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
            "RUST_BACKTRACE": "1",
        }
        self.env["DISPLAY"] = self._display()
        self.screen = self.started[-1]
        # The same bus serves as the system bus, so that the app cannot keep the real machine awake.
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self.env["DBUS_SYSTEM_BUS_ADDRESS"] = self._bus()
        self.bus = dbus.bus.BusConnection(self.env["DBUS_SESSION_BUS_ADDRESS"])
        self.asked = self.folder / "asked"
        with self.asked.open("w") as asked:
            script = Path(__file__).with_name("services.py")
            self.run([sys.executable, script, self.env["DBUS_SESSION_BUS_ADDRESS"]], stdout=asked)
        until(lambda: self.bus.name_has_owner("org.freedesktop.Notifications"), what="a notification service")
        self._start_window_manager(panel)

    def _start_window_manager(self, panel=True):
        self.run(["xfwm4", "--compositor=off"])
        until(self._is_managed, what="a window manager")
        if panel:
            self.panel()

    def kill_display(self):
        """Kills the X server, as a crash of the server or its driver does."""
        self.screen.kill()
        self.screen.wait()

    def restart_display(self):
        """Starts another X server with a panel for the same user."""
        self.env["DISPLAY"] = self._display()
        self.screen = self.started[-1]
        # The old panel ends with its display.
        until(lambda: not self.bus.name_has_owner(WATCHER), what="the end of the old panel")
        self._start_window_manager()

    def mount(self, *how, at):
        """Mounts a file system; see mount(8)."""
        at.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", *map(str, how), str(at)], check=True)
        self.mounts.append(at)
        return at

    def unmount(self, at):
        """Unmounts although files are open, as when a disk is pulled out."""
        self.mounts.remove(at)
        subprocess.run(["umount", "--lazy", str(at)], check=True)

    def _display(self):
        mine, its = os.pipe()
        # -noreset: otherwise the server resets and disconnects all clients whenever its last client disconnects.
        # -nolock: the display number is unique here (see run.py), so no lock file in the shared folder is needed.
        server = ["Xvfb", "-displayfd", str(its), "-noreset", "-nolock", "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
        self.run(server, pass_fds=[its])
        os.close(its)
        with os.fdopen(mine) as number:
            return ":" + number.readline().strip()

    def _bus(self):
        bus = self.run(
            ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:dir={self.folder}/run"],
            stdout=subprocess.PIPE,
        )
        return bus.stdout.readline().decode().strip()

    def _is_managed(self):
        screen = display.Display(self.env["DISPLAY"])
        try:
            return screen.screen().root.get_full_property(screen.intern_atom("_NET_SUPPORTING_WM_CHECK"), X.AnyPropertyType)
        finally:
            screen.close()

    def panel(self):
        """Starts a panel that shows tray icons."""
        self.run(["xfce4-panel", "--disable-wm-check"])
        until(self.has_host, what="a tray")

    def has_host(self):
        if not self.bus.name_has_owner(WATCHER):
            return False
        watcher = self.bus.get_object(WATCHER, "/StatusNotifierWatcher")
        return watcher.Get(WATCHER, "IsStatusNotifierHostRegistered", dbus_interface=dbus.PROPERTIES_IFACE)

    def only_tray(self):
        """Returns the only tray icon: that of an app whose process id is unknown, because WebDriver started it."""

        def find():
            names = [name for name in self.bus.list_names() if name.startswith("org.kde.StatusNotifierItem-")]
            return names and Tray(self.bus, names[0])

        return until(find, what="a tray icon")

    def announce_sleep(self, starts):
        """Sends the signal of systemd before the computer sleeps, and after it has woken up."""
        login = self.bus.get_object("org.freedesktop.login1", "/org/freedesktop/login1")
        login.Sleep(starts, dbus_interface="app.potluck.Test")

    def process_of(self, name):
        """Returns the id of the process that owns a name on the bus."""
        bus = self.bus.get_object("org.freedesktop.DBus", "/org/freedesktop/DBus")
        return int(bus.GetConnectionUnixProcessID(name, dbus_interface="org.freedesktop.DBus"))

    def run(self, command, env=None, **how):
        how.setdefault("stdout", subprocess.DEVNULL)
        how.setdefault("stderr", subprocess.DEVNULL)
        process = subprocess.Popen(list(map(str, command)), env=env or self.env, cwd=self.folder, **how)
        self.started.append(process)
        return process

    def close(self):
        for process in reversed(self.started):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.started):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        if self.bus:
            self.bus.close()
        for at in reversed(self.mounts.copy()):
            self.unmount(at)
        # A browser may still write its cache for a moment.
        shutil.rmtree(self.folder, ignore_errors=True)

    def heard(self, key):
        """Returns the requests of one kind that the services have received so far."""
        lines = [json.loads(line) for line in self.asked.read_text().splitlines()]
        return [line for line in lines if key in line]

    def notifications(self):
        return self.heard("title")

    def windows(self, name="^Potluck$"):
        """Returns the windows with this title that the window manager shows. Ignores windows that close meanwhile."""
        screen = display.Display(self.env["DISPLAY"])
        try:
            managed = screen.screen().root.get_full_property(screen.intern_atom("_NET_CLIENT_LIST"), X.AnyPropertyType)
            return [number for number in (managed.value if managed else ()) if self._is_shown(screen, number, name)]
        finally:
            screen.close()

    @staticmethod
    def _is_shown(screen, number, name):
        window = screen.create_resource_object("window", number)
        try:
            title = window.get_full_text_property(screen.intern_atom("_NET_WM_NAME")) or window.get_wm_name() or ""
            return bool(re.search(name, str(title))) and window.get_attributes().map_state == X.IsViewable
        except error.BadWindow:
            return False

    def close_window(self, window):
        """Asks a window to close, as a click on its close button does."""
        screen = display.Display(self.env["DISPLAY"])
        # The window may have closed already.
        screen.set_error_handler(lambda *_: None)
        target = screen.create_resource_object("window", window)
        protocols, delete = screen.intern_atom("WM_PROTOCOLS"), screen.intern_atom("WM_DELETE_WINDOW")
        asking = event.ClientMessage(window=target, client_type=protocols, data=(32, [delete, X.CurrentTime, 0, 0, 0]))
        target.send_event(asking)
        screen.sync()
        screen.close()

    def close_windows(self):
        """Asks every window of the app to close, repeatedly: a window that is just being drawn ignores the first request."""
        asked = {}

        def are_gone():
            for window in self.windows():
                if time.monotonic() - asked.get(window, 0) > 5:
                    asked[window] = time.monotonic()
                    self.close_window(window)
            return not self.windows()

        until(are_gone, what="closing the windows")


class App:
    """The app, with a settings file of its own."""

    def __init__(self, desktop, *args, shares=(), settings=None, port=None, starts=True, env=None):
        self.desktop = desktop
        self.env = {**desktop.env, **(env or {})}
        self.port = port or free_port()
        self.config = desktop.folder / "config" / "settings.toml"
        self.log = desktop.folder / "app.log"
        if settings is not None or shares:
            self.config.parent.mkdir(exist_ok=True)
            self.config.write_text(self.settings(shares) if settings is None else settings)
        # Otherwise the test starts the app by other means.
        self.process = self.start(*args) if starts else None

    def settings(self, shares):
        text = f'{OURS}\n[network]\nlisten = ["127.0.0.1"]\nports = [{self.port}]\n'
        for mount, access in shares:
            folder = self.desktop.folder / "shared" / mount
            folder.mkdir(parents=True, exist_ok=True)
            text += f'\n[[volume]]\nsource = "{folder}"\nmount = "/{mount}"\naccess = ["{access}"]\n'
        return text

    def arguments(self, *args):
        state = self.desktop.folder / "state"
        return [APP, "--settings", self.config, "--state-folder", state, *args]

    def start(self, *args):
        with self.log.open("a") as log:
            # The display may have changed.
            env = {**self.env, "DISPLAY": self.desktop.env["DISPLAY"]}
            return self.desktop.run(self.arguments(*args), env=env, stderr=log)

    def second(self, *args):
        """Starts the app a second time. Returns the exit code."""
        return self.start(*args).wait(PATIENCE)

    def get(self, path, host="127.0.0.1"):
        """Returns the status of an answer; None if the connection fails."""
        try:
            with urllib.request.urlopen(f"http://{host}:{self.port}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def put(self, path, body=b"x"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method="PUT")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status

    def serves(self, path="/"):
        until(lambda: self.get(path) is not None, what="an answer")

    def upload(self, path, data, whole=True):
        """Uploads one file of one chunk by up2k; sends the chunk only if `whole`."""
        sender = Upload(self, path, data)
        for chunk in sender.ask():
            if whole:
                sender.send(chunk)

    def tray(self):
        return until(lambda: Tray.find(self), what="a tray icon")

    def file(self, path):
        """Returns the path on disk of a virtual path."""
        return self.desktop.folder / "shared" / path.strip("/")

    def tray_named(self, name):
        return Tray(self.desktop.bus, name)


class Tray:
    """The tray icon and its menu, as a panel sees them."""

    def __init__(self, bus, name):
        self.item = bus.get_object(name, "/StatusNotifierItem")
        self.menu_object = bus.get_object(name, "/MenuBar")

    @staticmethod
    def find(app):
        names = [name for name in app.desktop.bus.list_names() if name.startswith("org.kde.StatusNotifierItem-")]
        wanted = f"org.kde.StatusNotifierItem-{app.process.pid}-"
        name = next((name for name in names if name.startswith(wanted)), None)
        return name and Tray(app.desktop.bus, name)

    def get(self, name):
        return self.item.Get("org.kde.StatusNotifierItem", name, dbus_interface=dbus.PROPERTIES_IFACE)

    def tooltip(self):
        return str(self.get("ToolTip")[3])

    def picture(self):
        width, height, pixels = self.get("IconPixmap")[0]
        return int(width), int(height), bytes(pixels)

    def layout(self):
        _, root = self.menu_object.GetLayout(0, -1, [], dbus_interface="com.canonical.dbusmenu", signature="iias")
        return root

    def rows(self, node=None):
        """Returns [(label, checked or None, enabled, rows below)] without separators."""
        rows = []
        for identity, properties, children in (node or self.layout())[2]:
            if properties.get("type") == "separator":
                continue
            checked = bool(properties["toggle-state"]) if "toggle-state" in properties else None
            below = self.rows((identity, properties, children))
            label = str(properties.get("label", "")).replace("__", "_")
            rows.append((label, checked, bool(properties.get("enabled", True)), below))
        return rows

    def labels(self):
        return [row[0] for row in self.rows()]

    def labels_below(self, label):
        return next((list(map(lambda row: row[0], row[3])) for row in self.rows() if row[0].startswith(label)), [])

    def click(self, *path):
        """Clicks a row, given by the beginnings of its labels from the top down."""
        node = self.layout()
        for label in path:
            found = [child for child in node[2] if str(child[1].get("label", "")).startswith(label)]
            if not found:
                raise AssertionError(f"no row begins with {label!r}: {self.rows()}")
            node = found[0]
        self.menu_object.Event(
            node[0], "clicked", dbus.Int32(0), dbus.UInt32(0), dbus_interface="com.canonical.dbusmenu", signature="isvu"
        )

    def activate(self):
        """Left-clicks the icon."""
        self.item.Activate(10, 10, dbus_interface="org.kde.StatusNotifierItem")
