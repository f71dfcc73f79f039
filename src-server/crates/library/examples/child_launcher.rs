//! Runs other programs with limits, as `potluck-server` does: the tests of child processes re-execute this program.

use std::process::ExitCode;

fn main() -> ExitCode {
    library::run_if_launcher().unwrap_or_else(|| {
        eprintln!("this program is started by tests");
        ExitCode::FAILURE
    })
}
