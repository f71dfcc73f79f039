//! The visitor's own uploads: listing them (`/?ups`) and deleting them (`?delete&unpost`, docs/http-api.md "Changes").

use super::manage::{deleted_text, deleted_words, json_list, list_names, path_below_base};
use crate::extract::RequestBody;
use crate::failure::{Failure, RouteResult};
use crate::render::{json, own_uploads, pages};
use crate::reply;
use crate::request::Request;
use crate::urls;
use engine::error::UploadError;
use engine::files::ops::Deleted;
use engine::uploads::OwnUpload;
use engine::{EngineError, UnpostRefused};
use http::StatusCode;
use model::{VPath, Wark};
use serde::Deserialize;
use std::borrow::Cow;
use warp::reply::Response;

/// Handles `/?ups`, with `&filter=` for a part of the path: JSON for programs, a page with buttons for people.
pub async fn uploads(request: &Request) -> RouteResult {
    let uploads = filtered(request).await?;
    let filter = request.query.text("filter").unwrap_or(Cow::Borrowed(""));
    Ok(match request.head.is_page_load() {
        true => reply::html(StatusCode::OK, own_uploads::page(request, &uploads, &filter)),
        false => reply::json(StatusCode::OK, json::my_uploads(request, &uploads)),
    })
}

/// Returns the visitor's uploads whose paths contain `&filter=`.
async fn filtered(request: &Request) -> Result<Vec<OwnUpload>, EngineError> {
    let filter = request.query.text("filter").unwrap_or(Cow::Borrowed("")).to_lowercase();
    let mut uploads = request.engine().uploads.own_uploads(&request.access).await?;
    uploads.retain(|upload| filter.is_empty() || upload.path.display().to_lowercase().contains(&filter));
    Ok(uploads)
}

/// An item of the JSON list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Path(String),
    /// Extension of Potluck: only the unfinished upload with this wark, because a client may have two uploads to one
    /// name.
    Upload {
        path: String,
        wark: String,
    },
}

/// What to delete: a path, or the unfinished upload to it with this wark.
type UnpostTarget = (VPath, Option<Wark>);

/// Handles `POST ?delete&unpost`: deletes as many items of the JSON list as possible, at most `&lim=`, or the requested
/// path without a list, or with `&all` what `/?ups` lists. If several items were refused, a refusal that can be retried determines the answer.
pub async fn unpost(request: &Request, mut body: RequestBody) -> RouteResult {
    let most = request.query.number("lim").unwrap_or(usize::MAX);
    let list: Vec<UnpostTarget> = match json_list(request, &mut body).await? {
        Some(list) => list.into_iter().take(most).map(|item| parse_item(request, item)).collect::<Result<_, _>>()?,
        None if request.query.has("all") => {
            filtered(request).await?.into_iter().take(most).map(|upload| (upload.path, None)).collect()
        }
        None => vec![(request.path.clone(), None)],
    };
    let (mut refusal, mut refused_names, mut files) = (None, Vec::new(), 0);
    for (path, wark) in &list {
        let uploads = &request.engine().uploads;
        let answer = match wark {
            Some(wark) => uploads.abandon(&request.access, path, Some(wark)).await,
            None => uploads.unpost(&request.access, path).await,
        };
        match answer {
            Ok(()) => files += 1,
            Err(error) => {
                let why = reply::error::protocol_text(request, error.clone().into());
                refused_names.push(format!("{} ({})", request.href(path), why.text));
                if refusal.is_none() || matches!(error, EngineError::Busy) {
                    refusal = Some(error);
                }
            }
        }
    }
    match refusal {
        None => Ok(unposted_page(request, list.len())),
        // A list was carried out in part: the answer lists each refused item.
        Some(error) if list.len() > 1 => {
            let deleted = Deleted { files, ..Deleted::default() };
            let status = reply::error::protocol_text(request, error.into()).status;
            Err(Failure::text(status, deleted_text(deleted) + &list_names("not deleted", &refused_names)))
        }
        Some(EngineError::Upload(UploadError::UnpostRefused(why))) if request.head.is_page_load() => {
            Ok(refused_page(request, why))
        }
        Some(error) => Err(error.into()),
    }
}

fn parse_item(request: &Request, item: Item) -> Result<UnpostTarget, Failure> {
    let (path, wark) = match item {
        Item::Path(path) => (path, None),
        Item::Upload { path, wark } => {
            (path, Some(Wark::parse(&wark).map_err(|_| EngineError::Upload(UploadError::UnknownWark))?))
        }
    };
    Ok((path_below_base(request, path.as_bytes())?, wark))
}

fn unposted_page(request: &Request, count: usize) -> Response {
    if !request.head.is_page_load() {
        let text = format!("deleted {count} files (and 0/0 folders)\r\n");
        return reply::typed(StatusCode::OK, "text/html; charset=utf-8", text);
    }
    let t = request.texts();
    let (back, words) = match urls::request_link_page(request) {
        Some(page) => (page, t.page_add_more_files()),
        None => (request.folder_href(&request.path.parent().unwrap_or_default()), t.page_open_folder()),
    };
    let list = urls::own_uploads(request);
    let deleted = Deleted { files: count as u64, ..Deleted::default() };
    let message = pages::Message {
        heading: &deleted_words(t, deleted),
        actions: &[(&list, t.page_other_uploads()), (&back, words)],
        ..pages::Message::default()
    };
    reply::html(StatusCode::OK, pages::message(request, &message))
}

/// Renders the refusal for people.
fn refused_page(request: &Request, why: UnpostRefused) -> Response {
    let t = request.texts();
    let problem = match why {
        UnpostRefused::Unknown => t.uploads_unknown(),
        UnpostRefused::NotYours => t.uploads_not_yours(),
        UnpostRefused::TooLate => t.uploads_too_late(),
    };
    let message = pages::Message {
        heading: t.uploads_not_deleted(),
        problem: Some(problem),
        actions: &[(&urls::own_uploads(request), t.account_uploads())],
        ..pages::Message::default()
    };
    reply::html(StatusCode::BAD_REQUEST, pages::message(request, &message))
}
