//! Texts with bold parts.

use crate::render::escape;
use model::message::{Piece, for_each_piece};
use std::fmt;

/// A text as HTML: everything in it is escaped except its own `<b>` and `</b>`. Templates write it by `|safe`.
#[derive(Clone, Debug)]
pub struct Markup(String);

impl Markup {
    /// `push`: appends the value with a name, still without escapes.
    pub(super) fn new(text: &str, push: impl Fn(&mut String, &str)) -> Self {
        let mut out = String::with_capacity(text.len() + 64);
        for_each_piece(text, |piece| match piece {
            Piece::Text(text) => push_text(&mut out, text),
            Piece::Value(name) => {
                let mut value = String::new();
                push(&mut value, name);
                out.push_str(&escape::html(&value));
            }
        });
        Self(out)
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Appends a part of a message file. A message file cannot bring in other markup.
fn push_text(out: &mut String, text: &str) {
    for (number, opened) in text.split("<b>").enumerate() {
        out.push_str(if number == 0 { "" } else { "<b>" });
        for (number, closed) in opened.split("</b>").enumerate() {
            out.push_str(if number == 0 { "" } else { "</b>" });
            push_words(out, closed);
        }
    }
}

/// Appends words of a message file. Isolates around a value, which pages would spell out elsewhere, stay: they keep the direction
/// of a name from changing that of the text.
fn push_words(out: &mut String, words: &str) {
    let is_isolate = |c: char| matches!(c, '\u{2066}'..='\u{2069}');
    for part in words.split_inclusive(is_isolate) {
        let plain = part.trim_end_matches(is_isolate);
        out.push_str(&escape::html(plain));
        out.push_str(&part[plain.len()..]);
    }
}

#[cfg(test)]
mod tests {
    use super::Markup;

    #[test]
    fn only_bold_is_markup() {
        let markup =
            |text| Markup::new(text, |out, name| out.push_str(if name == "x" { "<b>&" } else { "" })).to_string();
        assert_eq!(markup("a <b>{x}</b> <i>"), "a <b>&lt;b&gt;&amp;</b> &lt;i&gt;");
        assert_eq!(markup("\u{2068}{x}\u{2069}\u{202e}"), "\u{2068}&lt;b&gt;&amp;\u{2069}\\u{202e}");
        assert_eq!(markup(""), "");
    }
}
