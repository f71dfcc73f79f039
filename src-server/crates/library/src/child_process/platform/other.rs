//! Systems without process groups and resource limits. A process runs until it ends, or until its pipes are closed and
//! it notices.

use crate::child_process::launch::Launch;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};

pub fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// There is nothing to limit: other programs are started directly, tasks of this one as themselves.
pub const HAS_LIMITS: bool = false;

pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

pub fn restrict(_: &Launch) -> io::Result<Option<ExitCode>> {
    Ok(None)
}

pub fn execute(_: &Launch) -> io::Error {
    io::ErrorKind::Unsupported.into()
}

#[cfg(windows)]
pub fn prepare(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const BELOW_NORMAL_PRIORITY_CLASS: u32 = 0x4000;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(BELOW_NORMAL_PRIORITY_CLASS | CREATE_NO_WINDOW);
}
#[cfg(not(windows))]
pub fn prepare(_: &mut Command) {}

/// What programs need to start at all.
pub fn environment() -> Vec<(OsString, OsString)> {
    let kept = ["PATH", "SystemRoot", "TEMP", "TMP"];
    kept.into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?))).collect()
}

/// Ends the process `pid` and its descendants.
pub fn kill_group(pid: u32) {
    let killed = Command::new("taskkill").args(["/F", "/T", "/PID", &pid.to_string()]).output();
    if let Err(error) = killed {
        tracing::warn!(%error, "a program is not ended");
    }
}

/// The caller reaps it.
pub fn wait_for_end(_: &Child) {}
