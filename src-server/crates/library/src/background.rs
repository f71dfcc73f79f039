//! Work in the background that serves the volumes of all shares, in steps.

use crate::volume::{Shared, shared_of};
use crate::{Cancellation, Next};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use vfs::core::Core;
use vfs::error::Result;

/// Time after which work that there was no volume for looks for one again.
const RETRY: Duration = Duration::from_secs(10);

/// Work that is done in steps of some tenths of a second on threads of low priority.
pub trait BackgroundWork: Send {
    /// Returns the number of files that were worked on since nothing was left to do.
    fn files_done(&self) -> u64;

    /// Waits until there may be something to do.
    fn wake(&mut self) -> impl Future<Output = ()> + Send;

    /// Does a part of the work. Ends early once it is cancelled.
    ///
    /// # Errors
    /// `Internal` if the work panicked. Other errors are logged, and the work is done again later.
    fn step(&mut self, cancellation: Arc<Cancellation>) -> impl Future<Output = Result<Next>> + Send;
}

/// Waits for one of the signals that the volumes share.
pub(crate) struct Wakeups {
    core: Arc<Core>,
    /// `None` until there is a volume.
    shared: Option<Arc<Shared>>,
    signal: fn(&Shared) -> &Notify,
}

impl Wakeups {
    pub fn new(core: &Arc<Core>, signal: fn(&Shared) -> &Notify) -> Self {
        Self { core: core.clone(), shared: shared_of(&core.snapshot.load()), signal }
    }

    pub async fn next(&mut self) {
        match &self.shared {
            Some(shared) => (self.signal)(shared).notified().await,
            None => {
                // The first volume comes with a change of settings.
                tokio::time::sleep(RETRY).await;
                self.shared = shared_of(&self.core.snapshot.load());
            }
        }
    }
}
