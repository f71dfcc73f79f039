//! `GET indexes` and `POST rescan`.

use super::types::PathRequest;
use super::types_control::{IndexInfo, IndexWork, Indexes, Rescanned};
use super::{answer, paths};
use crate::failure::RouteResult;
use crate::request::Request;
use engine::EngineError;
use engine::error::Denial;
use engine::indexes::KnownIndex;
use engine::library::IndexState;
use http::StatusCode;

/// `GET indexes`: of the volumes that the account may read or administers.
pub async fn indexes(request: &Request) -> RouteResult {
    let known = request.engine().indexes(&request.access).await?;
    let indexes = known.iter().map(index_info).collect();
    Ok(answer::json(StatusCode::OK, &Indexes { indexes }))
}

fn index_info(known: &KnownIndex) -> IndexInfo {
    let status = &known.status;
    let (state, problem) = match &status.state {
        IndexState::Off => (IndexWork::Off, None),
        IndexState::Paused => (IndexWork::Paused, None),
        IndexState::WaitingForDisk => (IndexWork::WaitingForDisk, None),
        IndexState::Failed(why) => (IndexWork::Failed, Some(why.clone())),
        IndexState::Scanning => (IndexWork::Scanning, None),
        IndexState::Hashing => (IndexWork::Hashing, None),
        IndexState::UpToDate => (IndexWork::UpToDate, None),
    };
    IndexInfo {
        path: paths::encoded(&status.mount),
        state,
        files: status.files(),
        files_expected: status.progress.files_expected,
        bytes: status.progress.bytes,
        bytes_total: status.progress.bytes_total,
        problem: problem.filter(|_| known.administers),
        may_rescan: known.may_rescan,
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
