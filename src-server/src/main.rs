//! `potluck-server`: the server without a window. Arguments, start, wait, stop.

mod headless;

use std::process::ExitCode;

fn main() -> ExitCode {
    headless::run(std::env::args_os().skip(1).collect())
}
