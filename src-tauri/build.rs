//! Configures tauri. It builds and downloads nothing: without the window's content (built by `cargo xtask ui`)
//! the program still compiles, and its window says what is missing.

use std::path::{Path, PathBuf};
use std::{env, fs};

const MISSING: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Potluck</title>
<p>This build has no window content. Build the folder <code>ui</code> first, then the app again.</p></html>\n";

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let content = here.join("../ui/dist");
    println!("cargo:rerun-if-changed={}", content.display());
    if !content.join("index.html").is_file() {
        let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("no-content");
        write(&folder);
        let config = serde_json::json!({ "build": { "frontendDist": folder } });
        // For the macro that embeds the content.
        println!("cargo:rustc-env=TAURI_CONFIG={config}");
    }
    tauri_build::build();
}

fn write(folder: &Path) {
    fs::create_dir_all(folder).and_then(|()| fs::write(folder.join("index.html"), MISSING)).expect("OUT_DIR is ours");
}
