//! When the data and the names of several small files go to the disk with one sync of their file system, instead of file
//! by file.
//!
//! A disk that is asked eight times to write one page and to empty its cache takes longer than for one request with eight
//! pages. But a file system is synced with all that others have written, which may be a film: a sync that took long is
//! followed by a rest, in which files are synced one by one, and a large file is never waited for.

use super::sync_data;
use crate::disk::Folder;
use crate::error::StoreError;
use crate::partial::Partial;
use std::time::{Duration, Instant};

/// Larger files are synced by whoever brings them.
pub(super) const SMALL_FILE: u64 = 1 << 20;
/// A sync that takes longer has met the data of others.
const LONG_SYNC: Duration = Duration::from_millis(50);
/// For how many times as long there is none after that: at most a fifth of the time is lost.
const PAUSE_FACTOR: u32 = 4;

/// What is known of one file system.
#[derive(Default)]
pub(super) struct SyncfsPolicy {
    /// Whether its sync tells of every failure. `None`: not looked at yet.
    is_reliable: Option<bool>,
    paused_until: Option<Instant>,
}

impl SyncfsPolicy {
    /// Whether it may be synced as a policy now. `folder`: any in it.
    pub fn is_allowed(&mut self, folder: &Folder) -> bool {
        *self.is_reliable.get_or_insert_with(|| folder.syncfs_is_reliable())
            && self.paused_until.is_none_or(|until| until < Instant::now())
    }

    /// As if it had been looked at.
    #[cfg(test)]
    pub fn with_reliability(is_reliable: bool) -> Self {
        Self { is_reliable: Some(is_reliable), paused_until: None }
    }

    /// A sync took that long.
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

/// Puts the data of small files on the disk; one outcome for each.
pub(super) fn sync_together(partials: &[&Partial]) -> Vec<Result<(), StoreError>> {
    if let [first, _, ..] = partials
        && first.folder().sync_filesystem().is_ok()
    {
        return partials.iter().map(|_| Ok(())).collect();
    }
    // One file, or something on the disk has failed: then each is asked for itself, and says whether it is the one.
    partials.iter().map(|partial| sync_data(partial)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_after_a_long_sync() {
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
