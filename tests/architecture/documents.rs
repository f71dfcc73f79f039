//! ARCHITECTURE.md is short and names only what exists.

use std::path::Path;

/// Where a path of ARCHITECTURE.md may start.
const BASES: &[&str] = &[
    "",
    "src-server/crates",
    "src-server/crates/engine/src",
    "src-server/crates/engine/src/files",
    "src-server/crates/store/src",
    "src-server/crates/model/src",
    "src-server/src",
];

/// Most words of ARCHITECTURE.md.
const MOST_WORDS: usize = 1500;

#[test]
fn architecture_is_short() {
    let text = read(&super::root().join("ARCHITECTURE.md"));
    let words = text.split_whitespace().count();
    assert!(words <= MOST_WORDS, "{words} words, {MOST_WORDS} at most");
}

#[test]
fn architecture_names_what_exists() {
    let root = super::root();
    let text = read(&root.join("ARCHITECTURE.md"));
    let named = text.split('`').skip(1).step_by(2).filter(|word| word.contains('/') && !word.contains(' '));
    let exists = |path: &&str| {
        // The package `server` has no folder of that name.
        let path = path.strip_prefix("server/").map_or_else(|| (*path).to_owned(), |rest| format!("src-server/{rest}"));
        BASES.iter().any(|base| root.join(base).join(&path).exists())
    };
    let missing: Vec<_> = named.filter(|path| !exists(path)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what does not exist: {missing:?}");
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}
