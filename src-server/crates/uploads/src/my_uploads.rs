//! Uploads of one sender: the sender can list them, and delete them for a while (`--unpost`) without the right to
//! delete.
//!
//! The ledger records the sender of a file: an account, or an address for visitors without one. Senders who may not
//! learn which names are taken see the names that they requested.

use super::core::Uploads;
use super::extension::log_failure;
use super::sender::Sender;
use super::target::may_learn_names;
use super::volume::{VolumeUploads, ledger_error, uploads_of};
use model::{FileName, Operation, Perm, UnixMillis, VPath, Verdict};
use store::disk::Kind;
use store::ledger::FileRow;
use vfs::access::Access;
use vfs::clock::now;
use vfs::error::{Denial, EngineError, Result, UnpostRefused, UploadError};
use vfs::files::ops::discard;
use vfs::files::ops::entry_ref::EntryRef;
use vfs::names::{is_other, without_mark};
use vfs::volumes::resolve::as_requested;
use vfs::volumes::tree::MountedVolume;

/// Maximum number of files per volume that are listed or searched for a name.
const ROWS_MAX: u32 = 2000;

/// A file that the account uploaded or is uploading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnUpload {
    /// Path of the file, now or once it is complete.
    pub path: VPath,
    /// Bytes of the complete file.
    pub size: u64,
    /// When it was uploaded or started.
    pub at: UnixMillis,
    /// Percentage received, 0 to 100, if it is not complete.
    pub unfinished: Option<u8>,
}

impl Uploads {
    /// Returns the account's own uploads that it can delete, in all volumes: unfinished ones first, then the newest.
    ///
    /// # Errors
    /// `Internal`, if a ledger cannot be read.
    pub async fn own_uploads(&self, access: &Access) -> Result<Vec<OwnUpload>> {
        let access = access.clone();
        self.core.pool.try_run(move || list_own(&access)).await
    }

    /// Deletes a file that the account uploaded within the time of `--unpost`, or cancels its unfinished upload
    /// ([`Uploads::abandon`]). `path`: as the account knows it.
    ///
    /// # Errors
    /// `Denied` (write); `UnpostRefused`; `SwitchedOff`; those of [`Uploads::abandon`].
    pub async fn unpost(&self, access: &Access, path: &VPath) -> Result<()> {
        let on_its_way = match self.abandon(access, path, None).await {
            // No unfinished upload: try a complete file.
            Err(error @ EngineError::Upload(UploadError::UnpostRefused(_))) => error,
            answer => return answer,
        };
        if access.snapshot().settings.behaviour.no_delete {
            return Err(EngineError::Denied(Denial::SwitchedOff("delete")));
        }
        let (access, path) = (access.clone(), path.clone());
        let come = self.core.pool.try_run(move || unpost(&access, &path)).await;
        come.map_err(|error| match error {
            EngineError::Upload(UploadError::UnpostRefused(UnpostRefused::Unknown)) => on_its_way,
            other => other,
        })
    }
}

/// Returns the earliest upload time that counts as recent; `None`: no upload can be deleted.
pub(super) fn recent_since(access: &Access) -> Option<UnixMillis> {
    let secs = access.snapshot().settings.behaviour.unpost_secs;
    (secs > 0).then(|| UnixMillis(now().0.saturating_sub_unsigned(secs.saturating_mul(1000))))
}

fn list_own(access: &Access) -> Result<Vec<OwnUpload>> {
    let mut found = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        if access.rights_anywhere_in(volume).has(Perm::Write) {
            unfinished_in(access, volume, &mut found);
            finished_in(access, volume, &mut found)?;
        }
    }
    // Paths covered by another volume's mount point cannot be reached.
    found.retain(|one| access.verdict(&one.path, Operation::Upload) == Verdict::Allow);
    found.sort_by_key(|one| (one.unfinished.is_none(), std::cmp::Reverse(one.at)));
    Ok(found)
}

fn unfinished_in(access: &Access, volume: &MountedVolume, found: &mut Vec<OwnUpload>) {
    let sender = Sender::of(access);
    let registry = uploads_of(&volume.storage).registry();
    let theirs = registry.all().filter(|one| sender.is(&one.upload.account, &one.upload.address));
    found.extend(theirs.map(|one| {
        let upload = &one.upload;
        let tells = may_learn_names(access, volume, &upload.folder);
        let name = if tells || one.random { &upload.name } else { &one.asked_name };
        let folder = if tells { upload.folder.clone() } else { as_requested(&upload.folder) };
        OwnUpload {
            path: volume.config.mount.append(&folder).join(name),
            size: upload.plan.size().0,
            at: upload.started,
            unfinished: Some((100 * one.received_chunks() / upload.have.len().max(1)) as u8),
        }
    }));
}

fn finished_in(access: &Access, volume: &MountedVolume, found: &mut Vec<OwnUpload>) -> Result<()> {
    let Some(since) = recent_since(access) else { return Ok(()) };
    let rows = own_rows(access, uploads_of(&volume.storage), since);
    for row in rows.map_err(|error| ledger_error(error, &volume.config.mount))? {
        let (folder, name) = match may_learn_names(access, volume, &row.folder) {
            true => (row.folder, row.name),
            false => (as_requested(&row.folder), without_mark(row.name)),
        };
        let path = volume.config.mount.append(&folder).join(&name);
        found.push(OwnUpload { path, size: row.size.0, at: row.uploaded_at, unfinished: None });
    }
    Ok(())
}

fn own_rows(access: &Access, uploads: &VolumeUploads, since: UnixMillis) -> Result<Vec<FileRow>, store::StoreError> {
    let Sender { account, address } = Sender::of(access);
    uploads.ledger.uploaded_by(&account, &address, since, ROWS_MAX)
}

fn unpost(access: &Access, path: &VPath) -> Result<()> {
    let unknown = || EngineError::Upload(UploadError::UnpostRefused(UnpostRefused::Unknown));
    let mut entry = EntryRef::for_name(access, path, Operation::Upload).map_err(|error| match error {
        // The right to write was checked before, so this means that the folder does not exist.
        EngineError::NotFound(_) | EngineError::Denied(Denial::Right { missing: "read", .. }) => unknown(),
        other => other,
    })?;
    let volume = entry.parent.volume.clone();
    let since = recent_since(access).ok_or(EngineError::Denied(Denial::SwitchedOff("unpost")))?;
    let row = sent_as(access, &entry, &volume, since).map_err(|error| ledger_error(error, path))??;
    entry.name = row.name.clone();
    if uploads_of(&volume.storage).discard {
        log_failure(uploads_of(&volume.storage).forget(&entry.below()));
        return Ok(());
    }
    let is_it = |kind, size| kind == Kind::Link || (kind == Kind::File && size == row.size.0);
    if entry.stat()?.is_none_or(|meta| !is_it(meta.kind, meta.size)) {
        return Err(unknown());
    }
    let _lock = entry.lock()?;
    discard(access, &entry).map(drop)
}

/// Returns the file that the account uploaded under this name, or why it may not be deleted. The outer error is the
/// ledger's.
fn sent_as(
    access: &Access,
    entry: &EntryRef,
    volume: &MountedVolume,
    since: UnixMillis,
) -> Result<Result<FileRow>, store::StoreError> {
    let (uploads, below, name) = (uploads_of(&volume.storage), &entry.parent.below, &entry.name);
    let (sender, tells) = (Sender::of(access), may_learn_names(access, volume, below));
    let here = uploads.ledger.file_at(below, name)?;
    let why = match here {
        Some(row) if !sender.is(&row.account, &row.address) => UnpostRefused::NotYours,
        Some(row) if row.uploaded_at < since => UnpostRefused::TooLate,
        Some(row) => return Ok(Ok(row)),
        None => UnpostRefused::Unknown,
    };
    if tells {
        return Ok(Err(EngineError::Upload(UploadError::UnpostRefused(why))));
    }
    let called = |row: &FileRow, asked: &FileName| row.folder == *below && is_other(&row.name, asked);
    let other = own_rows(access, uploads, since)?.into_iter().find(|row| called(row, name));
    Ok(other.ok_or(EngineError::Upload(UploadError::UnpostRefused(UnpostRefused::Unknown))))
}
