//! Maps store errors to engine errors.

use crate::error::{Conflict, Denial, EngineError, NoSpace, Unfit};
use model::{Bytes, VPath};
use store::{ErrorKind, StoreError};

/// Maps a store error to what it means at `path`, as the client names it. The host path goes to the log only.
pub fn map_store_error(error: StoreError, path: &VPath) -> EngineError {
    let path = path.clone();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::Link | ErrorKind::Special => EngineError::NotFound(path),
        ErrorKind::Exists | ErrorKind::NotEmpty => EngineError::Conflict(Conflict::Exists(path)),
        ErrorKind::NotAFolder => EngineError::Conflict(Conflict::NotAFolder(path)),
        ErrorKind::IsAFolder => EngineError::Conflict(Conflict::IsAFolder(path)),
        ErrorKind::NoSpace => {
            tracing::error!(%error, "no space left");
            EngineError::NoSpace(NoSpace::Disk { free: Bytes(0), needed: Bytes(0) })
        }
        ErrorKind::Denied => {
            tracing::warn!(%error, "the operating system denies access");
            EngineError::Denied(Denial::System(path))
        }
        ErrorKind::ReadOnly => EngineError::Denied(Denial::ReadOnly(path)),
        ErrorKind::BadName => Unfit::NameNotStored.into(),
        ErrorKind::Busy => EngineError::Busy,
        ErrorKind::InUse => {
            tracing::warn!(%error, "the operating system uses a file or folder");
            EngineError::Conflict(Conflict::InUse(path))
        }
        ErrorKind::Newer => {
            tracing::error!(%error, "a database cannot be used");
            EngineError::internal("A newer version of the server has used this share; this version cannot.", error)
        }
        ErrorKind::CrossDevice | ErrorKind::Corrupt | ErrorKind::Interrupted | ErrorKind::Other => {
            tracing::error!(%error, "a disk operation failed");
            EngineError::internal("The server could not do that on its disk; its log says why.", error)
        }
    }
}
