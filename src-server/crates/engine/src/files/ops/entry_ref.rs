//! A name in an opened folder: what renaming, deleting and replacing work on. The name itself may be a link; the link
//! is then meant, not what it leads to.

use crate::access::Access;
use crate::error::{EngineError, Result};
use crate::uploads::missing_files::{NameLocks, forget_missing};
use crate::uploads::{KnownFile, mask_special_name};
use crate::volumes::resolve::{self, Located, Resolved, absence, owns, refusal};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::tree::MountedVolume;
use crate::volumes::write_locks::{LockScope, WriteGuard};
use model::{FileName, Operation, Perm, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Folder, Kind, Meta, reserved};

pub(crate) struct EntryRef {
    /// The folder above, open.
    pub parent: Located<Folder>,
    pub name: FileName,
    /// As the asker said it.
    pub path: VPath,
}

impl EntryRef {
    /// Something that exists, for an operation on its name.
    ///
    /// # Errors
    /// `Denied`; `NotFound` to those who may know; `BadRequest` for the top of a volume.
    pub fn existing(access: &Access, path: &VPath, operation: Operation) -> Result<(Self, Meta)> {
        let entry = Self::for_name(access, path, operation)?;
        match entry.stat()? {
            Some(meta) => Ok((entry, meta)),
            None => Err(absence(access, path)),
        }
    }

    /// A name in a folder that exists, whether or not something has it.
    ///
    /// # Errors
    /// Those of [`EntryRef::existing`], for the folder.
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

    /// A name to be filled; the folders above it are made.
    ///
    /// # Errors
    /// `Denied`, `NotAFolder`; `Exists` for the top of a volume; `BadRequest` for names that belong to the server.
    pub fn for_creation(access: &Access, path: &VPath) -> Result<Self> {
        if access.verdict(path, Operation::Upload) != Verdict::Allow {
            return Err(refusal(access, path, Operation::Upload));
        }
        if reserved::holds_reserved(path) {
            return Err(resolve::reserved_name());
        }
        let (parent, name) = split(access, path).map_err(|_| EngineError::Exists(path.clone()))?;
        let parent = resolve::folder_for_writing(access, &parent, Operation::Upload)?;
        // Names that change how a folder looks are not for people who may not read there.
        let is_blind = !parent.rights.has(Perm::Read) && !parent.volume.config.flags.write_only_may_add_readme;
        let name = if is_blind { mask_special_name(name) } else { name };
        let entry = Self { parent, name, path: path.clone() };
        if owns(access, &entry.parent.volume, &entry.below()) {
            Ok(entry)
        } else {
            Err(EngineError::Exists(path.clone()))
        }
    }

    /// Whether the asker may learn that the name is taken.
    pub fn may_learn_names(&self) -> bool {
        resolve::may_learn_names(self.parent.rights)
    }

    /// The path in the volume that holds it.
    pub fn below(&self) -> VPath {
        self.parent.below.join(&self.name)
    }

    /// The path in the tree, without links above the name.
    pub fn canonical(&self) -> VPath {
        self.parent.canonical().join(&self.name)
    }

    pub fn stat(&self) -> Result<Option<Meta>> {
        self.parent.node.stat(&self.name).map_err(|error| map_store_error(error, &self.path))
    }

    /// Holds the lock of the name and of everything below it, until the guard is dropped. Blocks.
    ///
    /// # Errors
    /// `Busy` when another change of it takes too long, or has moved the folder above away meanwhile.
    pub fn lock(&self) -> Result<WriteGuard> {
        let storage = &self.parent.volume.storage;
        storage.uploads.mark_changing();
        let lock = storage.uploads.locks.lock(vec![LockScope::Subtree(self.below())], storage.folds_case())?;
        self.check_above().map(|()| lock)
    }

    /// Under the lock: the folder that was opened before is still the one that the path leads to. Else the name would be
    /// changed in a folder that has moved elsewhere.
    fn check_above(&self) -> Result<()> {
        let Some(root) = self.parent.volume.storage.root() else { return Ok(()) };
        let there = root.folder(&self.parent.below).and_then(|folder| folder.meta()).map(|meta| meta.id());
        let here = self.parent.node.meta().map_err(|error| map_store_error(error, &self.path))?.id();
        if there.is_ok_and(|there| there == here) { Ok(()) } else { Err(EngineError::Busy) }
    }

    /// The same for two names.
    ///
    /// # Errors
    /// As [`EntryRef::lock`].
    pub fn lock_both(&self, other: &Self) -> Result<Vec<WriteGuard>> {
        let (here, there) = (&self.parent.volume.storage, &other.parent.volume.storage);
        if Arc::ptr_eq(here, there) {
            here.uploads.mark_changing();
            let scopes = vec![LockScope::Subtree(self.below()), LockScope::Subtree(other.below())];
            let lock = here.uploads.locks.lock(scopes, here.folds_case())?;
            self.check_above().and_then(|()| other.check_above())?;
            return Ok(vec![lock]);
        }
        // Always in the same order: two moves in opposite directions do not wait for each other.
        match Arc::as_ptr(here) < Arc::as_ptr(there) {
            true => Ok(vec![self.lock()?, other.lock()?]),
            false => Ok(vec![other.lock()?, self.lock()?]),
        }
    }

    /// As [`EntryRef::lock`], and nothing changes what is at `source` in `volume` meanwhile.
    ///
    /// # Errors
    /// As [`EntryRef::lock`].
    pub fn lock_with_source(&self, volume: &MountedVolume, source: &VPath) -> Result<Vec<WriteGuard>> {
        let (here, there) = (&self.parent.volume.storage, &volume.storage);
        let source = LockScope::Source(source.clone());
        if Arc::ptr_eq(here, there) {
            here.uploads.mark_changing();
            let lock = here.uploads.locks.lock(vec![source, LockScope::Subtree(self.below())], here.folds_case())?;
            return self.check_above().map(|()| vec![lock]);
        }
        let beside = || there.uploads.locks.lock(vec![source], there.folds_case());
        // In the order of `lock_both`.
        match Arc::as_ptr(here) < Arc::as_ptr(there) {
            true => Ok(vec![self.lock()?, beside()?]),
            false => Ok(vec![beside()?, self.lock()?]),
        }
    }

    /// Before what is here goes away: files elsewhere that are links to it become files of their own.
    ///
    /// # Errors
    /// The disk's; then nothing should be removed.
    pub fn keep_links(&self) -> Result<()> {
        let storage = &self.parent.volume.storage;
        storage.root().map_or(Ok(()), |root| storage.uploads.keep_links(&root, &self.below()))
    }

    /// Before what is here moves: links in it that lead elsewhere, and with `itself` the link that it is, become files
    /// of their own.
    ///
    /// # Errors
    /// The disk's; then nothing should be moved.
    pub fn materialize_links(&self, itself: bool) -> Result<()> {
        let storage = &self.parent.volume.storage;
        storage.root().map_or(Ok(()), |root| storage.uploads.materialize_links(&root, &self.below(), itself))
    }

    /// Tells the ledger that some of what was here is gone. The caller holds the lock.
    pub fn forget_missing(&self) {
        let storage = &self.parent.volume.storage;
        let done = storage.root().map_or(Ok(()), |root| forget_missing(storage, &root, &self.below(), NameLocks::Held));
        if let Err(error) = done {
            tracing::warn!(%error, "the ledger still knows files that are gone; they are compared with the disk when used");
        }
    }

    /// What is known of the file that is here, for [`EntryRef::forget_removed`]. The caller holds the lock.
    pub fn known(&self) -> KnownFile {
        self.parent.volume.storage.uploads.known_at(&self.below())
    }

    /// Tells the ledger that what was here was removed. `known`: of a file, from before. Names need no lock to be taken anew:
    /// what is known by now of another file stays.
    pub fn forget_removed(&self, kind: Kind, known: KnownFile) {
        let forgotten = match known {
            KnownFile::Row(row) if kind != Kind::Folder => self.parent.volume.storage.uploads.forget_row(*row),
            KnownFile::Nothing if kind != Kind::Folder => Ok(()),
            KnownFile::Row(_) | KnownFile::Nothing | KnownFile::Unreadable => return self.forget(),
        };
        if let Err(error) = forgotten {
            tracing::warn!(%error, "the ledger still knows a file that is gone; it is compared with the disk when used");
        }
    }

    /// Tells the ledger that what was here is gone or changed.
    pub fn forget(&self) {
        if let Err(error) = self.parent.volume.storage.uploads.forget(&self.below()) {
            tracing::warn!(%error, "the ledger still knows a file that is gone; it is compared with the disk when used");
        }
    }
}

/// The folder above and the name; the top of a volume has none that could be changed.
fn split(access: &Access, path: &VPath) -> Result<(VPath, FileName)> {
    let is_top = access.volume_path(path).is_none_or(|at| at.below.is_root());
    path.split_last().filter(|_| !is_top).ok_or_else(|| {
        EngineError::BadRequest("The top of a shared folder can only be changed in the server's settings.".into())
    })
}
