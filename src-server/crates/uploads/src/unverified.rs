//! Verifies uploads from an earlier run of the program.
//!
//! - The partial file exists and the machine was not restarted: all recorded chunks are valid.
//! - The machine was restarted: data that was only in the page cache may be lost, so every chunk is hashed. The same
//!   applies if another file has that name now (a restored copy), or one of another length.
//! - The partial file is gone, but the finished one exists: the program ended between renaming it and recording that.
//!   If its content is right, the upload is complete.

use super::allowance::Allowance;
use super::core::{Core, run_long};
use super::file_record::FileRecord;
use super::lifetime::lifetime;
use super::registry::unfinished::Stage;
use super::removal::discard_unfinished;
use super::verify::{hash_range, holds, verified_state};
use super::volume::{VolumeUploads, to_row, uploads_of};
use std::sync::Arc;
use store::disk::{Folder, Meta};
use store::hash::HashService;
use store::ledger::boot_id;
use store::partial::Partial;
use store::place::open_file;
use store::{ErrorKind, StoreError};
use vfs::clock::now;
use vfs::error::{EngineError, Gone, Result, UploadError};
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;

/// Verifies an upload unless that was done already. May read the whole file.
///
/// # Errors
/// `UnknownWark`: the upload is complete, or it ended meanwhile.
pub(super) async fn verify(core: &Arc<Core>, volume: &Arc<MountedVolume>, id: i64) -> Result<()> {
    let (core2, volume) = (core.clone(), volume.clone());
    run_long(core, move || verify_blocking(&core2.upload_state.hasher, &volume, id)).await?
}

/// Like [`verify`], on this thread.
pub(super) fn verify_blocking(hasher: &HashService, volume: &MountedVolume, id: i64) -> Result<()> {
    let uploads = uploads_of(&volume.storage);
    let open_lock = uploads.registry().get(id).ok_or(EngineError::Upload(UploadError::UnknownWark))?.open_lock.clone();
    let _alone = open_lock.lock();
    let (upload, boot, partial_name, ino, is_sequential, offset) = {
        let registry = uploads.registry();
        let unfinished = registry.get(id).ok_or(EngineError::Upload(UploadError::UnknownWark))?;
        let Stage::Unverified { boot } = &unfinished.stage else { return Ok(()) };
        let (is_sequential, (offset, _)) = (unfinished.is_sequential(), unfinished.offset());
        let (boot, partial_name) = (boot.clone(), unfinished.partial_name.clone());
        (unfinished.upload.clone(), boot, partial_name, unfinished.partial_ino, is_sequential, offset)
    };
    let path = volume.config.mount.append(&upload.folder);
    let root = volume.storage.root().or_else(|| volume.storage.reopen());
    let root = root.ok_or_else(|| EngineError::Gone(Gone::Folder(path.clone())))?;
    let failed = |error: StoreError| map_store_error(error, &path);
    let folder = match root.folder(&upload.folder) {
        Ok(folder) => Some(folder),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotAFolder) => None,
        Err(error) => return Err(failed(error)),
    };
    let partial = match folder.as_ref().map(|folder| Partial::open(folder, &partial_name)).transpose() {
        Ok(partial) => partial,
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let meta = partial.as_ref().map(Partial::meta).transpose().map_err(failed)?;
    let least = if upload.plan.count() > 1 { upload.plan.size().0 } else { offset };
    let is_same = |meta: &Meta| Some(meta.ino) == ino && (least..=upload.plan.size().0).contains(&meta.size);
    let is_current = boot == boot_id() && meta.as_ref().is_some_and(is_same);
    if is_sequential && offset > 0 && !is_current {
        return drop_sequential(uploads, &root, id);
    }
    let mut have = upload.have.clone();
    match (&partial, &folder) {
        (Some(_), _) if is_current => {}
        (Some(partial), _) => {
            let unread = |error| EngineError::internal("The server cannot read an unfinished upload.", error);
            for (here, index) in have.iter_mut().zip(upload.plan.indices()).filter(|(here, _)| **here) {
                let range = upload.plan.range(index);
                let computed = hash_range(hasher, partial.file(), range.start, range.end - range.start);
                *here = computed.map_err(unread)? == upload.hashes[index.as_usize()];
            }
            let lost = upload.have.iter().zip(&have).filter(|(before, now)| before != now).count();
            tracing::info!(path = %path.display(), lost, "an upload from an earlier run was verified");
        }
        (None, Some(folder)) if upload.have.contains(&true) && is_complete(hasher, folder, &upload)? => {
            return complete(uploads, volume, id, folder, &upload).map_err(failed);
        }
        (None, _) => have.fill(false),
    }
    let mut registry = uploads.registry();
    if let Some(unfinished) = registry.get_mut(id) {
        unfinished.set_have(have);
        unfinished.partial_ino =
            meta.map(|meta| meta.ino).filter(|_| unfinished.offset().0 > 0 || unfinished.received_chunks() > 0);
        unfinished.device = meta.map(|meta| meta.dev).or(unfinished.device);
        unfinished.stage = Stage::Receiving;
        let saved = match is_sequential {
            true => uploads.ledger.begin_upload(to_row(unfinished, now())),
            false => uploads.ledger.save_progress(id, &unfinished.upload.have, unfinished.partial_ino, now()),
        };
        drop(registry);
        saved.and_then(store::db::Pending::wait).map_err(failed)?;
    }
    Ok(())
}

/// Ends an upload whose sender has announced no hashes, and may have released what was acknowledged: bytes of it may be
/// lost, and its offset must not decrease (draft-ietf-httpbis-resumable-upload, "Offset").
fn drop_sequential(uploads: &VolumeUploads, root: &Folder, id: i64) -> Result<()> {
    let removed = uploads.registry().remove(id);
    if let Some(unfinished) = removed {
        discard_unfinished(uploads, root, &unfinished);
    }
    Err(EngineError::Upload(UploadError::UnknownWark))
}

fn is_complete(hasher: &HashService, folder: &Folder, upload: &model::Upload) -> Result<bool> {
    match open_file(folder, &upload.name) {
        Ok(open) => holds(hasher, &open.file, &upload.plan, &upload.hashes)
            .map_err(|error| EngineError::internal("The server cannot read a file that it has stored.", error)),
        Err(_) => Ok(false),
    }
}

fn complete(
    uploads: &VolumeUploads,
    volume: &MountedVolume,
    id: i64,
    folder: &Folder,
    upload: &model::Upload,
) -> std::result::Result<(), StoreError> {
    let open = open_file(folder, &upload.name)?;
    open.file.sync_all().map_err(|error| StoreError::new("sync", "a file", error))?;
    folder.sync()?;
    let record = FileRecord {
        below: upload.folder.clone(),
        wark: Some(upload.wark),
        hashes: upload.hashes.clone(),
        size: upload.plan.size().0,
        lmod: upload.lmod,
        account: upload.account.clone(),
        address: upload.address.clone(),
        lifetime_secs: lifetime(volume.config.flags.lifetime_secs, upload.lifetime_secs),
        verified: true,
        allowance: Allowance::default(),
        lock_tokens: Arc::default(),
    };
    let row = store::ledger::FileRow { verified: verified_state(&open.meta), ..record.row(&upload.name, &open.meta) };
    uploads.ledger.finish_upload(row, Some(id))?.wait()?;
    uploads.ledger.sync()?;
    if let Some(unfinished) = uploads.registry().remove(id) {
        unfinished.arrived.send_replace(upload.plan.size().0);
    }
    Ok(())
}
