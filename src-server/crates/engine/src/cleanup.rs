//! Periodic jobs: files expire, abandoned uploads end, partial files of a killed process are removed.

use crate::jobs::{Job, Progress, Step};
use std::sync::Arc;
use std::time::Duration;
use uploads::{Clock, Uploads, WeakUploads};
use vfs::error::Result;
use vfs::volumes::storage::VolumeStorage;

/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(30);

/// Deletes files whose lifetime is over.
pub struct ExpireFiles {
    /// The service that deletes them.
    pub uploads: WeakUploads,
}

impl Job for ExpireFiles {
    fn name(&self) -> String {
        "Delete expired files".into()
    }

    fn is_essential(&self) -> bool {
        true
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let Some(uploads) = self.uploads.upgrade() else { return Ok(Step::Done) };
        let failed = "expired files of a volume could not be deleted";
        for_each_volume(&uploads, progress, failed, |uploads, storage| async move {
            uploads.delete_expired(&storage).await
        })
        .await;
        Ok(Step::Idle(ROUND))
    }
}

/// Removes what killed programs left behind, and unfinished uploads that are idle for too long.
pub struct CleanUpUploads {
    /// The uploads.
    pub uploads: WeakUploads,
    /// Recognises jumps of the clock, such as sleep, which are not idle time.
    pub clock: Clock,
}

impl Job for CleanUpUploads {
    fn name(&self) -> String {
        "Remove abandoned uploads".into()
    }

    fn is_essential(&self) -> bool {
        true
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let Some(uploads) = self.uploads.upgrade() else { return Ok(Step::Done) };
        let (leap, failed) = (self.clock.leap(), "a volume could not be cleaned up");
        for_each_volume(&uploads, progress, failed, |uploads, storage| async move {
            uploads.clean_up(&storage, leap).await
        })
        .await;
        // This job runs about as often as trimming is worthwhile.
        if let Err(error) = uploads.trim_memory().await {
            tracing::error!(%error, "unused memory could not be returned to the operating system");
        }
        Ok(Step::Idle(ROUND))
    }
}

/// Calls `clean_up` for the storage of each volume. Logs `failed` for those where it fails: they do not keep the others
/// from being cleaned up.
async fn for_each_volume<F: Future<Output = Result<()>>>(
    uploads: &Uploads,
    progress: &Progress,
    failed: &str,
    clean_up: impl Fn(Uploads, Arc<VolumeStorage>) -> F,
) {
    let storages = uploads.storages();
    progress.begin(Some(storages.len() as u64));
    for storage in storages.into_iter().take_while(|_| !progress.is_cancelled()) {
        if let Err(error) = clean_up(uploads.clone(), storage).await {
            tracing::error!(%error, "{failed}");
        }
        progress.add(1);
    }
}
