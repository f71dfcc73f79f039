//! What a volume holds of the service: its ledger and its unfinished uploads.

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
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::StoreError;
use store::disk::Folder;
use store::ledger::{FileRow, FolderMove, Ledger, UnfinishedRow, VolumeState};
use store::partial::Partial;
use store::run_marker::RunMarker;

/// What a ledger knows of a file that is about to go.
pub(crate) enum KnownFile {
    Row(Box<FileRow>),
    Nothing,
    /// It could not be asked: all that it knows of the name goes.
    Unreadable,
}

/// Ledger and unfinished uploads of one volume. Cheap to clone.
#[derive(Clone)]
pub struct VolumeUploads {
    pub(super) ledger: Arc<Ledger>,
    registry: Arc<Mutex<Registry>>,
    /// `-nw`: nothing is written.
    pub(super) discard: bool,
    /// The note about partial files.
    pub(super) run_marker: Arc<RunMarker>,
    /// Which names are being changed.
    pub(crate) locks: Arc<WriteLocks>,
    /// Links that a killed program had not entered are known now ([`super::unknown_links`]).
    pub(super) links_recorded: Arc<Mutex<bool>>,
    /// Room within the volume's limits for what is on its way.
    pub(super) reserved_space: ReservedTotal,
    /// When the ledger was last compared with the disk, for the volume's limits.
    pub(super) disk_comparison: RateLimitedCheck,
    /// Moves of folders that an earlier program has begun and not ended.
    interrupted: Arc<Mutex<Vec<FolderMove>>>,
}

impl VolumeUploads {
    /// Reads the ledger, if there is one. Blocks.
    pub(crate) fn open(config: &Volume, behaviour: &Behaviour) -> Self {
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
                let ledger = Ledger::open(VolumeState::Memory).expect("memory needs nothing to be opened");
                (ledger, InterruptedState::default(), VolumeState::Memory)
            }
        };
        // Which partial files nobody needs is known only to who knows the uploads that are unfinished.
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

    /// The state. Never held across disk, database or an await.
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name that nobody can see, for what is not complete yet. After a crash the next start removes what has it.
    pub(crate) fn hidden_name(&self) -> FileName {
        self.run_marker.ensure_written();
        names::partial()
    }

    /// Alive as long as anything of this run may still tidy up.
    #[cfg(test)]
    pub(crate) fn in_use(&self) -> std::sync::Weak<str> {
        self.run_marker.alive()
    }

    /// The ledger fails on demand from now on.
    #[cfg(test)]
    pub(crate) fn set_faults(&self, faults: Arc<store::disk::Faults>) {
        self.ledger.set_faults(faults);
    }

    /// The name of a hidden folder for what has the inode `ino`, under its own name. After a crash the next start moves that
    /// back to where the folder is, and removes everything else in it.
    pub(crate) fn hidden_folder_name(&self, ino: u64) -> FileName {
        self.run_marker.ensure_written();
        names::waiting_folder(ino)
    }

    /// The names of files are about to change: after a crash the next start compares the ledger with the disk.
    pub(crate) fn mark_changing(&self) {
        self.run_marker.ensure_written();
    }

    /// Whether the next start will not know all that it has to: the ledger lacks changes of the disk, or uploads of which
    /// there may be a partial file.
    pub(crate) fn is_behind(&self) -> bool {
        let uploads: Vec<_> = self.registry().all().map(|one| one.id).collect();
        if self.ledger.has_deferred_changes() || uploads.is_empty() {
            return self.ledger.has_deferred_changes();
        }
        let entered: HashSet<_> =
            self.ledger.unfinished_uploads().unwrap_or_default().iter().map(|row| row.id).collect();
        uploads.iter().any(|id| !entered.contains(id))
    }

    /// Something under such a name could not be removed, or the ledger is behind: the next start sees to it, also if this
    /// one ends in good order.
    pub(crate) fn keep_marker(&self) {
        self.run_marker.keep_after_exit();
    }

    /// Makes a partial file in `folder`.
    pub(super) fn new_partial(&self, folder: &Folder, mode: u32, shown: &VPath) -> Result<Partial> {
        Partial::create(folder, &self.hidden_name(), mode).map_err(|error| map_store_error(error, shown))
    }

    /// What is known of a file. Blocks.
    pub(crate) fn known_at(&self, below: &VPath) -> KnownFile {
        let row = below.split_last().map(|(folder, name)| self.ledger.file_at(&folder, &name));
        match row {
            Some(Ok(Some(row))) => KnownFile::Row(Box::new(row)),
            Some(Err(_)) => KnownFile::Unreadable,
            Some(Ok(None)) | None => KnownFile::Nothing,
        }
    }

    /// The file that a row is about is gone. Its name needs no lock to be taken anew: what is known of that file stays.
    /// Blocks.
    ///
    /// # Errors
    /// `Internal`, if the ledger cannot be written.
    pub fn forget_row(&self, row: FileRow) -> Result<()> {
        let below = row.folder.join(&row.name);
        self.ledger.record_row_removed(row).map_err(|error| ledger_error(error, &below))
    }

    /// The same about a file that is at `to` now.
    ///
    /// # Errors
    /// As [`VolumeUploads::forget_row`].
    pub fn move_row(&self, row: FileRow, to: &VPath) -> Result<()> {
        self.ledger.record_row_moved(row, to).map_err(|error| ledger_error(error, to))
    }

    /// A file or folder is gone: what is known of it, and of what was in it, is forgotten. `below`: in the volume.
    /// Blocks.
    ///
    /// # Errors
    /// `Internal`, if the ledger cannot be written.
    pub fn forget(&self, below: &VPath) -> Result<()> {
        self.ledger.record_removed(below).map_err(|error| ledger_error(error, below))
    }

    /// A file or folder moved inside the volume. Blocks.
    ///
    /// # Errors
    /// `Internal`, if the ledger cannot be written.
    pub fn record_move(&self, from: &VPath, to: &VPath) -> Result<()> {
        self.move_unfinished(from, to)?;
        self.ledger.record_moved(from, to).map_err(|error| ledger_error(error, from))
    }

    /// A folder is about to move inside the volume: should the program be killed before [`VolumeUploads::moved`], the next
    /// start has what is known of its files follow. Blocks.
    pub(crate) fn begin_move(&self, folder: &FolderMove) {
        // A full disk is no reason to keep a folder where it is.
        if let Err(error) = self.ledger.begin_move(folder).and_then(store::db::Pending::wait) {
            tracing::warn!(%error, "a folder moves, and a kill in this moment would lose what is known of its files");
        }
    }

    /// It did not move.
    pub(crate) fn cancel_move(&self, from: &VPath) {
        if let Err(error) = self.ledger.cancel_move(from).and_then(store::db::Pending::wait) {
            tracing::warn!(%error, "the next start looks whether a folder has moved, which did not");
        }
    }

    /// Has what is known of files follow the folders that a killed program has moved. Those that are at neither place (they
    /// may still come back from where they waited) are looked at the next time. `root`: the volume's top. Blocks.
    pub(crate) fn apply_interrupted_moves(&self, root: &Folder) {
        let mut interrupted = self.interrupted.lock().unwrap_or_else(PoisonError::into_inner);
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
                Ok(()) => tracing::info!(path = one.to.display(), "what is known of a folder's files follows its move"),
                Err(error) => tracing::warn!(%error, "what is known of a folder's files does not follow its move"),
            }
            false
        });
    }

    /// Unfinished uploads go along with their folder, since their partial files did.
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
                // Its next chunk enters it.
                self.registry().get_mut(id).into_iter().for_each(|one| one.recorded = false);
                return Err(ledger_error(error, from));
            }
        }
        Ok(())
    }

    /// Folder of the volume's state on the host, if there is one yet.
    pub fn state_folder(&self) -> Option<std::path::PathBuf> {
        self.ledger.state().find()
    }

    /// Whether a file is on its way to that name. `folder`: in the volume.
    pub fn is_name_reserved(&self, folder: &VPath, name: &FileName) -> bool {
        self.registry().reserved_by(folder, name).is_some()
    }
}

/// Where a volume keeps its state.
fn state_of(config: &Volume, behaviour: &Behaviour) -> VolumeState {
    match config.flags.no_ledger || behaviour.write_nothing {
        true => VolumeState::Memory,
        false => VolumeState::choose(&config.source, config.flags.hist.as_deref(), behaviour.hist.as_deref()),
    }
}

/// Makes the folders that the configuration names for the state of volumes, and says which cannot be: else that would show
/// at the first upload. Blocks.
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

/// The ledger's failures mean the same everywhere.
pub(super) fn ledger_error(error: StoreError, path: &VPath) -> EngineError {
    map_store_error(error, path)
}

/// What an earlier program has begun and not ended.
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
        // Until its sender comes back and can be asked for rights: numbers are for those who may read.
        other_names: OtherNames::Marked,
        partial_ino: row.ino,
        recorded: true,
        touched: row.touched,
        ..Unfinished::new(row.id, row.upload, row.partial, Stage::Unverified { boot: row.boot })
    }
}

/// The row of an upload as it is now.
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
