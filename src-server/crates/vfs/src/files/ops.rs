//! Changing the tree: make, move, copy, delete, edit. Rights are checked for every file and folder that is touched.
//!
//! Paths below a folder that belong to another volume (mounted there, or with its source there) are never moved or
//! deleted with it; a copy includes the files there that the account may read.
//!
//! | file | |
//! |---|---|
//! | `make.rs` | new folders, new empty texts |
//! | `delete.rs` | deleting: the checks |
//! | `discard.rs` | what is deleted goes into the trash |
//! | `remove.rs` | deleting for good |
//! | `relocate.rs` | moving and copying: checks and the final rename |
//! | `duplicate.rs` | copies of trees |
//! | `free_name.rs` | another name where one is taken |
//! | `followed.rs` | moves and copies that are followed, ended, and undone together |
//! | `restore.rs` | brings back what is in the trash |
//! | `text.rs` | saves of the text editor |
//! | `text_versions.rs` | the history of texts |
//! | `times.rs` | modification times |
//! | `entry_ref.rs` | a name in an opened folder, for every operation on names |

mod delete;
mod discard;
mod duplicate;
pub mod entry_ref;
mod followed;
mod free_name;
mod make;
mod mount_points;
mod new_files;
mod relocate;
mod remove;
pub mod restore;
pub mod text;
pub mod text_versions;
mod times;

pub use discard::{actor, discard};
pub use followed::ChangeSet;
pub(crate) use followed::remove_copy;
pub use free_name::IfExists;
pub use relocate::Relocation;
pub use remove::{Deleted, remove_tree};
/// Follows a copy.
pub use store::disk::CopyWatch;
pub use text::Saved;

use super::condition::Condition;
use crate::access::Access;
use crate::core::Core;
use crate::error::{Denial, EngineError, Result};
use crate::undo_log::Move;
use crate::volumes::resolve::refusal;
use crate::volumes::trash::entry_id::EntryId;
use bytes::Bytes;
use model::{Event, Operation, UnixMillis, VPath, Verdict};
use std::sync::Arc;

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
            return Err(EngineError::Denied(Denial::SwitchedOff("delete")));
        }
        let (access, path, condition) = (access.clone(), path.clone(), condition.clone());
        self.core.pool.try_run(move || delete::delete(&access, &path, &condition)).await
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
        self.move_undoable(access, relocation).await.map(drop)
    }

    /// [`FileOps::move_if`]; returns the identifier by which `files::trash::Trash::undo` undoes the move for ten minutes.
    ///
    /// # Errors
    /// Those of [`FileOps::move_if`].
    pub async fn move_undoable(&self, access: &Access, relocation: Relocation) -> Result<EntryId> {
        if access.snapshot().settings.behaviour.no_move {
            return Err(EngineError::Denied(Denial::SwitchedOff("move")));
        }
        let (core, access) = (self.core.clone(), access.clone());
        let (by, from) = (access.owner().clone(), relocation.from.clone());
        let moved = self
            .core
            .pool
            .try_run(move || relocate::move_to(&core, &access, &relocation, &CopyWatch::default()))
            .await?;
        Ok(self.core.undo_log.add(Move { by, from, to: moved.to, replaced: moved.replaced }))
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
            return Err(EngineError::Denied(Denial::SwitchedOff("copy")));
        }
        let (core, access) = (self.core.clone(), access.clone());
        let work = move || relocate::copy_to(&core, &access, &relocation, &CopyWatch::default()).map(drop);
        self.core.pool.try_run(work).await
    }

    /// Begins the changes of one request.
    pub fn begin_changes(&self, access: &Access) -> ChangeSet {
        ChangeSet::begin(self.core.clone(), access)
    }

    /// Sets the modification time of a file or folder. What is known about the content of a file stays.
    ///
    /// # Errors
    /// `Denied` (write and delete, as for replacing it), `NotFound`; `BadRequest` for the top of a volume, and for a
    /// symlink that is no duplicate of a file in the volume; `Busy`.
    pub async fn set_mtime(&self, access: &Access, path: &VPath, mtime: UnixMillis) -> Result<()> {
        let (access, path) = (access.clone(), path.clone());
        self.core.pool.try_run(move || times::set_mtime(&access, &path, mtime)).await
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
