//! The last step of every upload: the file gets its name, is recorded in the ledger, reaches stable storage, and an
//! event is emitted.

use super::numbered::{Numbered, OtherNames};
use super::quota::Allowance;
use super::registry::{Finished, FinishedFile, Stage};
use super::rules::{expiry, lifetime};
use super::verify;
use super::volume::{VolumeUploads, to_row, uploads_of};
use crate::core::Core;
use model::{AccountName, Bytes, ChunkHash, Event, FileName, OnConflict, UnixMillis, VPath, Wark};
use std::sync::Arc;
use store::disk::{Folder, Meta};
use store::ledger::{FileRow, VerifiedState};
use store::partial::Partial;
use store::place::{Content, HiddenNames, Placed, Placement};
use tokio::sync::{oneshot, watch};
use vfs::changes::Change;
use vfs::clock::now;
use vfs::error::EngineError;
use vfs::names::Mark;
use vfs::pool_threads::PoolThreads;
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;
use vfs::volumes::write_locks::{LockScope, WriteGuard};

/// The values that the ledger will record about a file.
#[derive(Clone)]
pub(super) struct FileRecord {
    /// Folder, relative to the volume's top folder.
    pub below: VPath,
    /// Identity of the content, if it was hashed by chunks.
    pub wark: Option<Wark>,
    pub hashes: Vec<ChunkHash>,
    pub size: u64,
    pub lmod: UnixMillis,
    pub account: AccountName,
    pub address: String,
    pub lifetime_secs: Option<u64>,
    /// The server verified or wrote the bytes (false for a link to a file that another program wrote).
    pub verified: bool,
    /// Space reserved for the file.
    pub allowance: Allowance,
}

impl FileRecord {
    pub fn row(self, name: &FileName, meta: &Meta) -> FileRow {
        let uploaded_at = now();
        FileRow {
            folder: self.below,
            name: name.clone(),
            size: Bytes(self.size),
            lmod: self.lmod,
            wark: self.wark,
            hashes: self.hashes,
            address: self.address,
            account: self.account,
            uploaded_at,
            expires_at: self.lifetime_secs.map(|secs| expiry(uploaded_at, secs)),
            verified: if self.verified { verify::verified_state(meta) } else { VerifiedState::default() },
        }
    }
}

/// How many numbered names are tried when other uploads take them at the same moment; after that a name that cannot be
/// guessed is used.
const NUMBERED_TRIES: u32 = 10;

/// How the file is named.
#[derive(Clone)]
pub(super) struct Naming {
    pub name: FileName,
    pub on_conflict: OnConflict,
    /// Kind of name to use if the name is taken when the file is placed.
    pub other_names: OtherNames,
}

/// A complete file that is not visible yet.
pub(super) struct ReadyFile {
    pub folder: Folder,
    pub content: Content,
    pub naming: Naming,
    pub record: FileRecord,
    /// Ledger row of the upload that ends with this file.
    pub unfinished: Option<i64>,
}

/// Makes a file visible and durable. Blocks while its data is written to the disk; calls `done` with the result.
/// `lock`: the lock of the name if the caller holds it; released before `done` is called.
pub(super) fn place(
    core: &Arc<Core>,
    volume: &Arc<MountedVolume>,
    file: ReadyFile,
    lock: Option<WriteGuard>,
    done: impl FnOnce(std::result::Result<Placed, store::StoreError>) + Send + 'static,
) {
    // A name that is used only if it is free needs no lock: the rename replaces nothing.
    let replaces = !matches!(file.naming.on_conflict, OnConflict::Rename | OnConflict::Skip);
    if lock.is_some() || !replaces {
        return place_locked(core, volume, file, lock, done);
    }
    let (storage, path) = (&volume.storage, file.record.below.join(&file.naming.name));
    let (core2, volume2, scopes) = (core.clone(), volume.clone(), vec![LockScope::Name(path.clone())]);
    let go_on = move |lock: WriteGuard| match keep_links(&volume2, &file.folder, &path, &file.naming.name) {
        Ok(()) => place_locked(&core2, &volume2, file, Some(lock), done),
        Err(error) => done(Err(error)),
    };
    storage.state.lock_then(scopes, &core.pool, go_on);
}

/// Places the file; the lock of the name is held or not needed.
fn place_locked(
    core: &Core,
    volume: &Arc<MountedVolume>,
    file: ReadyFile,
    lock: Option<WriteGuard>,
    done: impl FnOnce(std::result::Result<Placed, store::StoreError>) + Send + 'static,
) {
    let ReadyFile { folder, content, naming, record, unfinished } = file;
    let uploads = uploads_of(&volume.storage);
    let address = record.address.parse().unwrap_or(std::net::Ipv4Addr::LOCALHOST.into());
    let (secret, plain) = (core.secret, core.snapshot.load().settings.behaviour.plain_ip);
    let (asked, ledger, mtime) = (naming.name.clone(), uploads.ledger.clone(), record.lmod);
    let (grants, allowance) = (core.grants.clone(), record.allowance.clone());
    let (account, size) = (record.account.clone(), record.size);
    let (durable_in, below, state) = (uploads.ledger.clone(), record.below.clone(), uploads.state.clone());
    let (lock_is_held, other_names) = (lock.is_some(), naming.other_names);
    let former = match lock_is_held {
        true => uploads.ledger.file_at(&below, &asked),
        false => Ok(None),
    };
    let former = match former {
        Ok(row) => row,
        Err(error) => return done(Err(error)),
    };
    let retract = ledger_rollback(uploads, below.clone(), former);
    let done = move |placed: std::result::Result<Placed, store::StoreError>| {
        if let Ok(placed) = &placed {
            durable_in.mark_durable(&below, &placed.name, placed.meta.ino);
            state.changes.publish(|| {
                let (path, kind) = (below.join(&placed.name), placed.meta.kind);
                if lock.is_some() { Change::Replaced { path, kind } } else { Change::Created { path, kind } }
            });
            allowance.on_recorded();
            match &allowance.link {
                Some(quota) => quota.complete(size),
                None => grants.record_received(&account, size),
            }
        }
        // The file has its name: the next change of the name may start.
        drop(lock);
        done(placed);
    };
    let _blocked = core.upload_state.placer.is_slow().then(PoolThreads::blocked_on_io);
    let placement = Placement {
        hidden_names: lock_is_held
            .then(|| HiddenNames { link: uploads.state.hidden_name(), replaced: uploads.state.hidden_name() }),
        content,
        folder,
        name: naming.name,
        on_conflict: naming.on_conflict,
        next_name: Box::new(move |folder, tries| match other_names {
            OtherNames::Numbered if tries < NUMBERED_TRIES => numbered(folder, &asked),
            _ => Mark { secret: &secret, address, plain }.other(&asked),
        }),
        mtime,
        size,
        record: Box::new(move |name, meta| ledger.finish_upload(record.row(name, meta), unfinished)),
        unrecord: Box::new(retract),
        ledger: uploads.ledger.clone(),
        done: Box::new(done),
    };
    core.upload_state.placer.place(placement, &PoolThreads::run_next_small_file);
}

/// Returns the name with a number that is free at this moment. Blocks.
fn numbered(folder: &Folder, asked: &FileName) -> FileName {
    let numbered = Numbered::of(asked);
    // A name whose state cannot be read counts as free: the rename replaces nothing.
    let free = numbered.free(|other| Ok(folder.stat(other).is_ok_and(|there| there.is_some())));
    free.unwrap_or_else(|_| asked.clone())
}

/// Returns a callback that removes the ledger's record of a file in `below`, or restores `former`, the row of the file
/// that was to be replaced.
fn ledger_rollback(uploads: &VolumeUploads, below: VPath, former: Option<FileRow>) -> impl FnOnce(&FileName) + use<> {
    let ledger = uploads.ledger.clone();
    move |name| {
        let told = match former.filter(|row| row.name == *name) {
            Some(row) => ledger.record_present(row),
            None => ledger.record_removed(&below.join(name)),
        };
        if let Err(error) = told {
            tracing::warn!(%error, "the ledger is corrected with its next change");
        }
    }
}

/// Before a file is replaced, turns links to it into files with its content. Blocks.
pub(super) fn keep_links(
    volume: &MountedVolume,
    folder: &Folder,
    path: &VPath,
    name: &FileName,
) -> std::result::Result<(), store::StoreError> {
    match volume.storage.root() {
        Some(root) if folder.stat(name)?.is_some() => uploads_of(&volume.storage).try_keep_links(&root, path),
        _ => Ok(()),
    }
}

/// Receives the result of placing a file; an error means that the program is stopping.
pub(super) type Placing = oneshot::Receiver<std::result::Result<Placed, store::StoreError>>;

/// Like [`place`], but returns a receiver for the result. Removes the partial file if it gets no name.
pub(super) fn begin_placing(
    core: &Arc<Core>,
    volume: &Arc<MountedVolume>,
    folder: Folder,
    content: Content,
    naming: Naming,
    record: FileRecord,
) -> Placing {
    let (answer, outcome) = oneshot::channel();
    let tidied = remove_partial_on_error(&content);
    let file = ReadyFile { folder, content, naming, record, unfinished: None };
    place(core, volume, file, None, move |placed| {
        let _gone = answer.send(tidied(placed));
    });
    outcome
}

/// Returns a function that removes the partial file of `content` if placing it failed.
pub(super) fn remove_partial_on_error<T>(
    content: &Content,
) -> impl FnOnce(std::result::Result<T, store::StoreError>) -> std::result::Result<T, store::StoreError> + Send + use<T>
{
    let partial = match content {
        Content::Partial(partial) => Some(partial.clone()),
        Content::Symlink(_) | Content::HardLink(..) => None,
    };
    move |placed| {
        placed.inspect_err(|_| {
            if let Some(Err(error)) = partial.map(|partial| partial.remove()) {
                tracing::warn!(%error, "the partial file of a copy could not be removed; the next start removes it");
            }
        })
    }
}

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
    let file = ReadyFile { folder, content: Content::Partial(partial), naming, record, unfinished: row };
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
                store::ErrorKind::Exists => EngineError::NameTaken(path.join(reserved_name)),
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
