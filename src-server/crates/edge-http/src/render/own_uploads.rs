//! The visitor's own uploads as a page (`web/templates/own-uploads.html`), and as a list on other pages.

use super::escape::{visible, visible_path};
use super::formatting::{date_words, size_words};
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::urls;
use askama::Template;
use engine::uploads::OwnUpload;
use model::VPath;

/// Most rows of the list.
const ROWS_MAX: usize = 500;

/// A row of the list.
pub struct UploadRow {
    /// The path.
    pub name: String,
    /// The size, and how much has arrived, or when.
    pub details: String,
    /// URL that deletes the upload.
    pub delete_href: String,
}

/// Returns the rows for `uploads`; none where uploads cannot be deleted by their senders. Paths are relative to `top`.
pub fn rows(request: &Request, uploads: &[OwnUpload], top: &VPath) -> Vec<UploadRow> {
    let t = request.texts();
    let row = |upload: &OwnUpload| UploadRow {
        name: match upload.path.strip_prefix(top).filter(|_| !top.is_root()) {
            Some(below) => visible(below.as_bytes()),
            None => visible_path(&upload.path),
        },
        details: t.count_list(
            &size_words(t, upload.size),
            &match upload.unfinished {
                Some(percent) => t.uploads_percent(u64::from(percent)),
                None => t.time_utc(&date_words(upload.at)),
            },
        ),
        delete_href: urls::unpost(request, upload),
    };
    let shown = if request.unpost_is_on() { uploads } else { &[] };
    shown.iter().take(ROWS_MAX).map(row).collect()
}

#[derive(Template)]
#[template(path = "own-uploads.html")]
struct OwnUploadsPage<'a> {
    layout: Layout<'a>,
    lead: &'static str,
    uploads: Vec<UploadRow>,
    /// The list can be narrowed, or is.
    has_filter: bool,
    filter: &'a str,
    list_href: String,
    /// URL that deletes all uploads of the list.
    delete_all_href: String,
    actions: Vec<(String, &'static str)>,
}

/// Rows from which on a field to narrow the list is offered.
const FILTER_FROM: usize = 8;

/// Returns the folder below which a visitor knows paths: that of a link, whose place it hides, else the root.
fn top(request: &Request) -> VPath {
    request.access.link_grant().map_or_else(VPath::root, |grant| grant.scope.path())
}

/// Renders the page of the visitor's own uploads, each with a button that deletes it. `filter`: what all paths contain.
pub fn page(request: &Request, uploads: &[OwnUpload], filter: &str) -> String {
    let t = request.texts();
    to_html(&OwnUploadsPage {
        layout: Layout::small(request, t.account_uploads()),
        lead: match (request.unpost_is_on(), uploads.is_empty()) {
            (false, _) => t.uploads_off(),
            (true, true) if filter.is_empty() => t.uploads_none(),
            (true, true) => t.search_none(),
            (true, false) => t.uploads_lead(),
        },
        has_filter: request.unpost_is_on() && (uploads.len() >= FILTER_FROM || !filter.is_empty()),
        filter,
        list_href: urls::home(request),
        delete_all_href: urls::unpost_all(request, filter, ROWS_MAX),
        uploads: rows(request, uploads, &top(request)),
        actions: urls::request_link_page(request).map(|page| (page, t.page_add_more())).into_iter().collect(),
    })
}
