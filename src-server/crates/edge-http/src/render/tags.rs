//! Tags in pages: the heads of their columns, and how values are shown.

use super::escape::{push_html_bytes, push_number};
use engine::listing::{Listing, TagColumn, TagValue};
use std::fmt::Write as _;

/// Returns the columns that pages show: position of the tag, and whether it is a duration in seconds.
pub fn shown(listing: &Listing) -> Vec<(u16, bool)> {
    let numbered = (0..=u16::MAX).zip(listing.tags.iter());
    numbered.filter(|(_, column)| is_shown(column)).map(|(at, column)| (at, column.name == ".dur")).collect()
}

/// Whether pages have a column for the tag.
pub fn is_shown(column: &TagColumn) -> bool {
    column.occurs && !column.is_hidden
}

/// Returns the head of a tag's column.
pub fn label(tag: &str) -> String {
    let known = match tag {
        "circle" => "Album artist",
        ".tn" => "Track",
        "tdate" | "date" => "Released",
        ".bpm" => "BPM",
        ".dur" => "Length",
        ".q" => "kbit/s",
        ".vq" => "Video kbit/s",
        ".aq" => "Audio kbit/s",
        "vc" => "Video codec",
        "ac" => "Audio codec",
        "fmt" => "Format",
        "res" => "Resolution",
        ".fps" => "Frames/s",
        ".hz" => "Hz",
        "chs" => "Channels",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let name = tag.trim_start_matches('.');
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Appends a value to HTML.
pub fn push_value(out: &mut String, value: &TagValue, is_duration: bool) {
    match value {
        TagValue::Integer(secs) if is_duration && *secs >= 0 => push_duration(out, *secs as u64),
        TagValue::Integer(number) => _ = write!(out, "{number}"),
        TagValue::Real(number) => _ = write!(out, "{number}"),
        TagValue::Text(text) => push_text(out, text),
        TagValue::Null => {}
    }
}

/// Appends a text to HTML. Line breaks and tabs, which texts of files have on purpose, are blanks: a value is one line.
fn push_text(out: &mut String, text: &str) {
    for (number, line) in text.split(['\r', '\n', '\t']).filter(|line| !line.is_empty()).enumerate() {
        out.push_str(if number == 0 { "" } else { " " });
        push_html_bytes(out, line.as_bytes());
    }
}

/// Appends `m:ss`, or `h:mm:ss`.
fn push_duration(out: &mut String, secs: u64) {
    let (hours, minutes) = (secs / 3600, secs / 60 % 60);
    if hours > 0 {
        push_number(out, hours);
        out.push_str(if minutes < 10 { ":0" } else { ":" });
    }
    push_number(out, minutes);
    out.push_str(if secs % 60 < 10 { ":0" } else { ":" });
    push_number(out, secs % 60);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_people() {
        for (value, is_duration, want) in [
            (TagValue::Integer(0), true, "0:00"),
            (TagValue::Integer(61), true, "1:01"),
            (TagValue::Integer(3600), true, "1:00:00"),
            (TagValue::Integer(36_754), true, "10:12:34"),
            (TagValue::Integer(-5), true, "-5"),
            (TagValue::Integer(61), false, "61"),
            (TagValue::Real(172.5), false, "172.5"),
            (TagValue::Text("<b>&\u{202e}".into()), false, "&lt;b&gt;&amp;"),
            (TagValue::Text("line1\nline2\r\n3\t4\n".into()), false, "line1 line2 3 4"),
            (TagValue::Null, false, ""),
        ] {
            let mut out = String::new();
            push_value(&mut out, &value, is_duration);
            assert!(out.starts_with(want) && !out.contains('<'), "{value:?}: {out}");
        }
        assert_eq!(
            (label(".bpm"), label("artist"), label(".x"), label("")),
            ("BPM".into(), "Artist".into(), "X".into(), String::new())
        );
    }
}
