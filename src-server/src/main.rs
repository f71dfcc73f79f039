//! `potluck-server`: the server without a window. Arguments, start, wait, stop.

mod headless;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = server::run_if_launcher() {
        return code;
    }
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = server::run_client(&args) {
        return code;
    }
    headless::run(args)
}
