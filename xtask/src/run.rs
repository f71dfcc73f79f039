//! `cargo xtask run`: from a fresh clone to a running server in one command.

use std::process::Command;

use crate::workspace::{Workspace, cargo};
use crate::{proc, web};

/// Builds the web assets and the release server, then becomes the server.
///
/// `args`: the server's arguments, with or without a leading `--`. None: it shares the current folder.
///
/// # Errors
/// When a build fails, or the server ends with an error.
pub fn run(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    web::build(workspace)?;
    build_release(workspace)?;
    become_server(Command::new(workspace.server("release")).args(args))
}

/// Builds `potluck-server` with the release profile.
///
/// # Errors
/// When cargo fails.
pub fn build_release(workspace: &Workspace) -> Result<(), String> {
    proc::run(&mut proc::command(cargo(), &["build", "--release", "--package", "server"], &workspace.root))
}

/// Replaces this process, so that signals and the exit code are the server's own.
#[cfg(unix)]
fn become_server(command: &mut Command) -> Result<(), String> {
    use std::os::unix::process::CommandExt;
    Err(format!("cannot start the server: {}", command.exec()))
}

#[cfg(not(unix))]
fn become_server(command: &mut Command) -> Result<(), String> {
    proc::run(command)
}
