//! Escapes of text in HTML and JSON, with tables and without intermediate strings. Templates escape every value by
//! [`Html`] unless they name another escaper (askama.toml); rows of listings are written by the `push_` functions.
//! Text for people spells out characters that are invisible or change the direction of the text around them, as
//! `\u{202e}`: a name that contains them could otherwise look like another one (`invoice` U+202E `fdp.exe` looks like
//! `invoiceexe.pdf`). The page's script does the same (`web/kit/names.ts`, shared vectors in
//! tests/vectors/shown_names.json).

use askama::filters::Escaper;
use model::VPath;
use model::invisible::is_invisible;
use std::fmt::{self, Write as _};

/// Escapes values in templates as [`push_html`] does.
#[derive(Clone, Copy, Debug)]
pub struct Html;

/// Escapes the values of form fields in templates: every character is preserved.
#[derive(Clone, Copy, Debug)]
pub struct Value;

/// Escapes text between tags in templates, never in attributes: every character is preserved, and quotes stay as they
/// are.
#[derive(Clone, Copy, Debug)]
pub struct Content;

impl Escaper for Html {
    fn write_escaped_str<W: fmt::Write>(&self, mut out: W, text: &str) -> fmt::Result {
        let isolates = paired_isolates(text);
        let stays = |at: usize, c: char| matches!(c, '\n' | '\r' | '\t') || isolates.binary_search(&at).is_ok();
        write_visible(&mut out, text, stays)
    }
}

impl Escaper for Value {
    fn write_escaped_str<W: fmt::Write>(&self, mut out: W, text: &str) -> fmt::Result {
        write_value(&mut out, text)
    }
}

impl Escaper for Content {
    fn write_escaped_str<W: fmt::Write>(&self, mut out: W, text: &str) -> fmt::Result {
        write_mapped(&mut out, text, |byte| match byte {
            b'&' => Some("&amp;"),
            b'<' => Some("&lt;"),
            b'>' => Some("&gt;"),
            _ => None,
        })
    }
}

/// Writes `text` to HTML as content or inside a quoted attribute. Control characters and bidirectional marks are spelled
/// out unless they stay. `stays` gets the position of a character in bytes, and the character.
fn write_visible<W: fmt::Write>(out: &mut W, text: &str, stays: impl Fn(usize, char) -> bool) -> fmt::Result {
    let mut rest = text;
    // Skips bytes that cannot start a hidden character; most names consist of nothing else.
    while let Some(at) = rest.bytes().position(|byte| HIDDEN_FIRST_BYTES[usize::from(byte)]) {
        let c = rest[at..].chars().next().unwrap_or_default();
        let (before, after) = rest.split_at(at + c.len_utf8());
        if is_invisible(c) && !stays(text.len() - rest.len() + at, c) {
            write_value(out, &before[..at])?;
            write!(out, "\\u{{{:x}}}", u32::from(c))?;
        } else {
            write_value(out, before)?;
        }
        rest = after;
    }
    write_value(out, rest)
}

/// Returns the positions in bytes, in their order, of isolates (Unicode UAX 9) that are closed, and of what closes them.
/// Sentences have them around values. They cannot make a text look like another one: they change the direction of nothing
/// around them, and run as what is in them does, or from left to right. Isolates that run from right to left are none.
fn paired_isolates(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    if memchr::memmem::find(text.as_bytes(), &"\u{2069}".as_bytes()[..2]).is_none() {
        return found;
    }
    let mut open = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '\u{2066}' | '\u{2068}' => open.push(Some(at)),
            '\u{2067}' => open.push(None),
            '\u{2069}' => {
                if let Some(start) = open.pop().flatten() {
                    found.extend([start, at]);
                }
            }
            _ => {}
        }
    }
    found.sort_unstable();
    found
}

/// Returns true if a text has an isolate that is closed.
pub fn has_isolates(text: &str) -> bool {
    !paired_isolates(text).is_empty()
}

/// Returns a text as a part of a sentence that keeps its own direction in it. Isolates in the text that are not closed, with
/// which it could end this one, are spelled out.
pub fn isolated(text: &str) -> String {
    let pairs = paired_isolates(text);
    let mut out = String::with_capacity(text.len() + 8);
    out.push('\u{2068}');
    for (at, c) in text.char_indices() {
        match matches!(c, '\u{2066}'..='\u{2069}') && pairs.binary_search(&at).is_err() {
            true => write!(out, "\\u{{{:x}}}", u32::from(c)).expect("writing to a string cannot fail"),
            false => out.push(c),
        }
    }
    out.push('\u{2069}');
    out
}

/// First bytes in UTF-8 of the characters for which [`is_invisible`] is true. Each of them can only start a character.
static HIDDEN_FIRST_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(byte as u8, 0..=0x1f | 0x7f | 0xc2 | 0xd8 | 0xe2);
        byte += 1;
    }
    table
};

/// Writes `text` to HTML inside a quoted attribute, with every character preserved.
fn write_value<W: fmt::Write>(out: &mut W, text: &str) -> fmt::Result {
    write_mapped(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&#39;"),
        _ => None,
    })
}

fn write_mapped<W: fmt::Write>(out: &mut W, text: &str, map: impl Fn(u8) -> Option<&'static str>) -> fmt::Result {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        // Only ASCII bytes are mapped, so every split is between characters.
        if let Some(instead) = map(byte) {
            out.write_str(&text[start..at])?;
            out.write_str(instead)?;
            start = at + 1;
        }
    }
    out.write_str(&text[start..])
}

/// Appends a name to HTML as content or inside a quoted attribute: invalid UTF-8 as U+FFFD, invisible characters,
/// including line ends, spelled out.
pub fn push_html_bytes(out: &mut String, bytes: &[u8]) {
    write_visible(out, &String::from_utf8_lossy(bytes), |_, _| false).expect("writing to a string cannot fail");
}

/// Returns `text` escaped for HTML content and attributes.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    Html.write_escaped_str(&mut out, text).expect("writing to a string cannot fail");
    out
}

/// Returns a name or path for people, still without escapes of HTML: invalid UTF-8 as U+FFFD, invisible characters,
/// including line ends, spelled out.
pub fn visible(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for c in String::from_utf8_lossy(bytes).chars() {
        match is_invisible(c) {
            true => write!(out, "\\u{{{:x}}}", u32::from(c)).expect("writing to a string cannot fail"),
            false => out.push(c),
        }
    }
    out
}

/// Returns a path for people, with a slash at its start: [`visible`].
pub fn visible_path(path: &VPath) -> String {
    visible(path.display().as_bytes())
}

/// Returns the last name of a path for people; for the root its path.
pub fn visible_last_name(path: &VPath) -> String {
    path.name().map_or_else(|| visible_path(path), |name| visible(name.as_bytes()))
}

/// Bytes that are not percent-encoded in links.
static URL_SAFE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'.' | b'-' | b'~' | b'/');
        byte += 1;
    }
    table
};

/// Appends a name or path percent-encoded for a link. The result needs no further escaping in HTML or JSON. Runs of
/// plain bytes, which most names consist of, are copied at once.
pub fn push_href(out: &mut String, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let run = rest.iter().position(|byte| !URL_SAFE[usize::from(*byte)]).unwrap_or(rest.len());
        let (plain, after) = rest.split_at(run);
        out.push_str(std::str::from_utf8(plain).unwrap_or_default());
        let odd = after.iter().position(|byte| URL_SAFE[usize::from(*byte)]).unwrap_or(after.len());
        model::vpath::push_percent_encoded(out, &after[..odd]);
        rest = &after[odd..];
    }
}

/// Appends `text` to JSON as a string with its quotes.
pub fn push_json(out: &mut String, text: &str) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let instead = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[start..at]);
        if instead.is_empty() {
            out.push_str("\\u00");
            out.push(char::from(b'0' + (byte >> 4)));
            out.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
        } else {
            out.push_str(instead);
        }
        start = at + 1;
    }
    out.push_str(&text[start..]);
    out.push('"');
}

/// Appends an integer.
pub fn push_number(out: &mut String, mut number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

/// Appends a signed integer.
pub fn push_signed(out: &mut String, number: i64) {
    if number < 0 {
        out.push('-');
    }
    push_number(out, number.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nasty_text() {
        assert_eq!(html("<a href='x\">&amp;é</a>"), "&lt;a href=&#39;x&quot;&gt;&amp;amp;é&lt;/a&gt;");
        let mut out = String::new();
        push_html_bytes(&mut out, b"caf\xe9<");
        assert_eq!(out, "caf\u{fffd}&lt;");
        let mut out = String::new();
        for text in ["a\"\\\n\u{1}\u{1f}é\u{2028}", ""] {
            out.clear();
            push_json(&mut out, text);
            assert_eq!(serde_json::from_str::<String>(&out).expect("JSON"), text);
        }
    }

    #[test]
    fn hidden_characters_are_spelled_out() {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        let file = std::path::Path::new(&folder).join("../../../tests/vectors/shown_names.json");
        let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(file).expect("vectors")).expect("JSON");
        let cases = vectors["cases"].as_array().expect("cases");
        assert!(cases.len() > 5);
        for case in cases {
            let [name, shown] = ["name", "shown"].map(|key| case[key].as_str().expect("a text"));
            let mut out = String::new();
            push_html_bytes(&mut out, name.as_bytes());
            let mut want = String::new();
            Value.write_escaped_str(&mut want, shown).expect("a string");
            assert_eq!(out, want);
            assert_eq!(visible(name.as_bytes()), shown);
        }
        assert_eq!(html("a\n\u{202e}b\u{85}\t"), "a\n\\u{202e}b\\u{85}\t");
        let mut out = String::new();
        Value.write_escaped_str(&mut out, "\u{202e}\"").expect("a string");
        assert_eq!(out, "\u{202e}&quot;");
    }

    #[test]
    fn whatever_the_library_escapes_in_attributes_is_escaped() {
        fn escaped(escaper: impl Escaper, text: &str) -> String {
            let mut out = String::new();
            escaper.write_escaped_str(&mut out, text).expect("a string");
            out
        }
        for c in '\0'..='\u{2fff}' {
            let text = c.to_string();
            if escaped(askama::filters::Html, &text) != text {
                assert!(escaped(Html, &text).starts_with('&') && escaped(Value, &text).starts_with('&'), "{c:?}");
            }
        }
        assert_eq!(escaped(Content, "<a href='x\">&"), "&lt;a href='x\"&gt;&amp;");
    }

    #[test]
    fn isolates_that_are_closed_stay_in_sentences() {
        for (text, shown) in [
            ("\u{2068}a.txt\u{2069} x", "\u{2068}a.txt\u{2069} x"),
            ("\u{2068}a\u{2066}b\u{2069}\u{2069}", "\u{2068}a\u{2066}b\u{2069}\u{2069}"),
            ("a\u{2069}\u{2068}b", "a\\u{2069}\\u{2068}b"),
            ("\u{2067}a\u{2069}", "\\u{2067}a\\u{2069}"),
            ("\u{2068}\u{202e}a\u{2069}<", "\u{2068}\\u{202e}a\u{2069}&lt;"),
        ] {
            assert_eq!(html(text), shown, "{text:?}");
        }
        // No name ends the isolate that it is in.
        for name in ["a", "a\u{2069}b", "\u{2069}\u{2068}", "\u{2068}a", "\u{2067}a\u{2069}"] {
            let sentence = html(&format!("{} end", isolated(name)));
            let (inner, _) = sentence.rsplit_once("\u{2069} end").expect("it is closed at its end");
            assert!(!inner.contains('\u{2069}') && inner.starts_with('\u{2068}'), "{sentence:?}");
        }
        assert_eq!(isolated("\u{2068}a\u{2069}"), "\u{2068}\u{2068}a\u{2069}\u{2069}");
        let mut name = String::new();
        push_html_bytes(&mut name, "\u{2068}a\u{2069}".as_bytes());
        assert_eq!(name, "\\u{2068}a\\u{2069}", "names in lists spell all of them out");
    }

    #[test]
    fn links() {
        for name in [&b"plain.txt"[..], b"a b/#?%&<>\"'\n", b"caf\xe9", b"", b"javascript:x", "é🎉".as_bytes()] {
            let mut out = String::new();
            push_href(&mut out, name);
            assert_eq!(out, model::vpath::percent_encode(name));
        }
    }

    #[test]
    fn numbers() {
        for number in [0, 7, 10, 1234, i64::MAX, -1, i64::MIN] {
            let mut out = String::new();
            push_signed(&mut out, number);
            assert_eq!(out, number.to_string());
        }
    }
}
