//! Locks that clients take, prolong and release (WebDAV's LOCK and UNLOCK). What they forbid is decided by the table of
//! the volume ([`lock_table`](crate::volumes::lock_table)), which every change asks, whichever protocol it comes by.

use super::name_in_volume::NameInVolume;
use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use crate::volumes::lock_table::{ClientLock, LockDepth, LockMode, LockRequest, LockToken};
use crate::volumes::resolve::{self, Resolved};
use model::{FileName, Operation, VPath};
use std::sync::Arc;
use std::time::Duration;

/// What a client wants to lock, apart from the path.
#[derive(Clone, Debug)]
pub struct WantedLock {
    /// What it covers.
    pub depth: LockDepth,
    /// Exclusive or shared.
    pub mode: LockMode,
    /// Text of the client about itself, at most [`NOTE_MAX`](crate::volumes::lock_table::NOTE_MAX) bytes.
    pub note: String,
    /// When it ends unless it is prolonged.
    pub time: Duration,
}

/// A lock, as an account sees it.
#[derive(Clone, Debug)]
pub struct VisibleLock {
    /// The lock.
    pub lock: ClientLock,
    /// The path in the tree of volumes that was locked.
    pub path: VPath,
    /// Whether the client that asks has taken it. Others must not learn the token.
    pub is_own: bool,
}

/// The locks that cover what is in one folder.
#[derive(Clone, Debug, Default)]
pub struct LocksInFolder(Vec<(Option<FileName>, VisibleLock)>);

impl LocksInFolder {
    /// Returns the locks that cover the entry `name`.
    pub fn of<'a>(&'a self, name: &'a FileName) -> impl Iterator<Item = &'a VisibleLock> {
        self.0.iter().filter(move |(only, _)| only.as_ref().is_none_or(|only| only == name)).map(|(_, lock)| lock)
    }
}

/// The service for locks of clients.
#[derive(Clone)]
pub struct ClientLocks {
    core: Arc<Core>,
}

impl ClientLocks {
    /// Over the volumes and the pool of `core`.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Locks `path`, which need not exist. `token`: hard to guess, used once.
    ///
    /// # Errors
    /// `Denied` (write), `NotFound` without the folder, `Locked`, `Busy` if there are too many locks.
    pub async fn lock(
        &self,
        access: &Access,
        path: &VPath,
        wanted: WantedLock,
        token: LockToken,
    ) -> Result<VisibleLock> {
        let (access, path) = (access.clone(), path.clone());
        let work = move || {
            let at = NameInVolume::for_change(&access, &path, Operation::Upload)?;
            let WantedLock { depth, mode, note, time } = wanted;
            let (owner, address) = (access.owner().clone(), access.client().address);
            let request = LockRequest { path: at.below.clone(), depth, mode, owner, address, note, time };
            let lock = at.volume.storage.state.lock_table.lock(request, token)?;
            Ok(visible(&access, &at.volume.config.mount, lock))
        };
        self.core.pool.try_run(work).await
    }

    /// Prolongs the first of the locks named by the request's tokens that covers `path`; `None`: it holds none.
    ///
    /// # Errors
    /// Those of the disk.
    pub async fn refresh(&self, access: &Access, path: &VPath, time: Duration) -> Result<Option<VisibleLock>> {
        let (access, path) = (access.clone(), path.clone());
        let work = move || {
            let Some(at) = NameInVolume::of_visible(&access, &path)? else { return Ok(None) };
            let table = &at.volume.storage.state.lock_table;
            let covering = table.list(&at.below);
            let is_named = |token: &&LockToken| covering.iter().any(|lock| lock.token == **token);
            let mut named = access.lock_tokens().iter().filter(is_named);
            let lock = named.find_map(|token| table.refresh(token, access.owner(), time));
            Ok(lock.map(|lock| visible(&access, &at.volume.config.mount, lock)))
        };
        self.core.pool.try_run(work).await
    }

    /// Releases a lock that covers `path`. Returns false if the client has no such lock there.
    ///
    /// # Errors
    /// Those of the disk.
    pub async fn unlock(&self, access: &Access, path: &VPath, token: LockToken) -> Result<bool> {
        let (access, path) = (access.clone(), path.clone());
        let work = move || {
            let Some(at) = NameInVolume::of_visible(&access, &path)? else { return Ok(false) };
            let table = &at.volume.storage.state.lock_table;
            let covers = table.list(&at.below).iter().any(|lock| lock.token == token);
            Ok(covers && table.unlock(&token, access.owner()))
        };
        self.core.pool.try_run(work).await
    }

    /// Returns the locks that cover `path`. The caller has checked that the account may see it. Touches no disk while
    /// nothing is locked.
    ///
    /// # Errors
    /// Those of the disk.
    pub async fn list(&self, access: &Access, path: &VPath) -> Result<Vec<VisibleLock>> {
        if !has_locks(access) {
            return Ok(Vec::new());
        }
        let (access, path) = (access.clone(), path.clone());
        let work = move || {
            let Some(at) = NameInVolume::of_visible(&access, &path)? else { return Ok(Vec::new()) };
            let locks = at.volume.storage.state.lock_table.list(&at.below);
            Ok(locks.into_iter().map(|lock| visible(&access, &at.volume.config.mount, lock)).collect())
        };
        self.core.pool.try_run(work).await
    }

    /// Returns the locks that cover entries of `folder`. The caller has checked that the account may list it. Touches no
    /// disk while nothing is locked.
    ///
    /// # Errors
    /// Those of the disk.
    pub async fn list_in(&self, access: &Access, folder: &VPath) -> Result<LocksInFolder> {
        if !has_locks(access) {
            return Ok(LocksInFolder::default());
        }
        let (access, folder) = (access.clone(), folder.clone());
        let work = move || {
            let Resolved::OnDisk(located) = resolve::find_folder(&access, &folder)? else {
                return Ok(LocksInFolder::default());
            };
            let locks = located.volume.storage.state.lock_table.list_in(&located.below);
            let of_entry = |lock: ClientLock| {
                let entry = lock.request.path.split_last().filter(|(above, _)| *above == located.below);
                (entry.map(|(_, name)| name), visible(&access, &located.volume.config.mount, lock))
            };
            Ok(LocksInFolder(locks.into_iter().map(of_entry).collect()))
        };
        self.core.pool.try_run(work).await
    }
}

/// Whether anything is locked in any volume. Never blocks.
fn has_locks(access: &Access) -> bool {
    access.snapshot().tree.volumes.iter().any(|volume| !volume.storage.state.lock_table.is_empty())
}

fn visible(access: &Access, mount: &VPath, lock: ClientLock) -> VisibleLock {
    let is_same = lock.request.owner == *access.owner();
    let is_own = is_same && (!access.account().is_anonymous() || lock.request.address == access.client().address);
    VisibleLock { path: mount.append(&lock.request.path), is_own, lock }
}

#[cfg(test)]
mod tests;
