//! Storage behind a volume: its folder on disk, kept open, and the state that services keep for it.

use super::extension::{KnownContent, NameLocks, PreparedChange, RecordedFile, RecordedPicture, VolumeExtension};
use super::shortage::Shortage;
use super::trash::recover::recover;
use super::volume_state::VolumeState;
use super::writable::WritableFolders;
use crate::changes::Change;
use crate::error::Result;
use arc_swap::ArcSwapOption;
use model::{FileName, UnixMillis, VPath, Wark};
use parking_lot::Mutex;
use std::any::Any;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use store::disk::{FileId, Folder, Meta};
use store::index::FolderTags;
use store::{ErrorKind, StoreError, Totals};

/// Shortest interval between two checks whether the source folder was replaced, milliseconds.
const RECHECK_INTERVAL_MS: u64 = 1000;

/// Disk folder and state of a volume. One per source folder, however often it is mounted.
pub struct VolumeStorage {
    /// The opened folder; empty while it is missing.
    root: ArcSwapOption<Folder>,
    /// Whether data that was just written is read back from the page cache.
    uses_page_cache: AtomicBool,
    /// When the source was last compared with the handle, milliseconds after `since`.
    checked_ms: AtomicU64,
    since: Instant,
    /// Identity of the folder that was opened last; `None`: none yet, or it has disappeared since.
    last: Mutex<Option<FileId>>,
    /// Whether the folder was a mount point when it was opened last.
    was_mount: AtomicBool,
    /// Whether the extensions were read from another folder than the present one.
    outdated: AtomicBool,
    /// Whether the disk is full.
    pub shortage: Shortage,
    /// Folders that are known to be writable.
    pub writable: WritableFolders,
    /// Host path of the folder, for reopening.
    pub source: PathBuf,
    /// Locks, run marker and change feed.
    pub state: Arc<VolumeState>,
    /// What services keep for the volume.
    extensions: Vec<Box<dyn VolumeExtension>>,
}

impl VolumeStorage {
    /// Opens the folder at `source`, if it exists. `was_mount`: whether it was a mount point when last seen. Blocks.
    pub fn open(
        source: PathBuf,
        state: Arc<VolumeState>,
        extensions: Vec<Box<dyn VolumeExtension>>,
        was_mount: bool,
    ) -> Self {
        let storage = Self {
            root: ArcSwapOption::empty(),
            uses_page_cache: false.into(),
            checked_ms: AtomicU64::new(0),
            since: Instant::now(),
            last: Mutex::default(),
            was_mount: was_mount.into(),
            outdated: false.into(),
            shortage: Shortage::default(),
            writable: WritableFolders::default(),
            source,
            state,
            extensions,
        };
        if let Err(error) = storage.open_source() {
            tracing::warn!(%error, option = "-v", "a shared folder cannot be opened; it is offered as soon as it can");
        }
        // The extensions were read from this very folder.
        storage.outdated.store(false, Ordering::Relaxed);
        if let Some(root) = storage.root() {
            // Before the extensions remove the hidden files of killed runs.
            if !storage.state.run_marker.killed_runs().is_empty() {
                recover(&storage.state.trash, &root);
            }
            storage.extensions.iter().for_each(|extension| extension.folder_opened(&root));
        }
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

    fn open_source(&self) -> std::result::Result<Arc<Folder>, StoreError> {
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
        self.state.folds_case.store(folder.folds_case(), Ordering::Relaxed);
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

    /// Whether the folder has disappeared, come back or been replaced since its state was read: then a
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
    /// since the handle of a removed disk, or of a folder that was moved away, does not report it. Blocks.
    pub fn root_for_writing(&self) -> Option<Arc<Folder>> {
        match self.leads_elsewhere() {
            true => self.compare_source(),
            false => self.recheck_source(),
        };
        self.root().or_else(|| self.reopen()).filter(|_| !self.is_outdated())
    }

    /// Whether the file system may fold case.
    pub fn folds_case(&self) -> bool {
        self.state.folds_case()
    }

    /// Whether data that was just written is read back from the page cache, not over a network.
    pub fn uses_page_cache(&self) -> bool {
        self.uses_page_cache.load(Ordering::Relaxed)
    }

    /// Simulates a file system that folds case.
    #[cfg(any(test, feature = "testing"))]
    pub fn simulate_case_folding(&self) {
        self.state.folds_case.store(true, Ordering::Relaxed);
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
        self.compare_source()
    }

    /// Whether something else than the opened folder is at the source now: one system call. Blocks.
    pub fn leads_elsewhere(&self) -> bool {
        match Folder::id_at(&self.source) {
            Ok(Some(id)) => *self.last() != Some(id),
            Ok(None) => false,
            Err(_) => self.root.load().is_some(),
        }
    }

    /// Opens the source again if it leads elsewhere. Returns whether the handle was replaced.
    fn compare_source(&self) -> bool {
        let id = |folder: &Folder| folder.meta().map(|meta| meta.id());
        match (self.root().map(|held| id(&held)), Folder::open_root(&self.source).and_then(|fresh| id(&fresh))) {
            (Some(Ok(held)), Ok(fresh)) if held == fresh => false,
            (held, _) => self.reopen().is_some() || held.is_some(),
        }
    }

    /// Whether the folder at the source is still the one that is open. False after its disk was unplugged or another one
    /// was mounted there; then what is missing in it is not gone. Blocks.
    pub fn is_current(&self) -> bool {
        let Some(root) = self.root() else { return false };
        let id = |folder: &Folder| folder.meta().map(|meta| meta.id());
        matches!(
            (id(&root), Folder::open_root(&self.source).and_then(|found| id(&found))),
            (Ok(held), Ok(found)) if held == found
        )
    }

    /// Replaces the folder by one with fault injection. For tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn set_root(&self, folder: Folder) {
        self.root.store(Some(Arc::new(folder)));
    }
}

/// What services keep for the volume.
impl VolumeStorage {
    /// Returns the extension of type `T`, if the volume was opened with one.
    pub fn extension<T: VolumeExtension>(&self) -> Option<&T> {
        self.extensions.iter().find_map(|extension| {
            let any: &dyn Any = &**extension;
            any.downcast_ref()
        })
    }

    /// Makes symlinks elsewhere that lead to `path`, or to anything below it, files of their own. Call it before `path`
    /// is removed, replaced or moved, under its lock. Blocks.
    ///
    /// # Errors
    /// Those of the disk; then the change must not be made.
    pub fn keep_links(&self, path: &VPath) -> Result<()> {
        let Some(root) = self.root() else { return Ok(()) };
        self.extensions.iter().try_for_each(|extension| extension.keep_links(&root, path))
    }

    /// Makes symlinks below `path` that lead elsewhere, and with `itself` the symlink that it is, files of their own.
    /// Call it before `path` moves, under its lock. Blocks.
    ///
    /// # Errors
    /// Those of the disk; then the change must not be made.
    pub fn materialize_links(&self, path: &VPath, itself: bool) -> Result<()> {
        let Some(root) = self.root() else { return Ok(()) };
        self.extensions.iter().try_for_each(|extension| extension.materialize_links(&root, path, itself))
    }

    /// Prepares to record a change of names. Call it under their locks, before they change; then
    /// [`PendingChange::commit`] as soon as the change is visible. Dropping the result cancels. Blocks.
    pub fn prepare(&self, change: Change) -> PendingChange<'_> {
        let prepared = self.extensions.iter().filter_map(|extension| extension.prepare(&change)).collect();
        PendingChange { storage: self, change, prepared }
    }

    /// Copies what services keep for `from`, and for everything below it, to `to` in `target`, a copy. Call it under the lock
    /// of `to`. Blocks.
    pub fn copied(&self, from: &VPath, target: &Self, to: &VPath) {
        // All volumes are opened with the same services, in the same order.
        for (extension, other) in self.extensions.iter().zip(&target.extensions) {
            extension.copied(from, &**other, to);
        }
    }

    /// Records and publishes that the file at `path` has another modification time and the same content. `before`: its
    /// metadata until then. Call it under the lock of its name. Blocks.
    pub fn record_mtime(&self, path: &VPath, before: &Meta, mtime: UnixMillis) {
        for extension in &self.extensions {
            if let Err(error) = extension.record_mtime(path, before, mtime) {
                tracing::warn!(%error, "the new time of a file is not recorded; it is compared with the disk later");
            }
        }
        self.state.changes.publish(|| Change::Replaced { path: path.clone(), kind: before.kind });
    }

    /// Compares what is recorded at or below `within` with the disk: part of a change may have been made. Blocks.
    pub fn rescan(&self, within: &VPath, locks: NameLocks) {
        let Some(root) = self.root() else { return };
        for extension in &self.extensions {
            if let Err(error) = extension.rescan(&root, within, locks) {
                tracing::warn!(%error, "records of removed files are left; they are checked against the disk later");
            }
        }
        self.state.changes.publish_rescan(within);
    }

    /// Returns what is known of the content of the file with this name and this metadata. Blocks.
    pub fn known_content(&self, folder: &VPath, name: &FileName, meta: &Meta) -> Option<KnownContent> {
        self.extensions.iter().find_map(|extension| extension.known_content(folder, name, meta))
    }

    /// Returns files that have this content according to records, at most `limit` of each extension, each file once.
    /// Blocks.
    ///
    /// # Errors
    /// Database errors.
    pub fn files_with(&self, content: &Wark, limit: usize) -> std::result::Result<Vec<RecordedFile>, StoreError> {
        let mut all: Vec<RecordedFile> = Vec::new();
        for extension in &self.extensions {
            let found = extension.files_with(content, limit)?;
            let is_new = |file: &RecordedFile| {
                !all.iter().any(|other| (&other.folder, &other.name) == (&file.folder, &file.name))
            };
            let new: Vec<_> = found.into_iter().filter(is_new).collect();
            all.extend(new);
        }
        Ok(all)
    }

    /// Whether [`VolumeStorage::files_with`] may return files that were never uploaded. Never blocks.
    pub fn knows_all_files(&self) -> bool {
        self.extensions.iter().any(|extension| extension.knows_all_files())
    }

    /// Returns number and size of the files below each folder in `folder`, by name, where they are known. Blocks.
    pub fn totals_in(&self, folder: &VPath) -> HashMap<Vec<u8>, Totals> {
        let all = self.extensions.iter().map(|extension| extension.totals_in(folder));
        all.reduce(|mut all, more| {
            all.extend(more);
            all
        })
        .unwrap_or_default()
    }

    /// Returns what is known of pictures in `folder`, by name. Blocks.
    pub fn pictures_in(&self, folder: &VPath) -> HashMap<Vec<u8>, RecordedPicture> {
        let all = self.extensions.iter().map(|extension| extension.pictures_in(folder));
        all.reduce(|mut all, more| {
            all.extend(more);
            all
        })
        .unwrap_or_default()
    }

    /// Returns those tags of the files in `folder` that `names` lists, by name, where they are known. Blocks.
    pub fn tags_in(&self, folder: &VPath, names: &[String]) -> Arc<FolderTags> {
        let all = self.extensions.iter().map(|extension| extension.tags_in(folder, names));
        all.reduce(|all, more| if more.is_empty() { all } else { more }).unwrap_or_default()
    }

    /// Whether a file with this name is being received. Never blocks.
    pub fn is_receiving(&self, folder: &VPath, name: &FileName) -> bool {
        self.extensions.iter().any(|extension| extension.is_receiving(folder, name))
    }
}

/// A change that is about to be made; cancelled when dropped.
#[must_use = "a change that is not committed is cancelled"]
pub struct PendingChange<'a> {
    storage: &'a VolumeStorage,
    change: Change,
    /// Empty once it is committed.
    prepared: Vec<Box<dyn PreparedChange>>,
}

impl PendingChange<'_> {
    /// Records the change and publishes it. Call it once the change is visible, before the locks of its names are
    /// released. Blocks.
    pub fn commit(mut self) {
        self.prepared.drain(..).for_each(PreparedChange::commit);
        if let Change::Removed { path, .. } | Change::Moved { from: path, .. } = &self.change {
            self.storage.state.lock_table.forget(path);
        }
        self.storage.state.changes.publish(|| self.change.clone());
    }
}

impl Drop for PendingChange<'_> {
    fn drop(&mut self) {
        self.prepared.drain(..).for_each(PreparedChange::cancel);
    }
}

impl Drop for VolumeStorage {
    fn drop(&mut self) {
        let has_leftover = self.root().is_some_and(|root| root.has_leftover());
        if has_leftover || self.extensions.iter().any(|extension| extension.is_behind()) {
            // The next start then cleans up.
            self.state.run_marker.keep_after_exit();
        }
    }
}
