//! Deleting: the checks, and what goes into the trash or for good.

use super::discard::{discard, discard_all};
use super::entry_ref::EntryRef;
use super::mount_points;
use super::remove::{Deleted, empty_forever};
use crate::access::Access;
use crate::error::Result;
use crate::files::condition::Condition;
use crate::volumes::lock_table::ChangeScope;
use crate::volumes::resolve;
use model::{Operation, VPath};

pub(super) fn delete(access: &Access, path: &VPath, condition: &Condition) -> Result<Deleted> {
    if access.volume_path(path).is_some_and(|at| at.below.is_root()) {
        condition.check(access, path)?;
        return empty_volume(access, path);
    }
    let (entry, _) = EntryRef::existing(access, path, Operation::Delete)?;
    let _lock = entry.lock()?;
    if entry.stat()?.is_none() {
        return Err(resolve::absence(access, path));
    }
    condition.check(access, path)?;
    entry.check_unlocked(access, ChangeScope::Tree)?;
    discard(access, &entry)
}

/// Deletes the contents of a volume's top folder, except the volume's state.
fn empty_volume(access: &Access, path: &VPath) -> Result<Deleted> {
    let top = resolve::resolve_folder(access, path, Operation::Delete)?;
    mount_points::check_volume_holds_none(access, &top.volume, resolve::may_learn_names(top.rights))?;
    let table = &top.volume.storage.state.lock_table;
    let check = |below: &VPath| table.check(below, ChangeScope::Tree, access.owner(), access.lock_tokens());
    if !top.volume.has_trash() {
        return empty_forever(access, &top, path, check);
    }
    let kept = discard_all(access, &top, path, check);
    kept.unwrap_or_else(|| empty_forever(access, &top, path, check).map(Deleted::without_trash))
}
