//! What is behind a volume: its folder on disk, kept open, and its uploads.

use super::shortage::Shortage;
use super::writable::WritableFolders;
use crate::uploads::VolumeUploads;
use arc_swap::ArcSwapOption;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use store::disk::{FileId, Folder};
use store::{ErrorKind, StoreError};

/// How often a missing name makes us look whether the folder itself was replaced, milliseconds.
const LOOK_AGAIN_MS: u64 = 1000;

/// What is behind a volume: disk and ledger. One for each source folder, however often it is mounted.
pub struct VolumeStorage {
    /// The opened folder; empty while the folder is not there.
    root: ArcSwapOption<Folder>,
    /// Whether names that differ in case only may be one file there.
    folds: AtomicBool,
    /// Whether what is written there is read back from memory.
    uses_page_cache: AtomicBool,
    /// When the source was last compared with the handle, milliseconds after `since`.
    checked_ms: AtomicU64,
    since: Instant,
    /// Which folder was opened last; `None`: none yet, or it has gone since.
    last: Mutex<Option<FileId>>,
    /// A disk was mounted on the folder when it was opened last.
    was_mount: AtomicBool,
    /// What `uploads` knows belongs to another folder than the one that is there now.
    outdated: AtomicBool,
    /// Its disk has no room.
    pub shortage: Shortage,
    /// Folders in which files can be made.
    pub writable: WritableFolders,
    /// Where it is on the host; for opening it again.
    pub source: PathBuf,
    /// Ledger and unfinished uploads.
    pub uploads: VolumeUploads,
}

impl VolumeStorage {
    /// Opens the folder at `source`, if it is there. `was_mount`: a disk was mounted on it when it was last seen. Blocks.
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
        // What was read with it is of this very folder.
        storage.outdated.store(false, Ordering::Relaxed);
        storage
    }

    /// The opened folder. Never waits; `None` while it is not there (then [`VolumeStorage::reopen`], through the gate).
    pub fn root(&self) -> Option<Arc<Folder>> {
        self.root.load_full()
    }

    /// Looks whether the folder is there (again) and opens it anew: after it was unplugged, a handle to what was there
    /// before would lead to nothing. Blocks.
    pub fn reopen(&self) -> Option<Arc<Folder>> {
        match self.open_source() {
            Ok(folder) => Some(folder),
            Err(error) => {
                if self.root.swap(None).is_some() {
                    tracing::warn!(%error, "a shared folder is gone");
                    // The database is on a disk that is gone, too.
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
            // Whoever wrote here would find it hidden below the disk tomorrow.
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

    fn last(&self) -> std::sync::MutexGuard<'_, Option<FileId>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file system that the folder was on when it was opened last; `None` while it is not there.
    pub fn device(&self) -> Option<u64> {
        self.last().map(|id| id.dev)
    }

    /// Whether the folder has gone, come or become another one since its uploads and their ledger were read: then
    /// another backing should take over.
    pub fn is_outdated(&self) -> bool {
        self.outdated.load(Ordering::Relaxed)
    }

    /// Whether a disk was mounted on the folder when it was last seen.
    pub fn was_mount(&self) -> bool {
        self.was_mount.load(Ordering::Relaxed)
    }

    /// The folder, for something new in it. `None` while it is not there, and until another backing has taken over: what
    /// arrives must be entered in the ledger of the disk that it is on. Looks first, since the handle of a disk that has
    /// gone does not say so. Blocks.
    pub fn root_for_writing(&self) -> Option<Arc<Folder>> {
        self.recheck_source();
        self.root().or_else(|| self.reopen()).filter(|_| !self.is_outdated())
    }

    /// Whether names that differ in case only may be one file there.
    pub fn folds_case(&self) -> bool {
        self.folds.load(Ordering::Relaxed)
    }

    /// Whether what is written there is read back from memory, and not over a network.
    pub fn uses_page_cache(&self) -> bool {
        self.uses_page_cache.load(Ordering::Relaxed)
    }

    /// As if it were so.
    #[cfg(test)]
    pub fn fold_names_from_now_on(&self) {
        self.folds.store(true, Ordering::Relaxed);
    }

    /// Called when something was not found: perhaps the source was unplugged, mounted or made again since it was
    /// opened, and the handle is that of a folder which nobody sees any more. Returns whether the handle is another one
    /// now. Looks at most once a second. Blocks.
    pub fn recheck_source(&self) -> bool {
        let now = self.since.elapsed().as_millis() as u64;
        let looked = self.checked_ms.load(Ordering::Relaxed);
        if now < looked + LOOK_AGAIN_MS
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

    /// The same, behind faults. For tests.
    #[cfg(test)]
    pub fn set_root(&self, folder: Folder) {
        self.root.store(Some(Arc::new(folder)));
    }
}

impl Drop for VolumeStorage {
    fn drop(&mut self) {
        if self.root().is_some_and(|root| root.has_leftover()) || self.uploads.is_behind() {
            self.uploads.leaves_something();
        }
    }
}
