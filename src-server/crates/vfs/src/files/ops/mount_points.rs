//! Mount points of the host inside a volume. What contains one is not deleted, moved or replaced: the disk would stay, and
//! half of the rest would be gone.

use super::entry_ref::EntryRef;
use crate::access::Access;
use crate::error::{Conflict, EngineError, Result};
use crate::volumes::resolve::foreign_paths;
use crate::volumes::tree::MountedVolume;
use model::VPath;
use store::disk::reserved;

/// Checks that no file system is mounted at or below an entry. Mount points that belong to other volumes do not count. Blocks.
///
/// # Errors
/// `InUse`, with the mount point if the account may learn names there.
pub(super) fn check_holds_none(access: &Access, entry: &EntryRef) -> Result<()> {
    let inside = find(access, &entry.parent.volume, &entry.below());
    inside.map_or(Ok(()), |mount| {
        let path = if entry.may_learn_names() { mount } else { entry.path.clone() };
        Err(EngineError::Conflict(Conflict::InUse(path)))
    })
}

/// Checks the same for everything in a volume.
///
/// # Errors
/// `InUse`.
pub(super) fn check_volume_holds_none(access: &Access, volume: &MountedVolume, may_learn_names: bool) -> Result<()> {
    find(access, volume, &VPath::root()).map_or(Ok(()), |mount| {
        let path = if may_learn_names { mount } else { volume.config.mount.clone() };
        Err(EngineError::Conflict(Conflict::InUse(path)))
    })
}

/// Returns the first mount point at or below `below`, as a path in the tree.
fn find(access: &Access, volume: &MountedVolume, below: &VPath) -> Option<VPath> {
    let mounts = volume.storage.root()?.mounts_below();
    let mut inside =
        mounts.iter().filter(|mount| mount.is_within(below) && !reserved::holds_reserved(mount)).peekable();
    inside.peek()?;
    let foreign = foreign_paths(access, volume);
    let stays = |mount: &&VPath| !foreign.iter().any(|path| mount.is_within(path));
    inside.find(stays).map(|mount| volume.config.mount.append(mount))
}
