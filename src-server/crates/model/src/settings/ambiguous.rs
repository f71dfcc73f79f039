//! Lines of configuration files that mean something else than they look like. They are read as copyparty reads them, and
//! pointed out, since nobody sees from a working server that a password is longer than its owner believes.

use super::conf::uncommented;
use super::draft::Draft;
use super::files::Line;

/// Warns of what can be mistaken in a line. Values are not repeated: they may be passwords.
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
            "what begins with '#' is part of the value here and no comment. A comment stands on a line of its own, or \
             after two blanks.",
        );
    }
    let value = value_of(text);
    if ['"', '\''].iter().any(|&quote| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote)) {
        warn("the quotes around the value are part of it; leave them away if they are not meant.");
    }
    if read.len() == raw.len() && raw.trim_end().len() < raw.len() && text.contains(':') && !text.ends_with(':') {
        warn("the blanks at the end of the line are no part of the value.");
    }
    if value.contains('\t') {
        warn("there is a tab inside the value, and it is part of it.");
    }
}

/// Whether a `#` after a single blank or a tab looks like the start of a comment.
fn holds_comment(text: &str) -> bool {
    text.char_indices().any(|(at, c)| c == '#' && text[..at].ends_with([' ', '\t']))
}

/// What stands after the first colon, or the whole line.
fn value_of(text: &str) -> &str {
    text.split_once(':').map_or(text, |(_, value)| value).trim()
}
