//! What administrators ask of indexes: how far they are, what was skipped, what verifications found.

use crate::Library;
use crate::progress::{IndexProgress, IndexState};
use crate::skipped::{SkipReason, Skipped};
use crate::volume::{VolumeIndex, used_index};
use model::VPath;
use std::sync::Arc;
use store::index::{Finding, IndexStats, Verification};
use vfs::error::{EngineError, Result};
use vfs::volumes::tree::MountedVolume;

/// The index of one volume, as administrators see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexStatus {
    /// Mount point of the volume.
    pub mount: VPath,
    /// What is done now.
    pub state: IndexState,
    /// Counts of the present work.
    pub progress: IndexProgress,
    /// What it holds.
    pub stats: IndexStats,
    /// Numbers of names that were skipped.
    pub skipped: Vec<(SkipReason, u64)>,
    /// The last verification.
    pub verification: Option<Verification>,
    /// Whether a verification is under way, or is to begin.
    pub is_verifying: bool,
}

impl IndexStatus {
    /// Returns the number of files to be shown: those that a scan has seen so far, else all in the index.
    pub fn files(&self) -> u64 {
        match self.state {
            IndexState::Scanning => self.progress.files,
            _ => self.stats.totals.files,
        }
    }
}

impl Library {
    /// Returns the status of the index of every volume, in the order of their settings.
    ///
    /// # Errors
    /// `Internal` if the pool has ended.
    pub async fn statuses(&self) -> Result<Vec<IndexStatus>> {
        let snapshot = self.core.snapshot.load_full();
        self.core.pool.run(move || snapshot.tree.volumes.iter().map(status).collect()).await
    }

    /// Demands that the index of the volume at `mount` is compared with the disk.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub fn rescan(&self, mount: &VPath) -> Result<()> {
        self.with_index(mount, VolumeIndex::demand_scan)
    }

    /// Pauses or resumes the work on the index of the volume at `mount`, until the program ends.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub fn pause(&self, mount: &VPath, is_paused: bool) -> Result<()> {
        self.with_index(mount, |own| own.set_paused(is_paused))
    }

    /// Demands that all contents of the volume at `mount` are read again and compared with its index. One that is under way
    /// begins anew.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub fn verify(&self, mount: &VPath) -> Result<()> {
        self.with_index(mount, |own| {
            own.verify.demand();
            own.notify_verifier();
        })
    }

    /// Ends the verification of the volume at `mount`.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub fn cancel_verification(&self, mount: &VPath) -> Result<()> {
        self.with_index(mount, |own| {
            own.verify.cancel();
            own.notify_verifier();
        })
    }

    /// Returns names of the volume at `mount` that are not in its index, or without their content, the newest first.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub fn skipped(&self, mount: &VPath) -> Result<Vec<Skipped>> {
        self.with_index(mount, |own| own.skipped.newest())
    }

    /// Returns what the last verification of the volume at `mount` found, the newest first.
    ///
    /// # Errors
    /// `NotFound` if it has no index; `Internal` if it cannot be read.
    pub async fn findings(&self, mount: &VPath) -> Result<Vec<Finding>> {
        let volume = self.volume_at(mount)?;
        let read = move || match used_index(&volume) {
            Some(own) => own
                .open()
                .and_then(|index| index.findings())
                .map_err(|error| EngineError::internal("What the verification found cannot be read now.", error)),
            None => Err(no_index(&volume.config.mount)),
        };
        self.core.pool.try_run(read).await
    }

    /// Waits until a verification asks for the end of the program (`e2vp`). Returns why, a sentence for people.
    pub async fn end_wanted(&self) -> String {
        loop {
            let shared = crate::volume::shared_of(&self.core.snapshot.load());
            if let Some(shared) = shared {
                let mut wanted = shared.end_wanted.subscribe();
                if let Ok(reason) = wanted.wait_for(Option::is_some).await {
                    return reason.clone().unwrap_or_default();
                }
            }
            // The first volume comes with a change of settings.
            tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        }
    }

    fn with_index<T>(&self, mount: &VPath, act: impl FnOnce(&VolumeIndex) -> T) -> Result<T> {
        let volume = self.volume_at(mount)?;
        used_index(&volume).map(act).ok_or_else(|| no_index(mount))
    }

    fn volume_at(&self, mount: &VPath) -> Result<Arc<MountedVolume>> {
        let snapshot = self.core.snapshot.load();
        let found = snapshot.tree.volumes.iter().find(|volume| volume.config.mount == *mount);
        found.cloned().ok_or_else(|| no_index(mount))
    }
}

fn no_index(mount: &VPath) -> EngineError {
    EngineError::NotFound(mount.clone())
}

/// Blocks.
fn status(volume: &Arc<MountedVolume>) -> IndexStatus {
    let mount = volume.config.mount.clone();
    let Some(own) = used_index(volume) else { return IndexStatus { mount, ..IndexStatus::default() } };
    let index = own.open();
    let state = own.index_state();
    let is_working = matches!(state, IndexState::Scanning | IndexState::Hashing);
    let stats = own.progress.recent_stats(is_working).unwrap_or_else(|| {
        let stats = index.as_ref().map_err(ToString::to_string);
        let stats = stats.and_then(|index| index.stats().map_err(|error| error.to_string()));
        let stats = stats.unwrap_or_else(|error| {
            tracing::warn!(error, "the statistics of an index are not known");
            IndexStats::default()
        });
        own.progress.keep_stats(stats);
        stats
    });
    let verification = index.ok().and_then(|index| index.verification().ok()).flatten();
    IndexStatus {
        mount,
        state,
        progress: own.progress.counts(),
        stats,
        skipped: own.skipped.counts(),
        is_verifying: own.verify.is_wanted(),
        verification,
    }
}
