//! Disks that have no room for what is sent to them: told once, and known until there is room again.

use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::volumes::tree::MountedVolume;
use model::{Event, Volume};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::disk::{Folder, Space};

/// A file that is larger than this and does not fit makes no disk full: whoever has a gigabyte left has some room.
const MOST: u64 = 1 << 30;
/// Room that is enough where nobody knows how much was missing; an eighth on small disks.
const SOME: u64 = 16 << 20;

/// Whether room was missing, and how much would do.
#[derive(Debug, Default)]
pub struct Shortage {
    /// Free bytes that would end it; 0: there is none. `u64::MAX`: unknown.
    wanted: AtomicU64,
}

impl Shortage {
    /// Whether room is missing, as far as anybody knows.
    pub fn is_active(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) != 0
    }

    /// Whether that is news.
    fn begin(&self, wanted: u64) -> bool {
        self.wanted.swap(wanted, Ordering::Relaxed) == 0
    }

    /// Looks whether there is room again, if it was missing; true if so. Blocks.
    pub fn has_ended(&self, root: &Folder) -> bool {
        let wanted = self.wanted.load(Ordering::Relaxed);
        wanted != 0
            && root.free_space().is_ok_and(|space| is_enough(wanted, space))
            && self.wanted.compare_exchange(wanted, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

fn is_enough(wanted: u64, space: Space) -> bool {
    let wanted = if wanted == u64::MAX { SOME.min(space.total.0 / 8) } else { wanted };
    space.free.0 >= wanted
}

/// What to say about it.
pub fn sentence(volume: &Volume) -> String {
    format!(
        "The disk of {} is full ({}). Make room on it; what is on its way goes on then.",
        volume.mount.display(),
        volume.source.display()
    )
}

/// Takes note of how an upload to a volume went.
pub(crate) fn note<T>(core: &Core, volume: impl FnOnce() -> Option<Arc<MountedVolume>>, outcome: &Result<T>) {
    if let Err(EngineError::NoSpace { free, needed }) = outcome
        && let Some(volume) = volume()
    {
        let keep = volume.config.flags.limits.min_free.unwrap_or_default();
        let most = MOST.saturating_add(keep.0);
        match needed.0 {
            // The disk itself said so.
            0 => begin(core, &volume, u64::MAX),
            needed if free.0 < needed.min(most) => begin(core, &volume, needed.min(most)),
            _ => {}
        }
    }
}

fn begin(core: &Core, volume: &MountedVolume, wanted: u64) {
    if volume.storage.shortage.begin(wanted) {
        core.events.emit(Event::Problem { sentence: sentence(&volume.config) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Bytes;

    #[test]
    fn some_room_is_enough_where_nobody_knows_how_much_was_missing() {
        let space = |free, total| Space { free: Bytes(free), total: Bytes(total) };
        for (wanted, free, total, is) in [
            (100, 99, 1000, false),
            (100, 100, 1000, true),
            (u64::MAX, SOME - 1, 1 << 40, false),
            (u64::MAX, SOME, 1 << 40, true),
            (u64::MAX, 12, 100, true),
            (u64::MAX, 11, 100, false),
        ] {
            assert_eq!(is_enough(wanted, space(free, total)), is, "{wanted} {free} {total}");
        }
    }

    #[test]
    fn it_is_news_once() {
        let shortage = Shortage::default();
        assert!(!shortage.is_active());
        assert!(shortage.begin(5) && !shortage.begin(u64::MAX) && shortage.is_active());
        let tmp = tempfile::tempdir().expect("temp folder");
        let root = Folder::open_root(tmp.path()).expect("opens");
        assert!(!shortage.begin(1) && shortage.has_ended(&root) && !shortage.has_ended(&root));
        assert!(!shortage.is_active());
    }
}
