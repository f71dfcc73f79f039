//! Decides when the data and names of several small files are synced by one `syncfs` instead of file by file.
//!
//! A disk that is asked eight times to write one page and flush its cache takes longer than for one request with eight
//! pages. But `syncfs` also writes what other programs have dirtied, which may be gigabytes. So a `syncfs` that took
//! long is followed by a pause in which files are synced one by one, and large files are never part of it.

use crate::disk::Folder;
use crate::error::StoreError;
use crate::partial::Partial;
use std::time::{Duration, Instant};

/// Larger files are synced by their callers. Bytes.
pub(super) const SMALL_FILE: u64 = 1 << 20;
/// A `syncfs` that takes longer has probably written the data of other programs.
const LONG_SYNC: Duration = Duration::from_millis(50);
/// Length of the pause after a long `syncfs`, as a multiple of its duration: at most a fifth of the time is lost.
const PAUSE_FACTOR: u32 = 4;

/// Whether `syncfs` may be used on one file system now.
#[derive(Default)]
pub(super) struct SyncfsPolicy {
    /// Whether `syncfs` reports every failure there. `None`: not determined yet.
    is_reliable: Option<bool>,
    paused_until: Option<Instant>,
}

impl SyncfsPolicy {
    /// Returns true if `syncfs` may be used now. `folder`: any folder of the file system.
    pub fn is_allowed(&mut self, folder: &Folder) -> bool {
        *self.is_reliable.get_or_insert_with(|| folder.syncfs_is_reliable())
            && self.paused_until.is_none_or(|until| until < Instant::now())
    }

    /// A policy with a known answer for `is_reliable`.
    #[cfg(test)]
    pub fn with_reliability(is_reliable: bool) -> Self {
        Self { is_reliable: Some(is_reliable), paused_until: None }
    }

    /// Records the duration of a `syncfs`; a long one starts a pause.
    pub fn record_duration(&mut self, time: Duration) {
        if time > LONG_SYNC {
            self.paused_until = Some(Instant::now() + PAUSE_FACTOR * time);
        }
    }
}

/// Whether a file is small enough to be synced with others.
pub(super) fn is_small(partial: &Partial) -> bool {
    partial.length().is_ok_and(|length| length <= SMALL_FILE)
}

/// Syncs the data of small files. Returns one result for each, in order.
pub(super) fn sync_together(partials: &[&Partial]) -> Vec<Result<(), StoreError>> {
    if let [first, _, ..] = partials
        && first.folder().sync_filesystem().is_ok()
    {
        return partials.iter().map(|_| Ok(())).collect();
    }
    // A single file, or `syncfs` failed: each file is synced by itself, so that only those that failed report an error.
    partials.iter().map(|partial| partial.sync_data()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_after_a_long_sync() {
        let tmp = tempfile::tempdir().expect("temp folder");
        let folder = Folder::open_root(tmp.path()).expect("opens");
        let mut policy = SyncfsPolicy::with_reliability(true);
        policy.record_duration(LONG_SYNC);
        assert!(policy.is_allowed(&folder));
        policy.record_duration(Duration::from_secs(100));
        assert!(!policy.is_allowed(&folder));
        policy.paused_until = Instant::now().checked_sub(Duration::from_millis(1));
        assert!(policy.is_allowed(&folder));
        assert!(!SyncfsPolicy::with_reliability(false).is_allowed(&folder));
    }
}
