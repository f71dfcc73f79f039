//! Checks the header `If` of a request, and takes the tokens of locks from it.

use crate::failure::{BAD_REQUEST, Failure};
use crate::headers::if_header::{self, ConditionList, State, StateCondition};
use crate::request::DavRequest;
use engine::volumes::lock_table::LockToken;
use engine::{Access, EngineError};
use http::StatusCode;
use model::VPath;

/// Returns the access of a request with the tokens that it presents, if the header `If` holds or is missing.
///
/// # Errors
/// 412 if no list of the header holds, 400 if it is not valid.
pub(crate) async fn check(request: &DavRequest<'_>) -> Result<Access, Failure> {
    let Some(header) = request.headers.get("if") else { return Ok(request.access.clone()) };
    let lists = header.to_str().ok().and_then(if_header::parse).ok_or(BAD_REQUEST)?;
    let tokens = lists.iter().flat_map(|list| &list.conditions).filter_map(|condition| match &condition.state {
        State::Locked(token) => Some(LockToken::from(&**token)),
        State::Tagged(_) => None,
    });
    let access = request.access.clone().with_lock_tokens(tokens.collect());
    for list in &lists {
        if holds(request, &access, list).await? {
            return Ok(access);
        }
    }
    Err(Failure::Status(StatusCode::PRECONDITION_FAILED))
}

async fn holds(request: &DavRequest<'_>, access: &Access, list: &ConditionList) -> Result<bool, Failure> {
    let path = match &list.resource {
        None => request.path.clone(),
        Some(url) => match (request.path_of_url)(url) {
            Ok(path) => path,
            Err(_) => return Ok(false),
        },
    };
    for condition in &list.conditions {
        if is_in_state(request, access, &path, condition).await? == condition.is_negated {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn is_in_state(
    request: &DavRequest<'_>,
    access: &Access,
    path: &VPath,
    condition: &StateCondition,
) -> Result<bool, EngineError> {
    match &condition.state {
        State::Locked(token) => {
            let locks = request.engine.client_locks.list(access, path).await?;
            Ok(locks.iter().any(|lock| lock.lock.token.as_str() == token))
        }
        State::Tagged(None) => Ok(false),
        State::Tagged(Some(tag)) => {
            // What the client may not see has no tag.
            let stat = request.engine.reader.stat(access, path).await;
            Ok(stat.is_ok_and(|stat| stat.etag.as_deref() == Some(tag)))
        }
    }
}
