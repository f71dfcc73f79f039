//! What is at the path that a request would create or replace.

use crate::failure::Failure;
use crate::request::DavRequest;
use engine::Access;
use engine::files::target::Target;
use http::StatusCode;
use model::VPath;

/// Looks at `path`, and at the folder around it if nothing is there.
///
/// # Errors
/// 409 if the folder does not exist (RFC 4918, 9.3.1, 9.7.1 and 9.8.5): folders are not made on the way.
pub(crate) async fn look(request: &DavRequest<'_>, access: &Access, path: &VPath) -> Result<Target, Failure> {
    match request.engine.reader.target(access, path).await? {
        Target::NoFolder => Err(Failure::Status(StatusCode::CONFLICT)),
        target => Ok(target),
    }
}
