//! Changes: POST with a JSON body. Those of one file or folder have its status; those of many are in `batch.rs`.

use super::limits::BODY_MAX;
use super::types::{
    DeleteUploadRequest, Deleted, IfExists, Made, NoteRequest, PathRequest, RelocationRequest, RenameRequest,
};
use super::{answer, batch, indexes, links, markdown, paths, properties, search, trash};
use crate::extract::RequestBody;
use crate::extract::unsupported::refuse_conditions;
use crate::failure::{Failure, RouteResult};
use crate::reply::conditional::write_preconditions;
use crate::request::Request;
use crate::routes::{self, message};
use engine::EngineError;
use engine::error::UploadError;
use engine::files::ops::{self, Relocation};
use http::StatusCode;
use model::{FileName, VPath, Wark};
use serde::de::DeserializeOwned;

/// Returns true if the endpoint `name` is a change.
pub fn is_change(name: &[u8]) -> bool {
    matches!(
        name,
        b"make-folder"
            | b"make-text"
            | b"delete"
            | b"move"
            | b"copy"
            | b"rename"
            | b"note"
            | b"delete-upload"
            | b"restore"
            | b"restore-version"
            | b"purge"
            | b"undo"
            | b"search"
            | b"delete-many"
            | b"move-many"
            | b"copy-many"
            | b"properties"
            | b"checksum"
            | b"rescan"
            | b"make-link"
            | b"revoke-link"
            | b"renew-link"
            | b"markdown"
    )
}

/// Carries out the change `name`.
pub async fn change(request: &Request, name: &[u8], mut body: RequestBody) -> RouteResult {
    if !matches!(name, b"delete" | b"move" | b"copy" | b"rename") {
        refuse_conditions(&request.head.headers)?;
    }
    let body = &mut body;
    match name {
        b"make-folder" => make_folder(request, parse(request, body).await?).await,
        b"make-text" => make_text(request, parse(request, body).await?).await,
        b"delete" => delete(request, parse(request, body).await?).await,
        b"move" => relocate(request, parse(request, body).await?, Change::Move).await,
        b"copy" => relocate(request, parse(request, body).await?, Change::Copy).await,
        b"rename" => rename(request, parse(request, body).await?).await,
        b"note" => note(request, parse(request, body).await?).await,
        b"restore" => trash::restore(request, parse(request, body).await?).await,
        b"restore-version" => trash::restore_version(request, parse(request, body).await?).await,
        b"purge" => trash::purge(request, parse(request, body).await?).await,
        b"search" => search::search(request, parse(request, body).await?).await,
        b"delete-many" => batch::delete(request, parse(request, body).await?),
        b"move-many" => batch::relocate(request, parse(request, body).await?, batch::Kind::Move),
        b"copy-many" => batch::relocate(request, parse(request, body).await?, batch::Kind::Copy),
        b"properties" => properties::properties(request, parse(request, body).await?).await,
        b"checksum" => properties::checksum(request, parse(request, body).await?).await,
        b"rescan" => indexes::rescan(request, parse(request, body).await?),
        b"make-link" => links::make(request, parse(request, body).await?).await,
        b"renew-link" => links::renew(request, parse(request, body).await?).await,
        b"revoke-link" => links::revoke(request, parse(request, body).await?).await,
        b"undo" => trash::undo(request, parse(request, body).await?).await,
        b"markdown" => markdown::preview(request, parse_within(request, body, markdown::BODY_MAX).await?).await,
        _ => delete_upload(request, parse(request, body).await?).await,
    }
}

/// Reads the body. Its type must be `application/json`: browsers send that to another site only after a preflight, which
/// no other site's page gets, so the rule does not rest on the headers of the request alone.
async fn parse<T: DeserializeOwned>(request: &Request, body: &mut RequestBody) -> Result<T, Failure> {
    parse_within(request, body, BODY_MAX).await
}

/// [`parse`] with another limit.
async fn parse_within<T: DeserializeOwned>(
    request: &Request,
    body: &mut RequestBody,
    limit: usize,
) -> Result<T, Failure> {
    let kind = routes::media_type(request);
    if kind != "application/json" {
        return Err(Failure::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is sent as application/json"));
    }
    let bytes = body.collect(limit).await.map_err(|fault| routes::body_failure(fault, "the body is too long"))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::text(StatusCode::BAD_REQUEST, format!("the body does not fit: {error}")))
}

async fn make_folder(request: &Request, body: PathRequest) -> RouteResult {
    let path = paths::from_body(&body.path)?;
    let made = request.engine().ops.make_folder(&request.access, &VPath::root(), path.as_bytes()).await?;
    Ok(answer::json(StatusCode::CREATED, &Made { path: paths::encoded(&made) }))
}

async fn make_text(request: &Request, body: PathRequest) -> RouteResult {
    let path = paths::from_body(&body.path)?;
    let made = request.engine().ops.new_text(&request.access, &VPath::root(), path.as_bytes()).await?;
    Ok(answer::json(StatusCode::CREATED, &Made { path: paths::encoded(&made) }))
}

async fn delete(request: &Request, body: PathRequest) -> RouteResult {
    let path = paths::from_body(&body.path)?;
    let condition = write_preconditions(&request.head.headers);
    let deleted = request.engine().ops.delete_if(&request.access, &path, &condition).await?;
    let undo = deleted.trash.map(|id| id.to_string());
    let told = Deleted {
        files: deleted.files,
        folders: deleted.folders,
        lost: deleted.lost,
        undo,
        undo_secs: deleted.kept_secs,
    };
    Ok(answer::json(StatusCode::OK, &told))
}

#[derive(Clone, Copy)]
enum Change {
    Move,
    Copy,
}

async fn relocate(request: &Request, body: RelocationRequest, change: Change) -> RouteResult {
    let relocation = Relocation {
        from: paths::from_body(&body.from)?,
        to: paths::from_body(&body.to)?,
        if_exists: match body.if_exists {
            IfExists::Refuse => ops::IfExists::Refuse,
            IfExists::Replace => ops::IfExists::Replace,
        },
        condition: write_preconditions(&request.head.headers),
    };
    match change {
        Change::Move => move_entry(request, relocation).await,
        Change::Copy => {
            request.engine().ops.copy_if(&request.access, relocation).await?;
            Ok(answer::done())
        }
    }
}

/// The header of the answer says how to undo the move.
async fn move_entry(request: &Request, relocation: Relocation) -> RouteResult {
    let undo = request.engine().ops.move_undoable(&request.access, relocation).await?;
    Ok(routes::trash::with_undo(answer::done(), Some(&undo.to_string())))
}

/// A move within the folder. A slash in the new name is refused and does not lead into another folder.
async fn rename(request: &Request, body: RenameRequest) -> RouteResult {
    let from = paths::from_body(&body.path)?;
    let name = FileName::new(body.name.as_bytes()).map_err(EngineError::from)?;
    let to = from.parent().unwrap_or_default().join(&name);
    let condition = write_preconditions(&request.head.headers);
    let relocation = Relocation { from, to, if_exists: ops::IfExists::Refuse, condition };
    move_entry(request, relocation).await
}

async fn note(request: &Request, body: NoteRequest) -> RouteResult {
    let folder = paths::from_body(&body.path)?;
    message::leave(request, &folder, &body.text).await?;
    Ok(answer::done())
}

async fn delete_upload(request: &Request, body: DeleteUploadRequest) -> RouteResult {
    let path = paths::from_body(&body.path)?;
    let uploads = &request.engine().uploads;
    match body.wark {
        Some(wark) => {
            let wark = Wark::parse(&wark).map_err(|_| EngineError::Upload(UploadError::UnknownWark))?;
            uploads.abandon(&request.access, &path, Some(&wark)).await?;
        }
        None => uploads.unpost(&request.access, &path).await?,
    }
    Ok(answer::done())
}
