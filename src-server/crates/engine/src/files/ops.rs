//! Changing the tree: make, move, copy, delete, edit. Rights are asked for every element that is touched.

use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use bytes::Bytes;
use model::VPath;
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
    /// `Denied` (write), `Exists`, `NotAFolder`.
    pub async fn make_folder(&self, access: &Access, folder: &VPath, name: &[u8]) -> Result<VPath> {
        let _ = (&self.core, access, folder, name);
        unimplemented!()
    }
    /// Makes an empty text file.
    ///
    /// # Errors
    /// `Denied`, `Exists`, `BadRequest` for an extension that may not be edited.
    pub async fn new_text(&self, access: &Access, folder: &VPath, name: &[u8]) -> Result<VPath> {
        let _ = (access, folder, name);
        unimplemented!()
    }
    /// Replaces a text if nobody changed it since `lastmod_ms` (`None`: whatever happened), keeping the old version.
    ///
    /// # Errors
    /// `Denied`, `Changed`, `BadRequest`.
    pub async fn save_text(
        &self,
        access: &Access,
        path: &VPath,
        lastmod_ms: Option<i64>,
        text: Bytes,
    ) -> Result<Saved> {
        let _ = (access, path, lastmod_ms, text);
        unimplemented!()
    }
    /// Deletes a file, or a folder with all that the person may delete. Mount points below stay.
    ///
    /// # Errors
    /// `Denied` (delete), `NotFound`.
    pub async fn delete(&self, access: &Access, path: &VPath) -> Result<Deleted> {
        let _ = (access, path);
        unimplemented!()
    }
    /// Moves or renames. Missing folders above `to` are made.
    ///
    /// # Errors
    /// `Denied` (move at the source, write at the target), `Exists`, `IntoItself`, `NotFound`.
    pub async fn move_to(&self, access: &Access, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<()> {
        let _ = (access, from, to, if_exists);
        unimplemented!()
    }
    /// Copies a file, or a folder with all that the person may read.
    ///
    /// # Errors
    /// `Denied` (read at the source, write at the target), `Exists`, `IntoItself`, `NotFound`.
    pub async fn copy_to(&self, access: &Access, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<()> {
        let _ = (access, from, to, if_exists);
        unimplemented!()
    }
}
