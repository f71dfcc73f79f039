//! Warnings about lines of configuration files that are easily misread. The lines are parsed as copyparty parses them;
//! without a warning, the owner of a working server would not notice that a password is longer than intended.

use super::draft::Draft;
use super::line::{Line, uncommented};

/// Warns if a line is easily misread. The warnings do not repeat values, since these may be passwords.
pub(super) fn warn_of_ambiguity(line: &Line, draft: &mut Draft) {
    let raw = &line.text;
    let read = uncommented(raw);
    let text = read.trim();
    if text.is_empty() {
        return;
    }
    let mut warn = |sentence: &str| draft.warnings.push(format!("{}: {sentence}", line.at()));
    if holds_comment(text) {
        warn(
            "the text after '#' is part of the value here, not a comment. Write comments on a line of their own, or \
             after two blanks.",
        );
    }
    let value = value_of(text);
    if ['"', '\''].iter().any(|&quote| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote)) {
        warn("the quotes around the value are part of it; remove them if that is not intended.");
    }
    if read.len() == raw.len() && raw.trim_end().len() < raw.len() && text.contains(':') && !text.ends_with(':') {
        warn("the blanks at the end of the line are not part of the value.");
    }
    if value.contains('\t') {
        warn("the value contains a tab, which is part of it.");
    }
}

/// Returns whether a `#` after a single blank or a tab looks like the start of a comment.
fn holds_comment(text: &str) -> bool {
    text.char_indices().any(|(at, c)| c == '#' && text[..at].ends_with([' ', '\t']))
}

/// Returns the text after the first colon, or the whole line.
fn value_of(text: &str) -> &str {
    text.split_once(':').map_or(text, |(_, value)| value).trim()
}
