//! Markdown as sanitised HTML (ADR 0028). Knows no request and no disk. Takes milliseconds, so pages ask [`Renderer`], which
//! leaves the reactor.
//!
//! | file | |
//! |---|---|
//! | `place.rs` | where a text stands; what its links lead to |
//! | `raw_html.rs` | the HTML in a text: allowed tags only, each closed where it was opened |
//! | `format.rs` | headings, task lists, code, pictures and formulas as HTML |
//! | `highlight.rs`, `math.rs` | colours of code; formulas as MathML |
//! | `renderer.rs` | threads, and what is remembered |
//! | `sanitise.rs` | the last filter: whatever happened before, only allowed HTML passes |
//!
//! The author of a text is a stranger. Time and memory are bounded: see the constants here and docs/limits.md.

mod format;
mod highlight;
mod math;
mod place;
mod raw_html;
mod renderer;
mod sanitise;
#[cfg(test)]
mod tests;

pub use place::{Keys, Place};
pub use renderer::Renderer;

use comrak::options::Options;
use comrak::{Arena, try_parse_document};
use model::VPath;
use std::fmt;
use std::time::{Duration, Instant};

/// Longest text that is rendered, in bytes. A longer one is shown as plain text.
pub const TEXT_MAX: usize = 512 << 10;
/// Longest HTML, in bytes.
const HTML_MAX: usize = 4 << 20;
/// Most blocks and emphases inside each other.
const DEPTH_MAX: usize = 100;
/// Most headings in a table of contents.
const HEADINGS_MAX: usize = 500;
/// Most links whose files are looked for (see [`Rendered::files`]).
const FILES_MAX: usize = 64;
/// Time for parsing.
const PARSE_TIME: Duration = Duration::from_secs(2);

/// A rendered text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// HTML that can be put into a page as it is.
    pub html: String,
    /// The headings, in order, at most 500.
    pub headings: Vec<Heading>,
    /// Files of this site that the text links to, at most 64.
    pub files: Vec<VPath>,
    /// Whether the colours of code are missing because their time was over: the next try may have more luck, since grammars
    /// are compiled once.
    pub is_hasty: bool,
    /// Why the text is not rendered but shown as it is.
    pub refusal: Option<Refusal>,
}

/// A heading of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its level in the text, 1 to 6.
    pub level: u8,
    /// `id` of its element.
    pub id: String,
    /// Its words.
    pub text: String,
}

/// Why a text is shown as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is longer than [`TEXT_MAX`].
    TooLong,
    /// Rendering it would take too much time or memory.
    TooComplex,
}

impl Refusal {
    /// Says what happened, in one sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::TooLong => "This text is too long to be formatted, so it is shown as it was written.",
            Self::TooComplex => {
                "This text is nested too deeply or too complex to be formatted, so it is shown as it was written."
            }
        }
    }
}

/// Renders a text. Blocks for milliseconds, at worst for seconds.
pub fn render(text: &str, place: &Place) -> Rendered {
    if text.len() > TEXT_MAX {
        return plain(text, Some(Refusal::TooLong));
    }
    try_render(text, place).unwrap_or_else(|_| plain(text, Some(Refusal::TooComplex)))
}

/// Returns a text as it was written, in the form of a rendered one.
pub fn plain(text: &str, refusal: Option<Refusal>) -> Rendered {
    let mut html = String::with_capacity(text.len() + text.len() / 8 + 64);
    if let Some(refusal) = refusal {
        html.push_str("<p class=\"md-note\">");
        html.push_str(refusal.sentence());
        html.push_str("</p>\n");
    }
    html.push_str("<pre class=\"md-plain\">");
    // Parsers drop a line feed directly after the tag.
    html.push('\n');
    push_escaped(&mut html, text);
    html.push_str("</pre>\n");
    Rendered { html, refusal, ..Rendered::default() }
}

fn try_render(text: &str, place: &Place) -> Result<Rendered, fmt::Error> {
    if text.lines().any(is_nested_too_deeply) {
        return Err(fmt::Error);
    }
    let arena = Arena::new();
    let deadline = Instant::now() + PARSE_TIME;
    let options = options(text, place);
    let root =
        try_parse_document(&arena, text, &options, &|| Instant::now() >= deadline).map_err(|_cancelled| fmt::Error)?;
    raw_html::filter(&arena, root)?;
    let written = format::to_html(root, &options, place)?;
    let (html, files) = sanitise::clean(&written.html, place).ok_or(fmt::Error)?;
    if html.len() > HTML_MAX {
        return Err(fmt::Error);
    }
    Ok(Rendered { html, headings: written.headings, files, is_hasty: written.is_hasty, refusal: None })
}

/// Returns true if more blocks begin on a line than people ever nest.
fn is_nested_too_deeply(line: &str) -> bool {
    let markers = line.bytes().take_while(|byte| b" \t>-+*0123456789.)".contains(byte));
    markers.filter(|byte| matches!(byte, b'>' | b'-' | b'+' | b'*' | b'.' | b')')).count() > DEPTH_MAX
        && line.bytes().take_while(|byte| b" \t>-+*0123456789.)".contains(byte)).any(|byte| byte == b'>')
}

fn options(text: &str, place: &Place) -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.alerts = true;
    extension.math_code = true;
    extension.math_dollars = asks_for_math(text);
    extension.front_matter_delimiter = Some("---".to_owned());
    options.parse.relaxed_tasklist_matching = true;
    options.render.hardbreaks = place.breaks_lines;
    // `raw_html` and `sanitise` decide.
    options.render.r#unsafe = true;
    options
}

/// Returns true if the lines between `---` at the start of the text contain `math: true`. Without them a dollar is a dollar.
fn asks_for_math(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end);
    lines.next() == Some("---") && lines.take_while(|line| *line != "---").take(100).any(|line| line == "math: true")
}

/// Appends text between tags, or in a quoted attribute.
fn push_escaped(out: &mut String, text: &str) {
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
