//! Storage behind a volume: its folder on disk, kept open, and its uploads.

use super::shortage::Shortage;
use super::writable::WritableFolders;
use crate::uploads::VolumeUploads;
use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use store::disk::{FileId, Folder};
use store::{ErrorKind, StoreError};

/// Shortest interval between two checks whether the source folder was replaced, milliseconds.
const RECHECK_INTERVAL_MS: u64 = 1000;

/// Disk folder and ledger of a volume. One per source folder, however often it is mounted.
pub struct VolumeStorage {
    /// The opened folder; empty while it is missing.
    root: ArcSwapOption<Folder>,
    /// Whether the file system may fold case.
    folds: AtomicBool,
    /// Whether data that was just written is read back from the page cache.
    uses_page_cache: AtomicBool,
    /// When the source was last compared with the handle, milliseconds after `since`.
    checked_ms: AtomicU64,
    since: Instant,
    /// Identity of the folder that was opened last; `None`: none yet, or it has disappeared since.
    last: Mutex<Option<FileId>>,
    /// Whether the folder was a mount point when it was opened last.
    was_mount: AtomicBool,
    /// Whether `uploads` was read from another folder than the present one.
    outdated: AtomicBool,
    /// Whether the disk is full.
    pub shortage: Shortage,
    /// Folders that are known to be writable.
    pub writable: WritableFolders,
    /// Host path of the folder, for reopening.
    pub source: PathBuf,
    /// Ledger and unfinished uploads.
    pub uploads: VolumeUploads,
}

impl VolumeStorage {
    /// Opens the folder at `source`, if it exists. `was_mount`: whether it was a mount point when last seen. Blocks.
    pub fn open(source: PathBuf, uploads: VolumeUploads, was_mount: bool) -> Self {
        let storage = Self {
            root: ArcSwapOption::empty(),
            folds: false.into(),
            uses_page_cache: false.into(),
            checked_ms: AtomicU64::new(0),
            since: Instant::now(),
            last: Mutex::default(),
            was_mount: was_mount.into(),
            outdated: false.into(),
            shortage: Shortage::default(),
            writable: WritableFolders::default(),
            source,
            uploads,
        };
        if let Err(error) = storage.open_source() {
            tracing::warn!(%error, option = "-v", "a shared folder cannot be opened; it is offered as soon as it can");
        }
        // `uploads` was read from this very folder.
        storage.outdated.store(false, Ordering::Relaxed);
        storage
    }

    /// Returns the opened folder without blocking; `None` while it is missing (then call [`VolumeStorage::reopen`] on
    /// the pool).
    pub fn root(&self) -> Option<Arc<Folder>> {
        self.root.load_full()
    }

    /// Reopens the folder if it exists: after an unplug, the old handle leads to nothing. Blocks.
    pub fn reopen(&self) -> Option<Arc<Folder>> {
        match self.open_source() {
            Ok(folder) => Some(folder),
            Err(error) => {
                if self.root.swap(None).is_some() {
                    tracing::warn!(%error, "a shared folder is gone");
                    // The database was on the missing disk, too.
                    self.outdated.store(true, Ordering::Relaxed);
                }
                *self.last() = None;
                None
            }
        }
    }

    fn open_source(&self) -> Result<Arc<Folder>, StoreError> {
        let folder = Folder::open_root(&self.source)?;
        let is_mount_point = folder.is_mount_point();
        if !is_mount_point && self.was_mount() && folder.is_empty()? {
            // Files written here would be hidden below the disk once it is mounted.
            let where_ = self.source.display().to_string();
            return Err(StoreError::with_kind(
                ErrorKind::NotFound,
                "open",
                where_,
                "no disk is mounted there any more",
            ));
        }
        self.was_mount.store(is_mount_point, Ordering::Relaxed);
        let id = folder.meta()?.id();
        if self.last().replace(id) != Some(id) {
            self.outdated.store(true, Ordering::Relaxed);
        }
        let folder = Arc::new(folder);
        self.folds.store(folder.folds_case(), Ordering::Relaxed);
        self.uses_page_cache.store(folder.uses_page_cache(), Ordering::Relaxed);
        self.root.store(Some(folder.clone()));
        Ok(folder)
    }

    fn last(&self) -> parking_lot::MutexGuard<'_, Option<FileId>> {
        self.last.lock()
    }

    /// Device id of the file system at the last open; `None` while the folder is missing.
    pub fn device(&self) -> Option<u64> {
        self.last().map(|id| id.dev)
    }

    /// Whether the folder has disappeared, come back or been replaced since its uploads and ledger were read: then a
    /// new `VolumeStorage` must take over.
    pub fn is_outdated(&self) -> bool {
        self.outdated.load(Ordering::Relaxed)
    }

    /// Whether the folder was a mount point when last seen.
    pub fn was_mount(&self) -> bool {
        self.was_mount.load(Ordering::Relaxed)
    }

    /// Returns the folder for creating files in it. `None` while it is missing, and until a new `VolumeStorage` has
    /// taken over: uploads must be entered in the ledger of the disk that they are stored on. Checks the source first,
    /// since the handle of a removed disk does not report it. Blocks.
    pub fn root_for_writing(&self) -> Option<Arc<Folder>> {
        self.recheck_source();
        self.root().or_else(|| self.reopen()).filter(|_| !self.is_outdated())
    }

    /// Whether the file system may fold case.
    pub fn folds_case(&self) -> bool {
        self.folds.load(Ordering::Relaxed)
    }

    /// Whether data that was just written is read back from the page cache, not over a network.
    pub fn uses_page_cache(&self) -> bool {
        self.uses_page_cache.load(Ordering::Relaxed)
    }

    /// Simulates a file system that folds case.
    #[cfg(test)]
    pub fn simulate_case_folding(&self) {
        self.folds.store(true, Ordering::Relaxed);
    }

    /// Checks whether the source was unplugged, mounted or recreated since it was opened, so that the handle leads to a
    /// folder that is no longer visible. Called when a name was not found; checks at most once a second. Returns
    /// whether the handle was replaced. Blocks.
    pub fn recheck_source(&self) -> bool {
        let now = self.since.elapsed().as_millis() as u64;
        let looked = self.checked_ms.load(Ordering::Relaxed);
        if now < looked + RECHECK_INTERVAL_MS
            || self.checked_ms.compare_exchange(looked, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return false;
        }
        let id = |folder: &Folder| folder.meta().map(|meta| meta.id());
        match (self.root().map(|held| id(&held)), Folder::open_root(&self.source).and_then(|fresh| id(&fresh))) {
            (Some(Ok(held)), Ok(fresh)) if held == fresh => false,
            (held, _) => self.reopen().is_some() || held.is_some(),
        }
    }

    /// Replaces the folder by one with fault injection. For tests.
    #[cfg(test)]
    pub fn set_root(&self, folder: Folder) {
        self.root.store(Some(Arc::new(folder)));
    }
}

impl Drop for VolumeStorage {
    fn drop(&mut self) {
        if self.root().is_some_and(|root| root.has_leftover()) || self.uploads.is_behind() {
            self.uploads.keep_marker();
        }
    }
}
