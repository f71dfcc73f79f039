//! Finds and runs programs, with errors in one sentence.

use std::env;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program's full path, if PATH has it.
pub fn find(program: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    // Debian keeps servers in /usr/sbin, which a person's PATH may lack.
    let more = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    env::split_paths(&paths).chain(more).map(|dir| dir.join(&name)).find(|p| is_program(p))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// A command that will run in `folder`.
pub fn command(program: impl AsRef<OsStr>, args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder);
    command
}

/// Shows the command, runs it with our own output, and waits.
///
/// # Errors
/// When it cannot start or does not end with 0.
pub fn run(command: &mut Command) -> Result<(), String> {
    let shown = show(command);
    print_line(&format!("   $ {shown}"));
    let status = command.status().map_err(|e| format!("cannot start `{shown}`: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({status})")) }
}

/// Runs the command silently; its standard output when it ended with 0.
pub fn output(command: &mut Command) -> Option<String> {
    let out = command.output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Prints a line and flushes, because the programs that we start write to the same stream.
pub fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe (`| head`) is no reason to stop.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let args = command.get_args().map(|a| {
        let a = a.to_string_lossy();
        if a.is_empty() || a.contains(char::is_whitespace) { format!("'{a}'") } else { a.into_owned() }
    });
    std::iter::once(name).chain(args).collect::<Vec<_>>().join(" ")
}
