//! Maps store errors to engine errors.

use crate::error::EngineError;
use model::{Bytes, VPath};
use store::{ErrorKind, StoreError};

/// Maps a store error to what it means at `path`, as the client names it. The host path goes to the log only.
pub fn map_store_error(error: StoreError, path: &VPath) -> EngineError {
    let path = path.clone();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::Link | ErrorKind::Special => EngineError::NotFound(path),
        ErrorKind::Exists | ErrorKind::NotEmpty => EngineError::Exists(path),
        ErrorKind::NotAFolder => EngineError::NotAFolder(path),
        ErrorKind::IsAFolder => EngineError::IsAFolder(path),
        ErrorKind::NoSpace => {
            tracing::error!(%error, "no space left");
            EngineError::NoSpace { free: Bytes(0), needed: Bytes(0) }
        }
        ErrorKind::Denied => {
            tracing::warn!(%error, "the operating system denies access");
            EngineError::SystemRefuses(path)
        }
        ErrorKind::ReadOnly => EngineError::ReadOnly(path),
        ErrorKind::BadName => EngineError::BadRequest("This name cannot be stored there.".into()),
        ErrorKind::Busy => EngineError::Busy,
        ErrorKind::CrossDevice | ErrorKind::Corrupt | ErrorKind::Other => {
            tracing::error!(%error, "a disk operation failed");
            EngineError::internal("The server could not do that on its disk; its log says why.", error)
        }
    }
}
