//! Listings: the contents of a folder as one value, independent of how it is rendered.
//!
//! `children.rs` decides which entries an account sees. Listings, the side bar's tree and archives all use it, so that
//! no protocol shows more than another.

mod audit;
mod below;
pub mod children;
mod contents;
mod entries;
mod first_rows;
mod folder;
mod omitted;
pub mod order;
mod plain;
mod reach;
mod rows;
mod sidebar;
mod single;
mod space;
mod start_of;
mod tags;
mod texts;

pub use audit::LinkFinding;
pub use below::{Below, FOLDERS_BELOW_MAX, WALKS_AT_ONCE, WALKS_PER_ADDRESS};
pub use contents::{Entry, ListOptions, Listing, NamedText, SIZES_ONLY};
pub use first_rows::FirstRows;
pub use order::NameOrder;
pub use plain::{PlainEntry, PlainListing};
pub use reach::Reached;
pub use rows::{ROWS_AT_ONCE, ROWS_PER_ADDRESS, ROWS_UNCOUNTED, RowsReservation, rows_budget};
pub use sidebar::{ClosedFolder, TreeNode};
pub use single::Single;
pub use space::VolumeSpace;
/// The value of a tag.
pub use store::index::TagValue;
pub use tags::{EntryTags, TagColumn};

use crate::access::Access;
use crate::budget::Budget;
use crate::core::Core;
use crate::error::Result;
use crate::files::read::OpenedFolder;
use model::VPath;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The service for listings.
#[derive(Clone)]
pub struct Listings {
    core: Arc<Core>,
    walks: Budget,
}

impl Listings {
    /// Over the volumes and the pool of `core`.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core, walks: below::budget() }
    }

    /// Lists a folder.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `NotAFolder`, `Unavailable`; `TooManyAtOnce` if the listing is big and too many others are
    /// in memory.
    pub async fn list(&self, access: &Access, path: &VPath, options: ListOptions) -> Result<Listing> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || folder::list(&core, &access, &path, None, options)).await
    }

    /// Returns the first `most` rows of a large folder in the order of names, several times sooner than [`Listings::list`],
    /// without what an index knows of them. `None`: the folder is small.
    ///
    /// # Errors
    /// Those of [`Listings::list`].
    pub async fn first_rows(
        &self,
        access: &Access,
        path: &VPath,
        options: ListOptions,
        most: usize,
    ) -> Result<Option<FirstRows>> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || first_rows::read(&core, &access, &path, options, most)).await
    }

    /// [`Listings::list`] for a folder that [`Reader::open`](crate::files::read::Reader::open) has found at `path` with
    /// the same access. Does not look for the path again.
    ///
    /// # Errors
    /// Those of [`Listings::list`].
    pub async fn list_opened(
        &self,
        access: &Access,
        path: &VPath,
        opened: OpenedFolder,
        options: ListOptions,
    ) -> Result<Listing> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || folder::list(&core, &access, &path, Some(opened), options)).await
    }

    /// Returns the entries of a folder, without what pages need besides.
    ///
    /// # Errors
    /// Those of [`Listings::list`].
    pub async fn read_dir(&self, access: &Access, path: &VPath) -> Result<PlainListing> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || plain::read(&core, &access, &path, None)).await
    }

    /// [`Listings::read_dir`] for a folder that [`Reader::open`](crate::files::read::Reader::open) has found at `path` with
    /// the same access. Does not look for the path again.
    ///
    /// # Errors
    /// Those of [`Listings::list`].
    pub async fn read_dir_opened(&self, access: &Access, path: &VPath, opened: OpenedFolder) -> Result<PlainListing> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || plain::read(&core, &access, &path, Some(opened))).await
    }

    /// Returns the space of the volume that contains `path`, a folder or a file in one that the account may list or add
    /// to. `None`: the settings hide it, the platform does not tell it, or the path is in no volume.
    ///
    /// # Errors
    /// Those of [`Listings::list`]; `Internal` if the used space of a limited volume cannot be read.
    pub async fn space(&self, access: &Access, path: &VPath) -> Result<Option<VolumeSpace>> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || space::measure(&core, &access, &path)).await
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

    /// Lists the folder `top` and all folders below it, with those of other volumes, one after the other: the first is `top`
    /// itself, or its error. Folders below that cannot be listed are left out. Dropping the result ends the walk.
    ///
    /// # Errors
    /// `TooManyAtOnce`.
    pub fn below(&self, access: &Access, top: &VPath, options: ListOptions) -> Result<Below> {
        let reservation = self.walks.reserve_one(access.client().address)?;
        let (walk, below) = below::prepare(self.core.clone(), access.clone(), top.clone(), options, reservation);
        self.core.pool.spawn_streaming(walk);
        Ok(below)
    }

    /// Returns one file or folder as listings show it.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub async fn single(&self, access: &Access, path: &VPath, options: ListOptions) -> Result<Single> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || single::find_single(&core, &access, &path, options)).await
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
