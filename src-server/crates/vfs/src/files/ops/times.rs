//! Modification times.

use super::entry_ref::EntryRef;
use crate::access::Access;
use crate::error::{Result, Unfit};
use crate::volumes::lock_table::ChangeScope;
use crate::volumes::resolve::absence;
use crate::volumes::store_errors::map_store_error;
use model::{Operation, UnixMillis, VPath};
use store::disk::Kind;

/// Sets the time of a file or folder. A symlink, and symlinks that lead to the file, become files of their own first, as
/// when the file is replaced: the time of one name must not change that of others.
pub(super) fn set_mtime(access: &Access, path: &VPath, mtime: UnixMillis) -> Result<()> {
    let (entry, _) = EntryRef::existing(access, path, Operation::Overwrite)?;
    let _lock = entry.lock()?;
    entry.check_unlocked(access, ChangeScope::Content)?;
    let is_link = entry.stat()?.is_some_and(|meta| meta.kind == Kind::Link);
    if is_link {
        entry.materialize_links(true)?;
    }
    let before = match entry.stat()? {
        Some(meta) if matches!(meta.kind, Kind::File | Kind::Folder) => meta,
        Some(meta) if meta.kind == Kind::Link => {
            return Err(Unfit::LinkTime.into());
        }
        _ => return Err(absence(access, path)),
    };
    let storage = &entry.parent.volume.storage;
    let above = &entry.parent.node;
    if before.kind == Kind::File {
        storage.keep_links(&entry.below())?;
    }
    above.set_mtime(&entry.name, mtime).map_err(|error| map_store_error(error, path))?;
    if before.kind == Kind::File {
        storage.record_mtime(&entry.below(), &before, mtime);
    }
    Ok(())
}
