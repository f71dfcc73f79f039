//! UNLOCK (RFC 4918, 9.11).

use crate::answer::Answer;
use crate::failure::{BAD_REQUEST, Failure};
use crate::request::DavRequest;
use engine::volumes::lock_table::LockToken;
use http::StatusCode;

/// Releases a lock.
///
/// # Errors
/// 409 if the client has no such lock there.
pub(crate) async fn unlock(request: &DavRequest<'_>) -> Result<Answer, Failure> {
    let header = request.text("lock-token").map(str::trim).ok_or(BAD_REQUEST)?;
    let token = header.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).ok_or(BAD_REQUEST)?;
    match request.engine.client_locks.unlock(request.access, &request.path, LockToken::from(token)).await? {
        true => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        false => Err(Failure::Condition(StatusCode::CONFLICT, "lock-token-matches-request-uri")),
    }
}
