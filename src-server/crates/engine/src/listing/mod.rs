//! Listings: what a folder holds, as one value that every renderer draws.
//!
//! `children.rs` decides what somebody sees in a folder; listings, the side bar's tree and archives all ask it, so that
//! no door shows more than another.

mod audit;
pub(crate) mod children;
mod folder;
pub(crate) mod order;
mod reach;
mod sidebar;

pub use audit::LinkFinding;
pub use order::NameOrder;
pub use reach::Reached;

use crate::access::Access;
use crate::budget::{Budget, Reservation};
use crate::core::Core;
use crate::error::Result;
use model::{Bytes, FileName, PermSet, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Rows of big listings that are held at once, until they are sent; about 100 bytes each.
pub const ROWS_AT_ONCE: usize = 4 << 20;
/// The same for one address.
pub const ROWS_PER_ADDRESS: usize = 2 << 20;
/// A listing of fewer rows is not counted. The others are counted in steps of so many.
pub const ROWS_UNCOUNTED: usize = 4 << 10;

pub(crate) fn rows_budget() -> Budget {
    Budget::new("large listings", ROWS_AT_ONCE, ROWS_PER_ADDRESS)
}

/// The place that a big listing's rows take in memory. To be dropped after them.
#[derive(Clone)]
pub struct RowsReservation(#[expect(dead_code, reason = "gives the rows back when it is dropped")] Arc<Reservation>);

impl RowsReservation {
    fn new(reservation: Reservation) -> Self {
        Self(Arc::new(reservation))
    }
}

impl std::fmt::Debug for RowsReservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowsShare")
    }
}

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

/// What a folder holds, sorted by name in the order of its volume (folders and files apart). Only what the person may see.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Which folder.
    pub path: VPath,
    /// `Allow`: all is shown. `Blind`: the person may add but not look; nothing is listed but volumes mounted inside.
    pub verdict: Verdict,
    /// The person's rights here.
    pub rights: PermSet,
    /// The order of names in this listing.
    pub order: NameOrder,
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
    /// What its rows take of what all listings may hold; to be kept as long as them.
    pub reservation: Option<RowsReservation>,
}

/// A node of the side bar's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// The order of the names.
    pub order: NameOrder,
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
    /// `NotFound`, `Denied`, `NotAFolder`, `Unavailable`; `TooManyAtOnce`: it is big, and others are under way.
    pub async fn list(&self, access: &Access, path: &VPath, options: ListOptions) -> Result<Listing> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || folder::list(&core, &access, &path, options)).await
    }

    /// Looks for links that leave the volume mounted at `mount`, as far as they matter to `people` (made under one
    /// snapshot). Ends by itself when the reader is dropped; `None`: no such volume, or none of them gets anything out
    /// of it. Nobody's rights are asked: this is for whoever runs the server.
    pub fn audit_links(&self, people: &[Access], mount: &VPath) -> Option<mpsc::Receiver<LinkFinding>> {
        let snapshot = people.first()?.snapshot();
        let volume = snapshot.tree.volumes.iter().find(|volume| volume.config.mount == *mount)?;
        let concerned: Vec<Access> = people.iter().filter(|person| audit::concerns(person, volume)).cloned().collect();
        if concerned.is_empty() {
            return None;
        }
        let (walk, findings) = audit::prepare(concerned, volume.clone());
        self.core.pool.spawn_streaming(walk);
        Some(findings)
    }

    /// Everything that the person can find in the folder `top` and below, depth first, without other volumes that are
    /// mounted below. Ends by itself when the reader is dropped.
    pub fn reach(&self, access: &Access, top: &VPath) -> mpsc::Receiver<Reached> {
        let (walk, found) = reach::prepare(access.clone(), top.clone());
        self.core.pool.spawn_streaming(walk);
        found
    }

    /// The folders from `top` down to `path` (`?tree`); only `path`'s own children if `only_children`.
    ///
    /// # Errors
    /// `Denied`; folders that do not exist give an empty node.
    pub async fn tree(&self, access: &Access, top: &VPath, path: &VPath, only_children: bool) -> Result<TreeNode> {
        let (access, top, path) = (access.clone(), top.clone(), path.clone());
        self.core.pool.try_run(move || sidebar::tree(&access, &top, &path, only_children)).await
    }
}

#[cfg(test)]
mod tests;
