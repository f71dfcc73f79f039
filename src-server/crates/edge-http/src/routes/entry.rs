//! `?change` of a file or folder, and `?move` without a target: the page without script that leads to what may be changed.

use super::text;
use crate::failure::RouteResult;
use crate::render::entry;
use crate::reply;
use crate::reply::mime;
use crate::request::Request;
use crate::urls;
use engine::files::read::{Download, Found};
use http::StatusCode;

/// Returns true if a browser asks for the page. Programs get the file or folder itself.
pub fn is_wanted(request: &Request) -> bool {
    let asks = || request.query.has(urls::CHANGE) || request.query.bytes("move").is_some_and(<[u8]>::is_empty);
    request.head.is_page_load() && asks()
}

/// Renders the page.
pub async fn page(request: &Request) -> RouteResult {
    let key = request.query.text(urls::KEY);
    let found = request.engine().reader.open(&request.access, &request.path, key.as_deref()).await?;
    let (may_edit, is_folder) = match &found {
        Found::File(file) => (is_text(file) && text::may_edit(request, &request.path, file), false),
        Found::Folder { .. } => (false, true),
    };
    Ok(reply::html(StatusCode::OK, entry::page(request, may_edit, is_folder)))
}

/// Whether a file may be a text that the form can hold, as far as name and size tell.
fn is_text(file: &Download) -> bool {
    let kind = mime::by_extension(file.name.extension());
    let may_be_text = ["text/", "application/json", "application/xml", mime::OCTET_STREAM];
    file.size <= text::TEXT_MAX && may_be_text.iter().any(|start| kind.starts_with(start))
}
