//! What a volume needs for changes of its names: locks, the marker of this run, hidden names, the change feed.

use super::hidden_names;
use super::lock_table::LockTable;
use super::trash::state::TrashState;
use super::write_locks::{LockScope, WriteGuard, WriteLocks};
use crate::blocking_pool::BlockingPool;
use crate::changes::ChangeFeed;
use crate::error::Result;
use model::settings::Behaviour;
use model::{FileName, Volume};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use store::run_marker::RunMarker;
use store::state_location::StateLocation;

/// Folder in the server's state folder with the run markers of volumes that keep no state.
const RUN_MARKERS: &str = "volumes";

/// State of one volume that its storage shares with the services' extensions.
pub struct VolumeState {
    /// Where services keep what they record about the volume.
    pub location: StateLocation,
    /// Persistent note that this run may leave partial files behind.
    pub run_marker: RunMarker,
    /// Locks of names that are being changed.
    pub locks: Arc<WriteLocks>,
    /// Locks that clients hold.
    pub lock_table: LockTable,
    /// Changes of files and folders.
    pub changes: ChangeFeed,
    /// The trash.
    pub trash: Arc<TrashState>,
    /// Whether nothing is written to disk (`-nw`).
    pub writes_nothing: bool,
    /// Whether the file system may fold case.
    pub(super) folds_case: AtomicBool,
}

impl VolumeState {
    /// Reads the marker of an earlier run. Blocks. `state_folder`: the server's own; it keeps the run marker of volumes
    /// without a state of theirs (`d2d`).
    pub fn open(config: &Volume, behaviour: &Behaviour, state_folder: &Path) -> Self {
        let location = location_of(config, behaviour);
        if let Err(error) = location.close_to_others() {
            tracing::warn!(%error, folder = %location, "the folder for the database of a shared folder may be open to other users");
        }
        // A volume without a state of its own continues no upload after a restart, so all partial files of earlier runs
        // are orphans.
        let marked_in = match config.flags.no_ledger && !behaviour.write_nothing {
            true => StateLocation::choose(&config.source, None, Some(&state_folder.join(RUN_MARKERS))),
            false => location.clone(),
        };
        let run_marker = RunMarker::open(marked_in, hidden_names::run_token());
        Self {
            location,
            run_marker,
            locks: Arc::default(),
            lock_table: LockTable::default(),
            changes: ChangeFeed::default(),
            trash: Arc::default(),
            writes_nothing: behaviour.write_nothing,
            folds_case: false.into(),
        }
    }

    /// Blocks until no held lock conflicts with `scopes`, and takes them.
    ///
    /// # Errors
    /// `Busy` if another operation holds a lock for too long.
    pub fn lock(&self, scopes: Vec<LockScope>) -> Result<WriteGuard> {
        self.locks.lock(scopes, self.folds_case())
    }

    /// Takes the locks of `scopes` if they are free. Never blocks.
    pub fn try_lock(&self, scopes: Vec<LockScope>) -> Option<WriteGuard> {
        self.locks.try_lock(scopes, self.folds_case())
    }

    /// Calls `then` on this thread if the locks of `scopes` are free, else on a pool thread as soon as they are. Never
    /// blocks.
    pub fn lock_then(
        &self,
        scopes: Vec<LockScope>,
        pool: &BlockingPool,
        then: impl FnOnce(WriteGuard) + Send + 'static,
    ) {
        self.locks.lock_then(scopes, self.folds_case(), pool, then);
    }

    /// Whether the file system may fold case.
    pub fn folds_case(&self) -> bool {
        self.folds_case.load(Relaxed)
    }

    /// Returns a hidden name for an incomplete file. After a crash the next start removes the file.
    pub fn hidden_name(&self) -> FileName {
        self.run_marker.ensure_written();
        hidden_names::partial()
    }

    /// Returns the name of a hidden folder in which the entry with inode `ino` waits under its own name. After a crash
    /// the next start moves that entry back to the parent folder and removes everything else in the hidden folder.
    pub fn hidden_folder_name(&self, ino: u64) -> FileName {
        self.run_marker.ensure_written();
        hidden_names::waiting_folder(ino)
    }

    /// Notes that names of files are about to change: after a crash the next start compares records with the disk.
    pub fn mark_changing(&self) {
        self.run_marker.ensure_written();
    }
}

/// Returns where a volume keeps its state.
pub fn location_of(config: &Volume, behaviour: &Behaviour) -> StateLocation {
    match config.flags.no_ledger || behaviour.write_nothing {
        true => StateLocation::Memory,
        false => StateLocation::choose(&config.source, config.flags.hist.as_deref(), behaviour.hist.as_deref()),
    }
}
