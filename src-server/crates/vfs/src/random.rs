//! Random numbers of the operating system, which are hard to guess.

use crate::error::{EngineError, Result};

/// Fills `bytes`.
///
/// # Errors
/// `Internal` if the system provides no random numbers.
pub fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| EngineError::internal("The system provides no random numbers.", std::io::Error::other(error)))
}

/// Returns `N` bytes.
///
/// # Errors
/// As [`fill`].
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    fill(&mut bytes).map(|()| bytes)
}
