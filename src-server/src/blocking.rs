//! The server's way to blocking code: files of its own and password hashes.

use crate::control::ControlError;

/// Runs `work` on a blocking thread: file access and password hashes must not run on the reactor.
///
/// # Errors
/// Those of `work`; `CannotStart` if it panics.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ControlError> + Send + 'static,
) -> Result<T, ControlError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(ControlError::internal(error)))
}
