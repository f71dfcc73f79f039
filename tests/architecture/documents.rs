//! ARCHITECTURE.md is short and names only what exists; code and documents use no riddles and no private words.

use crate::rust;
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

/// Subjects that leave the reader to guess who is meant.
const VAGUE_SUBJECTS: &[&str] = &["whoever", "somebody", "nobody"];

/// Names that parts of this program once had and that say nothing to a stranger.
const PRIVATE_WORDS: &[&str] = &[
    "crew",
    "conveyor",
    "siphon",
    "siphoned",
    "siphoning",
    "lamps",
    "keeper",
    "sighted",
    "leads_on",
    "doors",
    "voices",
    "house",
    "belt",
    "belts",
    "beam",
];

/// Extensions of the files that people write.
const EXTENSIONS: &[&str] = &["rs", "ts", "mjs", "css", "html", "md", "toml", "sql", "sh", "yml"];

/// Folders that tools fill.
const GENERATED: &[&str] = &["target", "node_modules", "dist", "corpus", "artifacts", "gen", ".git"];

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

#[test]
fn prose_names_its_subjects_and_uses_standard_words() {
    let root = super::root();
    let itself = root.join("tests/architecture/documents.rs");
    let mut faults = Vec::new();
    for file in rust::files_below(&root, EXTENSIONS, GENERATED).into_iter().filter(|file| *file != itself) {
        for (number, line) in (1..).zip(read(&file).lines()) {
            let lower = line.to_lowercase();
            let mut words = lower.split(|c: char| !c.is_alphanumeric() && c != '_');
            if let Some(word) = words.find(|word| VAGUE_SUBJECTS.contains(word) || PRIVATE_WORDS.contains(word)) {
                let name = super::relative(&root, &file);
                faults.push(format!("{name}:{number}: {word:?}: {}", line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{} lines:\n{}", faults.len(), faults.join("\n"));
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}
