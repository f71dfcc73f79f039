//! A text file as a page: to read (`web/templates/text-view.html`), and to edit in a form (`text-edit.html`).

use super::folder_title;
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::urls;
use askama::Template;
use model::Operation;

#[derive(Template)]
#[template(path = "text-view.html")]
struct TextPage<'a> {
    layout: Layout<'a>,
    text: &'a str,
    may_edit: bool,
    /// URL of the folder.
    back: String,
}

#[derive(Template)]
#[template(path = "text-edit.html")]
struct EditPage<'a> {
    layout: Layout<'a>,
    text: &'a str,
    modified_ms: i64,
    /// URL that the form posts to.
    action: String,
    /// URL of the folder.
    back: String,
}

/// Renders a page with the source of a text.
pub fn show(request: &Request, text: &str) -> String {
    let may_edit = request.may(Operation::SaveText);
    to_html(&TextPage { layout: layout(request), text, may_edit, back: folder_href(request) })
}

/// Renders a page with a form to edit the text. `modified_ms`: its modification time; saving fails if the file has
/// changed since.
pub fn edit(request: &Request, text: &str, modified_ms: i64) -> String {
    let (action, back) = (request.href(&request.path), folder_href(request));
    to_html(&EditPage { layout: layout(request), text, modified_ms, action, back })
}

fn layout(request: &Request) -> Layout<'_> {
    Layout::new(request, folder_title(&request.path), "").with_sign_in(request, urls::control_page(request))
}

fn folder_href(request: &Request) -> String {
    request.folder_href(&request.path.parent().unwrap_or_default())
}
