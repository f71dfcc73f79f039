//! Characters that cannot be seen, or that turn the text around them: shown as they are, a name could read as another one
//! (`invoice` U+202E `fdp.exe` looks like `invoiceexe.pdf`), break a line of a log, or command a terminal.

use std::fmt::Write as _;

/// Control characters (C0, DEL, C1), the Arabic letter mark, and the marks, embeddings, overrides and isolates of Unicode
/// UAX 9, table 4.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// Appends `text` so that it stays one line and does nothing to a terminal: hidden characters and the separators of lines
/// and paragraphs are spelled out, as `\u{202e}`.
pub fn push_one_line(out: &mut String, text: &str) {
    // Most of what is written down needs no look at characters.
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

/// The text of [`push_one_line`].
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_one_line(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_spelled_out() {
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
