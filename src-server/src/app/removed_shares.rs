//! Shares that were removed since the program started, kept so that a removal can be undone without losing grants and
//! flags that no window shows.

use model::Volume;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Number of removed shares that are kept; the oldest is dropped first.
const MAX_REMOVED: usize = 16;

/// Removed shares, the latest last. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct RemovedShares {
    volumes: Arc<Mutex<VecDeque<Volume>>>,
}

impl RemovedShares {
    /// Keeps volumes that are about to be removed.
    pub fn keep(&self, gone: Vec<Volume>) {
        let mut volumes = self.volumes.lock();
        for volume in gone {
            volumes.retain(|other| other.mount != volume.mount);
            volumes.push_back(volume);
        }
        while volumes.len() > MAX_REMOVED {
            volumes.pop_front();
        }
    }

    /// Returns the share that was last removed at `mount`.
    pub fn find(&self, mount: &str) -> Option<Volume> {
        let volumes = self.volumes.lock();
        volumes.iter().find(|volume| volume.mount.display() == mount).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::VPath;
    use model::volume::VolumeFlags;

    #[test]
    fn the_latest_removed_shares_are_kept() {
        let removed = RemovedShares::default();
        let volume = |nth: usize, folder: &str| Volume {
            source: folder.into(),
            mount: VPath::parse(format!("v{nth}").as_bytes()).expect("a path"),
            grants: Vec::new(),
            flags: VolumeFlags::default(),
        };
        for nth in 0..=MAX_REMOVED {
            removed.keep(vec![volume(nth, "/old")]);
        }
        removed.keep(vec![volume(3, "/new")]);
        assert_eq!(removed.find("/v0"), None, "one more than are remembered");
        assert_eq!(removed.find("/v1"), Some(volume(1, "/old")));
        assert_eq!(removed.find("/v3"), Some(volume(3, "/new")));
        assert_eq!(removed.volumes.lock().len(), MAX_REMOVED);
    }
}
