//! Locks that clients hold on files and folders ([`vfs::volumes::lock_table`]) forbid uploads, too.
//!
//! They are checked when an upload begins, so that no bytes are sent in vain, and again before the file gets its name.

use model::{AccountName, FileName, OnConflict, VPath};
use store::disk::Folder;
use vfs::error::Result;
use vfs::volumes::hidden_names;
use vfs::volumes::lock_table::{ChangeScope, LockToken};
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;

/// The name that an upload takes.
pub(super) struct WantedName<'a> {
    /// Folder, relative to the volume's top folder.
    pub below: &'a VPath,
    /// The open folder; `None`: it does not exist.
    pub folder: Option<&'a Folder>,
    pub name: &'a FileName,
    pub on_conflict: OnConflict,
}

/// Checks that no lock of another client forbids the upload. `owner` presents `tokens`. Without locks this costs one
/// atomic load. Blocks.
///
/// # Errors
/// `Locked`; those of the disk.
pub(super) fn check(
    volume: &MountedVolume,
    wanted: &WantedName<'_>,
    owner: &AccountName,
    tokens: &[LockToken],
) -> Result<()> {
    let table = &volume.storage.state.lock_table;
    if table.is_empty() {
        return Ok(());
    }
    let path = wanted.below.join(wanted.name);
    let there = wanted.folder.map_or(Ok(None), |folder| folder.stat(wanted.name));
    let exists = there.map_err(|error| map_store_error(error, &path))?.is_some();
    match exists {
        false => table.check(&path, ChangeScope::Name, owner, tokens),
        // The upload gets another name in the same folder; only locks on folders concern it.
        true if wanted.on_conflict == OnConflict::Rename => {
            table.check(&wanted.below.join(&hidden_names::partial()), ChangeScope::Name, owner, tokens)
        }
        true => table.check(&path, ChangeScope::Content, owner, tokens),
    }
}
