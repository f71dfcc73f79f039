//! What is behind a volume: its folder on disk, kept open, and its uploads.

use crate::uploads::VolumeUploads;
use arc_swap::ArcSwapOption;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use store::StoreError;
use store::disk::Folder;

/// How often a missing name makes us look whether the folder itself was replaced, milliseconds.
const LOOK_AGAIN_MS: u64 = 1000;

/// What is behind a volume: disk and ledger. One for each source folder, however often it is mounted.
pub struct Backing {
    /// The opened folder; empty while the folder is not there.
    root: ArcSwapOption<Folder>,
    /// Whether names that differ in case only may be one file there.
    folds: AtomicBool,
    /// When the source was last compared with the handle, milliseconds after `since`.
    looked_ms: AtomicU64,
    since: Instant,
    /// Where it is on the host; for opening it again.
    pub source: PathBuf,
    /// Ledger and unfinished uploads.
    pub uploads: VolumeUploads,
}

impl Backing {
    /// Opens the folder at `source`, if it is there. Blocks.
    pub fn open(source: PathBuf, uploads: VolumeUploads) -> Self {
        let backing = Self {
            root: ArcSwapOption::empty(),
            folds: false.into(),
            looked_ms: AtomicU64::new(0),
            since: Instant::now(),
            source,
            uploads,
        };
        if let Err(error) = backing.open_source() {
            tracing::warn!(%error, "a shared folder is not available");
        }
        backing
    }

    /// The opened folder. Never waits; `None` while it is not there (then [`Backing::reopen`], through the gate).
    pub fn root(&self) -> Option<Arc<Folder>> {
        self.root.load_full()
    }

    /// Looks whether the folder is there (again) and opens it anew: after it was unplugged, a handle to what was there
    /// before would lead to nothing. Blocks.
    pub fn reopen(&self) -> Option<Arc<Folder>> {
        match self.open_source() {
            Ok(folder) => Some(folder),
            Err(_) => {
                self.root.store(None);
                None
            }
        }
    }

    fn open_source(&self) -> Result<Arc<Folder>, StoreError> {
        let folder = Arc::new(Folder::open_root(&self.source)?);
        self.folds.store(folder.folds_names(), Ordering::Relaxed);
        self.root.store(Some(folder.clone()));
        Ok(folder)
    }

    /// Whether names that differ in case only may be one file there.
    pub fn folds_names(&self) -> bool {
        self.folds.load(Ordering::Relaxed)
    }

    /// As if it were so.
    #[cfg(test)]
    pub fn fold_names_from_now_on(&self) {
        self.folds.store(true, Ordering::Relaxed);
    }

    /// Called when something was not found: perhaps the source was unplugged, mounted or made again since it was
    /// opened, and the handle is that of a folder which nobody sees any more. Returns whether the handle is another one
    /// now. Looks at most once a second. Blocks.
    pub fn look_again(&self) -> bool {
        let now = self.since.elapsed().as_millis() as u64;
        let looked = self.looked_ms.load(Ordering::Relaxed);
        if now < looked + LOOK_AGAIN_MS
            || self.looked_ms.compare_exchange(looked, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
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
