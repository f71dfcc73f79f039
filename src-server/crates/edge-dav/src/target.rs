//! What is at the path that a request would create or replace.

use crate::failure::Failure;
use crate::request::DavRequest;
use engine::files::stat::{FileKind, Stat};
use engine::{Access, EngineError};
use http::StatusCode;
use model::{Operation, VPath, Verdict};

/// What is at a path.
pub(crate) enum Target {
    /// A file or folder.
    There(Stat),
    /// Nothing, in a folder that exists.
    Free,
    /// The client may not know.
    Unknown,
}

/// Looks at `path`, and at the folder around it if nothing is there.
///
/// # Errors
/// 409 if the folder does not exist (RFC 4918, 9.3.1, 9.7.1 and 9.8.5): folders are not made on the way.
pub(crate) async fn look(request: &DavRequest<'_>, access: &Access, path: &VPath) -> Result<Target, Failure> {
    match request.engine.reader.stat(access, path).await {
        Ok(stat) => return Ok(Target::There(stat)),
        Err(EngineError::NotFound(_)) => {}
        Err(EngineError::Denied(_)) => return Ok(Target::Unknown),
        Err(error) => return Err(error.into()),
    }
    let Some(folder) = path.parent() else { return Ok(Target::Free) };
    match request.engine.reader.stat(access, &folder).await {
        Ok(stat) if stat.kind == FileKind::Folder => Ok(Target::Free),
        // The engine refuses it, and says what is missing.
        Ok(_) | Err(EngineError::NotFound(_)) if access.verdict(path, Operation::Upload) != Verdict::Allow => {
            Ok(Target::Free)
        }
        Ok(_) | Err(EngineError::NotFound(_)) => Err(Failure::Status(StatusCode::CONFLICT)),
        Err(EngineError::Denied(_)) => Ok(Target::Unknown),
        Err(error) => Err(error.into()),
    }
}
