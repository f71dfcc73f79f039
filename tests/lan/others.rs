//! Interoperability with Avahi and copyparty, in both directions.

use std::path::{Path, PathBuf};
use std::process::Command;

use support::skip;

use crate::namespaces::{Machine, lan};
use crate::programs::{Program, server, wait_for_nearby, wait_until};

/// Configuration of a D-Bus daemon without access control, for this test only.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/bus</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>"#;

/// Runs Avahi with its own D-Bus daemon and `/run`, under the host name `attic`, and browses again and again.
const AVAHI: &str = r#"
PATH=$PATH:/usr/sbin
mount -t tmpfs none /run && mkdir /run/avahi-daemon && hostname attic || exit 1
printf '%s' "$BUS" > /run/bus.conf
dbus-daemon --config-file=/run/bus.conf --nofork &
while ! test -S /run/bus; do sleep 0.05; done
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus
avahi-daemon --no-drop-root --no-chroot --no-rlimits -f /dev/null &
while true; do avahi-browse --all --resolve --terminate --parsable && echo round; sleep 0.2; done
"#;

fn avahi(machine: &Machine) -> Option<Program> {
    for program in ["avahi-daemon", "avahi-browse", "dbus-daemon"] {
        need_sbin(program)?;
    }
    // In its own PID namespace: when its first process ends, all others end.
    let mut command = machine.command("unshare");
    command.args(["--mount", "--uts", "--pid", "--fork", "--kill-child", "sh", "-c", AVAHI]);
    let mut with_bus = Command::new("env");
    with_bus.arg(format!("BUS={BUS}")).arg(command.get_program()).args(command.get_args());
    Some(Program::start(with_bus))
}

/// Finds a program in `PATH` or `/usr/sbin`, where daemons are.
fn need_sbin(program: &str) -> Option<PathBuf> {
    let in_sbin = Path::new("/usr/sbin").join(program);
    if in_sbin.is_file() { Some(in_sbin) } else { skip::need(program) }
}

#[test]
fn avahi_sees_announcements_and_goodbyes() {
    let Some(lan) = lan() else { return };
    let mut ours = server(&lan.here, &["-z"]);
    let Some(avahi) = avahi(&lan.there) else { return };
    let line =
        |kind: &str| format!("=;eth0;IPv4;Potluck\\032on\\032kitchen;{kind};local;kitchen.local;10.77.0.1;3923;");
    for kind in ["_potluck._tcp", "Web Site", "Secure Web Site"] {
        avahi.wait_for(&line(kind));
    }
    ours.stop();
    let since = avahi.log().len();
    // Three rounds later at least one round began after the goodbye.
    wait_until(|| avahi.log()[since..].matches("round\n").count() >= 3, || "avahi-browse has stopped".into());
    let log = avahi.log();
    let last = log.trim_end().trim_end_matches("round").rsplit("round\n").next().unwrap_or_default();
    assert!(!last.contains("Potluck"), "it is still there:\n{last}");
}

#[test]
fn the_name_is_kept_beside_avahi() {
    let Some(lan) = lan() else { return };
    // Avahi has the same host name as the machine here, as on most Linux desktops.
    let Some(avahi) = avahi(&lan.here) else { return };
    avahi.wait_for("round");
    let ours = server(&lan.here, &["-z", "--zm-fqdn", "attic"]);
    wait_for_nearby(&lan.there, |seen| seen == ["potluck    http://10.77.0.1:3923/  Potluck on attic"]);
    assert!(!ours.log().contains("WARN"), "{}", ours.log());
}

#[test]
fn copyparty_is_recognised() {
    let Some(lan) = lan() else { return };
    let Some((python, _)) = skip::need_u2c() else { return };
    let mut command = lan.here.command(python);
    command.args(["-m", "copyparty", "-z", "--name", "vault", "-p", "3923", "-q"]);
    let _copyparty = Program::start(command);
    wait_for_nearby(&lan.there, |seen| seen == ["copyparty  http://10.77.0.1:3923/  vault"]);
}
