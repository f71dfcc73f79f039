//! `potluck-server`: the server without a window. Arguments, start, wait, stop.

mod headless;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = server::run_if_launcher() {
        return code;
    }
    headless::run(std::env::args_os().skip(1).collect())
}
