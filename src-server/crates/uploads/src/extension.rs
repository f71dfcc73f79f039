//! Uploads as an extension of a volume: the ledger follows the changes that file operations make.

use super::creation::Creation;
use super::growing_file::find_growing;
use super::missing_files::forget_missing;
use super::quota::committed_amount;
use super::upload_state::UploadState;
use super::volume::{KnownFile, VolumeUploads, ledger_error, uploads_of};
use model::{FileName, UnixMillis, VPath, Wark};
use std::sync::Arc;
use store::StoreError;
use store::disk::{Folder, Kind, Meta};
use store::ledger::{FileRow, FolderMove};
use vfs::access::Access;
use vfs::changes::Change;
use vfs::error::Result;
use vfs::files::service::{Admission, FileService, GrowingContent};
use vfs::grants::Grants;
use vfs::volumes::extension::{
    KnownContent, NameLocks, OpeningVolume, PreparedChange, RecordedFile, VolumeExtension, VolumeService,
};
use vfs::volumes::resolve::Located;
use vfs::volumes::tree::MountedVolume;

/// Opens the ledger of every volume.
pub struct UploadService {
    /// What uploads of all volumes share.
    shared: Arc<UploadState>,
}

impl UploadService {
    /// `shared`: what uploads of all volumes share.
    pub fn new(shared: Arc<UploadState>) -> Self {
        Self { shared }
    }
}

impl VolumeService for UploadService {
    fn open(&self, volume: &OpeningVolume<'_>) -> Box<dyn VolumeExtension> {
        Box::new(VolumeUploads::open(volume))
    }
}

impl FileService for UploadService {
    fn admission<'a>(
        &self,
        grants: &Arc<dyn Grants>,
        access: &'a Access,
        folder: &Located<Folder>,
    ) -> Box<dyn Admission + 'a> {
        Box::new(Creation::within(grants.clone(), self.shared.clone(), access, folder))
    }

    fn open_growing(
        &self,
        volume: &Arc<MountedVolume>,
        folder: &VPath,
        name: &FileName,
    ) -> Result<Option<Box<dyn GrowingContent>>> {
        let found = find_growing(volume, folder, name)?;
        Ok(found.map(|growing| Box::new(growing) as Box<dyn GrowingContent>))
    }

    fn stored_bytes(&self, volume: &MountedVolume) -> Result<u64> {
        let stored = committed_amount(uploads_of(&volume.storage));
        stored.map(|amount| amount.bytes).map_err(|error| ledger_error(error, &volume.config.mount))
    }
}

impl VolumeExtension for VolumeUploads {
    fn folder_opened(&self, root: &Folder) {
        // Before a new file can get a path that a moved folder had.
        self.apply_interrupted_moves(root);
    }

    fn keep_links(&self, root: &Folder, path: &VPath) -> Result<()> {
        VolumeUploads::keep_links(self, root, path)
    }

    fn materialize_links(&self, root: &Folder, path: &VPath, itself: bool) -> Result<()> {
        VolumeUploads::materialize_links(self, root, path, itself)
    }

    fn prepare(&self, change: &Change) -> Option<Box<dyn PreparedChange>> {
        let known = match change {
            // Rows of a file that takes the name after the change must be kept, so the row is read before.
            Change::Removed { path, kind } | Change::Moved { from: path, kind, .. } if *kind != Kind::Folder => {
                self.known_at(path)
            }
            _ => KnownFile::Unknown,
        };
        if let Change::Moved { from, to, kind: Kind::Folder, ino } = change {
            self.begin_move(&FolderMove { from: from.clone(), to: to.clone(), ino: *ino });
        }
        Some(Box::new(LedgerChange { uploads: self.clone(), change: change.clone(), known }))
    }

    fn record_mtime(&self, path: &VPath, before: &Meta, mtime: UnixMillis) -> Result<()> {
        let KnownFile::Row(mut row) = self.known_at(path) else { return Ok(()) };
        row.lmod = mtime;
        if row.verified.mtime_ns == before.mtime_ns {
            row.verified.mtime_ns = mtime.0.saturating_mul(1_000_000);
        }
        let recorded = self.ledger.put_file(*row).and_then(store::db::Pending::wait);
        recorded.map_err(|error| ledger_error(error, path))
    }

    fn rescan(&self, root: &Folder, within: &VPath, locks: NameLocks) -> std::result::Result<(), StoreError> {
        forget_missing(self, root, within, locks)
    }

    fn is_receiving(&self, folder: &VPath, name: &FileName) -> bool {
        self.is_name_reserved(folder, name)
    }

    fn known_content(&self, folder: &VPath, name: &FileName, meta: &Meta) -> Option<KnownContent> {
        let row = self.ledger.file_at(folder, name).ok()??;
        let is_same = row.size.0 == meta.size && row.verified.mtime_ns == meta.mtime_ns;
        is_same.then_some(KnownContent { wark: row.wark, uploaded_at: Some(row.uploaded_at) })
    }

    fn files_with(&self, content: &Wark, limit: usize) -> std::result::Result<Vec<RecordedFile>, StoreError> {
        let rows = self.ledger.files_with(content, u32::try_from(limit).unwrap_or(u32::MAX))?;
        let file = |row: FileRow| RecordedFile { folder: row.folder, name: row.name, size: row.size };
        Ok(rows.into_iter().map(file).collect())
    }

    fn is_behind(&self) -> bool {
        VolumeUploads::is_behind(self)
    }
}

/// A change that the ledger will record.
struct LedgerChange {
    uploads: VolumeUploads,
    change: Change,
    /// The row of the file that is removed or moved, read before.
    known: KnownFile,
}

impl PreparedChange for LedgerChange {
    fn commit(self: Box<Self>) {
        let Self { uploads, change, known } = *self;
        let recorded = match change {
            Change::Created { path, .. } | Change::Replaced { path, .. } => uploads.forget(&path),
            Change::Removed { path, .. } => match known {
                KnownFile::Row(row) => uploads.forget_row(*row),
                KnownFile::Nothing => Ok(()),
                KnownFile::Unknown => uploads.forget(&path),
            },
            Change::Moved { from, to, .. } => {
                log_failure(uploads.forget(&to));
                match known {
                    KnownFile::Row(row) => uploads.move_row(*row, &to),
                    KnownFile::Nothing => Ok(()),
                    KnownFile::Unknown => uploads.record_move(&from, &to),
                }
            }
        };
        log_failure(recorded);
    }

    fn cancel(self: Box<Self>) {
        if let Change::Moved { from, kind: Kind::Folder, .. } = &self.change {
            self.uploads.cancel_move(from);
        }
    }
}

/// Logs that a change could not be recorded. The disk is the truth, and rows are compared with it.
pub(super) fn log_failure(recorded: Result<()>) {
    if let Err(error) = recorded {
        tracing::warn!(%error, "the ledger has an outdated row of a file; it is checked against the disk later");
    }
}
