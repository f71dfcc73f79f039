//! State that services keep for a volume: the ledger of uploads, and later an index.
//!
//! A [`VolumeService`] opens its [`VolumeExtension`] with the volume. The extension belongs to the volume's storage: it
//! is carried over when settings change, and closed with it. File operations tell every extension about a change in two
//! steps, under the locks of its names: [`VolumeExtension::prepare`] before names change, then
//! [`PreparedChange::commit`] or [`PreparedChange::cancel`].

use super::volume_state::VolumeState;
use crate::changes::Change;
use crate::error::Result;
use model::settings::Behaviour;
use model::{FileName, UnixMillis, VPath, Volume};
use std::any::Any;
use std::sync::Arc;
use store::StoreError;
use store::disk::{Folder, Meta};

/// A service with state for each volume.
pub trait VolumeService: Send + Sync {
    /// Opens the state of one volume. Must not fail: a service that cannot read its state logs that and goes on without
    /// it. Blocks.
    fn open(&self, volume: &OpeningVolume<'_>) -> Box<dyn VolumeExtension>;
}

/// A volume that is being opened.
pub struct OpeningVolume<'a> {
    /// Its settings.
    pub config: &'a Volume,
    /// The settings of the server.
    pub behaviour: &'a Behaviour,
    /// Where it keeps its state, its locks, its change feed. Shared with its storage.
    pub state: &'a Arc<VolumeState>,
}

/// Which code locks the names of files that seem to be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameLocks {
    /// The caller holds the locks.
    Held,
    /// The extension locks each name.
    Taken,
}

/// The state of one service for one volume. Paths are relative to the volume's top folder `root`.
pub trait VolumeExtension: Any + Send + Sync {
    /// Called when the volume's folder was opened for the first time, before any file is created in it. Blocks.
    fn folder_opened(&self, root: &Folder);

    /// Makes symlinks elsewhere in the volume that lead to `path`, or to anything below it, files of their own. Called
    /// before it is removed, replaced or moved, under its lock. Blocks.
    ///
    /// # Errors
    /// Those of the disk; then the change must not be made.
    fn keep_links(&self, root: &Folder, path: &VPath) -> Result<()>;

    /// Makes symlinks below `path` that lead elsewhere, and with `itself` the symlink that it is, files of their own.
    /// Called before it moves, under its lock. Blocks.
    ///
    /// # Errors
    /// Those of the disk; then the change must not be made.
    fn materialize_links(&self, root: &Folder, path: &VPath, itself: bool) -> Result<()>;

    /// Reads what recording `change` will need, and notes what a killed process would leave unrecorded. Called under
    /// the locks of its names, before they change. Blocks.
    fn prepare(&self, change: &Change) -> Box<dyn PreparedChange>;

    /// Records that the file at `path` has another modification time and the same content. `before`: its metadata until
    /// then. Called under the lock of its name. Blocks.
    ///
    /// # Errors
    /// Those of the database; the time has changed nevertheless.
    fn record_mtime(&self, path: &VPath, before: &Meta, mtime: UnixMillis) -> Result<()>;

    /// Compares what is recorded at or below `within` with the disk. Blocks.
    ///
    /// # Errors
    /// Disk and database errors; part of the work may be done.
    fn rescan(&self, root: &Folder, within: &VPath, locks: NameLocks) -> std::result::Result<(), StoreError>;

    /// Whether a file with this name is being received. Never blocks.
    fn is_receiving(&self, folder: &VPath, name: &FileName) -> bool;

    /// Whether the next start will lack information, so that it must compare the state with the disk.
    fn is_behind(&self) -> bool;
}

/// A change that an extension will record.
pub trait PreparedChange {
    /// Records the change, which is visible now. Blocks. Failures are logged: the disk is the truth.
    fn commit(self: Box<Self>);

    /// The change was not made.
    fn cancel(self: Box<Self>);
}
