//! Invisible characters and characters that reverse the direction of text. Shown unescaped, they make one name look
//! like another (`invoice` U+202E `fdp.exe` looks like `invoiceexe.pdf`), break a line of a log, or control a terminal.

use std::fmt::Write as _;

/// Returns true for control characters (C0, DEL, C1), the Arabic letter mark, and the marks, embeddings, overrides and
/// isolates of Unicode UAX 9, table 4.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// Appends `text` as one line that cannot control a terminal: invisible characters and the Unicode line and paragraph
/// separators are escaped, for example as `\u{202e}`.
pub fn push_one_line(out: &mut String, text: &str) {
    // Fast path: most texts are printable ASCII.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return out.push_str(text);
    }
    for c in text.chars() {
        if is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            let _never = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
}

/// Returns `text` escaped as [`push_one_line`] does.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_one_line(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_escaped() {
        for (text, want) in [
            ("plain name.pdf", "plain name.pdf"),
            ("é 日本 🎉", "é 日本 🎉"),
            ("a\nb\r\tc", "a\\u{a}b\\u{d}\\u{9}c"),
            ("\u{1b}[2J\u{7f}\u{9b}", "\\u{1b}[2J\\u{7f}\\u{9b}"),
            ("invoice\u{202e}fdp.exe", "invoice\\u{202e}fdp.exe"),
            ("\u{61c}\u{200e}\u{2066}\u{2069}", "\\u{61c}\\u{200e}\\u{2066}\\u{2069}"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
        ] {
            assert_eq!(one_line(text), want);
        }
    }
}
