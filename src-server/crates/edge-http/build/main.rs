//! Lists the built web assets (`web/dist`, and `ui/dist` for administrators) as Rust tables that `routes/assets.rs`
//! embeds, and makes functions of the texts of pages ([`texts`]).
//! This script builds and downloads nothing. Without the assets the program still compiles, and its pages work without
//! scripts and styles.

mod texts;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = here.join("../../..");
    println!("cargo:rerun-if-changed=build");
    let code = list("FILES", &root.join("web/dist")) + &list("ADMIN_FILES", &root.join("ui/dist"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("assets.rs"), code).expect("the output folder can be written");
    let code = texts::generate(&root.join("web/templates/i18n"));
    fs::write(out.join("texts.rs"), code).expect("the output folder can be written");
}

fn list(table: &str, folder: &Path) -> String {
    // Cargo compares the newest file of a watched folder. A path that does not exist makes cargo run this script on
    // every build.
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_asset(path)).collect())
        .unwrap_or_default();
    names.sort();
    let mut code = format!("static {table}: &[(&str, &[u8])] = &[\n");
    for path in names {
        let path = path.canonicalize().expect("the file was listed a moment ago");
        let name = path.file_name().and_then(|name| name.to_str()).expect("is_asset accepts only names in UTF-8");
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", path.display().to_string())
            .expect("writing to a string cannot fail");
    }
    code.push_str("];\n");
    code
}

fn is_asset(path: &Path) -> bool {
    let served = ["js", "css", "svg", "txt", "wasm", "json", "html", "png"];
    let ending = path.extension().and_then(|ending| ending.to_str());
    let named = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name != "manifest.json");
    named && ending.is_some_and(|ending| served.contains(&ending))
}
