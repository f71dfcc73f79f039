//! The texts around a listing: readmes as sanitised HTML, prologue and epilogue in frames.

use super::escape;
use crate::assets;
use crate::markdown::Plugins;
use crate::request::Request;
use crate::urls;
use model::VPath;

/// The texts around a listing, ready to be shown.
#[derive(Clone, Debug, Default)]
pub struct FolderTexts {
    /// Above the list.
    pub prologue: Option<Logue>,
    /// Below the list.
    pub epilogue: Option<Logue>,
    /// Above the list, without prologue.
    pub preadme: Option<Readme>,
    /// Below the list, without epilogue.
    pub readme: Option<Readme>,
}

/// A readme.
#[derive(Clone, Debug)]
pub struct Readme {
    /// Name of its file, for people.
    pub name: String,
    /// Sanitised HTML.
    pub html: String,
    /// Set if plugins in it run.
    pub plugins: Option<Plugins>,
}

impl FolderTexts {
    /// Returns true if one of them needs the style of texts.
    pub fn has_readme(&self) -> bool {
        self.preadme.is_some() || self.readme.is_some()
    }
}

/// A prologue or epilogue. Users wrote it, so it never becomes HTML of our page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logue {
    /// HTML in a frame of its own origin, without script.
    Frame {
        /// URL of the frame.
        href: String,
        /// Its height in pixels, estimated.
        height: u32,
    },
    /// Plain text.
    Text(String),
}

impl Logue {
    /// Returns the frame that shows `html`, which the folder has as its prologue or epilogue (`parameter`).
    pub fn frame(request: &Request, folder: &VPath, parameter: &str, html: &str) -> Self {
        Self::Frame { href: format!("{}?{parameter}", request.folder_href(folder)), height: height(html) }
    }
}

/// Least and greatest height of a frame: a line, and what leaves room for the list. What is higher scrolls.
const HEIGHTS: (u32, u32) = (56, 480);
/// Characters on a line and height of a line, on average.
const LINE: (usize, u32) = (80, 22);

/// Estimates the height of HTML. Only a script inside could measure it, and there is none.
fn height(html: &str) -> u32 {
    let (mut lines, mut letters, mut pictures) = (0u32, 0usize, 0u32);
    let html = html.to_ascii_lowercase();
    let mut rest = &*html;
    while let Some(start) = rest.find('<') {
        letters += rest[..start].split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>();
        let end = rest[start..].find('>').map_or(rest.len(), |end| start + end + 1);
        let tag = rest[start + 1..end].trim_end_matches('>');
        let name = tag.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or("");
        match name.trim_end_matches('/') {
            "script" | "style" | "title" => {
                rest = &rest[end..];
                rest = &rest[rest.find(&format!("</{name}")).unwrap_or(rest.len())..];
                continue;
            }
            "img" | "video" | "svg" | "audio" => pictures += 1,
            "br" | "/p" | "/div" | "/li" | "/tr" | "hr" | "/pre" => {
                lines += lines_of(letters).max(1);
                letters = 0;
            }
            "/h1" | "/h2" | "/h3" => {
                lines += 2;
                letters = 0;
            }
            _ => {}
        }
        rest = &rest[end..];
    }
    letters += rest.chars().count();
    let height = (lines + lines_of(letters)).saturating_mul(LINE.1).saturating_add(pictures.saturating_mul(160));
    height.saturating_add(24).clamp(HEIGHTS.0, HEIGHTS.1)
}

fn lines_of(letters: usize) -> u32 {
    u32::try_from(letters.div_ceil(LINE.0)).unwrap_or(u32::MAX)
}

/// Returns the document in the frame of a prologue or epilogue. The policy of the response says what `html` may do. Its
/// links open in place of our page.
pub fn framed(request: &Request, title: &str, html: &str) -> String {
    let mut out = String::with_capacity(html.len() + 512);
    out.push_str("<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>");
    out.push_str(&escape::html(title));
    out.push_str("</title><meta name=\"color-scheme\" content=\"light dark\"><base target=\"_top\">");
    for name in ["style.css", "markdown.css"] {
        if let Some(asset) = assets::find(name) {
            let href = urls::asset(request, name, &asset.version);
            out.push_str("<link rel=\"stylesheet\" href=\"");
            out.push_str(&escape::html(&href));
            out.push_str("\">");
        }
    }
    out.push_str("</head><body class=\"framed\">\n");
    out.push_str(html);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_follow_the_content() {
        assert_eq!(height("hello"), 56);
        let lines = "<p>a line</p>".repeat(8);
        assert!((150..300).contains(&height(&lines)), "{}", height(&lines));
        assert_eq!(height(&"word ".repeat(10_000)), 480);
        assert_eq!(height(&format!("<style>{}</style>x", "p{}".repeat(1000))), 56);
        assert!(height("<img src=x>") > 150);
        assert_eq!(height("<style>"), 56);
        assert_eq!(height("<"), 56);
    }
}
