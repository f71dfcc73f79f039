//! Patterns of `like`: a text that is searched in another one.

use crate::fold::folded;

/// A text that a value must contain, begin with, end with, or be. Case and accents are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Folded.
    text: String,
    /// Whether the value begins with the text.
    at_start: bool,
    /// Whether the value ends with the text.
    at_end: bool,
}

impl Pattern {
    /// Parses a text with `*` at the start, at the end, or both, for anything; `*` elsewhere is a star.
    pub fn parse(text: &str) -> Self {
        let (text, at_start) = text.strip_prefix('*').map_or((text, true), |rest| (rest, false));
        let (text, at_end) = text.strip_suffix('*').map_or((text, true), |rest| (rest, false));
        Self { text: folded(text), at_start, at_end }
    }

    /// Whether folded text matches. Linear in its length.
    pub fn matches_folded(&self, value: &str) -> bool {
        match (self.at_start, self.at_end) {
            (true, true) => value == self.text,
            (true, false) => value.starts_with(&self.text),
            (false, true) => value.ends_with(&self.text),
            (false, false) => value.contains(&self.text),
        }
    }

    /// Whether a value matches.
    pub fn matches(&self, value: &str) -> bool {
        self.matches_folded(&folded(value))
    }

    /// The folded text that every value that matches contains.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether every value matches.
    pub fn is_anything(&self) -> bool {
        self.text.is_empty() && !(self.at_start && self.at_end)
    }

    /// The pattern of `LIKE` with `\` as escape character that matches the same folded texts.
    pub fn as_sql(&self) -> String {
        let mut sql = String::with_capacity(self.text.len() + 4);
        sql.extend((!self.at_start).then_some('%'));
        for letter in self.text.chars() {
            sql.extend(matches!(letter, '%' | '_' | '\\').then_some('\\'));
            sql.push(letter);
        }
        sql.extend((!self.at_end).then_some('%'));
        sql
    }
}
