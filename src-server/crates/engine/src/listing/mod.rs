//! Listings: what a folder holds, as one value that every renderer draws.

use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use model::{Bytes, FileName, PermSet, UnixMillis, VPath, Verdict};
use std::sync::Arc;

/// What to leave in or out.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions {
    /// Dotfiles too, if the person may see them.
    pub dotfiles: bool,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name in the folder.
    pub name: FileName,
    /// Bytes; 0 for folders.
    pub size: u64,
    /// Modification time.
    pub modified: UnixMillis,
    /// For a volume in a folder without storage: the person's rights there.
    pub mount_rights: Option<PermSet>,
}

/// What a folder holds, sorted by name (folders and files apart). Only what the person may see.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Which folder.
    pub path: VPath,
    /// `Allow`: all is shown. `Blind`: the person may add but not look; both lists are empty.
    pub verdict: Verdict,
    /// The person's rights here.
    pub rights: PermSet,
    /// Folders.
    pub folders: Vec<Entry>,
    /// Files.
    pub files: Vec<Entry>,
    /// `.prologue.html` and `.epilogue.html`, at most 64 KiB each.
    pub prologue: Option<String>,
    /// See `prologue`.
    pub epilogue: Option<String>,
    /// The folder's readme (`README.md`, `readme.md`), at most 64 KiB.
    pub readme: Option<String>,
    /// Free and total bytes of the disk, unless hidden.
    pub space: Option<(Bytes, Bytes)>,
    /// Seconds after which uploads here delete themselves.
    pub lifetime_secs: Option<u64>,
    /// Whether uploads here get random names.
    pub random_names: bool,
}

/// A node of the side bar's tree.
#[derive(Clone, Debug, Default)]
pub struct TreeNode {
    /// Folders here that are not opened.
    pub closed: Vec<FileName>,
    /// The one on the way to the asked path, opened.
    pub open: Option<(FileName, Box<TreeNode>)>,
}

/// The service.
#[derive(Clone)]
pub struct Listings {
    pub(crate) core: Arc<Core>,
}

impl Listings {
    /// Lists a folder.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `NotAFolder`, `Unavailable`.
    pub async fn list(&self, access: &Access, path: &VPath, options: ListOptions) -> Result<Listing> {
        let _ = (&self.core, access, path, options);
        unimplemented!()
    }

    /// The folders from `top` down to `path` (`?tree`); only `path`'s own children if `only_children`.
    ///
    /// # Errors
    /// `Denied`; folders that do not exist give an empty node.
    pub async fn tree(&self, access: &Access, top: &VPath, path: &VPath, only_children: bool) -> Result<TreeNode> {
        let _ = (access, top, path, only_children);
        unimplemented!()
    }
}
