//! Periodic jobs: files expire, abandoned uploads end, partial files of a killed process are removed.

use crate::jobs::{Job, Progress, Step};
use std::time::Duration;
use uploads::{Clock, WeakUploads};
use vfs::error::Result;

/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(30);

/// Deletes files whose lifetime is over.
pub struct ExpireFiles {
    /// Where they were uploaded.
    pub uploads: WeakUploads,
}

impl Job for ExpireFiles {
    fn name(&self) -> String {
        "Delete expired files".into()
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let Some(uploads) = self.uploads.upgrade() else { return Ok(Step::Done) };
        let storages = uploads.storages();
        progress.begin(Some(storages.len() as u64));
        for storage in storages.iter().take_while(|_| !progress.is_cancelled()) {
            // A volume that fails must not keep the others from being cleaned.
            if let Err(error) = uploads.delete_expired(storage).await {
                tracing::error!(%error, "expired files of a volume could not be deleted");
            }
            progress.add(1);
        }
        Ok(Step::Idle(ROUND))
    }
}

/// Removes what killed programs left behind, and unfinished uploads that are idle for too long.
pub struct CleanUpUploads {
    /// The uploads.
    pub uploads: WeakUploads,
    /// Tells time that did not pass from idle time.
    pub clock: Clock,
}

impl Job for CleanUpUploads {
    fn name(&self) -> String {
        "Remove abandoned uploads".into()
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let Some(uploads) = self.uploads.upgrade() else { return Ok(Step::Done) };
        let (leap, storages) = (self.clock.leap(), uploads.storages());
        progress.begin(Some(storages.len() as u64));
        for storage in storages.iter().take_while(|_| !progress.is_cancelled()) {
            if let Err(error) = uploads.clean_up(storage, leap).await {
                tracing::error!(%error, "a volume could not be cleaned up");
            }
            progress.add(1);
        }
        // This job runs about as often as trimming is worthwhile.
        if let Err(error) = uploads.trim_memory().await {
            tracing::error!(%error, "unused memory could not be returned to the operating system");
        }
        Ok(Step::Idle(ROUND))
    }
}
