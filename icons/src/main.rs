//! Draws every picture of the desktop app from `icons/potluck.svg` and `icons/tray.svg` into `icons/generated`:
//! `cargo xtask icons`. The results are committed, for whoever builds the app needs no renderer.

mod draw;
mod files;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    match files::all(here).and_then(|files| files::write(&here.join("generated"), &files)) {
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
