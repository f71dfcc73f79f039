//! The service.

use super::list::{TrashList, concerns, list, may_purge, may_see};
use super::versions::{self, Version, VersionId};
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Gone, Result};
use crate::files::ops::restore::{IfTaken, restore};
use crate::files::ops::{FileOps, IfExists, remove_copy};
use crate::files::read::Download;
use crate::undo_log::{CopyMade, Move, Step};
use crate::volumes::resolve::refusal;
use crate::volumes::storage::VolumeStorage;
use crate::volumes::store_errors::map_store_error;
use crate::volumes::trash::entry_id::{EntryId, ItemId};
use crate::volumes::trash::layout::Counts;
use crate::volumes::trash::purge::{purge_open, purge_surplus};
use crate::volumes::trash::read::{OpenItem, find_item, items_of};
use crate::volumes::tree::MountedVolume;
use model::trash_flags::{TrashFlags, TrashMax};
use model::{Bytes, Operation, VPath};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Weak};

/// The service for what is in the trash.
#[derive(Clone)]
pub struct Trash {
    core: Arc<Core>,
}

/// The service, without keeping the volumes open.
pub struct WeakTrash(Weak<Core>);

impl WeakTrash {
    /// Returns the service; `None` once the engine has ended.
    pub fn upgrade(&self) -> Option<Trash> {
        self.0.upgrade().map(|core| Trash { core })
    }

    /// Waits until something was added to a trash of the present volumes.
    pub async fn grown(&self) {
        let storages = self.upgrade().map(|trash| trash.storages()).unwrap_or_default();
        let states: Vec<_> = storages.into_iter().map(|(storage, _)| storage.state.trash.clone()).collect();
        let waits: Vec<_> = states.iter().map(|state| Box::pin(state.grown())).collect();
        if waits.is_empty() {
            return std::future::pending().await;
        }
        futures_util::future::select_all(waits).await;
    }
}

/// What was brought back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The new paths.
    pub paths: Vec<VPath>,
    /// Changes of the same request that could not be undone.
    pub left: usize,
}

impl Trash {
    /// Over the volumes and the pool of `core`.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Returns what is in the trash that the account may delete at its former path, at or below `folder`: the newest
    /// [`super::list::LIST_MAX`] items, in all volumes there.
    ///
    /// # Errors
    /// `Denied` if the account may delete nowhere there.
    pub async fn list(&self, access: &Access, folder: &VPath) -> Result<TrashList> {
        let may_delete = |volume: &Arc<MountedVolume>| {
            concerns(access, volume, folder) && access.rights_anywhere_in(volume).has(model::Perm::Delete)
        };
        if !access.snapshot().tree.volumes.iter().any(may_delete) {
            return Err(refusal(access, folder, Operation::Delete));
        }
        let (access, folder) = (access.clone(), folder.clone());
        self.core.pool.run(move || list(&access, &folder)).await
    }

    /// Returns the earlier versions of the file at `path`, the newest first.
    ///
    /// # Errors
    /// `Denied` if the account may neither delete the file nor edit it.
    pub async fn versions(&self, access: &Access, path: &VPath) -> Result<Vec<Version>> {
        let (access, path) = (access.clone(), path.clone());
        self.core.pool.try_run(move || versions::list(&access, &path)).await
    }

    /// Opens an earlier version of the file at `path`, to be read.
    ///
    /// # Errors
    /// `Denied` if the account may not read the file, or a version of the text editor without the right to edit; `Gone` if there is
    /// no such version that it sees.
    pub async fn open_version(&self, access: &Access, path: &VPath, id: VersionId) -> Result<Download> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || versions::open(&core, &access, &path, &id)).await
    }

    /// Restores an item to its former path, or beside what has its name now. Returns its path.
    ///
    /// # Errors
    /// Those of [`restore`].
    pub async fn restore(&self, access: &Access, id: ItemId) -> Result<VPath> {
        let (core, access) = (self.core.clone(), access.clone());
        let work = move || {
            let (volume, open) = find(&access, id)?;
            restore(&core, &access, &volume, &open, IfTaken::Beside)
        };
        self.core.pool.try_run(work).await
    }

    /// Restores an earlier version of the file at `path`: in its place (the present one becomes a version), or beside it.
    /// Returns its path.
    ///
    /// # Errors
    /// Those of [`restore`]; those of [`FileOps::save_text`] for a version of the text editor.
    pub async fn restore_version(
        &self,
        access: &Access,
        path: &VPath,
        id: VersionId,
        if_taken: IfTaken,
    ) -> Result<VPath> {
        let (core, access, path) = (self.core.clone(), access.clone(), path.clone());
        self.core.pool.try_run(move || versions::restore_version(&core, &access, &path, &id, if_taken)).await
    }

    /// Deletes an item for good.
    ///
    /// # Errors
    /// `Denied` (admin); `Gone` if it is not in the trash any more.
    pub async fn purge(&self, access: &Access, id: ItemId) -> Result<()> {
        let access = access.clone();
        let work = move || {
            let (volume, open) = find(&access, id)?;
            purge(&access, &volume, &open)
        };
        self.core.pool.try_run(work).await
    }

    /// Deletes everything for good that the account sees at or below `folder` and may purge. Returns the number of items.
    ///
    /// # Errors
    /// Those of [`Trash::list`]; the first failure, after the others were deleted.
    pub async fn empty(&self, access: &Access, folder: &VPath) -> Result<u64> {
        let mut purged = 0;
        loop {
            let list = self.list(access, folder).await?;
            let ids: Vec<ItemId> = list.entries.iter().filter(|entry| entry.may_purge).map(|entry| entry.id).collect();
            let mut failure = None;
            let before = purged;
            for id in ids {
                match self.purge(access, id).await {
                    Ok(()) => purged += 1,
                    Err(EngineError::Gone(Gone::Trashed)) => {}
                    Err(error) => drop(failure.get_or_insert(error)),
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
            if purged == before || !list.has_more {
                return Ok(purged);
            }
        }
    }

    /// Undoes a deletion or a move, or all changes of one request. `id`: from the result of the change.
    ///
    /// # Errors
    /// `Gone` if it cannot be undone any more; those of [`restore`] and of [`FileOps::move_to`].
    pub async fn undo(&self, access: &Access, id: EntryId) -> Result<Restored> {
        self.core.undo_log.stop(id, access.owner()).await;
        if let Some(one) = self.core.undo_log.take(id, access.owner()) {
            let undone = self.undo_move(access, &one).await;
            return undone.inspect_err(|_| self.core.undo_log.put_back(id, one));
        }
        if let Some(steps) = self.core.undo_log.take_list(id, access.owner()) {
            return self.undo_list(access, id, steps).await;
        }
        self.restore_entry(access, id).await
    }

    /// Returns one identifier by which [`Trash::undo`] undoes all these deletions, for ten minutes.
    pub fn as_one(&self, access: &Access, entries: &[EntryId]) -> EntryId {
        self.core.undo_log.add_list(access.owner().clone(), entries.to_vec())
    }

    /// Undoes the last change first.
    async fn undo_list(&self, access: &Access, id: EntryId, steps: Vec<Step>) -> Result<Restored> {
        let (mut paths, mut left, mut failure) = (Vec::new(), Vec::new(), None);
        for step in steps.into_iter().rev() {
            match self.undo_step(access, &step).await {
                Ok(restored) => paths.push(restored.paths),
                Err(error) => {
                    left.push(step);
                    failure.get_or_insert(error);
                }
            }
        }
        paths.reverse();
        left.reverse();
        let all = Restored { paths: paths.concat(), left: left.len() };
        if !left.is_empty() {
            self.core.undo_log.put_list_back(id, access.owner().clone(), left);
        }
        match failure {
            Some(error) if paths.is_empty() => Err(error),
            _ => Ok(all),
        }
    }

    async fn undo_step(&self, access: &Access, step: &Step) -> Result<Restored> {
        match step {
            Step::Trashed(entry) => self.restore_entry(access, *entry).await,
            Step::Moved(one) => self.undo_move(access, one).await,
            Step::Copied(copy) => self.undo_copy(access, copy).await,
        }
    }

    async fn undo_copy(&self, access: &Access, copy: &CopyMade) -> Result<Restored> {
        let (own, made) = (access.clone(), copy.clone());
        self.core.pool.try_run(move || remove_copy(&own, &made)).await?;
        match copy.replaced {
            Some(replaced) => self.restore_entry(access, replaced).await,
            None => Ok(Restored::default()),
        }
    }

    async fn undo_move(&self, access: &Access, one: &Move) -> Result<Restored> {
        let ops = FileOps::new(self.core.clone());
        ops.move_to(access, &one.to, &one.from, IfExists::Refuse).await?;
        let mut paths = vec![one.from.clone()];
        if let Some(replaced) = one.replaced {
            paths.extend(self.restore_entry(access, replaced).await?.paths);
        }
        Ok(Restored { paths, left: 0 })
    }

    /// Restores everything that one operation has removed.
    async fn restore_entry(&self, access: &Access, id: EntryId) -> Result<Restored> {
        let (core, access) = (self.core.clone(), access.clone());
        let work = move || {
            let (mut restored, mut failure) = (Restored::default(), None);
            for (volume, open) in find_entry(&access, id) {
                match restore(&core, &access, &volume, &open, IfTaken::Beside) {
                    Ok(path) => restored.paths.push(path),
                    Err(error) => drop(failure.get_or_insert(error)),
                }
            }
            match failure {
                Some(error) => Err(error),
                None if restored.paths.is_empty() => Err(EngineError::Gone(Gone::Trashed)),
                None => Ok(restored),
            }
        };
        self.core.pool.try_run(work).await
    }

    /// Returns what the trash of a volume holds; `None`: not counted yet. Never blocks.
    pub fn size(storage: &VolumeStorage) -> Option<Counts> {
        storage.state.trash.size()
    }

    /// Returns a reference that does not keep the volumes open.
    pub fn downgrade(&self) -> WeakTrash {
        WeakTrash(Arc::downgrade(&self.core))
    }

    /// Returns the storages of all volumes with what their settings keep; of a folder that is mounted several times, the most
    /// that one of them keeps.
    pub fn storages(&self) -> Vec<(Arc<VolumeStorage>, TrashFlags)> {
        let mut storages: Vec<(Arc<VolumeStorage>, TrashFlags)> = Vec::new();
        for volume in &self.core.snapshot.load().tree.volumes {
            let flags = volume.config.flags.trash;
            match storages.iter_mut().find(|(other, _)| Arc::ptr_eq(other, &volume.storage)) {
                Some((_, kept)) => *kept = larger(*kept, flags),
                None => storages.push((volume.storage.clone(), flags)),
            }
        }
        storages
    }

    /// Purges what a volume does not keep any more, and counts what is left. Ends early once `cancelled` is set.
    ///
    /// # Errors
    /// `Internal`, if the round panicked.
    pub async fn clean_up(
        &self,
        storage: &Arc<VolumeStorage>,
        flags: TrashFlags,
        cancelled: Arc<AtomicBool>,
    ) -> Result<()> {
        let storage = storage.clone();
        let work = move || {
            if let Some(root) = storage.root() {
                purge_surplus(&storage.state.trash, &root, flags, &|| cancelled.load(Relaxed));
            }
        };
        self.core.pool.run_in_background(work).await
    }
}

/// Returns settings that keep at least what each of two keeps.
fn larger(one: TrashFlags, other: TrashFlags) -> TrashFlags {
    let max = match (one.max, other.max) {
        (TrashMax::Percent(a), TrashMax::Percent(b)) => TrashMax::Percent(a.max(b)),
        (TrashMax::Size(Bytes(a)), TrashMax::Size(Bytes(b))) => TrashMax::Size(Bytes(a.max(b))),
        // Which is larger depends on the disk.
        (share @ TrashMax::Percent(_), TrashMax::Size(_)) | (TrashMax::Size(_), share @ TrashMax::Percent(_)) => share,
    };
    TrashFlags { days: one.days.max(other.days), max }
}

/// Finds an item that the account sees. Blocks.
fn find(access: &Access, id: ItemId) -> Result<(Arc<MountedVolume>, OpenItem)> {
    for volume in &access.snapshot().tree.volumes {
        let Some(root) = volume.storage.root() else { continue };
        if let Some(open) = find_item(&volume.storage.state.trash, &root, id)
            && may_see(access, volume, &open.item.item)
        {
            return Ok((volume.clone(), open));
        }
    }
    Err(EngineError::Gone(Gone::Trashed))
}

/// Finds the items of an entry that the account sees. Blocks.
fn find_entry(access: &Access, id: EntryId) -> Vec<(Arc<MountedVolume>, OpenItem)> {
    let mut found: Vec<(Arc<MountedVolume>, OpenItem)> = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        let Some(root) = volume.storage.root() else { continue };
        for open in items_of(&volume.storage.state.trash, &root, id) {
            let is_known = found.iter().any(|(_, other)| other.item.id == open.item.id);
            if !is_known && may_see(access, volume, &open.item.item) {
                found.push((volume.clone(), open));
            }
        }
    }
    found
}

fn purge(access: &Access, volume: &Arc<MountedVolume>, open: &OpenItem) -> Result<()> {
    let path = volume.config.mount.append(&open.item.item.path);
    if !may_purge(access, volume, &open.item) {
        return Err(EngineError::denied(&path, "admin"));
    }
    match purge_open(&volume.storage.state.trash, open) {
        Ok(true) => Ok(()),
        Ok(false) => Err(EngineError::Gone(Gone::Trashed)),
        Err(error) => Err(map_store_error(error, &path)),
    }
}
