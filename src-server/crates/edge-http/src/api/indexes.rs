//! `GET indexes` and `POST rescan`.

use super::types::PathRequest;
use super::types_control::{IndexInfo, IndexWork, Indexes, Rescanned};
use super::{answer, paths};
use crate::failure::RouteResult;
use crate::request::Request;
use engine::EngineError;
use engine::error::Denial;
use engine::library::{IndexState, IndexStatus};
use http::StatusCode;
use model::{Perm, PermSet};

/// `GET indexes`: of the volumes that the account may read or administers.
pub async fn indexes(request: &Request) -> RouteResult {
    let statuses = request.engine().library.statuses().await?;
    let mut indexes: Vec<IndexInfo> = statuses
        .iter()
        .filter_map(|status| Some((status, rights_in(request, status)?)))
        .filter(|(_, rights)| rights.has(Perm::Read) || rights.has(Perm::Admin))
        .map(|(status, rights)| index_info(request, status, rights))
        .collect();
    indexes.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(answer::json(StatusCode::OK, &Indexes { indexes }))
}

/// Returns the rights in the whole volume of an index; `None`: the account's snapshot has no such volume.
fn rights_in(request: &Request, status: &IndexStatus) -> Option<PermSet> {
    let volumes = &request.access.snapshot().tree.volumes;
    let volume = volumes.iter().find(|volume| volume.config.mount == status.mount)?;
    Some(request.access.rights_in_whole(volume))
}

fn index_info(request: &Request, status: &IndexStatus, rights: PermSet) -> IndexInfo {
    let (state, problem) = match &status.state {
        IndexState::Off => (IndexWork::Off, None),
        IndexState::Paused => (IndexWork::Paused, None),
        IndexState::WaitingForDisk => (IndexWork::WaitingForDisk, None),
        IndexState::Failed(why) => (IndexWork::Failed, Some(why.clone())),
        IndexState::Scanning => (IndexWork::Scanning, None),
        IndexState::Hashing => (IndexWork::Hashing, None),
        IndexState::UpToDate => (IndexWork::UpToDate, None),
    };
    let administers = rights.has(Perm::Admin);
    IndexInfo {
        path: paths::encoded(&status.mount),
        state,
        files: status.progress.files,
        files_expected: status.progress.files_expected,
        bytes: status.progress.bytes,
        bytes_total: status.progress.bytes_total,
        problem: problem.filter(|_| administers),
        may_rescan: administers && state != IndexWork::Off && !request.settings().behaviour.no_rescan,
    }
}

/// `POST rescan`: the volumes at and below the path.
pub fn rescan(request: &Request, body: PathRequest) -> RouteResult {
    let path = paths::from_body(&body.path)?;
    if request.settings().behaviour.no_rescan {
        return Err(EngineError::Denied(Denial::SwitchedOff("scan")).into());
    }
    let volumes = request.engine().library.rescan_below(&request.access, &path)?;
    Ok(answer::json(StatusCode::OK, &Rescanned { volumes }))
}
