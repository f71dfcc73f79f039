//! The last filter: a strict list of tags, attributes, classes and schemes (ammonia). Nothing that was written before is
//! trusted, neither the text's own HTML nor what our libraries made of the text. Links are resolved here, all of them.

use super::bounds::{FILES_MAX, HTML_MAX};
use super::place::{Place, Target};
use super::{highlight, raw_html};
use ammonia::{Builder, UrlRelative};
use model::VPath;
use parking_lot::Mutex;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Elements of formulas.
const MATHML: [&str; 24] = [
    "math",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
];
/// One that does not fit into the list above.
const MUNDEROVER: &str = "munderover";
/// Attributes of formulas. None of them takes a style or an address.
const MATHML_ATTRIBUTES: [&str; 24] = [
    "accent",
    "accentunder",
    "columnalign",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "largeop",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "voffset",
    "width",
    "columnspan",
];

/// Our classes: of which tag, which.
const CLASSES: [(&str, &[&str]); 7] = [
    ("a", &["footnote-backref"]),
    (
        "div",
        &[
            "markdown-alert",
            "markdown-alert-caution",
            "markdown-alert-important",
            "markdown-alert-note",
            "markdown-alert-tip",
            "markdown-alert-warning",
            "md-math",
        ],
    ),
    ("li", &["md-task"]),
    ("p", &["markdown-alert-title"]),
    ("section", &["footnotes"]),
    ("sup", &["footnote-ref"]),
    ("mtd", &["cell-left", "cell-right"]),
];

/// What is learned while links are resolved.
#[derive(Default)]
struct Links {
    files: Vec<VPath>,
    known: HashSet<VPath>,
    /// Bytes of all links.
    bytes: usize,
}

/// Most work of writing the result: see [`work`]. Half a second.
const WORK_MAX: u64 = 10_000_000_000;

/// Returns about how many bytes are read while the result is written: the library looks at the rest of a text again after
/// each character that it escapes.
fn work(html: &str) -> u64 {
    let of_run = |run: &str| memchr::memchr_iter(b'&', run.as_bytes()).count() as u64 * run.len() as u64;
    html.split('<').map(of_run).sum()
}

/// Returns the allowed part of `html`, and the files of this site that it links to; `None` if it would take too long.
pub fn clean(html: &str, place: &Place) -> Option<(String, Vec<VPath>)> {
    if work(html) > WORK_MAX {
        return None;
    }
    // The library wants a callback that several threads could call for ever.
    let (links, owned) = (Arc::new(Mutex::new(Links::default())), place.clone());
    let mut builder = builder(place);
    let shared = links.clone();
    builder.attribute_filter(move |tag, name, value| filter_attribute(tag, name, value, &owned, &mut shared.lock()));
    // No comment is left. In attributes the library may leave `<` as it is, and the page has a mark that looks like a comment
    // (`render/rows.rs`).
    let html = builder.clean(html).to_string().replace("<!--", "&lt;!--");
    let files = std::mem::take(&mut links.lock().files);
    Some((html, files))
}

fn builder(place: &Place) -> Builder<'static> {
    let (generic, special) = raw_html::allowed_attributes();
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (tag, name) in special.chain([("pre", "tabindex"), ("a", "aria-label")]) {
        attributes.entry(tag).or_default().insert(name);
    }
    let formula_tags = MATHML.into_iter().chain([MUNDEROVER]);
    for tag in formula_tags.clone() {
        attributes.insert(tag, MATHML_ATTRIBUTES.into());
    }
    let mut classes: HashMap<&str, HashSet<&str>> =
        CLASSES.iter().map(|(tag, classes)| (*tag, classes.iter().copied().collect())).collect();
    classes.insert("span", highlight::classes().chain(["md-box"]).collect());
    let mut builder = Builder::empty();
    builder
        .tags(raw_html::allowed_tags().chain(formula_tags).collect())
        .clean_content_tags(["script", "style", "svg", "iframe", "template", "title"].into())
        .generic_attributes(generic.collect())
        .tag_attributes(attributes)
        .allowed_classes(classes)
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("nofollow noopener"))
        .id_prefix(Some(place.id_prefix));
    builder
}

/// Returns the value that an attribute gets; `None`: it is dropped.
fn filter_attribute<'v>(
    tag: &str,
    name: &str,
    value: &'v str,
    place: &Place,
    links: &mut Links,
) -> Option<Cow<'v, str>> {
    match name {
        "href" | "src" => link(tag, value, place, links),
        // Ids have no blanks, and the page looks for few.
        "id" => (value.len() <= 200 && !value.contains(char::is_whitespace)).then_some(Cow::Borrowed(value)),
        "tabindex" => (value == "0").then_some(Cow::Borrowed(value)),
        "dir" => matches!(value, "ltr" | "rtl" | "auto").then_some(Cow::Borrowed(value)),
        "colspan" | "rowspan" => {
            value.parse::<u16>().is_ok_and(|count| (1..=100).contains(&count)).then_some(Cow::Borrowed(value))
        }
        _ => Some(Cow::Borrowed(value)),
    }
}

fn link<'v>(tag: &str, value: &'v str, place: &Place, links: &mut Links) -> Option<Cow<'v, str>> {
    let is_picture = tag == "img";
    let href = match place.target(value) {
        Target::Fragment(name) if !is_picture => Cow::Owned(place.fragment_href(&name)),
        Target::Local(local) => {
            if links.known.len() < FILES_MAX && links.known.insert(local.path.clone()) {
                links.files.push(local.path.clone());
            }
            Cow::Owned(place.href(&local, is_picture))
        }
        Target::Elsewhere if !is_picture => Cow::Borrowed(value),
        Target::Elsewhere | Target::Fragment(_) | Target::Forbidden => return None,
    };
    // Resolving makes short links long, at every one of them.
    links.bytes += href.len();
    (links.bytes <= HTML_MAX / 2).then_some(href)
}
