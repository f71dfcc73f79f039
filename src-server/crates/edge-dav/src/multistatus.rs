//! Writes XML: text that is escaped, and the rows of an answer about several resources.

/// Appends text of an element. Characters that XML cannot express, which names of files may contain, are replaced.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= b' ' && !matches!(byte, b'<' | b'>' | b'&') && byte != 0x7f;
    // U+FFFE and U+FFFF begin with 0xEF; nearly no name contains such a byte.
    if text.bytes().all(|byte| is_plain(byte) && byte != 0xef) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\t' | '\n' => out.push(c),
            '\r' => out.push_str("&#13;"),
            c if (c as u32) < 0x20 || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// Appends the value of an attribute in double quotes.
pub(crate) fn push_escaped_attribute(out: &mut String, text: &str) {
    for part in text.split_inclusive(['"', '\n', '\t']) {
        let (plain, special) = match part.as_bytes().last() {
            Some(b'"') => (&part[..part.len() - 1], "&quot;"),
            Some(b'\n') => (&part[..part.len() - 1], "&#10;"),
            Some(b'\t') => (&part[..part.len() - 1], "&#9;"),
            _ => (part, ""),
        };
        push_escaped(out, plain);
        out.push_str(special);
    }
}

/// Appends a group of properties with one status; `properties`: elements. Nothing for none.
pub(crate) fn push_propstat(out: &mut String, status: &str, properties: &str) {
    if !properties.is_empty() {
        out.push_str("<D:propstat><D:prop>");
        out.push_str(properties);
        push_propstat_end(out, status);
    }
}

/// Appends the end of a group of properties.
pub(crate) fn push_propstat_end(out: &mut String, status: &str) {
    out.push_str("</D:prop><D:status>HTTP/1.1 ");
    out.push_str(status);
    out.push_str("</D:status></D:propstat>");
}

/// Appends the beginning of a row. `href` is percent-encoded.
pub(crate) fn push_response_start(out: &mut String, href: &str) {
    out.push_str("<D:response><D:href>");
    push_escaped(out, href);
    out.push_str("</D:href>");
}

/// Appends the end of a row.
pub(crate) fn push_response_end(out: &mut String) {
    out.push_str("</D:response>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        for (text, expected, attribute) in [
            ("plain ü", "plain ü", "plain ü"),
            ("<a> & \"b\"", "&lt;a&gt; &amp; \"b\"", "&lt;a&gt; &amp; &quot;b&quot;"),
            ("a\u{1}b\nc\td\r", "a\u{fffd}b\nc\td&#13;", "a\u{fffd}b&#10;c&#9;d&#13;"),
            ("\u{ffff}\u{ffe0}", "\u{fffd}\u{ffe0}", "\u{fffd}\u{ffe0}"),
        ] {
            let (mut one, mut other) = (String::new(), String::new());
            push_escaped(&mut one, text);
            push_escaped_attribute(&mut other, text);
            assert_eq!((&*one, &*other), (expected, attribute));
        }
    }
}
