//! State that services keep for a volume: the ledger of uploads, and later an index.
//!
//! A [`VolumeService`] opens its [`VolumeExtension`] with the volume. The extension belongs to the volume's storage: it
//! is carried over when settings change, and closed with it. File operations tell every extension about a change in two
//! steps, under the locks of its names: [`VolumeExtension::prepare`] before names change, then
//! [`PreparedChange::commit`] or [`PreparedChange::cancel`].

use super::resolve::Located;
use super::tree::MountedVolume;
use super::volume_state::VolumeState;
use crate::access::Access;
use crate::blocking_pool::BlockingPool;
use crate::changes::Change;
use crate::core::Core;
use crate::error::Result;
use crate::files::read::BodyStream;
use crate::files::transfer::Transfer;
use model::settings::Behaviour;
use model::{FileName, UnixMillis, VPath, Volume};
use std::any::Any;
use std::ops::Range;
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

    /// Compares what is recorded at or below `within` with the disk. Blocks.
    ///
    /// # Errors
    /// Disk and database errors; part of the work may be done.
    fn rescan(&self, root: &Folder, within: &VPath, locks: NameLocks) -> std::result::Result<(), StoreError>;

    /// Starts the admission of files that an operation creates in `folder`, which is in this volume.
    fn admission<'a>(
        &self,
        core: &'a Arc<Core>,
        access: &'a Access,
        folder: &Located<Folder>,
    ) -> Box<dyn Admission + 'a>;

    /// Whether a file with this name is being received. Never blocks.
    fn is_receiving(&self, folder: &VPath, name: &FileName) -> bool;

    /// Opens a file that is being received for reading, if its received part may be served. Does not check permissions.
    /// Blocks.
    ///
    /// # Errors
    /// Disk errors.
    fn open_growing(
        &self,
        volume: &Arc<MountedVolume>,
        folder: &VPath,
        name: &FileName,
    ) -> Result<Option<Box<dyn GrowingContent>>>;

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

/// Checks files that come into a volume against its limits, and counts them. Dropping it without
/// [`Admission::complete`] takes the counts back.
pub trait Admission {
    /// Checks whether a file of `size` bytes may be created, and counts it. `goal`: its future path; `replaced`: size of
    /// the file that it replaces, if any. Blocks.
    ///
    /// # Errors
    /// `TopFolderOnly`, `SizeRule`, `NoSpace`, `VolumeFull`, `VolumeFileLimit`, `TooManyUploads`, `TooMuchData`,
    /// `LinkFull`.
    fn admit(&mut self, goal: &VPath, size: u64, replaced: Option<u64>) -> Result<()>;

    /// Remembers a created file; `below`: its future path.
    fn created(&mut self, below: &VPath, meta: &Meta);

    /// Records the files once all of them are visible. Blocks.
    fn complete(self: Box<Self>);
}

/// A file that is being received, open for reading.
pub trait GrowingContent: Send + Sync {
    /// Size of the complete file, bytes.
    fn size(&self) -> u64;
    /// Modification time of the complete file.
    fn modified(&self) -> UnixMillis;
    /// Strong validator without quotes: differs for another upload of the same name.
    fn etag(&self) -> String;
    /// Returns the bytes of `range` (from 0, end exclusive, within the size) as a stream that waits for bytes not
    /// received yet.
    fn body(&self, range: Range<u64>, pool: BlockingPool, transfer: Arc<Transfer>) -> BodyStream;
}
