//! Upload state of one volume: its ledger and its unfinished uploads.

use super::names;
use super::numbered::OtherNames;
use super::quota::{RateLimitedCheck, ReservedTotal};
use super::registry::{Registry, Stage, Unfinished};
use crate::error::{EngineError, Result};
use crate::snapshot::Snapshot;
use crate::volumes::store_errors::map_store_error;
use crate::volumes::write_locks::WriteLocks;
use model::settings::Behaviour;
use model::{FileName, UnixMillis, VPath, Volume};
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use store::StoreError;
use store::disk::Folder;
use store::ledger::{FileRow, FolderMove, Ledger, UnfinishedRow, VolumeState};
use store::partial::Partial;
use store::run_marker::RunMarker;

/// Folder in the server's state folder with the run markers of volumes without a ledger.
const RUN_MARKERS: &str = "volumes";

/// What the ledger knows about a file that is about to be removed or moved.
pub(crate) enum KnownFile {
    Row(Box<FileRow>),
    Nothing,
    /// The ledger could not be read: everything recorded under the name is removed.
    Unreadable,
}

/// Ledger and unfinished uploads of one volume. Cheap to clone.
#[derive(Clone)]
pub struct VolumeUploads {
    pub(super) ledger: Arc<Ledger>,
    registry: Arc<Mutex<Registry>>,
    /// `-nw`: nothing is written.
    pub(super) discard: bool,
    /// Persistent note that this run may leave partial files behind.
    pub(super) run_marker: Arc<RunMarker>,
    /// Locks of names that are being changed.
    pub(crate) locks: Arc<WriteLocks>,
    /// Whether symlinks that a killed program had not recorded are in the ledger now ([`super::unknown_links`]).
    pub(super) links_recorded: Arc<Mutex<bool>>,
    /// Space reserved by uploads within the volume's limits.
    pub(super) reserved_space: ReservedTotal,
    /// When the ledger was last compared with the disk, for the volume's limits.
    pub(super) disk_comparison: RateLimitedCheck,
    /// Folder moves that an earlier run has started and not finished.
    interrupted: Arc<Mutex<Vec<FolderMove>>>,
}

impl VolumeUploads {
    /// Opens the ledger and reads unfinished uploads. Blocks. `state_folder`: the server's own; it keeps the run marker of
    /// volumes without a ledger (`d2d`).
    pub(crate) fn open(config: &Volume, behaviour: &Behaviour, state_folder: &Path) -> Self {
        let state = state_of(config, behaviour);
        if let Err(error) = state.close_to_others() {
            tracing::warn!(%error, folder = %state, "the folder for the database of a shared folder may be open to other users");
        }
        let (ledger, interrupted, state) = match open_ledger(state.clone()) {
            Ok((ledger, interrupted)) => (ledger, interrupted, state),
            Err(error) => {
                tracing::error!(
                    %error, share = config.mount.display(), source = %config.source.display(),
                    "the database of a shared folder cannot be used; its uploads are remembered only until the program ends"
                );
                let ledger = Ledger::open(VolumeState::Memory).expect("an in-memory ledger always opens");
                (ledger, InterruptedState::default(), VolumeState::Memory)
            }
        };
        // Without a usable ledger the marker is kept in memory too: only a program that knows the unfinished uploads
        // can tell which partial files are orphans. A volume that has none on purpose continues no upload after a restart,
        // so all partial files of earlier runs are orphans.
        let state = match config.flags.no_ledger && !behaviour.write_nothing {
            true => VolumeState::choose(&config.source, None, Some(&state_folder.join(RUN_MARKERS))),
            false => state,
        };
        let run_marker = Arc::new(RunMarker::open(state, names::run_token()));
        let mut registry = Registry::default();
        interrupted.uploads.into_iter().map(from_row).for_each(|unfinished| registry.insert(unfinished));
        let registry = Arc::new(Mutex::new(registry));
        let (locks, links_recorded, discard) = (Arc::default(), Arc::default(), behaviour.write_nothing);
        let (reserved_space, disk_comparison) = (ReservedTotal::default(), RateLimitedCheck::default());
        let interrupted = Arc::new(Mutex::new(interrupted.moves));
        Self {
            ledger: Arc::new(ledger),
            registry,
            discard,
            run_marker,
            locks,
            links_recorded,
            reserved_space,
            disk_comparison,
            interrupted,
        }
    }

    /// Locks the registry. Must not be held across disk or database access or an await.
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock()
    }

    /// Returns a hidden name for an incomplete file. After a crash the next start removes the file.
    pub(crate) fn hidden_name(&self) -> FileName {
        self.run_marker.ensure_written();
        names::partial()
    }

    /// Returns a handle that is alive as long as cleanup of this run may still happen.
    #[cfg(test)]
    pub(crate) fn in_use(&self) -> std::sync::Weak<str> {
        self.run_marker.alive()
    }

    /// Injects faults into the ledger.
    #[cfg(test)]
    pub(crate) fn set_faults(&self, faults: Arc<store::disk::Faults>) {
        self.ledger.set_faults(faults);
    }

    /// Returns the name of a hidden folder in which the entry with inode `ino` waits under its own name. After a crash
    /// the next start moves that entry back to the parent folder and removes everything else in the hidden folder.
    pub(crate) fn hidden_folder_name(&self, ino: u64) -> FileName {
        self.run_marker.ensure_written();
        names::waiting_folder(ino)
    }

    /// Notes that names of files are about to change: after a crash the next start compares the ledger with the disk.
    pub(crate) fn mark_changing(&self) {
        self.run_marker.ensure_written();
    }

    /// Returns whether the next start will lack information: the ledger misses changes of the disk, or uploads that may
    /// have a partial file.
    pub(crate) fn is_behind(&self) -> bool {
        let uploads: Vec<_> = self.registry().all().map(|one| one.id).collect();
        if *self.ledger.state() == VolumeState::Memory {
            return !uploads.is_empty();
        }
        if self.ledger.has_deferred_changes() || uploads.is_empty() {
            return self.ledger.has_deferred_changes();
        }
        let entered: HashSet<_> =
            self.ledger.unfinished_uploads().unwrap_or_default().iter().map(|row| row.id).collect();
        uploads.iter().any(|id| !entered.contains(id))
    }

    /// Keeps the marker after a clean exit, because a hidden file could not be removed or the ledger is behind: the
    /// next start then cleans up.
    pub(crate) fn keep_marker(&self) {
        self.run_marker.keep_after_exit();
    }

    /// Creates a partial file in `folder`.
    pub(super) fn new_partial(&self, folder: &Folder, mode: u32, shown: &VPath) -> Result<Partial> {
        Partial::create(folder, &self.hidden_name(), mode).map_err(|error| map_store_error(error, shown))
    }

    /// Returns the ledger's row of a file. Blocks.
    pub(crate) fn known_at(&self, below: &VPath) -> KnownFile {
        let row = below.split_last().map(|(folder, name)| self.ledger.file_at(&folder, &name));
        match row {
            Some(Ok(Some(row))) => KnownFile::Row(Box::new(row)),
            Some(Err(_)) => KnownFile::Unreadable,
            Some(Ok(None)) | None => KnownFile::Nothing,
        }
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

    /// Notes that a folder is about to move inside the volume: if the program is killed before
    /// [`VolumeUploads::record_move`], the next start moves the rows of its files. Blocks.
    pub(crate) fn begin_move(&self, folder: &FolderMove) {
        // A full disk must not prevent the move.
        if let Err(error) = self.ledger.begin_move(folder).and_then(store::db::Pending::wait) {
            tracing::warn!(%error, "a moving folder is not noted in the ledger; a kill now would lose its records");
        }
    }

    /// Removes the note: the folder did not move.
    pub(crate) fn cancel_move(&self, from: &VPath) {
        if let Err(error) = self.ledger.cancel_move(from).and_then(store::db::Pending::wait) {
            tracing::warn!(%error, "the note about a folder that did not move stays until the next start");
        }
    }

    /// Moves the rows of files in folders that a killed program had moved. A folder found at neither path may still be
    /// moved back (see `hidden_folder_name`) and is checked again next time. `root`: the volume's top folder. Blocks.
    pub(crate) fn apply_interrupted_moves(&self, root: &Folder) {
        let mut interrupted = self.interrupted.lock();
        interrupted.retain(|one| {
            let is_at = |path: &VPath| {
                let there = root.folder(path).and_then(|folder| folder.meta());
                there.is_ok_and(|meta| meta.ino == one.ino)
            };
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

    /// Returns the folder of the volume's state on the host, if it exists.
    pub fn state_folder(&self) -> Option<std::path::PathBuf> {
        self.ledger.state().find()
    }

    /// Returns whether an unfinished upload reserved the name. `folder`: relative to the volume's top folder.
    pub fn is_name_reserved(&self, folder: &VPath, name: &FileName) -> bool {
        self.registry().reserved_by(folder, name).is_some()
    }
}

/// Returns where a volume keeps its state.
fn state_of(config: &Volume, behaviour: &Behaviour) -> VolumeState {
    match config.flags.no_ledger || behaviour.write_nothing {
        true => VolumeState::Memory,
        false => VolumeState::choose(&config.source, config.flags.hist.as_deref(), behaviour.hist.as_deref()),
    }
}

/// Creates the folders that the configuration names for the state of volumes, and logs those that cannot be created,
/// which would otherwise show at the first upload. Blocks.
pub(crate) fn check_states(snapshot: &Snapshot) {
    let behaviour = &snapshot.settings.behaviour;
    for volume in &snapshot.tree.volumes {
        let config = &volume.config;
        let option = match (&config.flags.hist, &behaviour.hist) {
            (Some(_), _) => "the volume flag hist",
            (None, Some(_)) => "--hist",
            (None, None) => continue,
        };
        let state = state_of(config, behaviour);
        if let Err(error) = state.make() {
            tracing::error!(
                %error, folder = %state, option, share = config.mount.display(),
                "the folder for the database of a shared folder cannot be used; its uploads are remembered only until the \
                 program ends"
            );
        }
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

fn open_ledger(state: VolumeState) -> std::result::Result<(Ledger, InterruptedState), StoreError> {
    let ledger = Ledger::open(state)?;
    let interrupted = InterruptedState { uploads: ledger.unfinished_uploads()?, moves: ledger.unfinished_moves()? };
    Ok((ledger, interrupted))
}

fn from_row(row: UnfinishedRow) -> Unfinished {
    Unfinished {
        asked_name: row.asked_name,
        random: row.random,
        // Until the sender comes back and its rights can be checked: numbered names are for accounts that may read.
        other_names: OtherNames::Marked,
        partial_ino: row.ino,
        recorded: true,
        touched: row.touched,
        ..Unfinished::new(row.id, row.upload, row.partial, Stage::Unverified { boot: row.boot })
    }
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
    }
}
