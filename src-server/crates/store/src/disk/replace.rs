//! Renames that can be undone: a refused change leaves no trace, even if the disk fails in the step after the rename.

use super::{Folder, OnExisting};
use crate::error::{ErrorKind, StoreError};
use model::FileName;
use std::io;

/// The entry that a rename replaces. It keeps a hidden second name until its successor is durable. After a crash the
/// next start handles the hidden name.
#[derive(Debug)]
pub enum ReplacedFile {
    /// The name was free.
    Nothing,
    /// It has this hidden name.
    Kept(FileName),
    /// It could not be kept, because it cannot have two names: a folder, or a file system without hard links.
    NotKept,
}

impl Folder {
    /// Links the entry `name`, if it exists, to the hidden name `hidden` as well.
    ///
    /// # Errors
    /// `NoSpace`, `ReadOnly`; nothing was changed then.
    pub fn keep_replaced(&self, name: &FileName, hidden: &FileName) -> Result<ReplacedFile, StoreError> {
        match self.hard_link(name, self, hidden) {
            Ok(()) => Ok(ReplacedFile::Kept(hidden.clone())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(ReplacedFile::Nothing),
            Err(error) if cannot_be_linked(&error) => Ok(ReplacedFile::NotKept),
            Err(error) => Err(error),
        }
    }

    /// Undoes a rename of `from`/`name` to `new` in this folder, and restores the replaced entry.
    ///
    /// # Errors
    /// I/O errors. The replaced entry keeps its hidden name then, if it has one.
    pub fn undo_rename(
        &self,
        new: &FileName,
        replaced: ReplacedFile,
        from: &Folder,
        name: &FileName,
    ) -> Result<(), StoreError> {
        match replaced {
            ReplacedFile::Nothing => self.rename(new, from, name, OnExisting::Fail),
            ReplacedFile::Kept(hidden) => {
                self.exchange(&hidden, self, new)?;
                self.rename(&hidden, from, name, OnExisting::Fail)
            }
            ReplacedFile::NotKept => Ok(()),
        }
    }

    /// Undoes the creation of `new` in this folder: removes it and restores the replaced entry.
    ///
    /// # Errors
    /// As [`Folder::undo_rename`].
    pub fn undo_create(&self, new: &FileName, replaced: ReplacedFile) -> Result<(), StoreError> {
        match replaced {
            ReplacedFile::Nothing => self.remove_file(new),
            ReplacedFile::Kept(hidden) => {
                self.exchange(&hidden, self, new)?;
                self.remove_file(&hidden)
            }
            ReplacedFile::NotKept => {
                tracing::error!(name = %new.display(), "the replaced entry was not kept and cannot be restored");
                Ok(())
            }
        }
    }

    /// Removes the replaced entry, once its successor is durable.
    pub fn discard_replaced(&self, replaced: ReplacedFile) {
        if let ReplacedFile::Kept(hidden) = replaced
            && let Err(error) = self.remove_file(&hidden)
        {
            tracing::warn!(%error, "cannot remove a replaced file; it stays hidden until the next start");
        }
    }

    /// Renames like [`Folder::rename`] and makes both names durable. `hidden`: a free hidden name for the replaced
    /// entry.
    ///
    /// # Errors
    /// As [`Folder::rename`] and [`Folder::sync`]. The rename is undone then, unless the replaced entry could not be
    /// kept.
    pub fn rename_durably(
        &self,
        name: &FileName,
        to: &Folder,
        new: &FileName,
        on_existing: OnExisting,
        hidden: &FileName,
    ) -> Result<(), StoreError> {
        self.rename_undoable(name, to, new, on_existing, hidden).map(|replaced| to.discard_replaced(replaced))
    }

    /// Like [`Folder::rename_durably`], but keeps the replaced entry for [`Folder::undo_rename`] or
    /// [`Folder::discard_replaced`]: the first step of a larger change.
    ///
    /// # Errors
    /// As [`Folder::rename_durably`].
    pub fn rename_undoable(
        &self,
        name: &FileName,
        to: &Folder,
        new: &FileName,
        on_existing: OnExisting,
        hidden: &FileName,
    ) -> Result<ReplacedFile, StoreError> {
        let replaced = match on_existing {
            OnExisting::Fail => ReplacedFile::Nothing,
            OnExisting::Replace => to.keep_replaced(new, hidden)?,
        };
        if let Err(error) = self.rename(name, to, new, on_existing) {
            to.discard_replaced(replaced);
            return Err(error);
        }
        match self.sync_with(to) {
            Ok(()) => Ok(replaced),
            Err(error) => Err(after_undo(error, to.undo_rename(new, replaced, self, name))),
        }
    }

    /// Exchanges like [`Folder::exchange`] and makes both names durable.
    ///
    /// # Errors
    /// As [`Folder::exchange`] and [`Folder::sync`]; the exchange is undone then.
    pub fn exchange_durably(&self, name: &FileName, to: &Folder, new: &FileName) -> Result<(), StoreError> {
        self.exchange(name, to, new)?;
        self.sync_with(to).map_err(|error| after_undo(error, self.exchange(name, to, new)))
    }

    /// Makes the names in two folders durable, which may be the same folder.
    fn sync_with(&self, other: &Folder) -> Result<(), StoreError> {
        other.sync()?;
        if self.meta()?.id() == other.meta()?.id() { Ok(()) } else { self.sync() }
    }
}

/// Returns `error` after logging whether undoing its change has failed.
fn after_undo(error: StoreError, undo: Result<(), StoreError>) -> StoreError {
    if let Err(failed) = undo {
        tracing::error!(error = %failed, "cannot undo a rename that failed halfway");
    }
    error
}

/// Whether a hard link failed because the file system has none (EPERM, EOPNOTSUPP) or the file cannot have another
/// (EPERM for folders and other users' files, EMLINK).
fn cannot_be_linked(error: &StoreError) -> bool {
    error.kind() == ErrorKind::Denied
        || matches!(error.source.kind(), io::ErrorKind::Unsupported | io::ErrorKind::TooManyLinks)
}
