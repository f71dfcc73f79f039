//! Background jobs of the library: the index of each volume, and the hashes of contents.

use crate::jobs::{Job, Progress, Step};
use library::{Hasher, Indexer, Next};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use vfs::error::Result;

/// Keeps the index of one volume up to date.
pub struct IndexVolume(pub Indexer);

impl Job for IndexVolume {
    fn name(&self) -> String {
        format!("Index of {}", self.0.volume())
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let next = self.0.step().await?;
        progress.set_done(self.0.folders_done());
        Ok(step(next))
    }

    async fn wake(&mut self) {
        self.0.wake().await;
    }
}

/// Hashes contents, for all volumes.
pub struct HashContents(pub Hasher);

impl Job for HashContents {
    fn name(&self) -> String {
        "Read the contents of new files".into()
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let stop = async {
            progress.cancelled().await;
            cancelled.store(true, Relaxed);
            std::future::pending().await
        };
        let next = tokio::select! {
            next = self.0.step(cancelled.clone()) => next?,
            next = stop => next,
        };
        progress.set_done(self.0.files_done());
        Ok(step(next))
    }

    async fn wake(&mut self) {
        self.0.wake().await;
    }
}

fn step(next: Next) -> Step {
    match next {
        Next::Step => Step::More,
        Next::Wait(time) => Step::Idle(time),
        Next::End => Step::Done,
    }
}
