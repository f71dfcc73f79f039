//! Serves a file, or a folder in the requested format (docs/http-api.md "Folders").

use super::{archive, checksums, download, markdown, search};
use crate::failure::{Failure, RouteResult};
use crate::render::{basic, html, json, plain, tree, upload_only};
use crate::reply;
use crate::request::Request;
use crate::urls;
use engine::files::read::{Download, Found, OpenedFolder};
use engine::listing::{ListOptions, Listing};
use engine::{EngineError, Result};
use http::StatusCode;
use model::{FileName, Operation, VPath, Verdict};
use std::borrow::Cow;

/// Handles GET of a path.
pub async fn at_path(request: &Request) -> RouteResult {
    if wants_tree(request) {
        return tree_of(request).await;
    }
    match open(request, &request.path).await? {
        Found::File(found) if checksums::requested(request).is_some() => checksums::of_file(request, found),
        Found::File(found) => download::file(request, found).await,
        Found::Folder { verdict, opened, .. } => folder(request, verdict, opened).await,
    }
}

async fn open(request: &Request, path: &VPath) -> Result<Found> {
    let key = request.query.text(urls::KEY);
    request.engine().reader.open(&request.access, path, key.as_deref()).await
}

/// Serves a folder. The first that applies: a frame's document, `?ls`, an archive, `index.html`, the page.
async fn folder(request: &Request, verdict: Verdict, opened: OpenedFolder) -> RouteResult {
    if let Some(parameter) = [urls::PROLOGUE, urls::EPILOGUE].into_iter().find(|one| request.query.has(one)) {
        return markdown::logue(request, verdict, parameter).await;
    }
    if let Some(text) = text_form(request) {
        return text_listing(request, opened, text).await;
    }
    if let Some(format) = archive::requested_format(request)? {
        return archive::folder(request, format).await;
    }
    if let Some(form) = checksums::requested(request) {
        return checksums::of_folder(request, form).await;
    }
    if let Some(text) = requested_search(request, verdict) {
        return search::page(request, &text).await;
    }
    if verdict == Verdict::IndexOnly || prefers_index_page(request) {
        if let Some(index) = index_page(request).await {
            return index_answer(request, index).await;
        }
        if verdict == Verdict::IndexOnly {
            return Err(EngineError::denied(&request.path, "read").into());
        }
    }
    page(request, list_opened(request, opened).await?).await
}

/// Returns what a person searches for by `?q=`, in a folder that may be listed.
fn requested_search(request: &Request, verdict: Verdict) -> Option<Cow<'_, str>> {
    let text = request.query.text(urls::SEARCH).filter(|text| !text.trim().is_empty())?;
    (verdict == Verdict::Allow && request.head.is_page_load()).then_some(text)
}

/// Renders the page of the requested folder.
pub async fn folder_page(request: &Request) -> RouteResult {
    page(request, list(request).await?).await
}

async fn page(request: &Request, listing: Listing) -> RouteResult {
    if request.query.has(urls::FOLDERS) && listing.verdict == Verdict::Allow {
        let top = request.engine().listings.tree(&request.access, &VPath::root(), &request.path, false).await?;
        return Ok(reply::html(StatusCode::OK, tree::page(request, &top)));
    }
    if request.query.has(urls::BASIC) {
        return Ok(basic::listing(request, listing));
    }
    if listing.verdict != Verdict::Allow
        && let Some(page) = urls::request_link_page(request)
    {
        return Ok(reply::redirect(StatusCode::SEE_OTHER, &page));
    }
    Ok(match listing.verdict {
        Verdict::Allow => {
            let texts = markdown::of_folder(request, &listing).await?;
            html::listing(request, listing, texts)
        }
        _ => reply::html(StatusCode::OK, upload_only::page(request, &listing)),
    })
}

async fn list(request: &Request) -> Result<Listing> {
    request.engine().listings.list(&request.access, &request.path, options(request)).await
}

/// [`list`] for the requested folder, which was found before.
async fn list_opened(request: &Request, opened: OpenedFolder) -> Result<Listing> {
    request.engine().listings.list_opened(&request.access, &request.path, opened, options(request)).await
}

fn options(request: &Request) -> ListOptions {
    let form = text_form(request);
    ListOptions {
        dotfiles: wants_dotfiles(request),
        without_tags: request.query.has(urls::BASIC) || matches!(form, Some(TextFormat::Plain(_))),
        without_pictures: !matches!(form, Some(TextFormat::Json)),
        ..ListOptions::default()
    }
}

/// Returns true if a listing should include dotfiles, where the account may see them: by parameter or display setting.
pub fn wants_dotfiles(request: &Request) -> bool {
    request.query.has(urls::DOTS) || request.head.cookie("dots") == Some("y")
}

/// Formats of a listing other than HTML.
#[derive(Clone, Copy)]
enum TextFormat {
    Json,
    Plain(plain::Style),
}

fn text_form(request: &Request) -> Option<TextFormat> {
    match request.query.text("ls").as_deref() {
        Some("t" | "txt") => Some(TextFormat::Plain(plain::Style::Plain)),
        Some("v") => Some(TextFormat::Plain(plain::Style::Colored)),
        Some(_) => Some(TextFormat::Json),
        None if request.query.is_empty() && request.head.is_curl() => Some(TextFormat::Plain(plain::Style::Colored)),
        None => None,
    }
}

async fn text_listing(request: &Request, opened: OpenedFolder, text: TextFormat) -> RouteResult {
    let listing = list_opened(request, opened).await?;
    Ok(match text {
        TextFormat::Json => json::listing(request, listing),
        TextFormat::Plain(style) => plain::listing(request, listing, style),
    })
}

/// Whether the visitor wants a folder's own page instead of its list: as chosen (cookie `idxh`), else as set (`--ih`). Where such a page
/// would be sent as an attachment, the list is shown.
fn prefers_index_page(request: &Request) -> bool {
    match request.head.cookie("idxh") {
        Some("y") => request.shows_user_pages(request.rights()),
        Some("n") => false,
        _ => request.settings().behaviour.index_html,
    }
}

/// Opens `index.html` or `index.htm` of the folder, if the visitor may read it.
async fn index_page(request: &Request) -> Option<Download> {
    for name in [&b"index.html"[..], b"index.htm"] {
        let name = FileName::new(name).ok()?;
        if let Ok(Found::File(index)) = open(request, &request.path.join(&name)).await {
            return Some(index);
        }
    }
    None
}

/// Redirects to the URL with a slash at its end if it has none: links in the index page are relative to the folder.
async fn index_answer(request: &Request, index: Download) -> RouteResult {
    if request.trailing_slash {
        return download::file(request, index).await;
    }
    let mut location = request.folder_href(&request.path);
    if let Some(query) = request.head.uri.query() {
        location.push('?');
        location.push_str(query);
    }
    Ok(reply::redirect(StatusCode::FOUND, &location))
}

fn wants_tree(request: &Request) -> bool {
    request.query.has("tree")
}

/// `?tree=`: with `.` only the children of this folder, else the tree from the given folder down to the requested one.
async fn tree_of(request: &Request) -> RouteResult {
    let has_visible_below = request.path.is_root() || request.access.has_visible_below(&request.path);
    if request.access.verdict(&request.path, Operation::Tree) == Verdict::Deny && !has_visible_below {
        return Err(EngineError::denied(&request.path, "read").into());
    }
    let asked = request.query.bytes("tree").unwrap_or_default();
    let only_children = asked == b".";
    let top = if only_children { request.path.clone() } else { VPath::parse(asked).map_err(EngineError::from)? };
    if !request.path.is_within(&top) {
        return Err(Failure::text(StatusCode::UNPROCESSABLE_ENTITY, "arg funk"));
    }
    let node = request.engine().listings.tree(&request.access, &top, &request.path, only_children).await?;
    Ok(reply::json(StatusCode::OK, json::tree(&node)))
}
