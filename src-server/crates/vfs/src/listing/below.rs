//! Lists a folder and everything below it, folder by folder.
//!
//! Memory holds two listings, the folders still to be visited, and the identity of each folder that was visited: cycles of
//! symlinks end, and a folder that two paths lead to is listed once.

use super::contents::{ListOptions, Listing};
use super::folder::{self, open_listed};
use crate::access::Access;
use crate::budget::{Budget, Reservation};
use crate::core::Core;
use crate::error::Result;
use crate::files::read::OpenedFolder;
use model::VPath;
use std::collections::HashSet;
use std::sync::Arc;
use store::disk::FileId;
use tokio::sync::mpsc;

/// Most folders that one walk visits.
pub const FOLDERS_BELOW_MAX: usize = 100_000;
/// Most walks at once.
pub const WALKS_AT_ONCE: usize = 16;
/// Most walks at once for one address.
pub const WALKS_PER_ADDRESS: usize = 4;
/// Listings that wait for the receiver.
const BUFFERED: usize = 1;

/// Returns the budget of walks of one engine.
pub(super) fn budget() -> Budget {
    Budget::new("folders with everything below them", WALKS_AT_ONCE, WALKS_PER_ADDRESS)
}

/// The folders of a walk.
pub struct Below {
    found: mpsc::Receiver<Result<Listing>>,
    _reservation: Reservation,
}

impl Below {
    /// Returns the next folder; `None`: there is none left.
    pub async fn next(&mut self) -> Option<Result<Listing>> {
        self.found.recv().await
    }
}

/// Prepares a walk. The returned closure blocks; run it on the pool.
pub(super) fn prepare(
    core: Arc<Core>,
    access: Access,
    top: VPath,
    options: ListOptions,
    reservation: Reservation,
) -> (impl FnOnce() + Send + 'static, Below) {
    let (sender, found) = mpsc::channel(BUFFERED);
    let walk = move || {
        let mut walk = Walk { core, access, options, visited: HashSet::new(), folders: 0 };
        let mut todo = vec![top];
        while let Some(path) = todo.pop() {
            let is_top = walk.folders == 0;
            let listing = match walk.list(&path) {
                Ok(Some(listing)) => listing,
                Ok(None) => continue,
                Err(error) if is_top => return drop(sender.blocking_send(Err(error))),
                Err(error) => {
                    tracing::debug!(%error, path = path.display(), "a folder is left out");
                    continue;
                }
            };
            let room = FOLDERS_BELOW_MAX.saturating_sub(walk.folders + todo.len());
            todo.extend(listing.folders.iter().take(room).rev().map(|entry| path.join(&entry.name)));
            if sender.blocking_send(Ok(listing)).is_err() {
                return;
            }
        }
    };
    (walk, Below { found, _reservation: reservation })
}

struct Walk {
    core: Arc<Core>,
    access: Access,
    options: ListOptions,
    visited: HashSet<FileId>,
    /// Folders that were entered.
    folders: usize,
}

impl Walk {
    /// Lists a folder; `None` if it was visited before.
    fn list(&mut self, path: &VPath) -> Result<Option<Listing>> {
        let (located, _) = open_listed(&self.access, path)?;
        self.folders += 1;
        let id = located.as_ref().and_then(|located| located.node.meta().ok()).map(|meta| meta.id());
        // Platforms without inode numbers have no identity to compare; there the number of folders ends a cycle.
        if let Some(id) = id.filter(|id| id.ino != 0)
            && !self.visited.insert(id)
        {
            return Ok(None);
        }
        folder::list(&self.core, &self.access, path, Some(OpenedFolder { located }), self.options).map(Some)
    }
}
