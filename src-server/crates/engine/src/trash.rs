//! The background job that purges what the trashes of volumes do not keep any more.

use crate::jobs::{Job, Progress, Step};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use vfs::error::Result;
use vfs::files::trash::WeakTrash;

/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(10 * 60);
/// Time after which a grown trash is looked at: many deletes then cost one round.
const GATHER: Duration = Duration::from_secs(20);

/// Purges entries that are too old, and the oldest ones of trashes that hold too much.
pub struct PurgeTrash(pub WeakTrash);

impl Job for PurgeTrash {
    fn name(&self) -> String {
        "Clean up the trash".into()
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let Some(trash) = self.0.upgrade() else { return Ok(Step::Done) };
        let storages = trash.storages();
        progress.begin(Some(storages.len() as u64));
        for (storage, flags) in storages {
            let cancelled = Arc::new(AtomicBool::new(false));
            let round = trash.clean_up(&storage, flags, cancelled.clone());
            tokio::pin!(round);
            let done = tokio::select! {
                done = &mut round => done,
                () = progress.cancelled() => {
                    cancelled.store(true, Relaxed);
                    round.await
                }
            };
            if let Err(error) = done {
                tracing::error!(%error, "the trash of a volume could not be cleaned up");
            }
            if progress.is_cancelled() {
                break;
            }
            progress.add(1);
        }
        Ok(Step::Idle(ROUND))
    }

    async fn wake(&mut self) {
        self.0.grown().await;
        tokio::time::sleep(GATHER).await;
    }
}
