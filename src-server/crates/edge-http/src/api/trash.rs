//! The trash and earlier versions: reads, restoring, deleting for good, undoing.

use super::types::{
    Restored, TrashCause, TrashIdRequest, TrashInfo, TrashItem, UndoRequest, VersionInfo, VersionRequest, Versions,
};
use super::{answer, paths};
use crate::failure::RouteResult;
use crate::request::Request;
use engine::EngineError;
use engine::error::Gone;
use engine::files::ops::restore::IfTaken;
use engine::files::trash::{TrashEntry, VersionId};
use engine::volumes::trash::entry_id::{EntryId, ItemId};
use engine::volumes::trash::record::Cause;
use http::StatusCode;
use model::VPath;

fn not_in_trash() -> EngineError {
    EngineError::Gone(Gone::Trashed)
}

/// `GET trash?path=`.
pub async fn list(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let list = request.engine().trash.list(&request.access, &path).await?;
    let items = list.entries.iter().map(item).collect();
    Ok(answer::json(StatusCode::OK, &TrashInfo { items, has_more: list.has_more, days: list.days }))
}

fn item(entry: &TrashEntry) -> TrashItem {
    TrashItem {
        id: entry.id.to_string(),
        path: paths::encoded(&entry.path),
        name: paths::last_name(&entry.path),
        is_folder: entry.is_folder,
        size: entry.size,
        files: entry.files,
        modified_ms: entry.modified.0,
        removed_ms: entry.removed.0,
        account: Some(entry.account.clone()).filter(|account| account != "*" && !account.is_empty()),
        cause: match entry.cause {
            Cause::Deleted => TrashCause::Deleted,
            Cause::Replaced => TrashCause::Replaced,
        },
        may_purge: entry.may_purge,
    }
}

/// `GET versions?path=`.
pub async fn versions(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let versions = request.engine().trash.versions(&request.access, &path).await?;
    let versions = versions.into_iter().map(|version| VersionInfo {
        id: version.id.to_string(),
        size: version.size,
        modified_ms: version.modified.0,
        removed_ms: version.trashed.as_ref().map(|entry| entry.removed.0),
    });
    Ok(answer::json(StatusCode::OK, &Versions { versions: versions.collect() }))
}

/// `POST restore`.
pub async fn restore(request: &Request, body: TrashIdRequest) -> RouteResult {
    let id = ItemId::parse(&body.id).ok_or_else(not_in_trash)?;
    let path = request.engine().trash.restore(&request.access, id).await?;
    Ok(restored(&[path], 0))
}

/// `POST restore-version`.
pub async fn restore_version(request: &Request, body: VersionRequest) -> RouteResult {
    let (path, id) = (paths::from_body(&body.path)?, VersionId::parse(&body.id).ok_or_else(not_in_trash)?);
    let if_taken = if body.beside { IfTaken::Beside } else { IfTaken::Replace };
    let path = request.engine().trash.restore_version(&request.access, &path, id, if_taken).await?;
    Ok(restored(&[path], 0))
}

/// `POST purge`.
pub async fn purge(request: &Request, body: TrashIdRequest) -> RouteResult {
    let id = ItemId::parse(&body.id).ok_or_else(not_in_trash)?;
    request.engine().trash.purge(&request.access, id).await?;
    Ok(answer::done())
}

/// `POST undo`.
pub async fn undo(request: &Request, body: UndoRequest) -> RouteResult {
    let id = EntryId::parse(&body.undo).ok_or_else(not_in_trash)?;
    let undone = request.engine().trash.undo(&request.access, id).await?;
    Ok(restored(&undone.paths, undone.left))
}

fn restored(all: &[VPath], left: usize) -> warp::reply::Response {
    answer::json(StatusCode::OK, &Restored { paths: all.iter().map(paths::encoded).collect(), left })
}
