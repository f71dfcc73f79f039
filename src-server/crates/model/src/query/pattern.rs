//! Patterns of `like`: texts that another one contains, one after the other.

use crate::fold::folded;

/// Texts that a value must contain in this order, without overlap. Case and accents are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Folded; none is empty.
    parts: Vec<String>,
    /// Whether the value begins with the first part.
    at_start: bool,
    /// Whether the value ends with the last part.
    at_end: bool,
}

impl Pattern {
    /// Parses a text in which every `*` stands for anything.
    pub fn parse(text: &str) -> Self {
        let parts = text.split('*').map(folded).filter(|part| !part.is_empty()).collect();
        Self { parts, at_start: !text.starts_with('*'), at_end: !text.ends_with('*') }
    }

    /// Whether folded text matches. Linear in its length.
    pub fn matches_folded(&self, value: &str) -> bool {
        self.rest_of(value).is_some_and(|rest| !self.at_end || rest.is_empty())
    }

    /// Returns what follows the last part; `None`: a part is missing. Earliest matches are taken, which leave the most for
    /// the parts that follow; only a part at the end is looked for there.
    fn rest_of<'a>(&self, value: &'a str) -> Option<&'a str> {
        let (mut rest, mut parts) = (value, &self.parts[..]);
        if self.at_start
            && let Some((first, after)) = parts.split_first()
        {
            (rest, parts) = (rest.strip_prefix(first.as_str())?, after);
        }
        if self.at_end
            && let Some((last, before)) = parts.split_last()
        {
            let middle = rest.strip_suffix(last.as_str())?;
            return skip(middle, before).map(|_| "");
        }
        skip(rest, parts)
    }

    /// Whether a value matches.
    pub fn matches(&self, value: &str) -> bool {
        self.matches_folded(&folded(value))
    }

    /// The longest folded text that every value that matches contains.
    pub fn text(&self) -> &str {
        self.parts.iter().max_by_key(|part| part.len()).map_or("", String::as_str)
    }
}

/// Returns what follows the parts in `text`; `None`: one is missing.
fn skip<'a>(text: &'a str, parts: &[String]) -> Option<&'a str> {
    parts.iter().try_fold(text, |rest, part| rest.find(part.as_str()).map(|at| &rest[at + part.len()..]))
}
