//! Delete, move and copy: by parameter, and by the methods DELETE, MOVE and COPY (docs/http-api.md "Changes").

use super::confirm::is_rename;
use super::trash::{undo_text, with_undo};
use super::up2k::collect_json;
use crate::extract::{RequestBody, dav, host, unsupported};
use crate::failure::{Failure, RouteResult};
use crate::render::escape;
use crate::render::formatting::exact_duration;
use crate::render::pages::{self, MessageResult};
use crate::reply;
use crate::reply::conditional::write_preconditions;
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use engine::EngineError;
use engine::error::Denial;
use engine::files::ops::{Deleted, IfExists, Relocation};
use engine::volumes::trash::entry_id::EntryId;
use http::{Method, StatusCode};
use model::vpath::percent_decode;
use model::{PathError, VPath};
use serde::de::DeserializeOwned;

/// Memory of one item of a list beside its text, in bytes: a string and its allocation, twice.
const LIST_ITEM: usize = 128;

/// Handles `DELETE path`, `POST path?delete`, and `POST ?delete` with a JSON list of paths.
pub async fn delete(request: &Request, mut body: RequestBody) -> RouteResult {
    refuse_if(request.settings().behaviour.no_delete, "delete")?;
    let condition = write_preconditions(&request.head.headers);
    if let Some(list) = json_list(request, &mut body).await? {
        unsupported::refuse_conditions(&request.head.headers)?;
        return delete_list(request, list).await;
    }
    let deleted = request.engine().ops.delete_if(&request.access, &request.path, &condition).await?;
    let undo = deleted.trash.as_slice();
    let done =
        Done { text: &deleted_text(deleted), heading: &deleted_words(request.texts(), deleted), details: "", undo };
    Ok(done_reply(request, StatusCode::OK, &done, &request.path.parent().unwrap_or_default()))
}

/// Returns the JSON list in the body of the request; `None` if the body is empty.
///
/// Without a list the URL itself is the target, which may be the only copy of something. So a body that is neither
/// empty nor form fields must be a valid list, whatever its media type, or the request is refused. The memory of the list
/// is counted until `body` is dropped.
pub(super) async fn json_list<T: DeserializeOwned>(
    request: &Request,
    body: &mut RequestBody,
) -> Result<Option<Vec<T>>, Failure> {
    let sent = collect_json(body).await?;
    let content = sent.trim_ascii();
    if content.is_empty() {
        return Ok(None);
    }
    if *request.method() != Method::POST {
        let text = "this request takes no body; to change what a list names, POST the list";
        return Err(Failure::text(StatusCode::BAD_REQUEST, text));
    }
    let is_list_or_text = matches!(content[0], b'[' | b'{' | b'"');
    match &*super::media_type(request) {
        "application/json" | "text/plain" => {}
        "application/x-www-form-urlencoded" | "multipart/form-data" if !is_list_or_text => return Ok(None),
        _ if is_list_or_text => {}
        kind => {
            let text =
                format!("a body of type '{kind}' is not supported here; send a list of paths as application/json");
            return Err(Failure::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
    }
    let list: Vec<T> = serde_json::from_slice(content).map_err(|_| {
        Failure::text(StatusCode::UNPROCESSABLE_ENTITY, format!("you POSTed {} bytes of invalid json", sent.len()))
    })?;
    body.hold(list.len() * LIST_ITEM).map_err(|fault| super::body_failure(fault, "json 2big"))?;
    Ok(Some(list))
}

/// Most names listed in an answer.
const NAMES_MAX: usize = 20;

/// Deletes the items one by one; a failure does not stop the others.
///
/// If at least one was deleted, missing items count as deleted (200), and the status is that of the first other
/// failure. If none was deleted, the first failure is returned unchanged.
async fn delete_list(request: &Request, list: Vec<String>) -> RouteResult {
    let mut total = Deleted::default();
    let (mut missing, mut refused, mut first) = (Vec::new(), Vec::new(), None);
    let (mut any, mut only, mut undo) = (list.is_empty(), None, Vec::new());
    for sent in list {
        let deleted = match path_below_base(request, sent.as_bytes()) {
            Ok(path) => request.engine().ops.delete(&request.access, &path).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        match deleted {
            Ok(deleted) => {
                any = true;
                undo.extend(deleted.trash);
                total.files += deleted.files;
                total.folders += deleted.folders;
                total.folders_seen += deleted.folders_seen;
                total.lost += deleted.lost;
                total.kept_secs = total.kept_secs.or(deleted.kept_secs);
            }
            Err(Failure::Engine(error @ EngineError::NotFound(_))) => {
                only.get_or_insert(Failure::from(error));
                missing.push(sent);
            }
            Err(failure) => {
                if let (None, Failure::Engine(error)) = (&only, &failure) {
                    only = Some(error.clone().into());
                }
                let why = reply::error::protocol_text(request, failure);
                refused.push(format!("{sent} ({})", why.text));
                first.get_or_insert(why.status);
            }
        }
    }
    if let Some(failure) = only.filter(|_| !any) {
        return Err(failure);
    }
    let details = list_names("not there", &missing) + &list_names("not deleted", &refused);
    let text = deleted_text(total) + &details;
    match first {
        None => {
            let details = details.trim_start_matches("; ");
            let done = Done { text: &text, heading: &deleted_words(request.texts(), total), details, undo: &undo };
            Ok(done_reply(request, StatusCode::OK, &done, &request.path))
        }
        Some(status) => Err(Failure::text(status, text)),
    }
}

/// Returns `; WHAT: name, name` for an answer; empty without names.
pub(super) fn list_names(what: &str, names: &[String]) -> String {
    let more = match names.len().saturating_sub(NAMES_MAX) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    match names {
        [] => String::new(),
        names => format!("; {what}: {}{more}", names[..names.len().min(NAMES_MAX)].join(", ")),
    }
}

/// Returns the protocol's text. Clients read its beginning, so what the trash could not take stands at the end.
pub(super) fn deleted_text(deleted: Deleted) -> String {
    let lost = match deleted.lost {
        0 => String::new(),
        lost if lost == deleted.files + deleted.folders => ", for good: the trash could not take them".to_owned(),
        lost => format!(", {lost} of them for good: the trash could not take them"),
    };
    let kept = |secs| exact_duration(Texts::english(), secs);
    let brief = deleted
        .kept_secs
        .map(|secs| format!(", what is larger than the whole trash may be is kept for {} only", kept(secs)));
    let brief = brief.unwrap_or_default();
    format!("deleted {} files (and {}/{} folders){lost}{brief}", deleted.files, deleted.folders, deleted.folders_seen)
}

/// Returns `1 file deleted.` or `2 files and 1 folder deleted.`, for people, and what the trash could not take.
pub(super) fn deleted_words(t: Texts, deleted: Deleted) -> String {
    let Deleted { files, folders, lost, .. } = deleted;
    let what = match (files, folders) {
        (0, 0) => return t.deleted_nothing().to_owned(),
        (_, 0) => t.count_files(files),
        (0, _) => t.count_folders(folders),
        (_, _) => t.deleted_two(&t.count_files(files), &t.count_folders(folders)),
    };
    let sentence = match lost {
        0 => t.deleted_done(&what),
        1 if files + folders == 1 => t.deleted_for_good_one(&what),
        lost if lost == files + folders => t.deleted_for_good(&what),
        lost => t.deleted_for_good_some(lost, &what),
    };
    match deleted.kept_secs {
        Some(secs) => format!("{sentence} {}", t.deleted_brief(&exact_duration(t, secs))),
        None => sentence,
    }
}

/// Handles `POST path?move=target` and MOVE.
pub async fn move_to(request: &Request, _body: RequestBody) -> RouteResult {
    let relocation = relocation(request, "move")?;
    refuse_if(request.settings().behaviour.no_move, "move")?;
    let folder = relocation.to.parent().unwrap_or_default();
    let t = request.texts();
    let heading = if is_rename(&relocation.from, &relocation.to) { t.done_renamed() } else { t.done_moved() };
    let undo = request.engine().ops.move_undoable(&request.access, relocation).await?;
    let done = Done { text: "k", heading, details: "", undo: &[undo] };
    Ok(done_reply(request, StatusCode::CREATED, &done, &folder))
}

/// Handles `POST path?copy=target` and COPY.
pub async fn copy_to(request: &Request, _body: RequestBody) -> RouteResult {
    let relocation = relocation(request, "copy")?;
    refuse_if(request.settings().behaviour.no_copy, "copy")?;
    let folder = relocation.to.parent().unwrap_or_default();
    request.engine().ops.copy_if(&request.access, relocation).await?;
    Ok(done_reply(
        request,
        StatusCode::CREATED,
        &Done { text: "k", heading: request.texts().done_copied(), details: "", undo: &[] },
        &folder,
    ))
}

fn refuse_if(off: bool, what: &'static str) -> Result<(), EngineError> {
    if off { Err(EngineError::Denied(Denial::SwitchedOff(what))) } else { Ok(()) }
}

fn relocation(request: &Request, parameter: &str) -> Result<Relocation, Failure> {
    let (to, if_exists) = target(request, parameter)?;
    Ok(Relocation { from: request.path.clone(), to, if_exists, condition: write_preconditions(&request.head.headers) })
}

/// Returns the target of a move or copy: from the header for MOVE and COPY, else from the parameter (decoded by the
/// query parser).
fn target(request: &Request, parameter: &str) -> Result<(VPath, IfExists), Failure> {
    if *request.method() != Method::POST {
        return destination(request);
    }
    match request.query.bytes(parameter).filter(|target| !target.is_empty()) {
        Some(target) => Ok((path_below_base(request, target)?, IfExists::Refuse)),
        None => Err(Failure::text(StatusCode::BAD_REQUEST, "need dst vpath")),
    }
}

/// Parses `Destination` and `Overwrite` (RFC 4918 10.3, 10.6). A destination on another host is refused.
fn destination(request: &Request) -> Result<(VPath, IfExists), Failure> {
    let bad = |text: &'static str| Failure::text(StatusCode::BAD_REQUEST, text);
    let value = request.head.headers.get("destination").ok_or_else(|| bad("need dst vpath"))?;
    let text = value.to_str().map_err(|_| bad("the destination is not an address"))?;
    let replace = request.head.text("overwrite").is_some_and(|flag| flag.trim().eq_ignore_ascii_case("t"));
    let if_exists = if replace { IfExists::Replace } else { IfExists::Refuse };
    let path = path_of_url(request, text).map_err(|fault| match fault {
        UrlFault::OtherServer => Failure::text(StatusCode::BAD_GATEWAY, "the destination is on another server"),
        UrlFault::Path(fault) => EngineError::from(fault).into(),
    })?;
    Ok((path, if_exists))
}

/// Why a URL in a header names no path of this server.
pub(super) enum UrlFault {
    /// Its path is not valid.
    Path(PathError),
    /// It is on another server.
    OtherServer,
}

/// Returns the path that a URL in a header names, or a path alone.
pub(super) fn path_of_url(request: &Request, url: &str) -> Result<VPath, UrlFault> {
    // A path may contain "://" too; a URL starts with a scheme (RFC 3986 3.1).
    let is_scheme = |scheme: &str| scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let path = match url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        Some((_, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let own = request.connection.authority.as_deref().unwrap_or(authority);
            if !host::without_port(authority).eq_ignore_ascii_case(host::without_port(own)) {
                return Err(UrlFault::OtherServer);
            }
            path
        }
        None => url,
    };
    let path = path.split(['?', '#']).next().unwrap_or("");
    let path = VPath::parse(&percent_decode(path.as_bytes())).map_err(UrlFault::Path)?;
    let below = request.policy.base_path.as_ref().and_then(|base| path.strip_prefix(base));
    Ok(dav::split_alias(&request.head, below.unwrap_or(path), &request.policy).1)
}

/// Parses a path from a body or parameter and removes the base path of the site.
pub(super) fn path_below_base(request: &Request, bytes: &[u8]) -> Result<VPath, Failure> {
    let path = VPath::parse(bytes).map_err(EngineError::from)?;
    let below = request.policy.base_path.as_ref().and_then(|base| path.strip_prefix(base));
    Ok(below.unwrap_or(path))
}

/// Result of a change.
struct Done<'a> {
    /// The protocol's text for programs.
    text: &'a str,
    /// The same for people, as a sentence.
    heading: &'a str,
    /// Names that were skipped, for people; may be empty.
    details: &'a str,
    /// Undo the change.
    undo: &'a [EntryId],
}

/// Returns the protocol's text for programs, and a page with a link to `back` for people.
fn done_reply(request: &Request, status: StatusCode, done: &Done<'_>, back: &VPath) -> warp::reply::Response {
    let undo = undo_text(request, done.undo);
    if request.head.is_page_load() {
        let action = undo.as_ref().map(|undo| format!("{}?{}={undo}", request.folder_href(back), urls::UNDO));
        let message = pages::Message {
            heading: done.heading,
            result: if done.details.is_empty() { MessageResult::None } else { MessageResult::Text(done.details) },
            actions: &[(&request.folder_href(back), request.texts().page_open_folder())],
            undo: action.as_deref(),
            ..pages::Message::default()
        };
        return with_undo(reply::html(status, pages::message(request, &message)), undo.as_deref());
    }
    // The text may contain file names; its type is that of the protocol.
    let text = format!("{}\r\n", escape::html(done.text));
    with_undo(reply::typed(status, "text/html; charset=utf-8", text), undo.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_items_in_words() {
        for (files, folders, want) in [
            (0, 0, "Nothing was deleted."),
            (1, 0, "1 file deleted."),
            (0, 1, "1 folder deleted."),
            (2, 1, "2 files and 1 folder deleted."),
        ] {
            assert_eq!(
                deleted_words(
                    Texts::english(),
                    Deleted { files, folders, folders_seen: folders, ..Deleted::default() }
                ),
                want
            );
        }
    }

    #[test]
    fn what_the_trash_could_not_take_is_said_at_the_end() {
        for (lost, text, words) in [
            (0, "", "2 files and 1 folder deleted."),
            (
                1,
                ", 1 of them for good: the trash could not take them",
                "2 files and 1 folder deleted, 1 of them for good: the trash could not take them.",
            ),
            (
                3,
                ", for good: the trash could not take them",
                "2 files and 1 folder deleted for good: the trash could not take them.",
            ),
        ] {
            let deleted = Deleted { files: 2, folders: 1, folders_seen: 1, lost, ..Deleted::default() };
            assert_eq!(deleted_text(deleted), format!("deleted 2 files (and 1/1 folders){text}"));
            assert_eq!(deleted_words(Texts::english(), deleted), words);
        }
    }
}
