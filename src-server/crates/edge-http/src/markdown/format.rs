//! The tree of a text as HTML. What the library writes differently: headings with their ids, boxes of task lists (no form
//! elements), coloured code, pictures of other servers as links, formulas.

use super::bounds::{HEADINGS_MAX, HTML_MAX};
use super::highlight::{self, Highlighter};
use super::math;
use super::place::Place;
use super::place::is_elsewhere;
use super::rendered::Heading;
use comrak::create_formatter;
use comrak::html::{ChildRendering, Context};
use comrak::nodes::{Node, NodeCodeBlock, NodeLink, NodeMath, NodeTaskItem, NodeValue};
use comrak::options::Options;
use std::fmt::{self, Write};

/// What is known while a text is written.
#[derive(Default)]
pub struct State {
    headings: Vec<Heading>,
    highlighter: Highlighter,
    id_prefix: &'static str,
    lowered: u8,
    /// Stands for a picture without description.
    picture: &'static str,
    /// Links that are open.
    links: usize,
}

create_formatter!(Formatter<State>, {
    NodeValue::Heading(ref heading) => |context, node, entering| {
        return write_heading(context, node, entering, heading.level);
    },
    NodeValue::TaskItem(ref item) => |context, node, entering| {
        return write_task(context, node, entering, item);
    },
    NodeValue::CodeBlock(ref block) => |context, entering| {
        if entering {
            write_code(context, block)?;
        }
    },
    NodeValue::Math(ref formula) => |context, entering| {
        if entering {
            write_inline_formula(context, formula)?;
        }
    },
    NodeValue::Link(ref link) => |context, entering| {
        return write_link(context, entering, link);
    },
    NodeValue::Image(ref link) => |context, node, entering| {
        if is_elsewhere(&link.url) {
            return write_remote_picture(context, node, entering, link);
        }
        return comrak::html::format_node_default(context, node, entering);
    },
    NodeValue::FrontMatter(_) => |context, entering| {
        // It is for programs; the source shows it.
        let _nothing = (context, entering);
    },
});

/// A string that refuses to grow beyond the bound.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > HTML_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A text as HTML that is not safe yet.
pub struct Written {
    /// The HTML.
    pub html: String,
    /// The headings.
    pub headings: Vec<Heading>,
    /// Whether colours are missing for lack of time.
    pub is_hasty: bool,
}

/// Writes a text.
///
/// # Errors
/// If the HTML becomes too long.
pub fn to_html(root: Node<'_>, options: &Options<'_>, place: &Place) -> Result<Written, fmt::Error> {
    let mut out = Bounded(String::new());
    let state = State {
        id_prefix: place.id_prefix,
        lowered: place.lowered,
        picture: place.texts.text_picture(),
        ..State::default()
    };
    let state = Formatter::format_document(root, options, &mut out, state)?;
    Ok(Written { html: out.0, headings: state.headings, is_hasty: state.highlighter.is_late })
}

type Outcome = Result<ChildRendering, fmt::Error>;

fn write_heading(context: &mut Context<State>, node: Node<'_>, entering: bool, level: u8) -> Outcome {
    let shown = (level + context.user.lowered).min(6);
    if entering {
        let text = words(node);
        let id = format!("{}{}", context.user.id_prefix, context.anchorizer.anchorize(&text));
        context.cr()?;
        write!(context, "<h{shown} id=\"")?;
        context.escape(&id)?;
        context.write_str("\">")?;
        if context.user.headings.len() < HEADINGS_MAX && !text.is_empty() {
            context.user.headings.push(Heading { level, id, text });
        }
    } else {
        writeln!(context, "</h{shown}>")?;
    }
    Ok(ChildRendering::HTML)
}

/// Returns the words of a heading, on one line.
fn words(node: Node<'_>) -> String {
    let text = node.collect_text();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

fn write_task(context: &mut Context<State>, node: Node<'_>, entering: bool, item: &NodeTaskItem) -> Outcome {
    let in_list = node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::List(_)));
    if entering {
        context.cr()?;
        if in_list {
            context.write_str("<li class=\"md-task\">")?;
        }
        let sign = if item.symbol.is_some() { "\u{2611}" } else { "\u{2610}" };
        write!(context, "<span class=\"md-box\">{sign}</span> ")?;
    } else if in_list {
        context.write_str("</li>\n")?;
    }
    Ok(ChildRendering::HTML)
}

fn write_code(context: &mut Context<State>, block: &NodeCodeBlock) -> fmt::Result {
    let language = block.info.split_whitespace().next().unwrap_or("");
    context.cr()?;
    if language == "math"
        && let Some(formula) = math::to_mathml(&block.literal, true)
    {
        context.write_str("<div class=\"md-math\">")?;
        context.write_str(&formula)?;
        return context.write_str("</div>\n");
    }
    // Wide code scrolls: by keys, too.
    context.write_str("<pre tabindex=\"0\"><code>")?;
    let mut highlighter = std::mem::take(&mut context.user.highlighter);
    highlighter.write(context, language, &block.literal)?;
    context.user.highlighter = highlighter;
    context.write_str("</code></pre>\n")
}

fn write_inline_formula(context: &mut Context<State>, formula: &NodeMath) -> fmt::Result {
    match math::to_mathml(&formula.literal, formula.display_math) {
        Some(mathml) => context.write_str(&mathml),
        None => {
            context.write_str("<code>")?;
            highlight::write_escaped(context, &formula.literal)?;
            context.write_str("</code>")
        }
    }
}

fn write_link(context: &mut Context<State>, entering: bool, link: &NodeLink) -> Outcome {
    if entering {
        context.user.links += 1;
        context.write_str("<a href=\"")?;
        context.escape(&link.url)?;
        if !link.title.is_empty() {
            context.write_str("\" title=\"")?;
            context.escape(&link.title)?;
        }
        context.write_str("\">")?;
    } else {
        context.user.links -= 1;
        context.write_str("</a>")?;
    }
    Ok(ChildRendering::HTML)
}

/// The description of a picture of another server, as a link to it. In a link, the description alone.
fn write_remote_picture(context: &mut Context<State>, node: Node<'_>, entering: bool, picture: &NodeLink) -> Outcome {
    if context.user.links == 0 {
        match entering {
            true => {
                context.write_str("<a href=\"")?;
                context.escape(&picture.url)?;
                context.write_str("\">")?;
            }
            false => context.write_str("</a>")?,
        }
    }
    if entering && node.first_child().is_none() {
        let picture = context.user.picture;
        context.escape(picture)?;
    }
    Ok(ChildRendering::HTML)
}
