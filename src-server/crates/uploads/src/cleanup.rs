//! Cleanup: expired files, idle uploads, and partial files that a killed program left behind. `engine::jobs` runs it
//! periodically.

use super::core::{Core, Uploads, run_long};
use super::extension::log_failure;
use super::missing_files::forget_missing;
use super::registry::unfinished::Unfinished;
use super::removal::{discard_unfinished, is_gone};
use super::sender::Sender;
use super::unfinished_limit::UnfinishedLimit;
use super::volume::{VolumeUploads, uploads_of};
use super::waiting_entries::restore_name;
use model::{FileName, UnixMillis, VPath};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use store::StoreError;
use store::disk::{Folder, Kind, Meta, reserved};
use store::ledger::FileRow;
use vfs::changes::Change;
use vfs::clock::now;
use vfs::error::Result;
use vfs::files::ops::remove_tree;
use vfs::volumes::extension::NameLocks;
use vfs::volumes::hidden_names;
use vfs::volumes::storage::VolumeStorage;
use vfs::volumes::write_locks::LockScope;

/// Smallest difference of the clocks that is taken for a leap; the time between two rounds is not.
const LEAP_MIN: Duration = Duration::from_secs(30);
/// How long an announcement without any bytes is kept.
const ANNOUNCEMENT_KEPT: Duration = Duration::from_secs(10 * 60);
/// Maximum number of files that expire per round, so that the ledger is never busy for long.
const BATCH: u32 = 1000;

/// The upload service, without keeping it alive.
pub struct WeakUploads(Weak<Core>);

impl WeakUploads {
    /// Returns the service; `None` once the engine has ended.
    pub fn upgrade(&self) -> Option<Uploads> {
        self.0.upgrade().map(|core| Uploads { core })
    }
}

impl Uploads {
    /// Returns a reference that does not keep the service alive.
    pub fn downgrade(&self) -> WeakUploads {
        WeakUploads(Arc::downgrade(&self.core))
    }

    /// Returns the storages of all volumes, each once, however often it is mounted.
    pub fn storages(&self) -> Vec<Arc<VolumeStorage>> {
        let mut storages: Vec<Arc<VolumeStorage>> = Vec::new();
        for volume in &self.core.snapshot.load().tree.volumes {
            if !storages.iter().any(|other| Arc::ptr_eq(other, &volume.storage)) {
                storages.push(volume.storage.clone());
            }
        }
        storages
    }

    /// Deletes files that have expired; a limited number of them.
    ///
    /// # Errors
    /// `Internal`, if the round panicked.
    pub async fn delete_expired(&self, storage: &Arc<VolumeStorage>) -> Result<()> {
        let storage = storage.clone();
        run_long(&self.core, move || expire_files(&storage, now())).await
    }

    /// Removes what killed programs left behind, and unfinished uploads that are idle for too long. `leap`: see
    /// [`Clock::leap`].
    ///
    /// # Errors
    /// `Internal`, if the round panicked.
    pub async fn clean_up(&self, storage: &Arc<VolumeStorage>, leap: i64) -> Result<()> {
        let (core, storage) = (self.core.clone(), storage.clone());
        let idle_mins = core.snapshot.load().settings.behaviour.drop_unfinished_mins;
        let idle = Duration::from_secs(idle_mins.saturating_mul(60));
        let round = move || {
            count_existing(&core.upload_state.unfinished_limit, uploads_of(&storage));
            remove_orphans(&storage);
            adjust_for_clock_leap(uploads_of(&storage), now(), leap);
            drop_idle_uploads(&storage, now(), idle);
        };
        run_long(&self.core, round).await
    }

    /// Returns unused memory to the operating system. Uploads leave most of it behind.
    ///
    /// # Errors
    /// `Internal`, if that panicked.
    pub async fn trim_memory(&self) -> Result<()> {
        run_long(&self.core, store::trim_heap).await.map(drop)
    }
}

/// Detects differences between wall clock and monotonic clock: a clock that was set, or a computer that slept.
pub struct Clock {
    wall: UnixMillis,
    running: Instant,
}

impl Clock {
    /// Starts comparing.
    pub fn start() -> Self {
        Self { wall: now(), running: Instant::now() }
    }

    /// Returns the milliseconds that the wall clock advanced more than the monotonic clock since the last call;
    /// negative if it was set back.
    pub fn leap(&mut self) -> i64 {
        let before = std::mem::replace(self, Self::start());
        let ran = i64::try_from((self.running - before.running).as_millis()).unwrap_or(i64::MAX);
        self.wall.0.saturating_sub(before.wall.0).saturating_sub(ran)
    }
}

/// Moves the last activity of uploads along with a clock leap: time that did not pass, or passed while the computer
/// slept, does not count as idle, because no client could continue an upload in it.
pub(super) fn adjust_for_clock_leap(uploads: &VolumeUploads, now: UnixMillis, leap: i64) {
    if leap.unsigned_abs() < LEAP_MIN.as_millis() as u64 {
        return;
    }
    let mut registry = uploads.registry();
    let ids: Vec<i64> = registry.all().map(|one| one.id).collect();
    for id in ids {
        if let Some(one) = registry.get_mut(id) {
            one.touched = UnixMillis(one.touched.0.saturating_add(leap.max(0)).min(now.0));
        }
    }
}

/// Deletes the files of a volume that have expired; a limited number of them. Blocks.
pub(super) fn expire_files(storage: &VolumeStorage, now: UnixMillis) {
    let Some(root) = storage.root() else { return };
    match uploads_of(storage).ledger.expired(now, BATCH) {
        Ok(rows) => rows.iter().for_each(|row| expire(storage, &root, row)),
        Err(error) => tracing::error!(%error, "the expired files cannot be listed"),
    }
}

/// Drops uploads without activity for `idle`, and after a shorter time those that were only announced. Blocks.
pub(super) fn drop_idle_uploads(storage: &VolumeStorage, now: UnixMillis, idle: Duration) {
    let Some(root) = storage.root() else { return };
    let before =
        |age: Duration| UnixMillis(now.0.saturating_sub_unsigned(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)));
    drop_idle(uploads_of(storage), &root, before(idle), before(ANNOUNCEMENT_KEPT.min(idle)));
}

/// Counts uploads of an earlier run towards the limits of their senders.
pub(super) fn count_existing(limit: &UnfinishedLimit, uploads: &VolumeUploads) {
    uploads.registry().add_permits(|one| {
        let sender = Sender { account: one.upload.account.clone(), address: one.upload.address.clone() };
        limit.acquire_existing(&sender, one.upload.hashes.len())
    });
}

/// Deletes an expired file if it is still the uploaded one.
fn expire(storage: &VolumeStorage, root: &Folder, row: &FileRow) {
    let (uploads, path) = (uploads_of(storage), row.folder.join(&row.name));
    // A file that is being changed is checked again in the next round.
    let Ok(_lock) = uploads.state.lock(vec![LockScope::Name(path.clone())]) else { return };
    // Another file may have the name by now and expire later.
    let still = uploads.ledger.file_at(&row.folder, &row.name);
    if !still.is_ok_and(|still| still.is_some_and(|still| still.expires_at == row.expires_at)) {
        return;
    }
    if let Err(error) = uploads.try_keep_links(root, &path) {
        return tracing::warn!(%error, "an expired file stays because other files are links to it");
    }
    match root.folder(&row.folder).and_then(|folder| remove_uploaded(storage, &folder, row)) {
        Ok(true) => tracing::info!(path = %path.display(), "an expired file was deleted"),
        Err(error) if !is_gone(&error) => tracing::warn!(%error, "an expired file cannot be deleted"),
        // The file is gone, or another one has the name.
        Ok(false) | Err(_) => log_failure(uploads.forget_row(row.clone())),
    }
}

/// Deletes the file of `row` and records that. Returns false if it is gone, or another file has the name.
fn remove_uploaded(storage: &VolumeStorage, folder: &Folder, row: &FileRow) -> std::result::Result<bool, StoreError> {
    let is_uploaded = |meta: &Meta| meta.kind == Kind::Link || (meta.kind == Kind::File && meta.size == row.size.0);
    let Some(meta) = folder.stat(&row.name)?.filter(is_uploaded) else { return Ok(false) };
    let removal = storage.prepare(Change::Removed { path: row.folder.join(&row.name), kind: meta.kind });
    folder.remove_file(&row.name)?;
    removal.commit();
    Ok(true)
}

/// Drops uploads without activity since `oldest`, and those without any received chunk since `announced`.
fn drop_idle(uploads: &VolumeUploads, root: &Folder, oldest: UnixMillis, announced: UnixMillis) {
    let idle: Vec<Unfinished> = {
        let mut registry = uploads.registry();
        let is_idle = |one: &&Unfinished| {
            // The sender of a sequential upload was told how long it is kept.
            let is_announced = one.received_chunks() == 0 && one.began_as.is_none();
            let oldest = if is_announced { announced } else { oldest };
            one.touched < oldest && !one.is_in_use()
        };
        let ids: Vec<i64> = registry.all().filter(is_idle).map(|one| one.id).collect();
        ids.into_iter().filter_map(|id| registry.remove(id)).collect()
    };
    idle.iter().for_each(|unfinished| discard_unfinished(uploads, root, unfinished));
}

/// After a program was killed: walks through all folders of the volume, removes that program's partial files except
/// those of recorded uploads, records missing links, and removes rows of missing files. Does nothing otherwise. Blocks.
pub(crate) fn remove_orphans(storage: &VolumeStorage) {
    let uploads = uploads_of(storage);
    let killed = uploads.state.run_marker.killed_runs();
    let Some(root) = storage.root().filter(|_| !killed.is_empty()) else { return };
    uploads.apply_interrupted_moves(&root);
    let known: HashSet<_> =
        uploads.registry().all().map(|one| (one.upload.folder.clone(), one.partial_name.clone())).collect();
    let mut waiting = vec![VPath::root()];
    let mut removed = 0;
    while let Some(path) = waiting.pop() {
        let Ok(folder) = root.folder(&path) else { continue };
        let mut orphans = Vec::new();
        let _what_was_read_counts = folder.visit(|name, meta| {
            let Ok(name) = FileName::new(name) else { return ControlFlow::Continue(()) };
            let theirs = || killed.iter().any(|token| hidden_names::is_partial_of(&name, token));
            if meta.kind == Kind::Folder && !reserved::is_reserved(name.as_bytes()) {
                waiting.push(path.join(&name));
            } else if theirs() && !known.contains(&(path.clone(), name.clone())) {
                orphans.push((name, meta.kind));
            }
            ControlFlow::Continue(())
        });
        for (name, kind) in orphans {
            match restore_name(&folder, &name, &killed) {
                // Returned entries may contain files of that program.
                Ok(returned) => waiting.extend(returned.iter().map(|name| path.join(name))),
                Err(error) => {
                    tracing::error!(%error, "an entry that was being renamed stays hidden; the next start tries again");
                    folder.mark_leftover();
                    continue;
                }
            }
            removed += u64::from(remove_tree(&folder, &name, kind).is_ok());
        }
    }
    // Some folders may have been moved back.
    uploads.apply_interrupted_moves(&root);
    let compared = uploads.record_unknown_links(&root);
    match compared.and_then(|()| forget_missing(uploads_of(storage), &root, &VPath::root(), NameLocks::Taken)) {
        Ok(()) => uploads.state.run_marker.clear_killed_runs(),
        Err(error) => tracing::warn!(%error, "the ledger cannot be compared with the disk; the next round tries again"),
    }
    // Names were given back, and rows of missing files are gone.
    uploads.state.changes.publish_rescan(&VPath::root());
    if removed > 0 {
        tracing::info!(removed, "partial files of a killed program were removed");
    }
}
