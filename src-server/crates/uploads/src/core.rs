//! The upload service and what its parts are given: the services of `vfs`, and the state that uploads of all volumes
//! share.

use super::upload_state::UploadState;
use std::ops::Deref;
use std::sync::Arc;
use vfs::error::{EngineError, Result};

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

/// The upload service.
#[derive(Clone)]
pub struct Uploads {
    pub(super) core: Arc<Core>,
}

impl Uploads {
    /// Over the volumes and the pool of `vfs`, which were opened with [`UploadService`] and the same `upload_state`.
    pub fn new(vfs: Arc<vfs::core::Core>, upload_state: Arc<UploadState>) -> Self {
        Self { core: Arc::new(Core { vfs, upload_state }) }
    }
}

/// Runs work that may read a whole file, outside the limit for short blocking calls. A few at a time are enough to keep
/// a disk busy; the hash service limits the processors.
pub(super) async fn run_long<T: Send + 'static>(core: &Core, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (answer, outcome) = tokio::sync::oneshot::channel();
    let running = core.pool.spawn_streaming(move || {
        let _gone = answer.send(work());
    });
    match outcome.await {
        Ok(value) => Ok(value),
        Err(_) => match running.await {
            Err(error) => Err(EngineError::internal("Something went wrong inside the server.", error)),
            Ok(()) => Err(EngineError::Busy),
        },
    }
}
