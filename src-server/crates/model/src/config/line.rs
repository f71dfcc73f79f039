//! Lines of copyparty's configuration files, with their locations.

use std::rc::Rc;

/// A line with its location.
pub(super) struct Line {
    pub text: String,
    pub file: Rc<str>,
    /// From 1.
    pub number: usize,
}

impl Line {
    /// Returns the location as `file:line`.
    pub fn at(&self) -> String {
        format!("{}:{}", self.file, self.number)
    }
}

/// Returns the line without its comment, which starts with `#` at the start of the line or after two blanks.
pub(super) fn uncommented(text: &str) -> &str {
    if text.trim_start().starts_with('#') {
        return "";
    }
    text.find("  #").map_or(text, |at| &text[..at])
}
