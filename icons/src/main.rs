//! Draws every picture of the desktop app from `icons/potluck.svg` and `icons/tray.svg` into `icons/generated`:
//! `cargo xtask icons`. The results are committed, so that building the app needs no renderer.

mod draw;
mod files;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(here) = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        eprintln!("icons: start it with `cargo run -p icons`");
        return ExitCode::FAILURE;
    };
    match files::all(&here).and_then(|files| files::write(&here.join("generated"), &files)) {
        Ok(count) => {
            println!("{count} pictures are in icons/generated");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("icons: {fault}");
            ExitCode::FAILURE
        }
    }
}
