//! Background jobs of the library: the index of each volume, the hashes of contents, and tags.

use crate::jobs::{Job, Progress, Step};
use library::{BackgroundWork, Cancellation, Indexer, Next};
use std::sync::Arc;
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

/// Work of the library for all volumes.
pub struct LibraryJob<W> {
    /// For people.
    pub name: &'static str,
    /// The work.
    pub work: W,
}

impl<W: BackgroundWork + 'static> Job for LibraryJob<W> {
    fn name(&self) -> String {
        self.name.into()
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        let cancellation = Arc::new(Cancellation::default());
        let stop = async {
            progress.cancelled().await;
            cancellation.cancel();
            std::future::pending().await
        };
        let next = tokio::select! {
            next = self.work.step(cancellation.clone()) => next,
            next = stop => next,
        }?;
        progress.set_done(self.work.files_done());
        Ok(step(next))
    }

    async fn wake(&mut self) {
        self.work.wake().await;
    }
}

fn step(next: Next) -> Step {
    match next {
        Next::Step => Step::More,
        Next::Wait(time) => Step::Idle(time),
        Next::End => Step::Done,
    }
}
