//! Listings: the contents of a folder as one value, independent of how it is rendered.
//!
//! `children.rs` decides which entries an account sees. Listings, the side bar's tree and archives all use it, so that
//! no protocol shows more than another.

mod audit;
pub mod children;
mod folder;
pub mod order;
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

/// Most rows of big listings in memory at once, until they are sent; about 100 bytes each.
pub const ROWS_AT_ONCE: usize = 4 << 20;
/// Most rows of big listings in memory for one address.
pub const ROWS_PER_ADDRESS: usize = 2 << 20;
/// Listings of fewer rows are not counted. Others are counted in steps of this size.
pub const ROWS_UNCOUNTED: usize = 4 << 10;

/// Returns the budget of rows that all big listings of one engine share.
pub fn rows_budget() -> Budget {
    Budget::new("large listings", ROWS_AT_ONCE, ROWS_PER_ADDRESS)
}

/// Rows of a listing held in memory, counted against the budget. Drop it after the rows.
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

/// Which entries to include.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions {
    /// Dotfiles too, if the account may see them.
    pub dotfiles: bool,
    /// Dotfiles even if the account may not see them: clients that know their names can fetch them. For previews.
    pub unlisted: bool,
}

/// One entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: FileName,
    /// Size in bytes; 0 for folders.
    pub size: u64,
    /// Modification time.
    pub modified: UnixMillis,
    /// For a volume in a virtual folder: the account's rights there.
    pub mount_rights: Option<PermSet>,
    /// For a folder: whether it contains anything that the account may archive.
    pub archivable: bool,
    /// The key of a file, where files need keys and the account may learn them.
    pub key: Option<Box<str>>,
}

/// The visible contents of a folder, folders and files each sorted by name in the order of the volume.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Path of the folder.
    pub path: VPath,
    /// `Allow`: everything is listed. `ContentsHidden`: the account may upload but not list; only volumes mounted below
    /// are listed.
    pub verdict: Verdict,
    /// The account's rights here.
    pub rights: PermSet,
    /// The order of names in this listing.
    pub order: NameOrder,
    /// Folders.
    pub folders: Vec<Entry>,
    /// Files.
    pub files: Vec<Entry>,
    /// `.prologue.html` and `.epilogue.html`, at most 64 KiB each.
    pub prologue: Option<String>,
    /// The epilogue; see `prologue`.
    pub epilogue: Option<String>,
    /// The folder's readme (`README.md`, `readme.md`), at most 64 KiB.
    pub readme: Option<String>,
    /// Free and total bytes of the disk, unless the settings hide them.
    pub space: Option<(Bytes, Bytes)>,
    /// Seconds after which uploads here are deleted.
    pub lifetime_secs: Option<u64>,
    /// Whether uploads here get random names.
    pub random_names: bool,
    /// Counts the rows against the budget; keep it as long as the rows.
    pub reservation: Option<RowsReservation>,
}

/// A node of the side bar's folder tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// The order of the names.
    pub order: NameOrder,
    /// Collapsed subfolders, sorted.
    pub closed: Vec<FileName>,
    /// The expanded subfolder, on the way to the requested path.
    pub open: Option<(FileName, Box<TreeNode>)>,
}

/// The service for listings.
#[derive(Clone)]
pub struct Listings {
    core: Arc<Core>,
}

impl Listings {
    /// Over the volumes and the pool of `core`.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Lists a folder.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `NotAFolder`, `Unavailable`; `TooManyAtOnce` if the listing is big and too many others are
    /// in memory.
    pub async fn list(&self, access: &Access, path: &VPath, options: ListOptions) -> Result<Listing> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || folder::list(&core, &access, &path, options)).await
    }

    /// Finds symlinks that leave the volume mounted at `mount`, as far as they matter to `people` (accesses under one
    /// snapshot). Dropping the receiver ends the audit. `None`: there is no such volume, or none of `people` can read
    /// anything from it. Checks no rights of the caller, which must be an administrator.
    pub fn audit_links(&self, people: &[Access], mount: &VPath) -> Option<mpsc::Receiver<LinkFinding>> {
        let snapshot = people.first()?.snapshot();
        let volume = snapshot.tree.volumes.iter().find(|volume| volume.config.mount == *mount)?;
        let concerned: Vec<Access> =
            people.iter().filter(|person| audit::can_read_from(person, volume)).cloned().collect();
        if concerned.is_empty() {
            return None;
        }
        let (walk, findings) = audit::prepare(concerned, volume.clone());
        self.core.pool.spawn_streaming(walk);
        Some(findings)
    }

    /// Walks all visible entries of the folder `top`, depth first, without other volumes mounted below. Dropping the
    /// receiver ends the walk.
    pub fn reach(&self, access: &Access, top: &VPath) -> mpsc::Receiver<Reached> {
        let (walk, found) = reach::prepare(access.clone(), top.clone());
        self.core.pool.spawn_streaming(walk);
        found
    }

    /// Returns the folders from `top` down to `path` (`?tree`); only the children of `path` if `only_children`.
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
