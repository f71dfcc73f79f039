//! Escapes text for HTML.

/// Appends text between tags, or in a quoted attribute.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    for part in text.split_inclusive(['&', '<', '>', '"']) {
        let (before, last) = match part.as_bytes().last() {
            Some(b'&' | b'<' | b'>' | b'"') => part.split_at(part.len() - 1),
            _ => (part, ""),
        };
        out.push_str(before);
        out.push_str(match last {
            "&" => "&amp;",
            "<" => "&lt;",
            ">" => "&gt;",
            "\"" => "&quot;",
            _ => "",
        });
    }
}
