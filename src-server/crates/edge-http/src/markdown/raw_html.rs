//! The HTML in a text. Tags that are not allowed are dropped, and every tag that is left is closed at the end of the block,
//! emphasis or table cell in which it was opened: a formatting tag left open would be opened again by the parser in every
//! later block (HTML standard, "reconstruct the active formatting elements"), and a short text would become gigabytes.

use super::bounds::DEPTH_MAX;
use super::escape::push_escaped;
use super::place::is_elsewhere;
use comrak::Arena;
use comrak::arena_tree::NodeEdge;
use comrak::nodes::{Node, NodeHtmlBlock, NodeValue};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, ScriptData};
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;
use std::fmt;

/// Tags with an end that texts may contain.
const PAIRED: [&str; 58] = [
    "a",
    "abbr",
    "b",
    "bdi",
    "blockquote",
    "caption",
    "center",
    "cite",
    "code",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "i",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
];
/// Tags without an end.
const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];
/// Tags whose end authors may leave out.
const OPTIONAL_END: [&str; 13] =
    ["caption", "colgroup", "dd", "dt", "li", "p", "rp", "rt", "tbody", "td", "tfoot", "th", "tr"];
/// Tags that stay open over several blocks of Markdown. All others end with the piece of HTML in which they begin.
const AROUND_BLOCKS: [&str; 21] = [
    "blockquote",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "li",
    "ol",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "summary",
];
/// Elements whose content is not text for people.
const SILENT: [&str; 10] =
    ["iframe", "math", "noembed", "noframes", "noscript", "script", "style", "svg", "template", "title"];

/// Attributes of all tags.
const GENERIC: [&str; 4] = ["dir", "id", "lang", "title"];
/// More attributes: of which tag, which.
const SPECIAL: [(&str, &str); 27] = [
    ("a", "href"),
    ("details", "open"),
    ("div", "align"),
    ("h1", "align"),
    ("h2", "align"),
    ("h3", "align"),
    ("h4", "align"),
    ("h5", "align"),
    ("h6", "align"),
    ("img", "align"),
    ("img", "alt"),
    ("img", "height"),
    ("img", "src"),
    ("img", "width"),
    ("li", "value"),
    ("ol", "reversed"),
    ("ol", "start"),
    ("ol", "type"),
    ("p", "align"),
    ("table", "align"),
    ("td", "align"),
    ("td", "colspan"),
    ("td", "rowspan"),
    ("th", "align"),
    ("th", "colspan"),
    ("th", "rowspan"),
    ("th", "scope"),
];
/// Formatting tags: with attributes they would count as different ones (see above). Links are only open once at a time.
const BARE: [&str; 11] = ["b", "code", "em", "i", "s", "small", "strike", "strong", "tt", "u", "center"];

/// Replaces the HTML in the tree. `picture`: stands for a picture without description.
///
/// # Errors
/// If the tree or the HTML in it is nested too deeply.
pub fn filter<'a>(arena: &'a Arena<'a>, root: Node<'a>, picture: &'static str) -> Result<(), fmt::Error> {
    // For every node that is open: the tags that are open in it.
    let mut frames: Vec<Vec<String>> = Vec::new();
    let mut open_tags = 0;
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(node) => {
                if frames.len() + open_tags > DEPTH_MAX * 3 {
                    return Err(fmt::Error);
                }
                if let Some(literal) = html_of(node) {
                    let frame = frames.last_mut().ok_or(fmt::Error)?;
                    open_tags -= frame.len();
                    let is_block = matches!(node.data().value, NodeValue::HtmlBlock(_));
                    let mut filtered = piece(&literal, std::mem::take(frame), is_block, picture);
                    open_tags += filtered.open.len();
                    *frame = std::mem::take(&mut filtered.open);
                    set_html(node, filtered.out);
                }
                frames.push(Vec::new());
            }
            NodeEdge::End(node) => {
                let open = frames.pop().unwrap_or_default();
                open_tags -= open.len();
                if !open.is_empty() {
                    let ends = open.iter().rev().map(|name| format!("</{name}>")).collect();
                    let has_blocks = node.data().value.block() && !node.data().value.contains_inlines();
                    let value = match has_blocks {
                        true => NodeValue::HtmlBlock(NodeHtmlBlock { block_type: 6, literal: ends }),
                        false => NodeValue::HtmlInline(ends),
                    };
                    node.append(arena.alloc(value.into()));
                }
            }
        }
    }
    Ok(())
}

fn html_of(node: Node<'_>) -> Option<String> {
    match &node.data().value {
        NodeValue::HtmlInline(literal) => Some(literal.clone()),
        NodeValue::HtmlBlock(block) => Some(block.literal.clone()),
        _ => None,
    }
}

fn set_html(node: Node<'_>, html: String) {
    match &mut node.data_mut().value {
        NodeValue::HtmlInline(literal) => *literal = html,
        NodeValue::HtmlBlock(block) => block.literal = html,
        _ => {}
    }
}

/// A piece of HTML that was filtered.
#[derive(Default)]
struct Filtered {
    out: String,
    /// Names of the tags that are open, from the outermost.
    open: Vec<String>,
    /// Stands for a picture without description.
    picture: &'static str,
    /// The name of the element whose content is dropped.
    silent: Option<String>,
}

/// Filters one piece of HTML. `open`: tags that are open where it begins.
fn piece(html: &str, open: Vec<String>, is_block: bool, picture: &'static str) -> Filtered {
    let sink = Sink(RefCell::new(Filtered { open, picture, ..Filtered::default() }));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    while !queue.is_empty() {
        // It pauses after a script, which will not be run.
        let _paused = tokenizer.feed(&queue);
    }
    tokenizer.end();
    let mut filtered = tokenizer.sink.0.into_inner();
    if is_block {
        let around = |name: &String| AROUND_BLOCKS.contains(&&**name);
        let kept = filtered.open.iter().take_while(|name| around(name)).count();
        for name in filtered.open.split_off(kept).iter().rev() {
            filtered.push_end(name);
        }
    }
    filtered
}

struct Sink(RefCell<Filtered>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut filtered = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) if filtered.silent.is_none() => push_escaped(&mut filtered.out, &text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return filtered.start(&tag),
            Token::TagToken(tag) => filtered.end(&tag.name),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Filtered {
    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        if self.silent.is_some() {
            return TokenSinkResult::Continue;
        }
        if SILENT.contains(&name) && !tag.self_closing {
            self.silent = Some(name.to_owned());
            return match name {
                "script" => TokenSinkResult::RawData(ScriptData),
                "style" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
                _ => TokenSinkResult::Continue,
            };
        }
        if name == "img" && attribute(tag, "src").is_some_and(is_elsewhere) {
            self.push_remote_picture(tag);
        } else if VOID.contains(&name) {
            self.push_start(tag);
        } else if PAIRED.contains(&name) {
            self.close_optional(name);
            if self.open.len() < DEPTH_MAX {
                self.push_start(tag);
                self.open.push(name.to_owned());
            }
        }
        TokenSinkResult::Continue
    }

    /// Closes an element whose end may be left out when the next one of its kind begins.
    fn close_optional(&mut self, name: &str) {
        if OPTIONAL_END.contains(&name) && self.open.last().is_some_and(|open| open == name) {
            self.open.pop();
            self.push_end(name);
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(silent) = &self.silent {
            if silent == name {
                self.silent = None;
            }
            return;
        }
        let Some(at) = self.open.iter().rposition(|open| open == name) else { return };
        for inner in self.open.split_off(at).iter().rev() {
            self.push_end(inner);
        }
    }

    fn push_start(&mut self, tag: &Tag) {
        self.out.push('<');
        self.out.push_str(&tag.name);
        for attribute in &tag.attrs {
            let name = &*attribute.name.local;
            let allowed = GENERIC.contains(&name) || SPECIAL.contains(&(&*tag.name, name));
            if allowed && !BARE.contains(&&*tag.name) {
                self.out.push(' ');
                self.out.push_str(name);
                self.out.push_str("=\"");
                push_escaped(&mut self.out, &attribute.value);
                self.out.push('"');
            }
        }
        if &*tag.name == "img" && attribute(tag, "alt").is_none() {
            self.out.push_str(" alt=\"\"");
        }
        self.out.push('>');
    }

    fn push_end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// A picture of another server: its description, as a link to it.
    fn push_remote_picture(&mut self, tag: &Tag) {
        let address = attribute(tag, "src").unwrap_or_default();
        let words = attribute(tag, "alt").filter(|alt| !alt.trim().is_empty()).unwrap_or(self.picture);
        let in_link = self.open.iter().any(|open| open == "a");
        if !in_link {
            self.out.push_str("<a href=\"");
            push_escaped(&mut self.out, address);
            self.out.push_str("\">");
        }
        push_escaped(&mut self.out, words);
        if !in_link {
            self.out.push_str("</a>");
        }
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

/// Tags and attributes for the last filter.
pub fn allowed_tags() -> impl Iterator<Item = &'static str> {
    PAIRED.into_iter().chain(VOID)
}

/// Attributes of all tags, and of single ones.
pub fn allowed_attributes() -> (impl Iterator<Item = &'static str>, impl Iterator<Item = (&'static str, &'static str)>)
{
    (GENERIC.into_iter(), SPECIAL.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(html: &str) -> (String, Vec<String>) {
        let filtered = piece(html, Vec::new(), true, "Picture");
        (filtered.out, filtered.open)
    }

    #[test]
    fn only_allowed_tags_and_attributes_pass() {
        for (html, want) in [
            ("<b onclick=x class=y>a</b>", "<b>a</b>"),
            ("<p align=center onclick=x>a", "<p align=\"center\">a</p>"),
            ("x<script>alert(1)</script>y", "xy"),
            ("x<style>p{}</style>y", "xy"),
            ("<svg><a href=x>z</a></svg>y", "y"),
            ("<form><input name=x><button>go</button></form>", "go"),
            ("<img src=\"a.png\" onerror=x width=3>", "<img src=\"a.png\" width=\"3\" alt=\"\">"),
            ("<img src=\"https://x/a.png\" alt=\"A & b\">", "<a href=\"https://x/a.png\">A &amp; b</a>"),
            ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
            ("</div></p>x<div", "x"),
            ("<!-- c --><b>a<i>b</b>c</i>", "<b>a<i>b</i></b>c"),
            ("<a title='\"><script>'>x</a>", "<a title=\"&quot;&gt;&lt;script&gt;\">x</a>"),
        ] {
            assert_eq!(filtered(html).0, want, "{html}");
        }
    }

    #[test]
    fn formatting_ends_with_its_block_and_containers_stay_open() {
        let (out, open) = filtered("<details><summary>x</summary><b>y");
        assert_eq!((&*out, open), ("<details><summary>x</summary><b>y</b>", vec!["details".to_owned()]));
        let (out, open) = filtered(&"<div>".repeat(10_000));
        assert_eq!((out.len(), open.len()), (5 * DEPTH_MAX, DEPTH_MAX));
    }
}
