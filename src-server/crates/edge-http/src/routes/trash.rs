//! The trash of a folder (`?trash`), the earlier versions of a file (`?versions`), and undoing a change (`?undo=`): docs/http-api.md
//! "Trash and versions".

use crate::extract::{RequestBody, urlencoded};
use crate::failure::{Failure, RouteResult, Said};
use crate::render::escape::visible_path;
use crate::render::pages::{self, MessageResult};
use crate::render::trash as render;
use crate::reply;
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::files::ops::restore::IfTaken;
use engine::files::trash::{TrashEntry, Version, VersionId};
use engine::volumes::trash::entry_id::{EntryId, ItemId};
use engine::volumes::trash::record::Cause;
use http::{HeaderName, HeaderValue, StatusCode};
use model::VPath;
use serde_json::{Value, json};
use warp::reply::Response;

/// Header of the answer to a change: identifiers by which it can be undone, separated by commas.
const UNDO_HEADER: HeaderName = HeaderName::from_static("x-undo");
/// Most identifiers in the header.
const UNDO_MAX: usize = 100;
/// Longest body of a form, bytes: all rows of a page, ticked.
const BODY_MAX: usize = 256 << 10;

/// Handles `GET folder?trash`: JSON for programs, a page for people; with `purge` or `empty` the question before that.
pub async fn page(request: &Request) -> RouteResult {
    let (purge, empty) = (request.query.has(urls::PURGE), request.query.has(urls::EMPTY));
    if purge || empty {
        return question(request, empty).await;
    }
    let list = request.engine().trash.list(&request.access, &request.path).await?;
    Ok(match request.head.is_page_load() {
        true => reply::html(StatusCode::OK, render::trash(request, &list)),
        false => {
            let entries: Vec<Value> = list.entries.iter().map(|entry| entry_json(request, entry)).collect();
            reply::json(
                StatusCode::OK,
                json!({ "trash": entries, "more": list.has_more, "days": list.days }).to_string(),
            )
        }
    })
}

fn entry_json(request: &Request, entry: &TrashEntry) -> Value {
    let path = if entry.is_folder { request.folder_href(&entry.path) } else { request.href(&entry.path) };
    json!({
        "id": entry.id.to_string(),
        "vp": path,
        "sz": entry.size,
        "n": entry.files,
        "ts": entry.modified.secs(),
        "at": entry.removed.secs(),
        "by": entry.account,
        "ip": entry.address,
        "why": match entry.cause {
            Cause::Deleted => "deleted",
            Cause::Replaced => "replaced",
        },
        "purge": entry.may_purge,
    })
}

/// Handles `GET file?versions`: JSON for programs, a page for people.
pub async fn versions(request: &Request) -> RouteResult {
    let versions = request.engine().trash.versions(&request.access, &request.path).await?;
    Ok(match request.head.is_page_load() {
        true => reply::html(StatusCode::OK, render::versions(request, &versions)),
        false => {
            let all: Vec<Value> = versions.iter().map(version_json).collect();
            reply::json(StatusCode::OK, json!({ "versions": all }).to_string())
        }
    })
}

/// Handles `GET file?version=ID`: the bytes of an earlier version, as the file itself would be sent.
pub async fn version(request: &Request) -> RouteResult {
    let id = request.query.text(urls::VERSION).unwrap_or_default();
    let id = VersionId::parse(&id).ok_or_else(no_such_id)?;
    let download = request.engine().trash.open_version(&request.access, &request.path, id).await?;
    reply::file::send(request, download)
}

fn version_json(version: &Version) -> Value {
    json!({
        "id": version.id.to_string(),
        "sz": version.size,
        "ts": version.modified.secs(),
        "at": version.trashed.as_ref().map(|entry| entry.removed.secs()),
        "by": version.trashed.as_ref().map(|entry| entry.account.clone()),
    })
}

/// Renders the question before something is deleted for good. Its form posts to the same URL.
async fn question(request: &Request, empties: bool) -> RouteResult {
    let action = format!("{}?{}", request.self_href(), request.head.uri.query().unwrap_or_default());
    let list = request.engine().trash.list(&request.access, &request.path).await?;
    let id = request.query.text(urls::PURGE).unwrap_or_default();
    let t = request.texts();
    let heading = match list.entries.iter().find(|entry| entry.id.to_string() == id) {
        _ if empties => render::empty_question(t, &list),
        Some(entry) => render::purge_question(request, entry),
        None => t.trash_purge_this().to_owned(),
    };
    let back = urls::trash(request, &request.path);
    Ok(reply::html(StatusCode::OK, pages::confirm(request, &heading, t.trash_for_good(), &action, &back)))
}

/// The identifiers in the body: of a form as (button, identifier), or of a JSON list, whatever its media type.
async fn chosen(request: &Request, body: &mut RequestBody) -> Result<Vec<(String, String)>, Failure> {
    let sent = sent(body).await?;
    if is_json(&sent) || &*super::media_type(request) == "application/json" {
        let list: Vec<String> = serde_json::from_slice(&sent)
            .map_err(|_| Failure::text(StatusCode::UNPROCESSABLE_ENTITY, "send a list of ids as JSON"))?;
        return Ok(list.into_iter().map(|id| ("item".to_owned(), id)).collect());
    }
    Ok(urlencoded::fields(&sent).collect())
}

async fn sent(body: &mut RequestBody) -> Result<Vec<u8>, Failure> {
    body.collect(BODY_MAX).await.map_err(|fault| super::body_failure(fault, "the list is too long"))
}

/// Whether a body is JSON, not the fields of a form.
fn is_json(sent: &[u8]) -> bool {
    sent.trim_ascii().first().is_some_and(|first| matches!(first, b'[' | b'{' | b'"'))
}

/// Refuses a list where the URL says what is deleted for good.
async fn refuse_list(body: &mut RequestBody) -> Result<(), Failure> {
    match is_json(&sent(body).await?) {
        false => Ok(()),
        true => Err(bad("this request takes no list; to delete one item for good, POST to ?trash&purge=ID")),
    }
}

fn bad(sentence: &'static str) -> Failure {
    Failure::text(StatusCode::BAD_REQUEST, sentence)
}

fn no_such_id() -> Failure {
    Failure::Engine(EngineError::Gone(engine::error::Gone::Trashed))
}

/// Handles `POST folder?trash`: restores the items in the body; with `purge=ID` or `empty` deletes for good.
pub async fn change(request: &Request, mut body: RequestBody) -> RouteResult {
    let trash = &request.engine().trash;
    if request.query.has(urls::EMPTY) {
        refuse_list(&mut body).await?;
        let purged = trash.empty(&request.access, &request.path).await?;
        return Ok(purged_reply(request, purged));
    }
    if let Some(id) = request.query.text(urls::PURGE) {
        refuse_list(&mut body).await?;
        if id.is_empty() {
            return Err(bad("name the item to delete for good: ?trash&purge=ID"));
        }
        let id = ItemId::parse(&id).ok_or_else(no_such_id)?;
        trash.purge(&request.access, id).await?;
        return Ok(purged_reply(request, 1));
    }
    let chosen = chosen(request, &mut body).await?;
    let all_of = |wanted: &str| -> Vec<String> {
        chosen.iter().filter(|(button, _)| button == wanted).map(|(_, id)| id.clone()).collect()
    };
    // The button of a row restores that row, whatever is ticked.
    let mut ids = all_of("only");
    let takes_all = ids.is_empty() && all_of("act") == ["all"];
    if takes_all {
        let list = trash.list(&request.access, &request.path).await?;
        ids.extend(list.entries.iter().map(|entry| entry.id.to_string()));
    }
    if ids.is_empty() {
        ids = all_of("item");
    }
    if ids.is_empty() && !takes_all {
        return Err(Said::NothingChosen.into());
    }
    let (mut paths, mut failure) = (Vec::new(), None);
    for id in ids {
        let restored = match ItemId::parse(&id) {
            Some(id) => trash.restore(&request.access, id).await.map_err(Failure::from),
            None => Err(no_such_id()),
        };
        match restored {
            Ok(path) => paths.push(path),
            Err(error) => drop(failure.get_or_insert(error)),
        }
    }
    restored_reply(request, &paths, failure)
}

/// Handles `POST file?versions`: restores a version in place of the file (`replace=ID`) or beside it (`beside=ID`).
pub async fn restore_version(request: &Request, mut body: RequestBody) -> RouteResult {
    let chosen = chosen(request, &mut body).await?;
    let Some((button, id)) = chosen.iter().find(|(button, _)| matches!(&**button, "replace" | "beside" | "item"))
    else {
        return Err(Failure::text(StatusCode::BAD_REQUEST, "name a version: replace=ID or beside=ID"));
    };
    let if_taken = if button == "beside" { IfTaken::Beside } else { IfTaken::Replace };
    let id = VersionId::parse(id).ok_or_else(no_such_id)?;
    let trash = &request.engine().trash;
    let path = trash.restore_version(&request.access, &request.path, id, if_taken).await?;
    restored_reply(request, &[path], None)
}

/// Handles `POST ?undo=ID,ID`: undoes deletes and moves.
pub async fn undo(request: &Request) -> RouteResult {
    let ids = request.query.text(urls::UNDO).unwrap_or_default().into_owned();
    if ids.is_empty() {
        return Err(bad("name what to undo: ?undo=ID, with the ID from X-Undo"));
    }
    if ids.split(',').count() > UNDO_MAX {
        return Err(Said::UndoTooMany.into());
    }
    let (mut paths, mut failure) = (Vec::new(), None);
    for id in ids.split(',') {
        let undone = match EntryId::parse(id) {
            Some(id) => request.engine().trash.undo(&request.access, id).await.map_err(Failure::from),
            None => Err(no_such_id()),
        };
        match undone {
            Ok(undone) => {
                paths.extend(undone.paths);
                if undone.left > 0 {
                    failure.get_or_insert_with(no_such_id);
                }
            }
            Err(error) => drop(failure.get_or_insert(error)),
        }
    }
    restored_reply(request, &paths, failure)
}

/// Answers with the restored paths. A failure is the answer if nothing was restored, and is added otherwise.
fn restored_reply(request: &Request, paths: &[VPath], failure: Option<Failure>) -> RouteResult {
    let problem = match failure {
        Some(failure) if paths.is_empty() => return Err(failure),
        Some(failure) => Some(reply::error::protocol_text(request, failure)),
        None => None,
    };
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    if !request.head.is_page_load() {
        let urls: Vec<String> = paths.iter().map(|path| request.href(path)).collect();
        let error = problem.map(|problem| problem.text.into_owned());
        return Ok(reply::json(status, json!({ "restored": urls, "error": error }).to_string()));
    }
    let lines: Vec<String> = paths.iter().map(visible_path).collect();
    let folder = paths.first().and_then(VPath::parent).unwrap_or_else(|| request.path.clone());
    let (open, trash) = (request.folder_href(&folder), urls::trash(request, &folder));
    let t = request.texts();
    let sentence = problem.map(|_| t.trash_restored_partly());
    let message = pages::Message {
        heading: &render::restored_words(t, paths),
        problem: sentence,
        result: if lines.is_empty() { MessageResult::None } else { MessageResult::Text(&lines.join("\n")) },
        actions: &[(&open, t.page_open_folder()), (&trash, t.trash_open())],
        ..pages::Message::default()
    };
    Ok(reply::html(status, pages::message(request, &message)))
}

fn purged_reply(request: &Request, purged: u64) -> Response {
    if !request.head.is_page_load() {
        return reply::json(StatusCode::OK, json!({ "purged": purged }).to_string());
    }
    let (folder, trash) = (request.folder_href(&request.path), urls::trash(request, &request.path));
    let t = request.texts();
    let message = pages::Message {
        heading: if purged == 0 { t.trash_nothing_purged() } else { t.trash_purged() },
        actions: &[(&trash, t.trash_open()), (&folder, t.page_open_folder())],
        ..pages::Message::default()
    };
    reply::html(StatusCode::OK, pages::message(request, &message))
}

/// Returns the identifiers as text, for the header and for the button: one for all if there are many. `None` if nothing can be
/// undone.
pub(super) fn undo_text(request: &Request, ids: &[EntryId]) -> Option<String> {
    if ids.len() > UNDO_MAX {
        return Some(request.engine().trash.as_one(&request.access, ids).to_string());
    }
    let all: Vec<String> = ids.iter().map(EntryId::to_string).collect();
    (!all.is_empty()).then(|| all.join(","))
}

/// Adds the header with the identifiers.
pub fn with_undo(mut response: Response, undo: Option<&str>) -> Response {
    if let Some(value) = undo.and_then(|undo| HeaderValue::from_str(undo).ok()) {
        response.headers_mut().insert(UNDO_HEADER, value);
    }
    response
}
