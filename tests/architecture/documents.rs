//! ARCHITECTURE.md is short, documents name only what exists, and code and documents use standard words.

use crate::rust;
use std::path::Path;

/// Where a path of ARCHITECTURE.md may start.
const BASES: &[&str] = &[
    "",
    "src-server/crates",
    "src-server/crates/vfs/src",
    "src-server/crates/vfs/src/files",
    "src-server/crates/store/src",
    "src-server/crates/model/src",
    "src-server/src",
];

/// Most words of ARCHITECTURE.md.
const MOST_WORDS: usize = 1500;

/// Subjects that leave the reader to guess who is meant. Written in parts, so that a search for them finds nothing here.
const VAGUE_SUBJECTS: &[&str] = &[
    concat!("who", "ever"),
    concat!("some", "body"),
    concat!("some", "one"),
    concat!("no", "body"),
    concat!("every", "body"),
];

/// Names that parts of this program once had and that say nothing to a stranger. Also found as a part of an identifier.
const PRIVATE_WORDS: &[&str] = &[
    "arrivals",
    "backing",
    "beam",
    "belt",
    "belts",
    "board",
    "boards",
    "clobber",
    "company",
    "conveyor",
    "crew",
    "desk",
    "desks",
    "door",
    "doors",
    "gate",
    "gates",
    "guesser",
    "handover",
    "house",
    "in_force",
    "intake",
    "keeper",
    "lamp",
    "lamps",
    "leads_on",
    "lift",
    "lifts",
    "outlet",
    "parting",
    "proven",
    "sighted",
    "siphon",
    "siphoned",
    "siphoning",
    "spot",
    "surprise",
    "surprises",
    "suspect",
    "suspects",
    "ticket",
    "tickets",
    "trail",
    "voice",
    "voices",
    "wish",
    "workshop",
];

/// Names of libraries that have such words in them.
const NAMES_OF_OTHERS: &[&str] = &["send_tls13_tickets"];

/// Extensions of the files that people write.
const EXTENSIONS: &[&str] =
    &["rs", "ts", "mjs", "css", "html", "md", "toml", "sql", "sh", "yml", "py", "c", "h", "nsi", "service", "xml"];

/// Folders that tools fill.
const GENERATED: &[&str] = &["target", "node_modules", "dist", "corpus", "artifacts", "gen", ".git"];

#[test]
fn architecture_is_short() {
    let text = read(&super::root().join("ARCHITECTURE.md"));
    let words = text.split_whitespace().count();
    assert!(words <= MOST_WORDS, "{words} words, {MOST_WORDS} at most");
}

/// Returns the words and texts that stand between backquotes.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn architecture_names_what_exists() {
    let root = super::root();
    let text = read(&root.join("ARCHITECTURE.md"));
    let named = code_spans(&text).filter(|word| word.contains('/') && !word.contains(' '));
    let exists = |path: &&str| {
        // The package `server` has no folder of that name.
        let path = path.strip_prefix("server/").map_or_else(|| (*path).to_owned(), |rest| format!("src-server/{rest}"));
        BASES.iter().any(|base| root.join(base).join(&path).exists())
    };
    let missing: Vec<_> = named.filter(|path| !exists(path)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what does not exist: {missing:?}");
}

#[test]
fn documents_name_files_that_exist() {
    let root = super::root();
    // Paths in documents leave out `src`, where that is clear.
    let short = |path: &str| path.replace("/src/", "/");
    let all = rust::files_below(&root, &["rs", "ts", "json", "mjs", "py"], GENERATED);
    let all: Vec<String> = all.iter().map(|file| format!("/{}", short(&super::relative(&root, file)))).collect();
    let exists = |path: &str| {
        let file = short(&format!("/{}", path.strip_prefix("server/").unwrap_or(path)));
        let (module, folder) = (format!("{file}.rs"), format!("{file}/"));
        all.iter().any(|one| one.ends_with(&file) || one.ends_with(&module) || one.contains(&folder))
    };
    let mut missing = Vec::new();
    for document in rust::files_below(&root.join("docs"), &["md"], &[]) {
        let name = super::relative(&root, &document);
        for word in code_spans(&read(&document)).filter(|word| is_path(word)) {
            let is_file = Path::new(word).extension().is_some();
            if (is_file || name.starts_with("docs/adr/")) && !exists(word) {
                missing.push(format!("{name}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "documents name what does not exist:\n{}", missing.join("\n"));
}

/// Returns whether `word` is the relative path of a file or module, and not a media type.
fn is_path(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-./".contains(c);
    let is_media_type = ["application/", "multipart/", "text/"].iter().any(|kind| word.starts_with(kind));
    word.contains('/') && !word.starts_with('/') && !is_media_type && word.chars().all(is_plain)
}

#[test]
fn limits_name_tests_that_exist() {
    let root = super::root();
    let sources: Vec<_> = rust::files_below(&root, &["rs"], GENERATED).iter().map(|file| rust::code(file)).collect();
    let is_test =
        |word: &&str| word.matches('_').count() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let text = read(&root.join("docs/limits.md"));
    let named = code_spans(&text).filter(is_test);
    let missing: Vec<_> =
        named.filter(|name| !sources.iter().any(|code| code.contains(&format!("fn {name}(")))).collect();
    assert!(missing.is_empty(), "docs/limits.md names tests that do not exist: {missing:?}");
}

#[test]
fn prose_names_its_subjects_and_uses_standard_words() {
    let root = super::root();
    let itself = root.join("tests/architecture/documents.rs");
    let mut faults = Vec::new();
    for file in rust::files_below(&root, EXTENSIONS, GENERATED).into_iter().filter(|file| *file != itself) {
        for (number, line) in (1..).zip(read(&file).lines()) {
            let own = NAMES_OF_OTHERS.iter().fold(line.to_owned(), |line, name| line.replace(name, ""));
            let is_listed = |word: &str| VAGUE_SUBJECTS.contains(&word) || PRIVATE_WORDS.contains(&word);
            if let Some(word) = words(&own).into_iter().find(|word| is_listed(word)) {
                let name = super::relative(&root, &file);
                faults.push(format!("{name}:{number}: {word:?}: {}", line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{} lines:\n{}", faults.len(), faults.join("\n"));
}

/// Returns the words of a line in lower case: whole identifiers, and the parts of those in `snake_case` and `CamelCase`.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for whole in line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|whole| !whole.is_empty()) {
        words.push(whole.to_lowercase());
        let mut part = String::new();
        for c in whole.chars().chain(['_']) {
            let starts_a_part = c == '_' || c.is_uppercase() && part.chars().last().is_some_and(char::is_lowercase);
            if starts_a_part && !part.is_empty() {
                words.push(std::mem::take(&mut part));
            }
            part.extend(c.to_lowercase().filter(|c| *c != '_'));
        }
    }
    words
}

#[test]
fn every_listed_word_is_found() {
    for word in VAGUE_SUBJECTS.iter().chain(PRIVATE_WORDS) {
        let upper = word[..1].to_uppercase() + &word[1..];
        for line in [format!("// The {word}."), format!("struct Link{upper} {{"), format!("let {word}_1 = 2;")] {
            let is_phrase = word.contains('_') && !line.starts_with("//");
            assert!(is_phrase || words(&line).iter().any(|found| found == word), "{word:?} is not found in {line:?}");
        }
    }
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}
