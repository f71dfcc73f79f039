//! The background job that removes old thumbnails.

use crate::jobs::{Job, Progress, Step};
use library::thumbnails::Thumbnails;
use std::time::{Duration, Instant};
use vfs::error::Result;

/// Time after which the job looks whether there is something to do.
const ROUND: Duration = Duration::from_secs(60);

/// Removes thumbnails that were not used for long, and the oldest of too many.
pub struct CleanThumbnails {
    thumbnails: Thumbnails,
    last: Instant,
}

impl CleanThumbnails {
    /// The first removal is one interval from now: not while a program starts.
    pub fn new(thumbnails: Thumbnails) -> Self {
        Self { thumbnails, last: Instant::now() }
    }
}

impl Job for CleanThumbnails {
    fn name(&self) -> String {
        "Remove old thumbnails".into()
    }

    async fn step(&mut self, progress: &Progress) -> Result<Step> {
        if self.thumbnails.is_to_be_cleaned(self.last.elapsed()) {
            self.last = Instant::now();
            progress.begin(None);
            progress.add(self.thumbnails.clean().await?);
        }
        Ok(Step::Idle(ROUND))
    }
}
