//! State that services keep for a volume: the ledger of uploads, the index.
//!
//! A [`VolumeService`] opens its [`VolumeExtension`] with the volume. The extension belongs to the volume's storage: it
//! is carried over when settings change, and closed with it. File operations tell every extension about a change in two
//! steps, under the locks of its names: [`VolumeExtension::prepare`] before names change, then
//! [`PreparedChange::commit`] or [`PreparedChange::cancel`].

use super::volume_state::VolumeState;
use crate::changes::Change;
use crate::error::Result;
use model::settings::Behaviour;
use model::{Bytes, FileName, UnixMillis, VPath, Volume, Wark};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use store::disk::{Folder, Meta};
use store::index::FolderTags;
use store::{StoreError, Totals};

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

/// The state of one service for one volume. Paths are relative to the volume's top folder `root`. A service implements
/// the methods that concern it; the others do nothing. Services that merely follow changes subscribe to the change feed.
pub trait VolumeExtension: Any + Send + Sync {
    /// Called when the volume's folder was opened for the first time, before any file is created in it. Blocks.
    fn folder_opened(&self, _root: &Folder) {}

    /// Makes symlinks elsewhere in the volume that lead to `path`, or to anything below it, files of their own. Called
    /// before it is removed, replaced or moved, under its lock. Blocks.
    ///
    /// # Errors
    /// Those of the disk; then the change must not be made.
    fn keep_links(&self, _root: &Folder, _path: &VPath) -> Result<()> {
        Ok(())
    }

    /// Makes symlinks below `path` that lead elsewhere, and with `itself` the symlink that it is, files of their own.
    /// Called before it moves, under its lock. Blocks.
    ///
    /// # Errors
    /// Those of the disk; then the change must not be made.
    fn materialize_links(&self, _root: &Folder, _path: &VPath, _itself: bool) -> Result<()> {
        Ok(())
    }

    /// Reads what recording `change` will need, and notes what a killed process would leave unrecorded. Called under
    /// the locks of its names, before they change. Returns `None` if the extension records nothing. Blocks.
    fn prepare(&self, _change: &Change) -> Option<Box<dyn PreparedChange>> {
        None
    }

    /// Copies what is kept for `from`, and for everything below it, to `to`, whose volume keeps it in `target`, an extension
    /// of the same service: what is there now is a copy, or will be all that is left of `from`. Called under the lock of
    /// `to`. Blocks.
    fn copied(&self, _from: &VPath, _target: &dyn VolumeExtension, _to: &VPath) {}

    /// Records that the file at `path` has another modification time and the same content. `before`: its metadata until
    /// then. Called under the lock of its name. Blocks.
    ///
    /// # Errors
    /// Those of the database; the time has changed nevertheless.
    fn record_mtime(&self, _path: &VPath, _before: &Meta, _mtime: UnixMillis) -> Result<()> {
        Ok(())
    }

    /// Compares what is recorded at or below `within` with the disk. Blocks.
    ///
    /// # Errors
    /// Disk and database errors; part of the work may be done.
    fn rescan(&self, _root: &Folder, _within: &VPath, _locks: NameLocks) -> std::result::Result<(), StoreError> {
        Ok(())
    }

    /// Whether a file with this name is being received. Never blocks.
    fn is_receiving(&self, _folder: &VPath, _name: &FileName) -> bool {
        false
    }

    /// Returns what is known of the content of the file with this name and this metadata. Blocks.
    fn known_content(&self, _folder: &VPath, _name: &FileName, _meta: &Meta) -> Option<KnownContent> {
        None
    }

    /// Returns at most `limit` files that have this content according to records: folders and names. Blocks.
    ///
    /// # Errors
    /// Database errors.
    fn files_with(&self, _content: &Wark, _limit: usize) -> std::result::Result<Vec<RecordedFile>, StoreError> {
        Ok(Vec::new())
    }

    /// Whether [`VolumeExtension::files_with`] may return files that were never uploaded. Never blocks.
    fn knows_all_files(&self) -> bool {
        false
    }

    /// Returns number and size of the files below each folder in `folder`, by name, where they are known. Blocks.
    fn totals_in(&self, _folder: &VPath) -> HashMap<Vec<u8>, Totals> {
        HashMap::new()
    }

    /// Returns what is known of pictures in `folder`, by name. A picture may have changed since. Blocks.
    fn pictures_in(&self, _folder: &VPath) -> HashMap<Vec<u8>, RecordedPicture> {
        HashMap::new()
    }

    /// Returns those tags of the files in `folder` that `names` lists, by name, where they are known. Blocks.
    fn tags_in(&self, _folder: &VPath, _names: &[String]) -> Arc<FolderTags> {
        Arc::default()
    }

    /// Whether the next start will lack information, so that it must compare the state with the disk.
    fn is_behind(&self) -> bool {
        false
    }
}

/// What an extension knows of the content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContent {
    /// Its identity; `None`: it was not hashed.
    pub wark: Option<Wark>,
    /// When it was uploaded.
    pub uploaded_at: Option<UnixMillis>,
}

/// A file as records have it; it may have changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFile {
    /// Its folder.
    pub folder: VPath,
    /// Its name.
    pub name: FileName,
    /// Its size in bytes.
    pub size: Bytes,
}

/// What is known of the picture that a file shows: a photo, a frame of a video, a cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPicture {
    /// Size of the file when it was looked at.
    pub size: u64,
    /// Modification time of the file then.
    pub modified: UnixMillis,
    /// What it shows.
    pub picture: Picture,
}

/// Shape and colours of a picture, for the time until it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels, the right way up.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// ThumbHash of its thumbnail, as base64.
    pub thumbhash: Box<str>,
}

/// A change that an extension will record.
pub trait PreparedChange {
    /// Records the change, which is visible now. Blocks. Failures are logged: the disk is the truth.
    fn commit(self: Box<Self>);

    /// The change was not made.
    fn cancel(self: Box<Self>);
}
