//! What may be changed about a file or folder, as a page (`web/templates/entry.html`): for browsers without script.

use super::escape::visible_path;
use super::layout::{Layout, to_html};
use super::{folder_title, html};
use crate::request::Request;
use crate::urls;
use askama::Template;
use model::Operation;
use model::vpath::push_percent_encoded;

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage<'a> {
    layout: Layout<'a>,
    /// The folders from the top down to that of the entry: URL and name.
    crumbs: Vec<(String, String)>,
    /// URL of the entry.
    href: String,
    /// URL of the folder.
    back: String,
    /// Its path, to be changed; `None` if the visitor may not move it.
    path: Option<String>,
    may_edit: bool,
    may_delete: bool,
}

/// Renders the page for the requested path.
pub fn page(request: &Request, may_edit: bool, is_folder: bool) -> String {
    let parent = request.path.parent().unwrap_or_default();
    to_html(&EntryPage {
        layout: Layout::small(request, folder_title(request.texts(), &request.path)),
        crumbs: html::crumbs(request, &parent),
        href: if is_folder { request.folder_href(&request.path) } else { request.self_href() },
        back: request.folder_href(&parent),
        path: may_move(request).then(|| visible_path(&request.path)),
        may_edit,
        may_delete: may_delete(request),
    })
}

/// Returns the link to the page of the requested file; `None` if the visitor may neither move nor delete it.
pub fn link(request: &Request) -> Option<String> {
    let mut href = format!("?{}", urls::CHANGE);
    if let Some(sent) = request.query.bytes(urls::KEY) {
        href.push_str("&k=");
        push_percent_encoded(&mut href, sent);
    }
    (may_move(request) || may_delete(request)).then_some(href)
}

fn may_move(request: &Request) -> bool {
    is_in_volume(request) && request.may(Operation::MoveFrom) && !request.settings().behaviour.no_move
}

fn may_delete(request: &Request) -> bool {
    is_in_volume(request) && request.may(Operation::Delete) && !request.settings().behaviour.no_delete
}

/// Whether the path is not that of a volume, which stays where it is.
fn is_in_volume(request: &Request) -> bool {
    request.access.volume_path(&request.path).is_some_and(|at| !at.below.is_root())
}
