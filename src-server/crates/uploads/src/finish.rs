//! The last step of a chunked upload: when all chunks are received, the file is placed, and the upload ends with it or
//! waits for another try.

use super::core::Core;
use super::file_record::FileRecord;
use super::lifetime::lifetime;
use super::naming::Naming;
use super::placing::{ReadyFile, place};
use super::registry::CompletedUpload;
use super::registry::unfinished::{Finished, FinishedFile, Stage};
use super::volume::{VolumeUploads, to_row, uploads_of};
use model::{Event, FileName, VPath};
use std::sync::Arc;
use store::disk::Meta;
use store::partial::Partial;
use store::place::{Content, Placed};
use tokio::sync::watch;
use vfs::clock::now;
use vfs::error::{EngineError, UploadError};
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;

/// Starts finishing an upload whose chunks are all received. The registry must be unlocked and the stage must be
/// `Finishing`. Calls `on_finished` with the result.
pub(super) fn finish_upload(
    core: &Arc<Core>,
    volume: &Arc<MountedVolume>,
    id: i64,
    partial: Option<Arc<Partial>>,
    on_finished: impl FnOnce(Finished) + Send + 'static,
) {
    let uploads = uploads_of(&volume.storage).clone();
    let (upload, transfer, row, allowance, other_names) = {
        let registry = uploads.registry();
        let Some(unfinished) = registry.get(id) else { return };
        (
            unfinished.upload.clone(),
            unfinished.transfer,
            unfinished.recorded.then_some(id),
            unfinished.allowance.clone(),
            unfinished.other_names,
        )
    };
    let reserved_name = upload.name.clone();
    let path = volume.config.mount.append(&upload.folder);
    let record = FileRecord {
        below: upload.folder.clone(),
        wark: Some(upload.wark),
        hashes: upload.hashes,
        size: upload.plan.size().0,
        lmod: upload.lmod,
        account: upload.account,
        address: upload.address,
        lifetime_secs: lifetime(volume.config.flags.lifetime_secs, upload.lifetime_secs),
        verified: true,
        allowance,
        // The sender of a chunk presents no tokens.
        lock_tokens: Arc::default(),
    };
    let Some(partial) = partial else { return on_finished(discard(&uploads, id, &reserved_name, record)) };
    let end = {
        let (core, uploads, record, partial) = (core.clone(), uploads.clone(), record.clone(), partial.clone());
        move |placed: std::result::Result<Placed, store::StoreError>| {
            let finished = apply_result(&uploads, id, &path, &reserved_name, &partial, placed);
            if let Ok(file) = &finished {
                core.events.emit_if_subscribed(|| Event::UploadFinished {
                    id: transfer,
                    path: path.join(&file.name).display(),
                    size: record.size,
                    account: record.account.public(),
                    address: record.address,
                });
            }
            on_finished(finished);
        }
    };
    let folder = partial.folder().clone();
    let naming = Naming { name: upload.name, on_conflict: upload.on_conflict, other_names };
    let file =
        ReadyFile { folder, content: Content::Partial(partial), naming, record, unfinished: row, is_extended: false };
    place(core, volume, file, None, end);
}

/// Updates the registry with the result of placing.
fn apply_result(
    uploads: &VolumeUploads,
    id: i64,
    path: &VPath,
    reserved_name: &FileName,
    partial: &Partial,
    placed: std::result::Result<Placed, store::StoreError>,
) -> Finished {
    let mut registry = uploads.registry();
    match placed {
        Ok(placed) => {
            if let Some(unfinished) = registry.remove(id) {
                unfinished.arrived.send_replace(unfinished.upload.plan.size().0);
                if let Some(began_as) = unfinished.began_as {
                    registry.record_completed(began_as, CompletedUpload::of(&unfinished.upload, placed.name.clone()));
                }
                let (upload, asked) = (unfinished.upload, unfinished.asked_name);
                if placed.name != *reserved_name {
                    let folder = upload.folder.clone();
                    registry.record_rename(upload.wark, folder, reserved_name.clone(), placed.name.clone());
                }
                // Senders who may not learn taken names ask again for the name that they requested.
                if placed.name != asked && !unfinished.random {
                    registry.record_believed(upload.wark, upload.folder, asked, placed.name.clone());
                }
            }
            Ok(FinishedFile { name: placed.name })
        }
        Err(error) => {
            drop(registry);
            let kept = partial.meta().ok().filter(|meta| partial.still_has_name(meta).unwrap_or(false));
            let mut registry = uploads.registry();
            if let Some(unfinished) = registry.get_mut(id) {
                unfinished.stage = Stage::Receiving;
                // After a failed sync the kernel may have dropped the data, so no byte of the file can be trusted. Nor
                // can a file that another program changed, or one that still has its partial name.
                match kept.filter(|_| error.op != "sync" && error.kind() != store::ErrorKind::Corrupt) {
                    Some(meta) => unfinished.partial_ino = Some(meta.ino),
                    None => unfinished.reset(),
                }
                // The row may have been removed by a transaction that was committed before the sync failed.
                unfinished.recorded = false;
                if unfinished.upload.hashes.len() > 1
                    && let Ok(pending) = uploads.ledger.begin_upload(to_row(unfinished, now()))
                {
                    unfinished.recorded = true;
                    pending.detach();
                }
            }
            drop(registry);
            Err(match error.kind() {
                store::ErrorKind::Exists => EngineError::Upload(UploadError::NameTaken(path.join(reserved_name))),
                _ => map_store_error(error, &path.join(reserved_name)),
            })
        }
    }
}

/// Records the upload as finished without a file (`-nw`).
fn discard(uploads: &VolumeUploads, id: i64, reserved_name: &FileName, record: FileRecord) -> Finished {
    let none = Meta { kind: store::disk::Kind::File, size: 0, mtime_ns: 0, dev: 0, ino: 0, links: 1, mode: 0 };
    let entered = uploads.ledger.finish_upload(record.row(reserved_name, &none), Some(id));
    let entered = entered.and_then(store::db::Pending::wait);
    match entered {
        Ok(()) => {
            uploads.registry().remove(id);
            Ok(FinishedFile { name: reserved_name.clone() })
        }
        Err(error) => Err(map_store_error(error, &VPath::root().join(reserved_name))),
    }
}

/// Waits until an upload is finished and returns the result.
pub(super) async fn wait_finished(mut outcome: watch::Receiver<Option<Finished>>) -> Finished {
    match outcome.wait_for(Option::is_some).await {
        Ok(value) => value.clone().unwrap_or(Err(EngineError::Busy)),
        // The task that placed it stopped.
        Err(_) => Err(EngineError::Busy),
    }
}
