//! MKCOL (RFC 4918, 9.3): makes a folder.

use crate::answer::Answer;
use crate::apple;
use crate::failure::Failure;
use crate::preconditions;
use crate::request::DavRequest;
use crate::target;
use engine::files::target::Target;
use http::StatusCode;

/// Makes a folder in one that exists.
///
/// # Errors
/// 415 with a body, 405 if the name is taken, 409 without the folder around it.
pub(crate) async fn mkcol(request: &DavRequest<'_>, body: &[u8]) -> Result<Answer, Failure> {
    if !body.is_empty() {
        return Err(Failure::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    apple::refuse(request)?;
    let access = preconditions::check(request).await?;
    let taken = Failure::Status(StatusCode::METHOD_NOT_ALLOWED);
    if let Target::There(_) = target::look(request, &access, &request.path).await? {
        return Err(taken);
    }
    let Some((folder, name)) = request.path.split_last() else { return Err(taken) };
    request.engine.ops.make_folder(&access, &folder, name.as_bytes()).await?;
    Ok(Answer::empty(StatusCode::CREATED))
}
