//! Giving a name to something else so that it can be taken back: what has been refused has changed nothing, also where the
//! disk fails in the step after the rename.

use super::{Folder, OnExisting};
use crate::error::{ErrorKind, StoreError};
use model::FileName;
use std::io;

/// What had a name, which has a hidden name as well until what replaces it is durable. A crash leaves the hidden name to
/// the next start.
#[derive(Debug)]
pub enum ReplacedFile {
    /// Nothing had it.
    Nothing,
    /// It is kept under this name.
    Kept(FileName),
    /// Something had it that cannot have two names: a folder, or a file of a file system without hard links.
    NotKept,
}

impl Folder {
    /// Gives what has `name`, if anything has, the hidden name `aside` as well.
    ///
    /// # Errors
    /// `NoSpace`, `ReadOnly`; nothing has changed then.
    pub fn keep_replaced(&self, name: &FileName, aside: &FileName) -> Result<ReplacedFile, StoreError> {
        match self.hard_link(name, self, aside) {
            Ok(()) => Ok(ReplacedFile::Kept(aside.clone())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(ReplacedFile::Nothing),
            Err(error) if has_no_second_name(&error) => Ok(ReplacedFile::NotKept),
            Err(error) => Err(error),
        }
    }

    /// After `new` in this folder was given to what had `name` in `from`: puts everything back.
    ///
    /// # Errors
    /// Those of the disk. What had `new` before stays under its hidden name then, if it had one.
    pub fn undo_rename(
        &self,
        new: &FileName,
        replaced: ReplacedFile,
        from: &Folder,
        name: &FileName,
    ) -> Result<(), StoreError> {
        match replaced {
            ReplacedFile::Nothing => self.rename(new, from, name, OnExisting::Fail),
            ReplacedFile::Kept(aside) => {
                self.exchange(&aside, self, new)?;
                self.rename(&aside, from, name, OnExisting::Fail)
            }
            ReplacedFile::NotKept => Ok(()),
        }
    }

    /// After `new` was given to something that was made for it: that goes, and what had `new` before has it again.
    ///
    /// # Errors
    /// As [`Folder::undo_rename`].
    pub fn undo_create(&self, new: &FileName, replaced: ReplacedFile) -> Result<(), StoreError> {
        match replaced {
            ReplacedFile::Nothing => self.remove_file(new),
            ReplacedFile::Kept(aside) => {
                self.exchange(&aside, self, new)?;
                self.remove_file(&aside)
            }
            ReplacedFile::NotKept => {
                tracing::error!(name = %new.display(), "what was replaced had one name only and cannot come back");
                Ok(())
            }
        }
    }

    /// What replaced it is durable: its hidden name goes.
    pub fn discard_replaced(&self, replaced: ReplacedFile) {
        if let ReplacedFile::Kept(aside) = replaced
            && let Err(error) = self.remove_file(&aside)
        {
            tracing::warn!(%error, "what was replaced stays, unseen, until the next start");
        }
    }

    /// Renames as [`Folder::rename`] does and makes both names durable. `aside`: a hidden name for what has `new`.
    ///
    /// # Errors
    /// Those of [`Folder::rename`] and [`Folder::sync`]. Both names lead to what they led to before, except where what was
    /// replaced cannot have two names.
    pub fn rename_durably(
        &self,
        name: &FileName,
        to: &Folder,
        new: &FileName,
        on_existing: OnExisting,
        aside: &FileName,
    ) -> Result<(), StoreError> {
        self.rename_undoable(name, to, new, on_existing, aside).map(|replaced| to.discard_replaced(replaced))
    }

    /// The same as the first step of several: what had `new` is kept for [`Folder::undo_rename`] or [`Folder::discard_replaced`].
    ///
    /// # Errors
    /// Those of [`Folder::rename_durably`].
    pub fn rename_undoable(
        &self,
        name: &FileName,
        to: &Folder,
        new: &FileName,
        on_existing: OnExisting,
        aside: &FileName,
    ) -> Result<ReplacedFile, StoreError> {
        let replaced = match on_existing {
            OnExisting::Fail => ReplacedFile::Nothing,
            OnExisting::Replace => to.keep_replaced(new, aside)?,
        };
        if let Err(error) = self.rename(name, to, new, on_existing) {
            to.discard_replaced(replaced);
            return Err(error);
        }
        match self.sync_with(to) {
            Ok(()) => Ok(replaced),
            Err(error) => Err(undone(error, to.undo_rename(new, replaced, self, name))),
        }
    }

    /// Exchanges as [`Folder::exchange`] does and makes both names durable.
    ///
    /// # Errors
    /// Those of [`Folder::exchange`] and [`Folder::sync`]; both names lead to what they led to before.
    pub fn exchange_durably(&self, name: &FileName, to: &Folder, new: &FileName) -> Result<(), StoreError> {
        self.exchange(name, to, new)?;
        self.sync_with(to).map_err(|error| undone(error, self.exchange(name, to, new)))
    }

    /// Makes names in two folders durable, which may be one.
    fn sync_with(&self, other: &Folder) -> Result<(), StoreError> {
        other.sync()?;
        if self.meta()?.id() == other.meta()?.id() { Ok(()) } else { self.sync() }
    }
}

/// `error`, after an attempt to undo what it had followed.
fn undone(error: StoreError, undo: Result<(), StoreError>) -> StoreError {
    if let Err(failed) = undo {
        tracing::error!(error = %failed, "a change that failed halfway cannot be taken back");
    }
    error
}

/// What systems say about hard links that there cannot be: none on this file system (EPERM, EOPNOTSUPP), not for this
/// file (EPERM for folders and for files of others, EMLINK).
fn has_no_second_name(error: &StoreError) -> bool {
    error.kind() == ErrorKind::Denied
        || matches!(error.source.kind(), io::ErrorKind::Unsupported | io::ErrorKind::TooManyLinks)
}
