//! Changing the tree: make, move, copy, delete, edit. Rights are checked for every file and folder that is touched.
//!
//! Paths below a folder that belong to another volume (mounted there, or with its source there) are never moved or
//! deleted with it; a copy includes the files there that the account may read.
//!
//! | file | |
//! |---|---|
//! | `make.rs` | new folders, new empty texts |
//! | `remove.rs` | deleting |
//! | `relocate.rs` | moving and copying: checks and the final rename |
//! | `duplicate.rs` | copies of trees |
//! | `text.rs` | saves of the text editor and earlier versions |
//! | `entry_ref.rs` | a name in an opened folder, for every operation on names |

mod duplicate;
pub mod entry_ref;
mod make;
mod new_files;
mod relocate;
mod remove;
mod text;

pub use remove::remove_tree;

use super::condition::Condition;
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::volumes::resolve::refusal;
use bytes::Bytes;
use model::{Event, Operation, VPath, Verdict};
use std::sync::Arc;

/// Result of [`FileOps::delete`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Files deleted.
    pub files: u64,
    /// Folders deleted.
    pub folders: u64,
    /// Folders visited, whether or not they could be deleted.
    pub folders_seen: u64,
}

/// What happens if the target exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// Fails with `Exists`.
    Refuse,
    /// Replaces the target, where the account may delete.
    Replace,
}

/// A move or copy.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// The source path.
    pub from: VPath,
    /// The new path of the source, or the path of the copy.
    pub to: VPath,
    /// What happens if something exists at `to`.
    pub if_exists: IfExists,
    /// Precondition on the source.
    pub condition: Condition,
}

impl Relocation {
    fn without_condition(from: &VPath, to: &VPath, if_exists: IfExists) -> Self {
        Self { from: from.clone(), to: to.clone(), if_exists, condition: Condition::default() }
    }
}

/// Result of [`FileOps::save_text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The new mtime, milliseconds since 1970.
    pub lastmod_ms: i64,
    /// Bytes.
    pub size: u64,
    /// SHA-512 of the text.
    pub sha512: [u8; 64],
}

/// The service for changes of the tree.
#[derive(Clone)]
pub struct FileOps {
    core: Arc<Core>,
}

impl FileOps {
    /// Over the volumes and the pool of `core`.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Creates a folder and its missing parents. `name` may contain slashes; it is resolved below `folder` and never
    /// above the root.
    ///
    /// # Errors
    /// `Denied` (write), `Exists`, `NotAFolder`; `BadRequest` for names reserved for the server.
    pub async fn make_folder(&self, access: &Access, folder: &VPath, name: &[u8]) -> Result<VPath> {
        let path = below(folder, name)?;
        let access = access.clone();
        self.core.pool.try_run(move || make::folder(&access, path)).await
    }

    /// Creates an empty text file.
    ///
    /// # Errors
    /// `Denied`, `Exists`, `BadRequest` for an extension that may not be edited.
    pub async fn new_text(&self, access: &Access, folder: &VPath, name: &[u8]) -> Result<VPath> {
        let path = below(folder, name)?;
        let (core, access) = (self.core.clone(), access.clone());
        self.core.pool.try_run(move || make::text(&core, &access, path)).await
    }

    /// Replaces a text unless it was changed after `lastmod_ms` (`None`: unconditionally), and keeps the old version.
    /// With `None` a missing file is created.
    ///
    /// # Errors
    /// `Denied`, `Changed`, `NotFound`, `BadRequest` for an extension that may not be edited.
    pub async fn save_text(
        &self,
        access: &Access,
        path: &VPath,
        lastmod_ms: Option<i64>,
        text: Bytes,
    ) -> Result<Saved> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || text::save(&core, &access, &path, lastmod_ms, &text)).await
    }

    /// Checks whether the account may save a text at `path`, before the text is received. Never blocks; saving checks
    /// again.
    ///
    /// # Errors
    /// `Denied`.
    pub fn check_may_save(&self, access: &Access, path: &VPath) -> Result<()> {
        match access.verdict(path, Operation::SaveText) {
            Verdict::Allow => Ok(()),
            _ => Err(refusal(access, path, Operation::SaveText)),
        }
    }

    /// Deletes a file, or a folder with its contents; a volume's top folder is only emptied. Files of other volumes
    /// stay, with the folders above them.
    ///
    /// # Errors
    /// `Denied` (delete), `NotFound`, `SwitchedOff`. Files deleted before a failure stay deleted.
    pub async fn delete(&self, access: &Access, path: &VPath) -> Result<Deleted> {
        self.delete_if(access, path, &Condition::default()).await
    }

    /// [`FileOps::delete`] with a precondition on `path`.
    ///
    /// # Errors
    /// Those of [`FileOps::delete`]; `ConditionFailed`.
    pub async fn delete_if(&self, access: &Access, path: &VPath, condition: &Condition) -> Result<Deleted> {
        if access.snapshot().settings.behaviour.no_delete {
            return Err(EngineError::SwitchedOff("delete"));
        }
        let (access, path, condition) = (access.clone(), path.clone(), condition.clone());
        self.core.pool.try_run(move || remove::delete(&access, &path, &condition)).await
    }

    /// Moves or renames a file or folder. Missing parents of `to` are created.
    ///
    /// # Errors
    /// `Denied` (move at the source, write at the target; delete there to replace), `Exists`, `IntoItself`, `NotFound`,
    /// `SwitchedOff`; `BadRequest` for a folder that contains other volumes.
    pub async fn move_to(&self, access: &Access, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<()> {
        self.move_if(access, Relocation::without_condition(from, to, if_exists)).await
    }

    /// [`FileOps::move_to`] with a precondition.
    ///
    /// # Errors
    /// Those of [`FileOps::move_to`]; `ConditionFailed`.
    pub async fn move_if(&self, access: &Access, relocation: Relocation) -> Result<()> {
        if access.snapshot().settings.behaviour.no_move {
            return Err(EngineError::SwitchedOff("move"));
        }
        let (core, access) = (self.core.clone(), access.clone());
        self.core.pool.try_run(move || relocate::move_to(&core, &access, &relocation)).await
    }

    /// Copies a file, or a folder with everything in it that the account may read.
    ///
    /// # Errors
    /// `Denied` (read at the source, write at the target; delete there to replace), `Exists`, `IntoItself`, `NotFound`,
    /// `SwitchedOff`.
    pub async fn copy_to(&self, access: &Access, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<()> {
        self.copy_if(access, Relocation::without_condition(from, to, if_exists)).await
    }

    /// [`FileOps::copy_to`] with a precondition.
    ///
    /// # Errors
    /// Those of [`FileOps::copy_to`]; `ConditionFailed`.
    pub async fn copy_if(&self, access: &Access, relocation: Relocation) -> Result<()> {
        if access.snapshot().settings.behaviour.no_copy {
            return Err(EngineError::SwitchedOff("copy"));
        }
        let (core, access) = (self.core.clone(), access.clone());
        self.core.pool.try_run(move || relocate::copy_to(&core, &access, &relocation)).await
    }

    /// Passes a message from a visitor to the log and to event subscribers.
    ///
    /// # Errors
    /// `Denied` (read or write).
    pub fn leave_message(&self, access: &Access, folder: &VPath, text: &str) -> Result<()> {
        if access.verdict(folder, Operation::Message) != Verdict::Allow {
            return Err(EngineError::denied(folder, "read"));
        }
        let (account, address) = (access.account().clone(), access.client().address.to_string());
        tracing::info!(folder = folder.display(), account = account.as_str(), address, "message: {text:?}");
        self.core.events.emit(Event::Message { text: text.into(), account, address });
        Ok(())
    }
}

/// Resolves `name`, which may contain slashes and dot segments, below `folder`; never above the root.
fn below(folder: &VPath, name: &[u8]) -> Result<VPath> {
    if name.iter().all(|&byte| byte == b'/') {
        return Err(model::PathError::NotAName.into());
    }
    let mut whole = folder.as_bytes().to_vec();
    whole.push(b'/');
    whole.extend_from_slice(name);
    Ok(VPath::parse(&whole)?)
}

#[cfg(test)]
mod tests;
