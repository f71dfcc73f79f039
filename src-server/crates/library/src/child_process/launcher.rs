//! The hidden mode of this program that executes another one with limits.
//!
//! Limits and sandbox must be set in the new process before the program runs. Doing so between `fork` and `exec` would
//! need unsafe code; so the new process first executes this program again, which has one thread and no memory of the
//! server, sets the limits on itself, and executes the program in its place.

use super::command::ChildCommand;
use super::launch::{Launch, MODE};
use super::platform;
use super::program::Kind;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

/// Exit code if the program cannot be started.
const EXIT_NOT_STARTED: u8 = 127;

/// The program to re-execute; unset where `main` does not call [`run_if_launcher`].
static LAUNCHER: OnceLock<PathBuf> = OnceLock::new();

/// A task of this program that runs in a process of its own: its name, and what it does with the arguments. An error is
/// printed, and makes the exit code that of a failure.
pub type OwnTask = (&'static str, fn(&[OsString]) -> Result<(), String>);

/// To be called first in `main`, before threads are started: if this process was started to run another program, or one
/// of `tasks`, does so and returns the exit code that `main` must return. Otherwise remembers that this program can be
/// re-executed, and returns `None`.
pub fn run_if_launcher(tasks: &[OwnTask]) -> Option<ExitCode> {
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
    let error = match platform::restrict(&launch) {
        Ok(Some(code)) => return Some(code),
        Ok(None) => match tasks.iter().find(|(name, _)| launch.program[0].to_str() == Some(&task_name(name))) {
            Some((_, task)) => return Some(exit_code(task(&launch.program[1..]))),
            None => platform::execute(&launch),
        },
        Err(error) => error,
    };
    eprintln!("{}: {error}", launch.program[0].display());
    Some(ExitCode::from(EXIT_NOT_STARTED))
}

fn exit_code(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Paths of programs are absolute, so none is such a name.
fn task_name(name: &str) -> String {
    format!("task:{name}")
}

/// Uses the program at `path`, which must call [`run_if_launcher`].
pub(super) fn use_launcher(path: PathBuf) {
    let _is_set = LAUNCHER.set(path);
}

/// Returns the command that runs `command` with its limits; without limits if there is no launcher.
///
/// # Errors
/// `Unsupported` for a task of this program if there is no launcher.
pub(super) fn command_of(command: &ChildCommand) -> io::Result<Command> {
    let launcher = LAUNCHER.get();
    let program: OsString = match (&command.program.0, launcher) {
        (Kind::File(path), Some(_)) if platform::HAS_LIMITS => path.into(),
        (Kind::File(path), _) => {
            let mut direct = Command::new(path);
            direct.args(&command.args);
            return Ok(direct);
        }
        (Kind::OwnTask(name), _) => task_name(name).into(),
    };
    let limits = &command.limits;
    let launch = Launch {
        isolation: command.isolation,
        processor_secs: limits.processor_time.as_secs() + u64::from(limits.processor_time.subsec_nanos() > 0),
        memory: limits.memory,
        parent: std::process::id(),
        program: std::iter::once(program).chain(command.args.iter().cloned()).collect(),
    };
    let mut limited = Command::new(launcher.ok_or(io::ErrorKind::Unsupported)?);
    limited.args(launch.to_args());
    Ok(limited)
}
