//! Listings: what a folder holds, as one value that every renderer draws.
//!
//! `children.rs` decides what somebody sees in a folder; listings, the side bar's tree and archives all ask it, so that
//! no door shows more than another.

mod audit;
pub(crate) mod children;
mod folder;
mod order;
mod sidebar;

pub use audit::LinkFinding;

use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use model::{Bytes, FileName, PermSet, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What to leave in or out.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions {
    /// Dotfiles too, if the person may see them.
    pub dotfiles: bool,
    /// Dotfiles whether or not the person may see them: whoever knows their names can fetch them. For previews.
    pub unlisted: bool,
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
    /// For a folder: whether the person has something to read in it, so that it may be had as an archive.
    pub archivable: bool,
    /// The key of a file, where names need keys and the person may learn them.
    pub key: Option<Box<str>>,
}

/// What a folder holds, sorted by name (folders and files apart, bytewise). Only what the person may see.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Which folder.
    pub path: VPath,
    /// `Allow`: all is shown. `Blind`: the person may add but not look; nothing is listed but volumes mounted inside.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeNode {
    /// Folders here that are not opened, sorted.
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
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.gate.attempt(move || folder::list(&core.secret, &access, &path, options)).await
    }

    /// Looks for links that leave the volume mounted at `mount`, as far as they matter to `people` (made under one
    /// snapshot). Ends by itself when the reader is dropped; `None`: no such volume, or none of them gets anything out
    /// of it. Nobody's rights are asked: this is for whoever runs the server.
    pub fn audit_links(&self, people: &[Access], mount: &VPath) -> Option<mpsc::Receiver<LinkFinding>> {
        let live = people.first()?.live();
        let volume = live.tree.volumes.iter().find(|volume| volume.config.mount == *mount)?;
        let concerned: Vec<Access> = people.iter().filter(|person| audit::concerns(person, volume)).cloned().collect();
        if concerned.is_empty() {
            return None;
        }
        let (walk, findings) = audit::prepare(concerned, volume.clone());
        self.core.gate.stream(walk);
        Some(findings)
    }

    /// The folders from `top` down to `path` (`?tree`); only `path`'s own children if `only_children`.
    ///
    /// # Errors
    /// `Denied`; folders that do not exist give an empty node.
    pub async fn tree(&self, access: &Access, top: &VPath, path: &VPath, only_children: bool) -> Result<TreeNode> {
        let (access, top, path) = (access.clone(), top.clone(), path.clone());
        self.core.gate.attempt(move || sidebar::tree(&access, &top, &path, only_children)).await
    }
}

#[cfg(test)]
mod tests;
