//! Upload state of one volume: its ledger and its unfinished uploads.

use super::allowance::ReservedTotal;
use super::numbered::OtherNames;
use super::rate_limited_check::RateLimitedCheck;
use super::registry::Registry;
use super::registry::unfinished::{Stage, Unfinished};
use super::waiting_entries::restore_waiting;
use model::{FileName, UnixMillis, VPath};
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashSet;
use std::sync::Arc;
use store::StoreError;
use store::disk::Folder;
use store::ledger::{FileRow, FolderMove, Ledger, UnfinishedRow};
use store::partial::Partial;
use store::state_location::StateLocation;
use vfs::error::{EngineError, Result};
use vfs::volumes::extension::OpeningVolume;
use vfs::volumes::storage::VolumeStorage;
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::volume_state::VolumeState;
use vfs::volumes::write_locks::{LockScope, WriteGuard};

/// What the ledger knows about a file that is about to be removed or moved.
pub(crate) enum KnownFile {
    Row(Box<FileRow>),
    Nothing,
    /// It was not asked, or could not be read: everything recorded under the name is removed.
    Unknown,
}

/// Ledger and unfinished uploads of one volume. Cheap to clone.
#[derive(Clone)]
pub struct VolumeUploads {
    pub(super) ledger: Arc<Ledger>,
    registry: Arc<Mutex<Registry>>,
    /// `-nw`: nothing is written.
    pub(super) discard: bool,
    /// The volume's locks, run marker and change feed.
    pub(super) state: Arc<VolumeState>,
    /// Whether symlinks that a killed program had not recorded are in the ledger now ([`super::unknown_links`]).
    pub(super) links_recorded: Arc<Mutex<bool>>,
    /// Space reserved by uploads within the volume's limits.
    pub(super) reserved_space: ReservedTotal,
    /// When the ledger was last compared with the disk, for the volume's limits.
    pub(super) disk_comparison: RateLimitedCheck,
    /// Folder moves that an earlier run has started and not finished.
    interrupted: Arc<Mutex<Vec<FolderMove>>>,
}

/// Returns the ledger and unfinished uploads of a volume.
pub(crate) fn uploads_of(storage: &VolumeStorage) -> &VolumeUploads {
    storage.extension().expect("every volume is opened with uploads")
}

impl VolumeUploads {
    /// Opens the ledger and reads unfinished uploads. Blocks.
    pub(crate) fn open(volume: &OpeningVolume<'_>) -> Self {
        let (config, state) = (volume.config, volume.state);
        let (ledger, interrupted) = match open_ledger(state.location.clone()) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(
                    %error, share = config.mount.display(), source = %config.source.display(),
                    "the database of a shared folder cannot be used; its uploads are remembered only until the program ends"
                );
                // Without a usable ledger the marker is kept in memory too: only a program that knows the unfinished
                // uploads can tell which partial files are orphans.
                state.run_marker.keep_in_memory();
                let ledger = Ledger::open(StateLocation::Memory).expect("an in-memory ledger always opens");
                (ledger, InterruptedState::default())
            }
        };
        let mut registry = Registry::default();
        interrupted.uploads.into_iter().map(from_row).for_each(|unfinished| registry.insert(unfinished));
        Self {
            ledger: Arc::new(ledger),
            registry: Arc::new(Mutex::new(registry)),
            discard: volume.behaviour.write_nothing,
            state: state.clone(),
            links_recorded: Arc::default(),
            reserved_space: ReservedTotal::default(),
            disk_comparison: RateLimitedCheck::default(),
            interrupted: Arc::new(Mutex::new(interrupted.moves)),
        }
    }

    /// Locks the registry. Must not be held across disk or database access or an await.
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock()
    }

    /// Injects faults into the ledger.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn set_faults(&self, faults: Arc<store::disk::Faults>) {
        self.ledger.set_faults(faults);
    }

    /// Returns whether the next start will lack information: the ledger misses changes of the disk, or uploads that may
    /// have a partial file.
    pub(crate) fn is_behind(&self) -> bool {
        let uploads: Vec<_> = self.registry().all().map(|one| one.id).collect();
        if *self.ledger.state() == StateLocation::Memory {
            return !uploads.is_empty();
        }
        if self.ledger.has_deferred_changes() || uploads.is_empty() {
            return self.ledger.has_deferred_changes();
        }
        let entered: HashSet<_> =
            self.ledger.unfinished_uploads().unwrap_or_default().iter().map(|row| row.id).collect();
        uploads.iter().any(|id| !entered.contains(id))
    }

    /// Creates a partial file in `folder`.
    pub(super) fn new_partial(&self, folder: &Folder, mode: u32, shown: &VPath) -> Result<Partial> {
        Partial::create(folder, &self.state.hidden_name(), mode).map_err(|error| map_store_error(error, shown))
    }

    /// Returns the ledger's row of a file. Blocks.
    pub(crate) fn known_at(&self, below: &VPath) -> KnownFile {
        let row = below.split_last().map(|(folder, name)| self.ledger.file_at(&folder, &name));
        match row {
            Some(Ok(Some(row))) => KnownFile::Row(Box::new(row)),
            Some(Err(_)) => KnownFile::Unknown,
            Some(Ok(None)) | None => KnownFile::Nothing,
        }
    }

    /// Locks the name of the file of `row`, so that its row can be changed; `None` if the name has another row by now,
    /// which tells of another file. Does not wait for the lock: the thread may be the one that has to finish the
    /// placement that holds it.
    ///
    /// # Errors
    /// `Busy` if the name is being changed; `Internal`, if the ledger cannot be read.
    pub(super) fn lock_row(&self, row: &FileRow) -> Result<Option<WriteGuard>> {
        let path = row.folder.join(&row.name);
        let lock = self.state.try_lock(vec![LockScope::Name(path.clone())]).ok_or(EngineError::Busy)?;
        let now = self.ledger.file_at(&row.folder, &row.name).map_err(|error| ledger_error(error, &path))?;
        Ok((now.as_ref() == Some(row)).then_some(lock))
    }

    /// Removes the row of a deleted file. Needs no lock of the name: a row of a newer file with that name stays.
    /// Blocks.
    ///
    /// # Errors
    /// `Internal`, if the ledger cannot be written.
    pub fn forget_row(&self, row: FileRow) -> Result<()> {
        let below = row.folder.join(&row.name);
        self.ledger.record_row_removed(row).map_err(|error| ledger_error(error, &below))
    }

    /// Moves the row of a file that is at `to` now.
    ///
    /// # Errors
    /// As [`VolumeUploads::forget_row`].
    pub fn move_row(&self, row: FileRow, to: &VPath) -> Result<()> {
        self.ledger.record_row_moved(row, to).map_err(|error| ledger_error(error, to))
    }

    /// Removes the rows of a deleted file or folder and of everything in it. `below`: relative to the volume's top
    /// folder. Blocks.
    ///
    /// # Errors
    /// `Internal`, if the ledger cannot be written.
    pub fn forget(&self, below: &VPath) -> Result<()> {
        self.ledger.record_removed(below).map_err(|error| ledger_error(error, below))
    }

    /// Records that a file or folder moved inside the volume. Blocks.
    ///
    /// # Errors
    /// `Internal`, if the ledger cannot be written.
    pub fn record_move(&self, from: &VPath, to: &VPath) -> Result<()> {
        self.move_unfinished(from, to)?;
        self.ledger.record_moved(from, to).map_err(|error| ledger_error(error, from))
    }

    /// Notes durably that a folder is about to move inside the volume: if a crash comes before
    /// [`VolumeUploads::record_move`], the next start moves the rows of its files, or gives the folder its former name
    /// back. Blocks.
    pub(crate) fn begin_move(&self, folder: &FolderMove) {
        // A full disk must not prevent the move.
        let noted = self.ledger.begin_move(folder).and_then(store::db::Pending::wait);
        // The note must not reach the disk after the move: a loss of power between the two would be as bad as none.
        if let Err(error) = noted.and_then(|()| self.ledger.sync()) {
            tracing::warn!(%error, "a moving folder is not noted in the ledger; a crash now would lose its records");
        }
    }

    /// Removes the note: the folder did not move.
    pub(crate) fn cancel_move(&self, from: &VPath) {
        if let Err(error) = self.ledger.cancel_move(from).and_then(store::db::Pending::wait) {
            tracing::warn!(%error, "the note about a folder that did not move stays until the next start");
        }
    }

    /// Completes the moves of folders that a crash has interrupted. A folder that was waiting to replace another one
    /// (see `VolumeState::hidden_folder_name`) gets its former name back; if it has its new path, the rows of its files
    /// are moved. A folder found nowhere is checked again next time. `root`: the volume's top folder. Blocks.
    pub(crate) fn apply_interrupted_moves(&self, root: &Folder) {
        let mut interrupted = self.interrupted.lock();
        interrupted.retain(|one| {
            let is_at = |path: &VPath| {
                let there = root.folder(path).and_then(|folder| folder.meta());
                there.is_ok_and(|meta| meta.ino == one.ino)
            };
            if !is_at(&one.from)
                && !is_at(&one.to)
                && let Err(error) = restore_waiting(root, &one.from, one.ino, &self.state.run_marker.killed_runs())
            {
                tracing::error!(%error, "a folder that was being moved stays hidden; the next start tries again");
            }
            if is_at(&one.from) {
                self.cancel_move(&one.from);
                return false;
            }
            if !is_at(&one.to) {
                return true;
            }
            match self.record_move(&one.from, &one.to) {
                Ok(()) => tracing::info!(path = one.to.display(), "the records of a moved folder were updated"),
                Err(error) => tracing::warn!(%error, "the records of a moved folder could not be updated"),
            }
            false
        });
    }

    /// Moves the unfinished uploads in a moved folder, whose partial files moved with it.
    fn move_unfinished(&self, from: &VPath, to: &VPath) -> Result<()> {
        let (mut registry, mut pending) = (self.registry(), Vec::new());
        let inside = |one: &&Unfinished| one.upload.folder.is_within(from);
        let ids: Vec<i64> = registry.all().filter(inside).map(|one| one.id).collect();
        for id in ids {
            let Some(mut unfinished) = registry.remove(id) else { continue };
            if let Some(rest) = unfinished.upload.folder.strip_prefix(from) {
                unfinished.upload.folder = to.append(&rest);
            }
            let row = unfinished.recorded.then(|| to_row(&unfinished, unfinished.touched));
            registry.insert(unfinished);
            if let Some(row) = row {
                pending.push((id, self.ledger.begin_upload(row)));
            }
        }
        drop(registry);
        for (id, entered) in pending {
            if let Err(error) = entered.and_then(store::db::Pending::wait) {
                // The next chunk records it.
                self.registry().get_mut(id).into_iter().for_each(|one| one.recorded = false);
                return Err(ledger_error(error, from));
            }
        }
        Ok(())
    }

    /// Returns whether an unfinished upload reserved the name. `folder`: relative to the volume's top folder.
    pub fn is_name_reserved(&self, folder: &VPath, name: &FileName) -> bool {
        self.registry().reserved_by(folder, name).is_some()
    }
}

/// Maps an error of the ledger.
pub(super) fn ledger_error(error: StoreError, path: &VPath) -> EngineError {
    map_store_error(error, path)
}

/// Uploads and moves that an earlier run has started and not finished.
#[derive(Default)]
struct InterruptedState {
    uploads: Vec<UnfinishedRow>,
    moves: Vec<FolderMove>,
}

fn open_ledger(state: StateLocation) -> std::result::Result<(Ledger, InterruptedState), StoreError> {
    let ledger = Ledger::open(state)?;
    let interrupted = InterruptedState { uploads: ledger.unfinished_uploads()?, moves: ledger.unfinished_moves()? };
    Ok((ledger, interrupted))
}

fn from_row(row: UnfinishedRow) -> Unfinished {
    let wark = row.upload.wark;
    let mut unfinished = Unfinished {
        asked_name: row.asked_name,
        random: row.random,
        // Until the sender comes back and its rights can be checked: numbered names are for accounts that may read.
        other_names: OtherNames::Marked,
        partial_ino: row.ino,
        recorded: true,
        touched: row.touched,
        ..Unfinished::new(row.id, row.upload, row.partial, Stage::Unverified { boot: row.boot })
    };
    unfinished.began_as = unfinished.is_sequential().then_some(wark);
    unfinished.set_tail(row.tail);
    unfinished
}

/// Returns the ledger row of an upload in its current state.
pub(super) fn to_row(unfinished: &Unfinished, touched: UnixMillis) -> UnfinishedRow {
    UnfinishedRow {
        id: unfinished.id,
        upload: unfinished.upload.clone(),
        asked_name: unfinished.asked_name.clone(),
        random: unfinished.random,
        partial: unfinished.partial_name.clone(),
        touched,
        boot: store::ledger::boot_id().to_owned(),
        ino: unfinished.partial_ino,
        tail: if unfinished.is_sequential() { unfinished.tail() } else { 0 },
    }
}
