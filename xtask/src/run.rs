//! `cargo xtask run`: from a fresh clone to a running server in one command.

use std::process::Command;

use crate::proc::print_line;
use crate::workspace::{Workspace, cargo};
use crate::{install, proc, web};

/// Builds the web assets and a release, then executes it: the desktop app if there is a display and no arguments,
/// the server otherwise.
///
/// `args`: `--headless` to run the server in any case, then its arguments, with or without a leading `--`. None: the
/// server shares the current folder.
///
/// # Errors
/// When a build fails, or the program ends with an error.
pub fn run(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    let (args, headless) = split_args(args);
    web::build(workspace)?;
    if !headless && has_display() {
        match desktop_libraries() {
            Ok(()) => {
                print_line(
                    "   there is a display: starting the desktop app (`cargo xtask run --headless` starts the server)",
                );
                build_release(workspace, "potluck")?;
                return exec(&mut Command::new(workspace.program("release", "potluck")));
            }
            Err(why) => print_line(&format!("   no desktop app: {why}; starting the server without a window")),
        }
    }
    build_release(workspace, "server")?;
    exec(Command::new(workspace.server("release")).args(args))
}

/// Returns the server's arguments, and whether to run the server instead of the app.
fn split_args(args: &[String]) -> (&[String], bool) {
    let bare = |args| <[String]>::strip_prefix(args, &["--".to_owned()]).unwrap_or(args);
    match bare(args) {
        [first, rest @ ..] if first == "--headless" => (bare(rest), true),
        args => (args, !args.is_empty()),
    }
}

fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Installs the libraries of the desktop app, if they are missing.
fn desktop_libraries() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    match install::programs(install::FOR_DESKTOP)[..] {
        [] => Ok(()),
        ref missing => Err(format!("{} is missing", missing.join(", "))),
    }
}

/// Builds a package with the release profile.
///
/// # Errors
/// When cargo fails.
pub fn build_release(workspace: &Workspace, package: &str) -> Result<(), String> {
    let missing = install::programs(install::FOR_SPEED);
    if !missing.is_empty() {
        print_line(&format!("   thumbnails will be slower: without {}", missing.join(", ")));
    }
    proc::run(&mut proc::command(cargo(), &["build", "--release", "--package", package], &workspace.root))
}

/// Replaces this process, so that signals and the exit code are the program's own.
#[cfg(unix)]
fn exec(command: &mut Command) -> Result<(), String> {
    use std::os::unix::process::CommandExt;
    Err(format!("cannot start the program: {}", command.exec()))
}

#[cfg(not(unix))]
fn exec(command: &mut Command) -> Result<(), String> {
    proc::run(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_are_not_the_servers() {
        for (given, server, headless) in [
            (&[][..], &[][..], false),
            (&["--"], &[], false),
            (&["--headless"], &[], true),
            (&["--headless", "--", "-p", "1"], &["-p", "1"], true),
            (&["--", "--headless", "-q"], &["-q"], true),
            (&["--", "-p", "1"], &["-p", "1"], true),
            (&["-v", ".::r", "--"], &["-v", ".::r", "--"], true),
        ] {
            let given: Vec<String> = given.iter().map(|&arg| arg.to_owned()).collect();
            let (args, is_headless) = split_args(&given);
            assert!(args == server && is_headless == headless, "{given:?}");
        }
    }
}
