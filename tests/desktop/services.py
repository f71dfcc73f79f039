"""Replaces the notification service, the dock, and the part of systemd that handles sleep. Prints each request as a line of
JSON."""

import json
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NOTIFICATIONS = "org.freedesktop.Notifications"
LOGIN = "org.freedesktop.login1"


def say(**what):
    print(json.dumps(what), flush=True)


class Notifications(dbus.service.Object):
    count = 0

    @dbus.service.method(NOTIFICATIONS, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, timeout):
        self.count += 1
        say(title=str(summary), body=str(body))
        return dbus.UInt32(self.count)

    @dbus.service.method(NOTIFICATIONS, out_signature="as")
    def GetCapabilities(self):
        return ["body"]

    @dbus.service.method(NOTIFICATIONS, out_signature="ssss")
    def GetServerInformation(self):
        return ("test", "potluck", "1", "1.2")


class Login(dbus.service.Object):
    @dbus.service.method(LOGIN + ".Manager", in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        ours, theirs = os.pipe()
        # The inhibitor ends when this descriptor is closed.
        GLib.io_add_watch(ours, GLib.IO_HUP, lambda *_: say(released=str(what)))
        say(inhibited=str(what), who=str(who))
        descriptor = dbus.types.UnixFd(theirs)
        os.close(theirs)
        return descriptor

    @dbus.service.signal(LOGIN + ".Manager", signature="b")
    def PrepareForSleep(self, start):
        say(sleeps=bool(start))

    @dbus.service.method("app.potluck.Test", in_signature="b")
    def Sleep(self, start):
        self.PrepareForSleep(start)


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(sys.argv[1])
names = [dbus.service.BusName(name, bus) for name in (LOGIN, NOTIFICATIONS)]
Notifications(bus, "/org/freedesktop/Notifications")
Login(bus, "/org/freedesktop/login1")
# A dock receives the launcher entries of every program.
bus.add_signal_receiver(
    lambda entry, look: say(entry=str(entry), shows=bool(look["progress-visible"]), progress=float(look["progress"])),
    dbus_interface="com.canonical.Unity.LauncherEntry",
    signal_name="Update",
)
GLib.MainLoop().run()
