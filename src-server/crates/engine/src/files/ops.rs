//! Changing the tree: make, move, copy, delete, edit. Rights are asked for every element that is touched.
//!
//! What hangs below a folder but belongs to another volume (mounted there, or with its source there) is never moved or
//! deleted with it; copies take of it what the person may read.
//!
//! | file | |
//! |---|---|
//! | `make.rs` | folders, empty texts |
//! | `remove.rs` | deleting |
//! | `relocate.rs` | moving and copying: what both ask first |
//! | `duplicate.rs` | copies of trees |
//! | `text.rs` | the editor's saves and earlier versions |
//! | `entry.rs` | a name in an opened folder, for everything that works on names |

mod duplicate;
pub(crate) mod entry_ref;
mod make;
mod relocate;
mod remove;
mod text;

pub(crate) use remove::remove_tree;

use super::condition::Condition;
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::volumes::resolve::refusal;
use bytes::Bytes;
use model::{Event, Operation, VPath, Verdict};
use std::sync::Arc;

/// What [`FileOps::delete`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Files gone.
    pub files: u64,
    /// Folders gone.
    pub folders: u64,
    /// Folders that were asked for, whether or not they went.
    pub folders_seen: u64,
}

/// What happens if the target exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// `Exists`.
    Refuse,
    /// Replace it, where the account may delete.
    Replace,
}

/// What shall be moved or copied.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// What.
    pub from: VPath,
    /// Its new name, or that of the copy.
    pub to: VPath,
    /// What happens if something has that name.
    pub if_exists: IfExists,
    /// What must hold for what is at `from`.
    pub condition: Condition,
}

impl Relocation {
    fn without_condition(from: &VPath, to: &VPath, if_exists: IfExists) -> Self {
        Self { from: from.clone(), to: to.clone(), if_exists, condition: Condition::default() }
    }
}

/// What [`FileOps::save_text`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The file's mtime now, milliseconds.
    pub lastmod_ms: i64,
    /// Bytes.
    pub size: u64,
    /// SHA-512 of the text.
    pub sha512: [u8; 64],
}

/// The service.
#[derive(Clone)]
pub struct FileOps {
    pub(crate) core: Arc<Core>,
}

impl FileOps {
    /// Makes a folder, with those above it that are missing. `name` may hold slashes; it is resolved below `folder`
    /// and never above the root.
    ///
    /// # Errors
    /// `Denied` (write), `Exists`, `NotAFolder`; `BadRequest` for names that belong to the server.
    pub async fn make_folder(&self, access: &Access, folder: &VPath, name: &[u8]) -> Result<VPath> {
        let path = below(folder, name)?;
        let access = access.clone();
        self.core.pool.try_run(move || make::folder(&access, path)).await
    }

    /// Makes an empty text file.
    ///
    /// # Errors
    /// `Denied`, `Exists`, `BadRequest` for an extension that may not be edited.
    pub async fn new_text(&self, access: &Access, folder: &VPath, name: &[u8]) -> Result<VPath> {
        let path = below(folder, name)?;
        let (core, access) = (self.core.clone(), access.clone());
        self.core.pool.try_run(move || make::text(&core, &access, path)).await
    }

    /// Replaces a text if nobody changed it since `lastmod_ms` (`None`: whatever happened), keeping the old version.
    /// With `None` a missing file is made.
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

    /// Whether the asker may save a text at `path`, to be asked before the text is received. Never waits; saving asks again.
    ///
    /// # Errors
    /// `Denied`.
    pub fn check_may_save(&self, access: &Access, path: &VPath) -> Result<()> {
        match access.verdict(path, Operation::SaveText) {
            Verdict::Allow => Ok(()),
            _ => Err(refusal(access, path, Operation::SaveText)),
        }
    }

    /// Deletes a file, or a folder with everything in it; a volume's top folder is emptied. What belongs to other
    /// volumes stays, with the folders above it.
    ///
    /// # Errors
    /// `Denied` (delete), `NotFound`, `SwitchedOff`. What could be deleted before a failure is gone.
    pub async fn delete(&self, access: &Access, path: &VPath) -> Result<Deleted> {
        self.delete_if(access, path, &Condition::default()).await
    }

    /// [`FileOps::delete`], if `condition` holds for what is at `path`.
    ///
    /// # Errors
    /// The same; `ConditionFailed`.
    pub async fn delete_if(&self, access: &Access, path: &VPath, condition: &Condition) -> Result<Deleted> {
        if access.snapshot().settings.behaviour.no_delete {
            return Err(EngineError::SwitchedOff("delete"));
        }
        let (access, path, condition) = (access.clone(), path.clone(), condition.clone());
        self.core.pool.try_run(move || remove::delete(&access, &path, &condition)).await
    }

    /// Moves or renames. Missing folders above `to` are made.
    ///
    /// # Errors
    /// `Denied` (move at the source, write at the target; delete there to replace), `Exists`, `IntoItself`,
    /// `NotFound`, `SwitchedOff`; `BadRequest` for a folder that holds other volumes.
    pub async fn move_to(&self, access: &Access, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<()> {
        self.move_if(access, Relocation::without_condition(from, to, if_exists)).await
    }

    /// [`FileOps::move_to`], if its condition holds.
    ///
    /// # Errors
    /// The same; `ConditionFailed`.
    pub async fn move_if(&self, access: &Access, relocation: Relocation) -> Result<()> {
        if access.snapshot().settings.behaviour.no_move {
            return Err(EngineError::SwitchedOff("move"));
        }
        let (core, access) = (self.core.clone(), access.clone());
        self.core.pool.try_run(move || relocate::move_to(&core, &access, &relocation)).await
    }

    /// Copies a file, or a folder with all that the person may read.
    ///
    /// # Errors
    /// `Denied` (read at the source, write at the target; delete there to replace), `Exists`, `IntoItself`,
    /// `NotFound`, `SwitchedOff`.
    pub async fn copy_to(&self, access: &Access, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<()> {
        self.copy_if(access, Relocation::without_condition(from, to, if_exists)).await
    }

    /// [`FileOps::copy_to`], if its condition holds.
    ///
    /// # Errors
    /// The same; `ConditionFailed`.
    pub async fn copy_if(&self, access: &Access, relocation: Relocation) -> Result<()> {
        if access.snapshot().settings.behaviour.no_copy {
            return Err(EngineError::SwitchedOff("copy"));
        }
        let (core, access) = (self.core.clone(), access.clone());
        self.core.pool.try_run(move || relocate::copy_to(&core, &access, &relocation)).await
    }

    /// Passes a message on to whoever watches the server.
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

/// `name`, which may hold slashes and dot segments, below `folder`; never above the root.
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
