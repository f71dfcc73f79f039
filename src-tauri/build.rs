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
    list_texts(&here.join("i18n"));
    tauri_build::build();
}

/// Lists the message files as a table of tag and text.
fn list_texts(folder: &Path) {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("i18n is there").filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let row = |path: &PathBuf| {
        let tag = path.file_stem().expect("files have names").to_string_lossy().into_owned();
        format!("({tag:?}, include_str!({:?})),\n", path.display().to_string())
    };
    let rows: String = files.iter().map(row).collect();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("texts.rs"), format!("static FILES: &[(&str, &str)] = &[\n{rows}];\n"))
        .expect("OUT_DIR is ours");
}

fn write(folder: &Path) {
    fs::create_dir_all(folder).and_then(|()| fs::write(folder.join("index.html"), MISSING)).expect("OUT_DIR is ours");
}
