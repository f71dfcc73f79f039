//! Tracks volumes whose disk is full: reports it once, and remembers it until space is free again.

use model::Volume;
use std::sync::atomic::{AtomicU64, Ordering};
use store::disk::{Folder, Space};

/// Free bytes that end the state if the missing amount is unknown; on small disks an eighth of the disk.
const DEFAULT_FREE: u64 = 16 << 20;

/// Whether the disk is full, and the free space that ends that state.
#[derive(Debug, Default)]
pub struct Shortage {
    /// Free bytes that end the state; 0: the disk is not full; `u64::MAX`: unknown.
    wanted: AtomicU64,
}

impl Shortage {
    /// Whether the disk was full when last checked.
    pub fn is_active(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) != 0
    }

    /// Marks the disk as full. Returns true on the transition to full.
    pub fn begin(&self, wanted: u64) -> bool {
        self.wanted.swap(wanted, Ordering::Relaxed) == 0
    }

    /// Checks whether a full disk has space again. Returns true on that transition. Blocks.
    pub fn has_ended(&self, root: &Folder) -> bool {
        let wanted = self.wanted.load(Ordering::Relaxed);
        wanted != 0
            && root.free_space().is_ok_and(|space| is_enough(wanted, space))
            && self.wanted.compare_exchange(wanted, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

fn is_enough(wanted: u64, space: Space) -> bool {
    let wanted = if wanted == u64::MAX { DEFAULT_FREE.min(space.total.0 / 8) } else { wanted };
    space.free.0 >= wanted
}

/// Returns the message for people.
pub fn sentence(volume: &Volume) -> String {
    format!(
        "The disk of {} is full ({}). Free some space on it; uploads continue then.",
        volume.mount.display(),
        volume.source.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Bytes;

    #[test]
    fn an_unknown_amount_ends_with_a_default() {
        let space = |free, total| Space { free: Bytes(free), total: Bytes(total) };
        for (wanted, free, total, is) in [
            (100, 99, 1000, false),
            (100, 100, 1000, true),
            (u64::MAX, DEFAULT_FREE - 1, 1 << 40, false),
            (u64::MAX, DEFAULT_FREE, 1 << 40, true),
            (u64::MAX, 12, 100, true),
            (u64::MAX, 11, 100, false),
        ] {
            assert_eq!(is_enough(wanted, space(free, total)), is, "{wanted} {free} {total}");
        }
    }

    #[test]
    fn only_transitions_are_reported() {
        let shortage = Shortage::default();
        assert!(!shortage.is_active());
        assert!(shortage.begin(5) && !shortage.begin(u64::MAX) && shortage.is_active());
        let tmp = tempfile::tempdir().expect("temp folder");
        let root = Folder::open_root(tmp.path()).expect("opens");
        assert!(!shortage.begin(1) && shortage.has_ended(&root) && !shortage.has_ended(&root));
        assert!(!shortage.is_active());
    }
}
