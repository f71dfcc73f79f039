//! The state that all uploads of one engine share.

use crate::UploadState;
use std::ops::Deref;
use std::sync::Arc;

/// The services of `vfs`, and what uploads of all volumes share.
pub struct Core {
    /// Volumes, pool, events.
    pub vfs: Arc<vfs::core::Core>,
    /// Limits and workers.
    pub upload_state: Arc<UploadState>,
}

impl Deref for Core {
    type Target = vfs::core::Core;

    fn deref(&self) -> &Self::Target {
        &self.vfs
    }
}
