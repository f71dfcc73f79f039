//! The order of requests that append to one upload.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use vfs::error::{EngineError, Result};

/// Longest time for which a request waits until an earlier one has noticed that it is superseded.
const WAIT: Duration = Duration::from_secs(20);

/// Lets one request at a time use an upload, the newest: a client that asks again has lost the connection of its earlier
/// request, which the server may not know yet.
pub(crate) struct AppendTurn {
    /// Number of the newest request.
    newest: watch::Sender<u64>,
    running: Arc<Mutex<()>>,
}

impl Default for AppendTurn {
    fn default() -> Self {
        Self { newest: watch::channel(0).0, running: Arc::default() }
    }
}

/// The upload is used by one request until this is dropped.
pub(crate) struct Turn {
    newer: watch::Receiver<u64>,
    _running: OwnedMutexGuard<()>,
}

impl AppendTurn {
    /// Ends the request that uses the upload, and waits until it has let go.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn take(&self) -> Result<Turn> {
        self.newest.send_modify(|number| *number += 1);
        let newer = self.newest.subscribe();
        let running = tokio::time::timeout(WAIT, self.running.clone().lock_owned()).await;
        Ok(Turn { newer, _running: running.map_err(|_| EngineError::Busy)? })
    }

    /// Returns whether no request uses the upload now.
    pub fn is_free(&self) -> bool {
        self.running.try_lock().is_ok()
    }
}

impl Turn {
    /// Waits until a newer request wants the upload.
    pub async fn superseded(&mut self) {
        // The sender is gone with the upload: nothing more can be appended either.
        let _changed_or_gone = self.newer.changed().await;
    }
}
