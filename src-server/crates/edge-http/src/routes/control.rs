//! The control page (`?h`), and the page that says how other programs connect (`?hc`).
//!
//! Both are the same on every path; the folder that was requested is the one to go back to, and the one that commands
//! name.

use crate::extract::RequestBody;
use crate::extract::urlencoded::field;
use crate::failure::{Failure, RouteResult};
use crate::render::connect::{self, Place};
use crate::render::control::{self, Overview};
use crate::reply;
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::error::Denial;
use engine::files::read::Found;
use http::{HeaderValue, StatusCode, header};
use model::vpath::percent_decode;
use model::{LinkId, Perm, VPath};

/// Longest form, in bytes.
const FORM_MAX: usize = 16 << 10;
/// Most uploads that are shown.
const RECENT_MAX: usize = 50;

/// `?h`: what the account may do here, and what is going on. Programs without a screen get the folders as text.
pub async fn page(request: &Request) -> RouteResult {
    let text = request.query.text("ls").is_some_and(|kind| kind == "t" || kind == "v");
    if text || request.head.is_curl() {
        return Ok(reply::text(StatusCode::OK, folders_text(request)));
    }
    let (engine, access) = (request.engine(), &request.access);
    let overview = Overview {
        indexes: engine.indexes(access).await?,
        transfers: engine.transfers(access),
        recent: engine.uploads.recent(access, &VPath::root(), RECENT_MAX).await?,
        own: if request.unpost_is_on() { engine.uploads.own_uploads(access).await? } else { Vec::new() },
        links: engine.links.list_own(access).await?,
    };
    Ok(reply::html(StatusCode::OK, control::page(request, &overview)))
}

fn folders_text(request: &Request) -> String {
    let mut out = String::new();
    let blocks = [("you can browse:", Perm::Read), ("you can upload to:", Perm::Write)];
    for (title, right) in blocks {
        let reach: Vec<_> = request.access.entry_points().into_iter().filter(|(_, rights)| rights.has(right)).collect();
        if reach.is_empty() {
            continue;
        }
        out.push_str(title);
        out.push('\n');
        for (top, _) in reach {
            out.push_str("  ");
            out.push_str(&top.display());
            out.push('\n');
        }
        out.push('\n');
    }
    out
}

/// `POST ?h`: a button of the page without script. `revoke`: a share link of the account; `rescan`: the path of a volume.
/// Leads back to the page.
pub async fn change(request: &Request, mut body: RequestBody) -> RouteResult {
    let form = body.collect(FORM_MAX).await.map_err(|fault| super::body_failure(fault, "that form is too long"))?;
    if let Some(id) = field(&form, "revoke") {
        request.engine().links.revoke_own(&request.access, &LinkId::from(id.as_str())).await?;
    } else if let Some(path) = field(&form, "rescan") {
        if request.settings().behaviour.no_rescan {
            return Err(EngineError::Denied(Denial::SwitchedOff("scan")).into());
        }
        let path = VPath::parse(&percent_decode(path.as_bytes())).map_err(EngineError::from)?;
        request.engine().library.rescan_below(&request.access, &path)?;
    } else {
        return Err(Failure::text(StatusCode::BAD_REQUEST, "the form has neither 'revoke' nor 'rescan'"));
    }
    Ok(reply::redirect(StatusCode::SEE_OTHER, &format!("{}?{}", request.self_href(), urls::CONTROL)))
}

/// `?hc`: how other programs upload to this server and read from it. `?hc=sharex`: a configuration of ShareX as a file.
pub async fn connect(request: &Request) -> RouteResult {
    let place = Place::of(request, requested_folder(request).await);
    match request.query.text(urls::CONNECT).as_deref() {
        Some("sharex") => share_x(request, &place),
        _ => Ok(reply::html(StatusCode::OK, connect::page(request, place))),
    }
}

/// Returns the requested folder, or the one with the requested file. What cannot be opened is returned as it is.
async fn requested_folder(request: &Request) -> VPath {
    let path = &request.path;
    let is_file = !request.trailing_slash
        && matches!(request.engine().reader.open(&request.access, path, None).await, Ok(Found::File(_)));
    if is_file { path.parent().unwrap_or_default() } else { path.clone() }
}

/// # Errors
/// `Denied` where the account may not add files.
fn share_x(request: &Request, place: &Place) -> RouteResult {
    if !place.may_write {
        return Err(EngineError::denied(&request.path, "write").into());
    }
    let mut response = reply::typed(StatusCode::OK, "application/json", connect::share_x(place));
    let disposition = format!("attachment; filename=\"{}\"", connect::share_x_file_name(place));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}
