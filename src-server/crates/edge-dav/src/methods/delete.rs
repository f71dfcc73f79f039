//! DELETE (RFC 4918, 9.6): what is deleted goes into the trash.

use crate::answer::Answer;
use crate::failure::Failure;
use crate::preconditions;
use crate::request::DavRequest;
use http::StatusCode;
use model::{Operation, Verdict};

/// Deletes a file, or a folder with what is in it.
///
/// # Errors
/// 403 for the top of a volume: plain HTTP empties it, but a client of WebDAV would expect it to be gone.
pub(crate) async fn delete(request: &DavRequest<'_>) -> Result<Answer, Failure> {
    let access = preconditions::check(request).await?;
    let is_top = access.volume_path(&request.path).is_some_and(|at| at.below.is_root());
    if is_top && access.verdict(&request.path, Operation::Delete) == Verdict::Allow {
        return Err(Failure::Status(StatusCode::FORBIDDEN));
    }
    request.engine.ops.delete_if(&access, &request.path, &request.condition).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
