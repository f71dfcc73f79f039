//! Background jobs of the library: the index of each volume, the hashes of contents, and tags.

use crate::jobs::{Job, Progress, Step};
use library::{Cancellation, Hasher, Indexer, Next, Tagger, Verifier};
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
        let next = until_cancelled(progress, || cancelled.store(true, Relaxed), self.0.step(cancelled.clone())).await?;
        progress.set_done(self.0.files_done());
        Ok(step(next))
    }

    async fn wake(&mut self) {
        self.0.wake().await;
    }
}

/// Reads tags, for all volumes.
pub struct ReadTags(pub Tagger);

impl Job for ReadTags {
    fn name(&self) -> String {
        "Read the tags of files".into()
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let cancellation = Arc::new(Cancellation::default());
        let next = until_cancelled(progress, || cancellation.cancel(), self.0.step(cancellation.clone())).await?;
        progress.set_done(self.0.files_done());
        Ok(step(next))
    }

    async fn wake(&mut self) {
        self.0.wake().await;
    }
}

/// Reads all contents again where that is wanted, for all volumes.
pub struct VerifyContents(pub Verifier);

impl Job for VerifyContents {
    fn name(&self) -> String {
        "Verify contents".into()
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let next = until_cancelled(progress, || cancelled.store(true, Relaxed), self.0.step(cancelled.clone())).await?;
        progress.set_done(self.0.files_done());
        Ok(step(next))
    }

    async fn wake(&mut self) {
        self.0.wake().await;
    }
}

/// Does a step, and calls `cancel` when the job is cancelled.
async fn until_cancelled(
    progress: &Progress,
    cancel: impl Fn(),
    work: impl Future<Output = Result<Next>>,
) -> Result<Next> {
    let stop = async {
        progress.cancelled().await;
        cancel();
        std::future::pending().await
    };
    tokio::select! {
        next = work => next,
        next = stop => next,
    }
}

fn step(next: Next) -> Step {
    match next {
        Next::Step => Step::More,
        Next::Wait(time) => Step::Idle(time),
        Next::End => Step::Done,
    }
}
