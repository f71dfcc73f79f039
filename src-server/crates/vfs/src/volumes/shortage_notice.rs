//! Notices that the disk of a volume is full, and tells people once.

use super::shortage::sentence;
use super::tree::MountedVolume;
use crate::core::Core;
use crate::error::{EngineError, NoSpace, Result};
use model::Event;
use std::sync::Arc;

/// A file larger than this that does not fit does not make a disk count as full: it may still have a gigabyte free.
const IGNORED_ABOVE: u64 = 1 << 30;

/// Marks the disk as full if an upload to a volume failed for lack of space.
pub fn note<T>(core: &Core, volume: impl FnOnce() -> Option<Arc<MountedVolume>>, outcome: &Result<T>) {
    if let Err(EngineError::NoSpace(NoSpace::Disk { free, needed })) = outcome
        && let Some(volume) = volume()
    {
        let keep = volume.config.flags.limits.min_free.unwrap_or_default();
        let most = IGNORED_ABOVE.saturating_add(keep.0);
        match needed.0 {
            // The file system itself reported it.
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
