//! Tags in pages: the heads of their columns, and how values are shown.

use super::escape::{push_html_bytes, push_number};
use crate::texts::Texts;
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
pub fn label(t: Texts, tag: &str) -> String {
    let known = match tag {
        "title" => t.tag_title(),
        "artist" => t.tag_artist(),
        "album" => t.tag_album(),
        "genre" => t.tag_genre(),
        "circle" => t.tag_album_artist(),
        ".tn" => t.tag_track(),
        "tdate" | "date" => t.tag_released(),
        ".bpm" => t.tag_bpm(),
        ".dur" => t.tag_length(),
        ".q" => t.tag_rate(),
        ".vq" => t.tag_video_rate(),
        ".aq" => t.tag_audio_rate(),
        "vc" => t.tag_video_codec(),
        "ac" => t.tag_audio_codec(),
        "fmt" => t.tag_format(),
        "res" => t.tag_resolution(),
        ".fps" => t.tag_fps(),
        ".hz" => t.tag_hz(),
        "chs" => t.tag_channels(),
        "key" => t.tag_key(),
        "camera" => t.tag_camera(),
        "taken" => t.tag_taken(),
        ".orientation" => t.tag_orientation(),
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
        let t = Texts::english();
        assert_eq!(
            (label(t, ".bpm"), label(t, "artist"), label(t, ".x"), label(t, "")),
            ("BPM".into(), "Artist".into(), "X".into(), String::new())
        );
    }
}
