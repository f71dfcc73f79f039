//! A text file as a page: to read (`web/templates/markdown.html`; its source: `text-view.html`), and to edit in a form
//! (`text-edit.html`).

use super::formatting::date_words;
use super::layout::{Layout, to_html};
use super::{entry, folder_title, html};
use crate::markdown::{Plugins, Rendered};
use crate::request::Request;
use crate::urls;
use askama::Template;
use model::UnixMillis;
use model::vpath::push_percent_encoded;

/// URLs of one file's pages. They carry its key, where the visitor came with one.
struct Urls {
    view: String,
    source: String,
    raw: String,
    edit: String,
    /// What else may be changed; `None` if nothing.
    change: Option<String>,
}

impl Urls {
    fn of(request: &Request) -> Self {
        let mut key = String::new();
        if let Some(sent) = request.query.bytes(urls::KEY) {
            key.push_str("&k=");
            push_percent_encoded(&mut key, sent);
        }
        Self {
            view: format!("?{}{key}", urls::VIEW),
            source: format!("?{}=source{key}", urls::VIEW),
            raw: format!("?{}{key}", urls::RAW),
            edit: format!("?{}{key}", urls::EDIT),
            change: entry::link(request),
        }
    }
}

/// A heading in the table of contents.
struct TocLine<'a> {
    /// 1 to 3: below the uppermost heading.
    depth: u8,
    id: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "markdown.html")]
struct MarkdownPage<'a> {
    layout: Layout<'a>,
    /// The folders from the top down to the file's: URL and name.
    crumbs: Vec<(String, String)>,
    modified: String,
    may_edit: bool,
    urls: Urls,
    back: String,
    has_title: bool,
    headings: Vec<TocLine<'a>>,
    html: &'a str,
    /// Set if plugins in the text run, where there is script.
    plugins: Option<&'a Plugins>,
}

#[derive(Template)]
#[template(path = "text-view.html")]
struct TextPage<'a> {
    layout: Layout<'a>,
    /// The folders from the top down to the file's: URL and name.
    crumbs: Vec<(String, String)>,
    text: &'a str,
    may_edit: bool,
    urls: Urls,
    /// URL of the folder.
    back: String,
}

#[derive(Template)]
#[template(path = "text-edit.html")]
struct EditPage<'a> {
    layout: Layout<'a>,
    /// The folders from the top down to the file's: URL and name.
    crumbs: Vec<(String, String)>,
    form: &'a EditForm<'a>,
    /// URL that the form posts to.
    action: String,
    /// URL of the folder.
    back: String,
}

/// Renders a page with the source of a text.
pub fn source(request: &Request, text: &str, may_edit: bool) -> String {
    let (urls, back) = (Urls::of(request), folder_href(request));
    to_html(&TextPage { layout: layout(request), crumbs: crumbs(request), text, may_edit, urls, back })
}

/// Renders the page of a Markdown file.
pub fn markdown(
    request: &Request,
    rendered: &Rendered,
    plugins: Option<&Plugins>,
    modified: UnixMillis,
    may_edit: bool,
) -> String {
    to_html(&MarkdownPage {
        layout: layout(request).with_text_style(request).with_script(request),
        crumbs: crumbs(request),
        modified: request.texts().time_utc(&date_words(modified)),
        may_edit,
        urls: Urls::of(request),
        back: folder_href(request),
        has_title: rendered.headings.first().is_some_and(|heading| heading.level == 1),
        headings: table_of_contents(rendered),
        html: &rendered.html,
        plugins,
    })
}

/// Returns the headings of the three uppermost levels. A single title above all others is none of them. Empty where a
/// table of contents does not pay.
fn table_of_contents(rendered: &Rendered) -> Vec<TocLine<'_>> {
    let all = &rendered.headings;
    let is_title = all.first().is_some_and(|first| first.level == 1) && all.iter().skip(1).all(|other| other.level > 1);
    let shown = all.get(usize::from(is_title)..).unwrap_or_default();
    let top = shown.iter().map(|heading| heading.level).min().unwrap_or(1);
    let lines = shown.iter().filter(|heading| heading.level < top + 3);
    let lines = lines.map(|heading| TocLine { depth: heading.level - top + 1, id: &heading.id, text: &heading.text });
    if shown.len() < 3 { Vec::new() } else { lines.collect() }
}

/// What the form to edit a text contains.
pub struct EditForm<'a> {
    /// The text to edit.
    pub text: &'a str,
    /// Why the text that was sent is not saved; `None` for a form that was opened.
    pub notice: Option<String>,
    /// Set if the file has changed since the text was opened: what the server has now.
    pub on_server: Option<&'a str>,
    /// Modification time of the file, milliseconds since 1970; saving fails if the file has changed since. -1: saving makes
    /// the file.
    pub modified_ms: i64,
    /// How the lines of the file end, as the field of the form says it.
    pub line_ends: &'static str,
}

/// Renders a page with a form to edit a text.
pub fn edit(request: &Request, form: &EditForm<'_>) -> String {
    let (action, back) = (request.href(&request.path), folder_href(request));
    to_html(&EditPage { layout: layout(request), crumbs: crumbs(request), form, action, back })
}

fn layout(request: &Request) -> Layout<'_> {
    Layout::new(request, folder_title(request.texts(), &request.path), "")
        .with_sign_in(request, urls::control_page(request))
}

/// Returns the folders from the top down to the file's: URL and name.
fn crumbs(request: &Request) -> Vec<(String, String)> {
    html::crumbs(request, &request.path.parent().unwrap_or_default())
}

fn folder_href(request: &Request) -> String {
    request.folder_href(&request.path.parent().unwrap_or_default())
}
