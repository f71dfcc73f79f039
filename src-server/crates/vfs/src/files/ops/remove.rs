//! Deleting for good: depth first, by handles; symlinks are removed, not their targets.

use super::entry_ref::EntryRef;
use crate::access::Access;
use crate::changes::Change;
use crate::error::{EngineError, Result};
use crate::volumes::extension::NameLocks;
use crate::volumes::resolve::{Located, foreign_paths};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::trash::entry_id::EntryId;
use crate::volumes::write_locks::LockScope;
use model::{FileName, VPath};
use store::disk::{Folder, Kind, Meta, reserved};
use store::{ErrorKind, StoreError};

/// Deepest folder that is entered; every level holds an open handle.
const DEPTH_MAX: usize = 256;

/// Result of a deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Files deleted.
    pub files: u64,
    /// Folders deleted.
    pub folders: u64,
    /// Folders visited, whether or not they could be deleted.
    pub folders_seen: u64,
    /// Files and folders among them that are gone although the volume has a trash, because it could not take them.
    pub lost: u64,
    /// What was deleted is in this entry of the trash; `None`: it is gone.
    pub trash: Option<EntryId>,
    /// Seconds for which the trash keeps it, if that is less than for other entries: it alone is larger than the trash may be.
    pub kept_secs: Option<u64>,
}

impl Deleted {
    /// Returns the result of a deletion for good that the trash should have taken.
    pub(super) fn without_trash(self) -> Self {
        Self { lost: self.files + self.folders, ..self }
    }
}

/// Deletes an entry for good. The caller holds the lock of its name. Blocks.
///
/// # Errors
/// Those of the disk; what was deleted before stays deleted.
pub(super) fn remove_forever(access: &Access, entry: &EntryRef, meta: &Meta) -> Result<Deleted> {
    let (keep, removal) = (foreign_paths(access, &entry.parent.volume), entry.removal(meta.kind));
    let mut remover = Remover::new(&keep);
    remover.remove(&entry.parent.node, &entry.name, meta.kind, &entry.below(), 0);
    match remover.failure {
        None => removal.commit(),
        Some(_) => {
            drop(removal);
            entry.rescan();
        }
    }
    // After the reply, the files must not reappear after a power loss.
    remover.note(entry.parent.node.sync());
    remover.finish(&entry.path)
}

/// Deletes the contents of a volume's top folder for good, except the volume's state. `check`: whether an entry may be deleted.
pub(super) fn empty_forever(
    access: &Access,
    top: &Located<Folder>,
    path: &VPath,
    check: impl Fn(&VPath) -> Result<()>,
) -> Result<Deleted> {
    let keep = foreign_paths(access, &top.volume);
    let mut remover = Remover::new(&keep);
    let entries = top.node.entries().map_err(|error| map_store_error(error, path))?;
    let mut locked = None;
    for entry in entries.iter().filter(|entry| !reserved::is_reserved(entry.name.as_bytes())) {
        let below = top.below.join(&entry.name);
        let storage = &top.volume.storage;
        storage.state.mark_changing();
        let _lock = storage.state.lock(vec![LockScope::Subtree(below.clone())])?;
        if let Err(error) = check(&below) {
            locked.get_or_insert(error);
            continue;
        }
        // Files elsewhere in the volume may survive: they are in use or protected, or were created after the folder was
        // listed.
        storage.keep_links(&below)?;
        let removal = storage.prepare(Change::Removed { path: below.clone(), kind: entry.meta.kind });
        if remover.remove(&top.node, &entry.name, entry.meta.kind, &below, 0) {
            removal.commit();
        } else {
            drop(removal);
            storage.rescan(&below, NameLocks::Held);
        }
    }
    remover.note(top.node.sync());
    locked.map_or(Ok(()), Err)?;
    remover.finish(path)
}

/// Removes a file, symlink or tree that only the caller uses.
///
/// # Errors
/// The first error; the rest is removed nevertheless.
pub fn remove_tree(above: &Folder, name: &FileName, kind: Kind) -> Result<(), StoreError> {
    let mut remover = Remover::new(&[]);
    remover.remove(above, name, kind, &VPath::root(), 0);
    if remover.failure.is_some() && reserved::is_partial(name.as_bytes()) {
        above.mark_leftover();
    }
    remover.failure.map_or(Ok(()), Err)
}

pub(super) struct Remover<'a> {
    /// Paths in the volume that belong to other volumes.
    keep: &'a [VPath],
    pub deleted: Deleted,
    /// The first error; deleting continues after it.
    pub failure: Option<StoreError>,
}

impl<'a> Remover<'a> {
    /// `keep`: paths in the volume that belong to other volumes.
    pub fn new(keep: &'a [VPath]) -> Self {
        Self { keep, deleted: Deleted::default(), failure: None }
    }

    /// Removes an entry. Returns whether it is gone. `below`: its path in the volume.
    pub fn remove(&mut self, above: &Folder, name: &FileName, kind: Kind, below: &VPath, depth: usize) -> bool {
        let answer = if kind == Kind::Folder {
            self.deleted.folders_seen += 1;
            if self.keep.contains(below) || !self.empty(above, name, below, depth) {
                return false;
            }
            above.remove_folder(name).map(|()| self.deleted.folders += 1)
        } else {
            above.remove_file(name).map(|()| self.deleted.files += 1)
        };
        self.note(answer)
    }

    /// Removes the contents of a folder. Returns whether it is empty now.
    fn empty(&mut self, above: &Folder, name: &FileName, below: &VPath, depth: usize) -> bool {
        let deeper = above.folder(&VPath::root().join(name)).and_then(|folder| {
            if depth >= DEPTH_MAX {
                return Err(StoreError::with_kind(
                    ErrorKind::Other,
                    "delete",
                    folder.log_path(&VPath::root()),
                    "folders are nested too deep",
                ));
            }
            let entries = folder.entries()?;
            Ok((folder, entries))
        });
        let (folder, entries) = match deeper {
            Ok(deeper) => deeper,
            Err(error) => return self.note(Err(error)),
        };
        let mut is_empty = true;
        for entry in entries {
            is_empty &= self.remove(&folder, &entry.name, entry.meta.kind, &below.join(&entry.name), depth + 1);
        }
        is_empty
    }

    fn note(&mut self, answer: Result<(), StoreError>) -> bool {
        match answer {
            // Another process removed it first.
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => {
                self.failure.get_or_insert(error);
                false
            }
            Ok(()) => true,
        }
    }

    fn finish(self, path: &VPath) -> Result<Deleted, EngineError> {
        match self.failure {
            Some(error) => Err(map_store_error(error, path)),
            None => Ok(self.deleted),
        }
    }
}
