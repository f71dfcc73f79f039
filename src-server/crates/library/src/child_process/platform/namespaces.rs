//! Ends processes with the server, and plugins with all their descendants.

use crate::child_process::launch::Launch;
use rustix::process::{Pid, Signal};
use rustix::thread::UnshareFlags;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};

/// Has the kernel kill this process when the thread ends that has started it.
pub fn end_with_parent(launch: &Launch) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have ended before. The parent of the first process of a PID namespace has no number.
    let parent = rustix::process::getppid().map(Pid::as_raw_pid);
    match parent.is_none_or(|parent| u32::try_from(parent) == Ok(launch.parent)) {
        true => Ok(()),
        false => Err(io::Error::other("the server has ended")),
    }
}

/// Runs the program in a PID namespace: when it ends or is killed, the kernel kills all its descendants, also those that
/// left its process group. Returns its exit code; `None` if this system allows no namespaces to this user.
///
/// ```text
/// this process ─► first process of the namespace, this program again ─► the program
/// ```
///
/// The program itself is not the first process: the kernel keeps some signals from that one, as from `init`.
pub fn run_in_pid_namespace(launch: &Launch) -> io::Result<Option<ExitCode>> {
    // Parents outside the namespace have no number.
    let is_first = rustix::process::getppid().is_none();
    let mut command = match is_first {
        true => Command::new(&launch.program[0]),
        false if enter_namespaces() => Command::new("/proc/self/exe"),
        false => return Ok(None),
    };
    match is_first {
        true => command.args(&launch.program[1..]),
        // Its parent is this process, which has one thread and stays until the program ends.
        false => command.args(launch.to_args()),
    };
    let status = command.status()?;
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    Ok(Some(ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))))
}

/// Has the next child begin a PID namespace. Returns false if that is not allowed.
fn enter_namespaces() -> bool {
    // As root no user namespace is needed, and files of other users stay readable.
    if unshare(UnshareFlags::NEWPID).is_ok() {
        return true;
    }
    let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    if unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWPID).is_err() {
        return false;
    }
    // The same user inside: programs ask who they are. Without these files they would be told another one.
    let write = |name: &str, text: String| std::fs::write(format!("/proc/self/{name}"), text);
    let _mapped = write("uid_map", format!("{user} {user} 1"))
        .and_then(|()| write("setgroups", "deny".into()))
        .and_then(|()| write("gid_map", format!("{group} {group} 1")));
    true
}

fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // Deprecated since it also accepts `FILES`, which takes handles from other threads. This process has one thread.
    #[expect(deprecated)]
    rustix::thread::unshare(flags).map_err(io::Error::from)
}
