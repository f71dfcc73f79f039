//! A complete file gets its name, is recorded in the ledger and reaches stable storage.

use super::client_locks::{self, WantedName};
use super::core::Core;
use super::file_record::FileRecord;
use super::naming::Naming;
use super::numbered::{Numbered, OtherNames};
use super::target::Target;
use super::volume::{VolumeUploads, uploads_of};
use model::{FileName, OnConflict, VPath};
use std::sync::Arc;
use store::disk::Folder;
use store::ledger::FileRow;
use store::place::{Content, HiddenNames, Placed, Placement};
use tokio::sync::oneshot;
use vfs::changes::Change;
use vfs::error::{EngineError, UploadError};
use vfs::names::Mark;
use vfs::pool_threads::PoolThreads;
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::trash::record::Actor;
use vfs::volumes::trash::version::KeptVersion;
use vfs::volumes::tree::MountedVolume;
use vfs::volumes::write_locks::{LockScope, WriteGuard};

/// How many numbered names are tried when other uploads take them at the same moment; after that a name that cannot be
/// guessed is used.
const NUMBERED_TRIES: u32 = 10;

/// A complete file that is not visible yet.
pub(super) struct ReadyFile {
    pub folder: Folder,
    pub content: Content,
    pub naming: Naming,
    pub record: FileRecord,
    /// Ledger row of the upload that ends with this file.
    pub unfinished: Option<i64>,
    /// The content begins with that of the file that it replaces: no version of that one is kept.
    pub is_extended: bool,
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
    if let Err(error) = check_unlocked(volume, &file) {
        return done(Err(error));
    }
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

/// Checks that no client has taken a lock since the upload began.
fn check_unlocked(volume: &MountedVolume, file: &ReadyFile) -> std::result::Result<(), store::StoreError> {
    let ReadyFile { folder, naming, record, .. } = file;
    let wanted =
        WantedName { below: &record.below, folder: Some(folder), name: &naming.name, on_conflict: naming.on_conflict };
    client_locks::check(volume, &wanted, &record.account, &record.lock_tokens)
        .map_err(|error| store::StoreError::with_kind(store::ErrorKind::Busy, "place", naming.name.display(), error))
}

/// Places the file; the lock of the name is held or not needed.
fn place_locked(
    core: &Core,
    volume: &Arc<MountedVolume>,
    file: ReadyFile,
    lock: Option<WriteGuard>,
    done: impl FnOnce(std::result::Result<Placed, store::StoreError>) + Send + 'static,
) {
    let ReadyFile { folder, content, mut naming, record, unfinished, is_extended } = file;
    // A lock of a name at the folder's former path does not cover the name at the new one: nothing may be replaced there.
    let root = volume.storage.root();
    let is_at = || root.is_some_and(|root| folder.is_at(&root, &record.below).unwrap_or(false));
    let lock = lock.filter(|_| is_at());
    if lock.is_none() && naming.on_conflict != OnConflict::Rename {
        naming.on_conflict = OnConflict::Skip;
    }
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
    let version =
        (lock_is_held && !is_extended).then(|| keep_version(volume, &folder, &naming.name, &record)).flatten();
    let done = move |placed: std::result::Result<Placed, store::StoreError>| {
        // Otherwise it is dropped, since the file was not replaced.
        if let Some(version) = version
            && placed.is_ok()
            && version.is_replaced()
        {
            version.commit();
        }
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

/// Keeps the file that is about to be replaced in the trash. The lock of its name is held. Blocks.
fn keep_version(volume: &MountedVolume, folder: &Folder, name: &FileName, record: &FileRecord) -> Option<KeptVersion> {
    let by = Actor { account: record.account.as_str().to_owned(), address: record.address.clone() };
    KeptVersion::keep(volume, folder, &record.below.join(name), name, by)
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
        let recorded = match former.filter(|row| row.name == *name) {
            Some(row) => ledger.record_present(row),
            None => ledger.record_removed(&below.join(name)),
        };
        if let Err(error) = recorded {
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
    let file = ReadyFile { folder, content, naming, record, unfinished: None, is_extended: false };
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

/// Maps an error of placing a file.
pub(super) fn map_placement_error(error: store::StoreError, target: &Target, name: &FileName) -> EngineError {
    let path = target.canonical().join(name);
    match error.kind() {
        store::ErrorKind::Exists => EngineError::Upload(UploadError::NameTaken(path)),
        _ => map_store_error(error, &path),
    }
}
