//! Rust source with its comments and literals blanked out, so that a word found in it is code.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns all `.rs` files below `folder`, sorted; none if the folder is missing.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    files_below(folder, &["rs"], &[])
}

/// Returns all files below `folder` with one of these extensions, sorted, without folders of these names.
pub fn files_below(folder: &Path, extensions: &[&str], without: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_in = |list: &[&str], name: Option<&std::ffi::OsStr>| {
                name.is_some_and(|name| list.iter().any(|one| name == *one))
            };
            if path.is_dir() {
                todo.extend((!is_in(without, path.file_name())).then_some(path));
            } else if is_in(extensions, path.extension()) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The file's code. Lines keep their numbers; what comments and literals say is gone.
pub fn code(path: &Path) -> String {
    blank(&fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// The file's code up to its `#[cfg(test)]`, or nothing for a file of tests.
pub fn product_code(path: &Path) -> String {
    let is_test = path.file_name().is_some_and(|n| n == "tests.rs" || n == "testing.rs")
        || path.components().any(|c| c.as_os_str() == "tests");
    if is_test {
        return String::new();
    }
    let code = code(path);
    let end = code.find("#[cfg(test)]").unwrap_or(code.len());
    code[..end].to_owned()
}

fn blank(source: &str) -> String {
    let text: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < text.len() {
        let (end, keep) = token(&text, at);
        let end = end.max(at + 1);
        out.extend(text[at..end].iter().map(|c| if keep || *c == '\n' { *c } else { ' ' }));
        at = end;
    }
    out
}

/// Where the token at `at` ends, and whether it is code.
fn token(text: &[char], at: usize) -> (usize, bool) {
    let rest = &text[at..];
    match rest {
        ['/', '/', ..] => (at + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()), false),
        ['/', '*', ..] => (at + comment(rest), false),
        ['r', '"' | '#', ..] if !continues_a_word(text, at) => {
            raw_string(rest).map_or((at + 1, true), |n| (at + n, false))
        }
        ['"', ..] => (at + quoted(rest, '"'), false),
        // A character, not a lifetime: it closes after one (maybe escaped) letter.
        ['\'', '\\', ..] => (at + quoted(rest, '\''), false),
        ['\'', _, '\'', ..] => (at + 3, false),
        _ => (at + 1, true),
    }
}

fn continues_a_word(text: &[char], at: usize) -> bool {
    // `br"..."` is a literal too, `for` is not.
    at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_') && text[at - 1] != 'b'
}

/// Length of a block comment; they nest.
fn comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Length of `r"..."` or `r##"..."##`; None when it is a raw identifier.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let start = hashes + 2;
    let closes =
        |i: &usize| rest[*i] == '"' && rest[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    Some((start..rest.len()).find(closes).map_or(rest.len(), |i| i + 1 + hashes))
}

/// Length of a quoted literal with backslash escapes.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

#[test]
fn comments_and_literals_are_no_code() {
    let check = |source: &str, expected: &str| assert_eq!(blank(source), expected, "{source}");
    check("a // unsafe\nb", "a          \nb");
    check("a /* x /* y */ z */ b", "a                   b");
    check(r#"f("un\"safe") + 1"#, "f(          ) + 1");
    check(r##"f(r#"a"b"#) + 'x'"##, "f(        ) +    ");
    check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
    check("for r#type in 'a'..='\\n'", "for r#type in    ..=    ");
}
