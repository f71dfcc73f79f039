//! The hidden mode of this program that executes another one with limits.
//!
//! Limits and sandbox must be set in the new process before the program runs. Doing so between `fork` and `exec` would
//! need unsafe code; so the new process first executes this program again, which has one thread and no memory of the
//! server, sets the limits on itself, and executes the program in its place.

use super::command::ChildCommand;
use super::launch::{Launch, MODE};
use super::platform;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

/// Exit code if the program cannot be started.
const EXIT_NOT_STARTED: u8 = 127;

/// The program to re-execute; unset where `main` does not call [`run_if_launcher`].
static LAUNCHER: OnceLock<PathBuf> = OnceLock::new();

/// To be called first in `main`, before threads are started: if this process was started to run another program, runs
/// it, and returns the exit code that `main` must return. Otherwise remembers that this program can be re-executed, and
/// returns `None`.
pub fn run_if_launcher() -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next().as_deref() != Some(OsStr::new(MODE)) {
        if let Some(path) = platform::own_program() {
            use_launcher(path);
        }
        return None;
    }
    let Some(launch) = Launch::parse(args) else {
        eprintln!("this option is for the program itself");
        return Some(ExitCode::from(EXIT_NOT_STARTED));
    };
    let error = match platform::launch(&launch) {
        Ok(code) => return Some(code),
        Err(error) => error,
    };
    eprintln!("{}: {error}", launch.program[0].display());
    Some(ExitCode::from(EXIT_NOT_STARTED))
}

/// Uses the program at `path`, which must call [`run_if_launcher`].
pub(super) fn use_launcher(path: PathBuf) {
    let _is_set = LAUNCHER.set(path);
}

/// Returns the command that runs `command` with its limits; without limits if there is no launcher.
pub(super) fn command_of(command: &ChildCommand) -> Command {
    let Some(launcher) = LAUNCHER.get() else {
        let mut direct = Command::new(command.program.path());
        direct.args(&command.args);
        return direct;
    };
    let limits = &command.limits;
    let launch = Launch {
        isolation: command.isolation,
        processor_secs: limits.processor_time.as_secs() + u64::from(limits.processor_time.subsec_nanos() > 0),
        memory: limits.memory,
        parent: std::process::id(),
        program: std::iter::once(command.program.path().into()).chain(command.args.iter().cloned()).collect(),
    };
    let mut limited = Command::new(launcher);
    limited.args(launch.to_args());
    limited
}
