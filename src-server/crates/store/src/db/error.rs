//! Errors of SQLite as errors of the store.

use crate::error::{ErrorKind, StoreError};
use thiserror::Error;

/// The file has migrations that this program does not know.
#[derive(Debug, Error)]
#[error("written by a newer version of this program")]
pub(super) struct WrittenByNewer;

/// Converts an SQLite error to a [`StoreError`].
pub(crate) fn failed(op: &'static str, name: &str, error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode as Code;
    let kind = match error.sqlite_error_code() {
        Some(Code::DiskFull) => ErrorKind::NoSpace,
        Some(Code::ReadOnly) => ErrorKind::ReadOnly,
        Some(Code::CannotOpen | Code::PermissionDenied | Code::AuthorizationForStatementDenied) => ErrorKind::Denied,
        Some(Code::DatabaseBusy | Code::DatabaseLocked | Code::FileLockingProtocolFailed) => ErrorKind::Busy,
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => ErrorKind::Corrupt,
        Some(Code::OperationInterrupted) => ErrorKind::Interrupted,
        _ => match &error {
            rusqlite::Error::UserFunctionError(cause) if cause.is::<WrittenByNewer>() => ErrorKind::Newer,
            _ => ErrorKind::Other,
        },
    };
    StoreError::with_kind(kind, op, name, error)
}
