//! How long a body is, and where its next bytes go.

use vfs::error::{EngineError, Invalid, Result};

/// Most bytes of a file that were never written and read as zeros. They need no disk, but whatever reads the file later
/// has to read them.
const HOLES_MAX: u64 = 1 << 30;

/// Where the next bytes of a body go, and how long it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    /// Offset of the next byte.
    pub position: u64,
    /// Bytes of the body so far.
    pub size: u64,
    /// Bytes that were sent, or were in the file before.
    pub written: u64,
}

impl Extent {
    /// Returns the extent after `count` bytes at the position.
    ///
    /// # Errors
    /// `Invalid`: most of the file would be holes.
    pub fn advanced(self, count: u64) -> Result<Self> {
        let position = self.position.checked_add(count).ok_or_else(too_far)?;
        let size = self.size.max(position);
        let written = self.written.saturating_add(count);
        match size > written.saturating_add(HOLES_MAX) {
            true => Err(too_far()),
            false => Ok(Self { position, size, written }),
        }
    }
}

fn too_far() -> EngineError {
    EngineError::Invalid(Invalid::Request("The file would consist of empty space for the most part.".to_owned()))
}
