//! Renders a text: parses, filters, writes, sanitises.

use super::bounds::{DEPTH_MAX, HTML_MAX, TEXT_MAX};
use super::escape::push_escaped;
use super::place::Place;
use super::rendered::{Refusal, Rendered};
use super::{format, raw_html, sanitise};
use crate::texts::Texts;
use comrak::options::Options;
use comrak::{Arena, try_parse_document};
use std::fmt;
use std::time::{Duration, Instant};

/// Time for parsing.
const PARSE_TIME: Duration = Duration::from_secs(2);

/// Renders a text. Blocks for milliseconds, at worst for seconds.
pub fn render(text: &str, place: &Place) -> Rendered {
    if text.len() > TEXT_MAX {
        return plain(text, Some((Refusal::TooLong, place.texts)));
    }
    try_render(text, place).unwrap_or_else(|_| plain(text, Some((Refusal::TooComplex, place.texts))))
}

/// Returns a text as it was written, in the form of a rendered one. `refusal`: why, and the language to say it in.
pub fn plain(text: &str, refusal: Option<(Refusal, Texts)>) -> Rendered {
    let mut html = String::with_capacity(text.len() + text.len() / 8 + 64);
    if let Some((refusal, texts)) = refusal {
        html.push_str("<p class=\"md-note\">");
        push_escaped(&mut html, refusal.sentence(texts));
        html.push_str("</p>\n");
    }
    html.push_str("<pre class=\"md-plain\">");
    // Parsers drop a line feed directly after the tag.
    html.push('\n');
    push_escaped(&mut html, text);
    html.push_str("</pre>\n");
    Rendered { html, refusal: refusal.map(|(refusal, _)| refusal), ..Rendered::default() }
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
    raw_html::filter(&arena, root, place.texts.text_picture())?;
    let written = format::to_html(root, &options, place)?;
    let (html, files) = sanitise::clean(&written.html, place).ok_or(fmt::Error)?;
    if html.len() > HTML_MAX {
        return Err(fmt::Error);
    }
    Ok(Rendered { html, headings: written.headings, files, is_hasty: written.is_hasty, refusal: None })
}

/// Returns true if more blocks begin on a line than people ever nest.
fn is_nested_too_deeply(line: &str) -> bool {
    let prefix = line.split(|c| !" \t>-+*0123456789.)".contains(c)).next().unwrap_or_default();
    prefix.contains('>') && prefix.chars().filter(|c| ">-+*.)".contains(*c)).count() > DEPTH_MAX
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
