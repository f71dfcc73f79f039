//! `?change` of a file or folder, and `?move` without a target: the page without script that leads to what may be changed.

use super::manage::path_below_base;
use super::{confirm, text};
use crate::failure::{Failure, RouteResult};
use crate::render::entry;
use crate::render::escape::{visible, visible_last_name};
use crate::render::pages;
use crate::render::refusal::Refusal;
use crate::reply;
use crate::reply::mime;
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::files::read::{Download, Found};
use engine::files::stat::FileKind;
use http::StatusCode;
use model::VPath;
use warp::reply::Response;

/// Returns true if a browser asks for the page. Programs get the file or folder itself.
pub fn is_wanted(request: &Request) -> bool {
    let asks = || request.query.has(urls::CHANGE) || request.query.bytes("move").is_some_and(<[u8]>::is_empty);
    request.head.is_page_load() && asks()
}

/// Renders the page, or, once a person has typed where the entry should go, the question whether it should.
pub async fn page(request: &Request) -> RouteResult {
    if let Some(typed) = request.query.bytes(urls::CHANGE_TO).filter(|typed| !typed.is_empty()) {
        let target = target(request, typed).await?;
        return no_folder(request, &target).map_or_else(|| confirm::confirm_move(request, &target), Ok);
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
    let typed = &as_named(&request.path, typed)[..];
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

/// Says that the folder of a target does not exist: `None` if it may. Where the visitor may do nothing, nothing is there; a right
/// to add files would not be what is missing.
fn no_folder(request: &Request, target: &VPath) -> Option<Response> {
    let folder = target.parent().filter(|folder| !folder.is_root() && request.access.rights_at(target).is_empty())?;
    let t = request.texts();
    let heading = t.refused_missing(&visible_last_name(&folder)).into();
    let refusal = Refusal { heading, lead: t.refused_missing_any_lead().into() };
    Some(reply::html(StatusCode::NOT_FOUND, pages::error(request, StatusCode::NOT_FOUND, "not found", &refusal, None)))
}

/// Returns what a person has typed with the names of `path` where these are shown: a field cannot hold a line break, and not all
/// names are text.
fn as_named(path: &VPath, typed: &[u8]) -> Vec<u8> {
    let named = |part| {
        let is_shown = |name: &&[u8]| visible(name).as_bytes() == part;
        path.components().find(is_shown).unwrap_or(part)
    };
    typed.split(|byte| *byte == b'/').map(named).collect::<Vec<_>>().join(&b'/')
}

/// Whether a file may be a text that the form can hold, as far as name and size tell.
fn is_text(file: &Download) -> bool {
    let kind = mime::by_extension(file.name.extension());
    let may_be_text = ["text/", "application/json", "application/xml", mime::OCTET_STREAM];
    file.size <= text::TEXT_MAX && may_be_text.iter().any(|start| kind.starts_with(start))
}
