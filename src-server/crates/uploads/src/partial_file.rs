//! The partial file of an upload.

use super::registry::unfinished::Unfinished;
use super::volume::uploads_of;
use model::{FileName, VPath};
use std::sync::Arc;
use store::ErrorKind;
use store::disk::Folder;
use store::partial::Partial;
use vfs::error::{EngineError, Gone, Result, UploadError};
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;

/// Whether the inode of a new partial file is read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum RecordInode {
    /// Later requests refer to the bytes written now.
    Always,
    /// A file of one chunk that arrives in one request is placed by that request, which saves the `stat`.
    IfManyChunks,
}

/// Returns the partial file of an upload: created with its first chunk, kept open while a request or a reader uses it.
/// Blocks.
///
/// This is the one place that ties received chunks to bytes: it opens the file that `have` and `subchunks` describe, or
/// creates a new one and clears both. All concurrent users share one handle, so none of them writes into another file.
///
/// # Errors
/// `UnknownWark`: there is no such upload, or it is being placed. Disk errors.
pub(super) fn open_partial(volume: &Arc<MountedVolume>, id: i64, record_inode: RecordInode) -> Result<Arc<Partial>> {
    let uploads = uploads_of(&volume.storage);
    let opening = {
        let registry = uploads.registry();
        let unfinished = registry.get(id).ok_or(EngineError::Upload(UploadError::UnknownWark))?;
        if let Some(open) = unfinished.partial.upgrade() {
            return Ok(open);
        }
        unfinished.open_lock.clone()
    };
    let _alone = opening.lock();
    let wanted = {
        let registry = uploads.registry();
        let unfinished = registry.get(id).ok_or(EngineError::Upload(UploadError::UnknownWark))?;
        if let Some(open) = unfinished.partial.upgrade() {
            return Ok(open);
        }
        if unfinished.is_finishing() {
            return Err(EngineError::Upload(UploadError::UnknownWark));
        }
        ExpectedPartial::of(unfinished)
    };
    let path = volume.config.mount.append(&wanted.below);
    let failed = |error| map_store_error(error, &path);
    let root = volume.storage.root_for_writing().ok_or_else(|| EngineError::Gone(Gone::Folder(path.clone())))?;
    let flags = &volume.config.flags;
    let (folder, _) = root.make_folders(&wanted.below, flags.folder_mode).map_err(failed)?;
    uploads.state.run_marker.ensure_written();
    let kept = if wanted.is_begun { wanted.open(&folder).map_err(failed)? } else { None };
    let (partial, ino) = match kept {
        Some((partial, ino)) => (partial, Some(ino)),
        None => {
            if wanted.is_begun {
                reset_lost_upload(volume, id);
            }
            let record_inode = wanted.is_many || record_inode == RecordInode::Always;
            wanted.create(&folder, flags.file_mode, record_inode).map_err(failed)?
        }
    };
    // If the file has no holes, the upload needs no more space on the disk.
    let is_allocated = wanted.is_many && partial.allocated().is_some_and(|bytes| bytes >= wanted.size);
    let partial = Arc::new(partial);
    if let Some(unfinished) = uploads.registry().get_mut(id) {
        unfinished.partial = Arc::downgrade(&partial);
        unfinished.partial_ino = ino;
        unfinished.is_allocated = is_allocated;
    }
    Ok(partial)
}

/// Expected properties of the partial file of an upload.
struct ExpectedPartial {
    below: VPath,
    name: FileName,
    size: u64,
    is_many: bool,
    /// Some bytes of the upload were received.
    is_begun: bool,
    /// Minimum length of the file.
    least: u64,
    ino: Option<u64>,
}

impl ExpectedPartial {
    fn of(unfinished: &Unfinished) -> Self {
        let upload = &unfinished.upload;
        let (size, is_many) = (upload.plan.size().0, upload.plan.count() > 1);
        let have_some = upload.have.contains(&true);
        let subchunks = unfinished.subchunks.values().copied().max();
        Self {
            below: upload.folder.clone(),
            name: unfinished.partial_name.clone(),
            size,
            is_many,
            is_begun: have_some || subchunks.is_some(),
            least: if is_many || have_some { size } else { subchunks.unwrap_or(0) },
            ino: unfinished.partial_ino,
        }
    }

    /// Opens the existing file and returns it with its inode; `None`: there is none, or it is another file.
    fn open(&self, folder: &Folder) -> std::result::Result<Option<(Partial, u64)>, store::StoreError> {
        let partial = match Partial::open(folder, &self.name) {
            Ok(partial) => partial,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Link | ErrorKind::Special) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let meta = partial.meta()?;
        let is_it = Some(meta.ino) == self.ino && (self.least..=self.size).contains(&meta.size);
        Ok(is_it.then_some((partial, meta.ino)))
    }

    /// Creates the file. Removes a file that has its name, because no byte of it counts.
    fn create(
        &self,
        folder: &Folder,
        mode: u32,
        record_inode: bool,
    ) -> std::result::Result<(Partial, Option<u64>), store::StoreError> {
        let partial = match Partial::create(folder, &self.name, mode) {
            Err(error) if error.kind() == ErrorKind::Exists => {
                folder.remove_file(&self.name)?;
                Partial::create(folder, &self.name, mode)?
            }
            made => made?,
        };
        if self.is_many {
            partial.set_length(self.size)?;
        }
        let ino = if record_inode { Some(partial.meta()?.ino) } else { None };
        Ok((partial, ino))
    }
}

/// Resets an upload whose partial file another program removed or changed. The ledger is updated with the next chunk;
/// until then its bits refer to an inode that does not exist, and do not count.
fn reset_lost_upload(volume: &MountedVolume, id: i64) {
    let mut registry = uploads_of(&volume.storage).registry();
    if let Some(unfinished) = registry.get_mut(id) {
        tracing::warn!(path = %unfinished.path().display(), "the partial file of an upload is lost; it starts again");
        unfinished.reset();
    }
}
