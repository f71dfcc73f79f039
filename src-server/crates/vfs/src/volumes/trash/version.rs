//! Keeps the version of a file before another one takes its name.

use super::entry_id::EntryId;
use super::keep::{Batch, Kept, KeptBy};
use super::record::{Actor, Cause, Item};
use super::shortage::Purgeable;
use crate::volumes::tree::MountedVolume;
use model::{FileName, VPath};
use store::disk::{Folder, Kind, Meta};
use store::{ErrorKind, StoreError};

/// Most bytes that are copied where a file system has no hard links. A larger file is renamed: its name is free for a moment.
const COPY_MAX: u64 = 64 << 20;
/// Bytes that are freed for the record of an entry on a full disk.
const RECORD_SPACE: u64 = 1 << 20;

/// The version of a file that is about to be replaced. Dropping it without [`KeptVersion::commit`] takes it back: the file was
/// not replaced.
pub struct KeptVersion {
    /// `None` once it is committed.
    batch: Option<Batch>,
    kept: KeptBy,
    above: Folder,
    name: FileName,
    before: Meta,
}

impl KeptVersion {
    /// Keeps the file `name` in the folder `above`, whose path in the volume is `path`. Call it under the lock of the name, before
    /// the file is replaced. `None`: there is nothing to keep, or it cannot be kept; the file is replaced nevertheless.
    /// Blocks.
    pub fn keep(volume: &MountedVolume, above: &Folder, path: &VPath, name: &FileName, by: Actor) -> Option<Self> {
        if !volume.has_trash() {
            return None;
        }
        let before = above.stat(name).ok().flatten().filter(is_worth_keeping)?;
        let kept = keep_file(volume, above, path, name, by, &before);
        let (batch, kept) = kept
            .inspect_err(|error| tracing::warn!(%error, "the replaced version of a file is not kept in the trash"))
            .ok()?;
        Some(Self { batch: Some(batch), kept, above: above.clone(), name: name.clone(), before })
    }

    /// The identifier of the entry.
    pub fn id(&self) -> Option<EntryId> {
        self.batch.as_ref().map(Batch::id)
    }

    /// Whether the name has another file by now. Blocks.
    pub fn is_replaced(&self) -> bool {
        self.above.stat(&self.name).is_ok_and(|now| now.is_none_or(|now| now.id() != self.before.id()))
    }

    /// The file was replaced.
    pub fn commit(mut self) -> Option<Kept> {
        self.batch.take().and_then(Batch::end)
    }
}

impl Drop for KeptVersion {
    fn drop(&mut self) {
        if let Some(mut batch) = self.batch.take() {
            batch.give_back(0, self.kept, &self.above, &self.name);
        }
    }
}

/// Blank files and pipes have no content to keep.
fn is_worth_keeping(meta: &Meta) -> bool {
    match meta.kind {
        Kind::File => meta.size > 0,
        Kind::Link => true,
        Kind::Folder | Kind::Other => false,
    }
}

fn keep_file(
    volume: &MountedVolume,
    above: &Folder,
    path: &VPath,
    name: &FileName,
    by: Actor,
    before: &Meta,
) -> Result<(Batch, KeptBy), StoreError> {
    let gone = || StoreError::with_kind(ErrorKind::NotFound, "open", path.display(), "the volume is gone");
    let root = volume.storage.root().ok_or_else(gone)?;
    let size = if before.kind == Kind::File { before.size } else { 0 };
    let item = Item { path: path.clone(), kind: Kind::File, size, mtime: before.mtime(), waiting: None };
    let mut batch = begin_freeing(volume, &root, by, Cause::Replaced, vec![item])?;
    let kept = match before.kind {
        Kind::Link => keep_target(&mut batch, &root, above, path, name),
        _ => batch.keep_file(0, above, name, COPY_MAX),
    }?;
    if kept == KeptBy::Link {
        batch.sync()?;
    }
    Ok((batch, kept))
}

/// Keeps the content that a symlink leads to, which may be the only copy once other links change. A symlink that leads out of the
/// volume is kept itself.
fn keep_target(
    batch: &mut Batch,
    root: &Folder,
    above: &Folder,
    path: &VPath,
    name: &FileName,
) -> Result<KeptBy, StoreError> {
    let target = root.real_target(path).ok().and_then(|target| root.locate(&target));
    if let Some((folder, file)) = target.and_then(|target| target.split_last())
        && let Ok(folder) = root.folder(&folder)
        && batch.keep_file(0, &folder, &file, u64::MAX).is_ok()
    {
        return Ok(KeptBy::Link);
    }
    batch.link(0, above, name).map(|()| KeptBy::Link)
}

/// [`Batch::begin`]; on a full disk the oldest entries make room for the record.
///
/// # Errors
/// Those of [`Batch::begin`].
pub fn begin_freeing(
    volume: &MountedVolume,
    root: &Folder,
    by: Actor,
    cause: Cause,
    items: Vec<Item>,
) -> Result<Batch, StoreError> {
    let state = &volume.storage.state.trash;
    let folder = items.first().and_then(|item| item.path.parent()).unwrap_or_default();
    let max = volume.config.flags.trash.max;
    match Batch::begin(state, root, by.clone(), cause, items.clone(), max) {
        Err(error) if error.kind() == ErrorKind::NoSpace => {
            let folder = root.folder(&folder)?;
            let free = folder.free_space().map_or(0, |space| space.free.0);
            let device = folder.meta()?.dev;
            let purgeable = Purgeable::on_device([(state.clone(), root.clone(), max)], device);
            if !purgeable.purge_until(free.saturating_add(RECORD_SPACE)) {
                return Err(error);
            }
            Batch::begin(state, root, by, cause, items, max)
        }
        answer => answer,
    }
}
