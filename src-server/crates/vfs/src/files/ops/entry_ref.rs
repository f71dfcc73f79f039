//! A name in an opened folder: what rename, delete and replace operate on. If the name is a symlink, the operation
//! applies to the symlink, not to its target.

use crate::access::Access;
use crate::changes::Change;
use crate::error::{Conflict, EngineError, Result, Unfit};
use crate::names::mask_special_name;
use crate::volumes::extension::NameLocks;
use crate::volumes::lock_table::ChangeScope;
use crate::volumes::resolve::{self, Located, Resolved, absence, owns, refusal};
use crate::volumes::storage::PendingChange;
use crate::volumes::store_errors::map_store_error;
use crate::volumes::tree::MountedVolume;
use crate::volumes::write_locks::{LockScope, WriteGuard};
use model::{FileName, Operation, Perm, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Folder, Kind, Meta, reserved};

/// A name in an opened folder.
pub struct EntryRef {
    /// The open parent folder.
    pub parent: Located<Folder>,
    /// The name.
    pub name: FileName,
    /// The path as requested.
    pub path: VPath,
}

impl EntryRef {
    /// Opens the parent of an existing entry.
    ///
    /// # Errors
    /// `Denied`; `NotFound` for accounts that may know; `BadRequest` for the top of a volume.
    pub fn existing(access: &Access, path: &VPath, operation: Operation) -> Result<(Self, Meta)> {
        let entry = Self::for_name(access, path, operation)?;
        match entry.stat()? {
            Some(meta) => Ok((entry, meta)),
            None => Err(absence(access, path)),
        }
    }

    /// Opens the parent of a name, whether or not the name is taken.
    ///
    /// # Errors
    /// Those of [`EntryRef::existing`], for the parent.
    pub fn for_name(access: &Access, path: &VPath, operation: Operation) -> Result<Self> {
        if access.verdict(path, operation) != Verdict::Allow {
            return Err(refusal(access, path, operation));
        }
        let (parent, name) = split(access, path)?;
        if reserved::is_reserved(name.as_bytes()) {
            return Err(absence(access, path));
        }
        let Resolved::OnDisk(located) = resolve::find_folder(access, &parent)? else {
            return Err(absence(access, path));
        };
        let Some(located) = located.into_folder().filter(|parent| parent.verdict(operation) == Verdict::Allow) else {
            return Err(absence(access, path));
        };
        let entry = Self { parent: located, name, path: path.clone() };
        if owns(access, &entry.parent.volume, &entry.below()) { Ok(entry) } else { Err(absence(access, path)) }
    }

    /// Opens the parent of an entry to be created, and creates missing parents.
    ///
    /// # Errors
    /// `Denied`, `NotAFolder`; `Exists` for the top of a volume; `BadRequest` for names reserved for the server.
    pub fn for_creation(access: &Access, path: &VPath) -> Result<Self> {
        if access.verdict(path, Operation::Upload) != Verdict::Allow {
            return Err(refusal(access, path, Operation::Upload));
        }
        if reserved::holds_reserved(path) {
            return Err(resolve::reserved_name());
        }
        let (parent, name) = split(access, path).map_err(|_| EngineError::Conflict(Conflict::Exists(path.clone())))?;
        let parent = resolve::folder_for_writing(access, &parent, Operation::Upload)?;
        // Accounts that may not read a folder must not place files that change how it is shown.
        let flags = &parent.volume.config.flags;
        let is_blind = !parent.rights.has(Perm::Read) && !flags.write_only_may_add_readme;
        let name = if is_blind { mask_special_name(name, &flags.page_lists) } else { name };
        let entry = Self { parent, name, path: path.clone() };
        if owns(access, &entry.parent.volume, &entry.below()) {
            Ok(entry)
        } else {
            Err(EngineError::Conflict(Conflict::Exists(path.clone())))
        }
    }

    /// Whether the account may learn that the name is taken.
    pub fn may_learn_names(&self) -> bool {
        resolve::may_learn_names(self.parent.rights)
    }

    /// Returns the path in its volume.
    pub fn below(&self) -> VPath {
        self.parent.below.join(&self.name)
    }

    /// Returns the path in the tree, with symlinks above the name resolved.
    pub fn canonical(&self) -> VPath {
        self.parent.canonical().join(&self.name)
    }

    /// Returns the metadata of the entry, of the symlink itself; `None`: the name is free.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn stat(&self) -> Result<Option<Meta>> {
        self.parent.node.stat(&self.name).map_err(|error| map_store_error(error, &self.path))
    }

    /// Locks the name and its descendants until the guard is dropped. Blocks.
    ///
    /// # Errors
    /// `Busy` if another operation holds the lock for too long, or has moved the parent meanwhile.
    pub fn lock(&self) -> Result<WriteGuard> {
        let storage = &self.parent.volume.storage;
        storage.state.mark_changing();
        let lock = storage.state.lock(vec![LockScope::Subtree(self.below())])?;
        self.check_parent_unmoved().map(|()| lock)
    }

    /// Checks under the lock that the path still leads to the opened parent. Otherwise the operation would apply to a
    /// folder that has moved elsewhere.
    fn check_parent_unmoved(&self) -> Result<()> {
        let Some(root) = self.parent.volume.storage.root() else { return Ok(()) };
        let is_at = self.parent.node.is_at(&root, &self.parent.below);
        if is_at.map_err(|error| map_store_error(error, &self.path))? { Ok(()) } else { Err(EngineError::Busy) }
    }

    /// [`EntryRef::lock`] for two names.
    ///
    /// # Errors
    /// As [`EntryRef::lock`].
    pub fn lock_both(&self, other: &Self) -> Result<Vec<WriteGuard>> {
        let (here, there) = (&self.parent.volume.storage, &other.parent.volume.storage);
        if Arc::ptr_eq(here, there) {
            here.state.mark_changing();
            let scopes = vec![LockScope::Subtree(self.below()), LockScope::Subtree(other.below())];
            let lock = here.state.lock(scopes)?;
            self.check_parent_unmoved().and_then(|()| other.check_parent_unmoved())?;
            return Ok(vec![lock]);
        }
        // Always in the same order, so that two moves in opposite directions do not deadlock.
        match Arc::as_ptr(here) < Arc::as_ptr(there) {
            true => Ok(vec![self.lock()?, other.lock()?]),
            false => Ok(vec![other.lock()?, self.lock()?]),
        }
    }

    /// [`EntryRef::lock`], and keeps `source` in `volume` from changing.
    ///
    /// # Errors
    /// As [`EntryRef::lock`].
    pub fn lock_with_source(&self, volume: &MountedVolume, source: &VPath) -> Result<Vec<WriteGuard>> {
        let (here, there) = (&self.parent.volume.storage, &volume.storage);
        let source = LockScope::Source(source.clone());
        if Arc::ptr_eq(here, there) {
            here.state.mark_changing();
            let lock = here.state.lock(vec![source, LockScope::Subtree(self.below())])?;
            return self.check_parent_unmoved().map(|()| vec![lock]);
        }
        let beside = || there.state.lock(vec![source]);
        // In the order of `lock_both`.
        match Arc::as_ptr(here) < Arc::as_ptr(there) {
            true => Ok(vec![self.lock()?, beside()?]),
            false => Ok(vec![beside()?, self.lock()?]),
        }
    }

    /// Checks that locks of other clients do not forbid a change of this entry.
    ///
    /// # Errors
    /// `Locked`.
    pub fn check_unlocked(&self, access: &Access, scope: ChangeScope) -> Result<()> {
        let table = &self.parent.volume.storage.state.lock_table;
        table.check(&self.below(), scope, access.owner(), access.lock_tokens())
    }

    /// Replaces symlinks elsewhere that lead to this entry by files of their own. Call it before the entry is removed.
    ///
    /// # Errors
    /// Those of the disk; then the entry must not be removed.
    pub fn keep_links(&self) -> Result<()> {
        self.parent.volume.storage.keep_links(&self.below())
    }

    /// Replaces symlinks in this entry that lead elsewhere, and with `itself` the symlink that it is, by files of their
    /// own. Call it before the entry moves.
    ///
    /// # Errors
    /// Those of the disk; then the entry must not be moved.
    pub fn materialize_links(&self, itself: bool) -> Result<()> {
        self.parent.volume.storage.materialize_links(&self.below(), itself)
    }

    /// Compares what is recorded about this entry and everything below it with the disk, after a change that was made
    /// only in part. The caller holds the lock.
    pub fn rescan(&self) {
        self.parent.volume.storage.rescan(&self.below(), NameLocks::Held);
    }

    /// Prepares to record that this entry is removed. The caller holds the lock.
    pub fn removal(&self, kind: Kind) -> PendingChange<'_> {
        self.parent.volume.storage.prepare(Change::Removed { path: self.below(), kind })
    }

    /// Publishes that this entry was created under a name that was free, without contents: nothing is recorded about
    /// it.
    pub fn publish_created(&self, kind: Kind) {
        self.parent.volume.storage.state.changes.publish(|| Change::Created { path: self.below(), kind });
    }

    /// Records that this entry is new, or with `replaced` that it has replaced another one. The caller holds the lock.
    pub fn record_new(&self, kind: Kind, replaced: bool) {
        let path = self.below();
        let change = if replaced { Change::Replaced { path, kind } } else { Change::Created { path, kind } };
        self.parent.volume.storage.prepare(change).commit();
    }
}

/// Splits a path into parent and name; fails for the top of a volume, which cannot be changed.
fn split(access: &Access, path: &VPath) -> Result<(VPath, FileName)> {
    let is_top = access.volume_path(path).is_none_or(|at| at.below.is_root());
    path.split_last().filter(|_| !is_top).ok_or_else(|| Unfit::Top.into())
}
