//! `?change` of a file or folder, and `?move` without a target: the page without script that leads to what may be changed.

use super::manage::path_below_base;
use super::{confirm, text};
use crate::failure::{Failure, RouteResult};
use crate::render::entry;
use crate::reply;
use crate::reply::mime;
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::files::read::{Download, Found};
use engine::files::stat::FileKind;
use http::StatusCode;
use model::VPath;

/// Returns true if a browser asks for the page. Programs get the file or folder itself.
pub fn is_wanted(request: &Request) -> bool {
    let asks = || request.query.has(urls::CHANGE) || request.query.bytes("move").is_some_and(<[u8]>::is_empty);
    request.head.is_page_load() && asks()
}

/// Renders the page, or, once a person has typed where the entry should go, the question whether it should.
pub async fn page(request: &Request) -> RouteResult {
    if let Some(typed) = request.query.bytes(urls::CHANGE_TO).filter(|typed| !typed.is_empty()) {
        return confirm::confirm_move(request, &target(request, typed).await?);
    }
    let key = request.query.text(urls::KEY);
    let found = request.engine().reader.open(&request.access, &request.path, key.as_deref()).await?;
    let (may_edit, is_folder) = match &found {
        Found::File(file) => (is_text(file) && text::may_edit(request, &request.path, file), false),
        Found::Folder { .. } => (false, true),
    };
    Ok(reply::html(StatusCode::OK, entry::page(request, may_edit, is_folder)))
}

/// Returns the path that a person means: a name alone stays in the folder, and a folder takes the entry.
async fn target(request: &Request, typed: &[u8]) -> Result<VPath, Failure> {
    let Some((folder, name)) = request.path.split_last() else { return Ok(VPath::root()) };
    let path = match typed.starts_with(b"/") {
        true => path_below_base(request, typed)?,
        false => VPath::parse(&[folder.as_bytes(), b"/", typed].concat()).map_err(EngineError::from)?,
    };
    if path == request.path {
        return Ok(path);
    }
    let there = request.engine().reader.stat(&request.access, &path).await;
    let is_folder = typed.ends_with(b"/") || there.is_ok_and(|there| there.kind == FileKind::Folder);
    Ok(if is_folder { path.join(&name) } else { path })
}

/// Whether a file may be a text that the form can hold, as far as name and size tell.
fn is_text(file: &Download) -> bool {
    let kind = mime::by_extension(file.name.extension());
    let may_be_text = ["text/", "application/json", "application/xml", mime::OCTET_STREAM];
    file.size <= text::TEXT_MAX && may_be_text.iter().any(|start| kind.starts_with(start))
}
