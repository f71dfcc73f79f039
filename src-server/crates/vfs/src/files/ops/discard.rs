//! Moves what is deleted into the trash. Parts that belong to other volumes, and folders that contain them, stay.

use super::entry_ref::EntryRef;
use super::mount_points;
use super::remove::{Deleted, Remover, remove_forever, remove_tree};
use crate::access::Access;
use crate::changes::Change;
use crate::error::Result;
use crate::volumes::extension::NameLocks;
use crate::volumes::resolve::{Located, foreign_paths};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::trash::entry_id::EntryId;
use crate::volumes::trash::keep::{Batch, Kept, OVERSIZED_SECS};
use crate::volumes::trash::layout::TrashFolder;
use crate::volumes::trash::record::{Actor, Cause, Item, Waiting};
use crate::volumes::trash::version::begin_freeing;
use crate::volumes::tree::MountedVolume;
use model::{FileName, VPath};
use std::sync::Arc;
use store::disk::{Folder, Kind, Meta, reserved};
use store::{ErrorKind, StoreError};

/// Name of guests in records.
const GUEST: &str = "a guest";

/// Returns who makes a change.
pub fn actor(access: &Access) -> Actor {
    // The internal name of a guest means nothing to people, and no account has a name with a blank.
    let account = if access.is_guest() { GUEST } else { access.account().as_str() };
    Actor { account: account.to_owned(), address: access.client().address.to_string() }
}

/// Deletes an entry, into the trash if its volume has one. The caller holds the lock of its name and has checked that it may be
/// deleted. Blocks.
///
/// # Errors
/// `InUse` if a file system is mounted inside, and then nothing has changed. Those of the disk; what was deleted before stays
/// deleted.
pub fn discard(access: &Access, entry: &EntryRef) -> Result<Deleted> {
    let Some(meta) = entry.stat()? else { return Ok(Deleted::default()) };
    if meta.kind == Kind::Folder {
        mount_points::check_holds_none(access, entry)?;
    }
    entry.keep_links()?;
    let volume = &entry.parent.volume;
    if !volume.has_trash() {
        return remove_forever(access, entry, &meta);
    }
    // Links from the trash would dangle once their targets change.
    if let Err(error) = entry.materialize_links(meta.kind == Kind::Link) {
        tracing::warn!(%error, "a file is deleted for good, since links in it cannot become files");
        return remove_forever(access, entry, &meta).map(Deleted::without_trash);
    }
    let Some(meta) = entry.stat()? else { return Ok(Deleted::default()) };
    let mut plan = Plan::new(access, volume);
    plan.add(&entry.parent.node, &entry.name, &entry.below(), &meta, 0);
    let Some(mut batch) = plan.begin(access, volume) else {
        return remove_forever(access, entry, &meta).map(Deleted::without_trash);
    };
    let removal = entry.removal(meta.kind);
    plan.take_all(&mut batch, 0..plan.items.len());
    match plan.failure {
        None => removal.commit(),
        Some(_) => {
            drop(removal);
            entry.rescan();
        }
    }
    plan.note(entry.parent.node.sync());
    plan.finish(batch.end(), &entry.path)
}

/// Moves everything in a volume's top folder into the trash, except the volume's state. `None`: there can be no trash.
pub(super) fn discard_all(
    access: &Access,
    top: &Located<Folder>,
    path: &VPath,
    check: impl Fn(&VPath) -> Result<()>,
) -> Option<Result<Deleted>> {
    let storage = &top.volume.storage;
    let entries = match top.node.entries() {
        Ok(entries) => entries,
        Err(error) => return Some(Err(map_store_error(error, path))),
    };
    let mut plan = Plan::new(access, &top.volume);
    let mut ranges = Vec::new();
    for entry in entries.iter().filter(|entry| !reserved::is_reserved(entry.name.as_bytes())) {
        let (below, start) = (top.below.join(&entry.name), plan.items.len());
        plan.add(&top.node, &entry.name, &below, &entry.meta, 0);
        ranges.push((below, entry, start..plan.items.len()));
    }
    let mut batch = plan.begin(access, &top.volume)?;
    let mut refused = None;
    for (below, entry, range) in ranges {
        storage.state.mark_changing();
        let locked = storage.state.lock(vec![crate::volumes::write_locks::LockScope::Subtree(below.clone())]);
        let prepared = locked.and_then(|lock| {
            check(&below)?;
            storage.keep_links(&below)?;
            storage.materialize_links(&below, entry.meta.kind == Kind::Link)?;
            Ok(lock)
        });
        let _lock = match prepared {
            Ok(lock) => lock,
            Err(error) => {
                refused.get_or_insert(error);
                continue;
            }
        };
        let removal = storage.prepare(Change::Removed { path: below.clone(), kind: entry.meta.kind });
        if plan.take_all(&mut batch, range) {
            removal.commit();
        } else {
            drop(removal);
            storage.rescan(&below, NameLocks::Held);
        }
    }
    plan.note(top.node.sync());
    let deleted = plan.finish(batch.end(), path);
    Some(refused.map_or(deleted, Err))
}

/// An entry that is about to be exchanged with its successor, and will then wait under a hidden name.
pub(super) struct Exchanged {
    /// `None`: there can be no trash.
    batch: Option<Batch>,
}

impl Exchanged {
    /// Creates the entry in the trash for `target`, before it is exchanged. `above` and `hidden`: where it will wait. Blocks.
    pub fn prepare(access: &Access, target: &EntryRef, above: &Located<Folder>, hidden: &VPath) -> Self {
        let volume = &target.parent.volume;
        let root = volume.storage.root().filter(|_| volume.has_trash());
        let (Some(root), Ok(Some(meta))) = (root, target.stat()) else { return Self { batch: None } };
        // The record of one volume cannot name a place in another one.
        let is_within = Arc::ptr_eq(&above.volume.storage, &volume.storage);
        let waiting = is_within.then(|| Waiting { path: hidden.clone(), ino: meta.ino });
        let (size, mtime) = (size_of(&meta), meta.mtime());
        let item = Item { path: target.below(), kind: meta.kind, size, mtime, waiting };
        let begun = begin_freeing(volume, &root, actor(access), Cause::Replaced, vec![item]);
        Self {
            batch: begun.inspect_err(|error| tracing::warn!(%error, "what is replaced is not kept in the trash")).ok(),
        }
    }

    /// Moves the entry, which waits as `name` in the folder `above` now, into the trash; removes it for good if that is
    /// impossible. Returns the entry of the trash. Blocks.
    pub fn discard(self, above: &Folder, name: &FileName) -> Option<EntryId> {
        if let Some(mut batch) = self.batch {
            match batch.take(0, above, name) {
                Ok(()) => return batch.end().map(|kept| kept.id),
                Err(error) => tracing::warn!(%error, "what was replaced is not kept in the trash"),
            }
        }
        let removed = above.stat(name).and_then(|meta| match meta {
            Some(meta) => remove_tree(above, name, meta.kind),
            None => Ok(()),
        });
        if let Err(error) = removed {
            tracing::warn!(%error, "what was replaced could not be removed; the next start removes it");
        }
        None
    }
}

fn size_of(meta: &Meta) -> u64 {
    if meta.kind == Kind::File { meta.size } else { 0 }
}

/// What a deletion moves into the trash.
struct Plan {
    /// Paths in the volume that belong to other volumes.
    keep: Vec<VPath>,
    items: Vec<Planned>,
    /// Folders that stay, because something in them stays.
    staying: u64,
    /// Files and folders that were removed for good.
    removed: Deleted,
    /// The first error; deleting continues after it.
    failure: Option<StoreError>,
}

struct Planned {
    above: Folder,
    name: FileName,
    below: VPath,
    meta: Meta,
}

/// Deepest folder that is entered; every level holds an open handle.
const DEPTH_MAX: usize = 256;

impl Plan {
    fn new(access: &Access, volume: &MountedVolume) -> Self {
        let keep = foreign_paths(access, volume);
        Self { keep, items: Vec::new(), staying: 0, removed: Deleted::default(), failure: None }
    }

    /// Adds an entry; if it contains something that stays, what is in it one by one.
    fn add(&mut self, above: &Folder, name: &FileName, below: &VPath, meta: &Meta, depth: usize) {
        if self.keep.contains(below) {
            self.staying += u64::from(meta.kind == Kind::Folder);
            return;
        }
        let stays = |path: &VPath| path.is_within(below);
        if meta.kind != Kind::Folder || !self.keep.iter().any(stays) {
            let (above, name, below) = (above.clone(), name.clone(), below.clone());
            return self.items.push(Planned { above, name, below, meta: *meta });
        }
        self.staying += 1;
        let opened = above.folder(&VPath::root().join(name)).and_then(|folder| Ok((folder.entries()?, folder)));
        match opened {
            Ok((entries, folder)) if depth < DEPTH_MAX => {
                // A trash in this folder takes what is in it, and cannot take itself.
                let has_trash = matches!(TrashFolder::open(&folder), Ok(Some(_)));
                let stays =
                    |name: &FileName| has_trash && name.as_bytes().eq_ignore_ascii_case(reserved::HIST.as_bytes());
                for entry in entries.iter().filter(|entry| !stays(&entry.name)) {
                    self.add(&folder, &entry.name, &below.join(&entry.name), &entry.meta, depth + 1);
                }
            }
            Ok(_) => {}
            Err(error) => drop(self.note(Err(error))),
        }
    }

    /// Creates the entry in the trash; `None` if that is impossible.
    fn begin(&self, access: &Access, volume: &MountedVolume) -> Option<Batch> {
        let root = volume.storage.root()?;
        let item = |one: &Planned| Item {
            path: one.below.clone(),
            kind: one.meta.kind,
            size: size_of(&one.meta),
            mtime: one.meta.mtime(),
            waiting: None,
        };
        let items = self.items.iter().map(item).collect();
        let begun = begin_freeing(volume, &root, actor(access), Cause::Deleted, items);
        begun
            .inspect_err(|error| tracing::warn!(%error, "files are deleted for good, since the trash cannot take them"))
            .ok()
    }

    /// Moves some of the planned items. Returns whether all of them are gone.
    fn take_all(&mut self, batch: &mut Batch, range: std::ops::Range<usize>) -> bool {
        let mut all = true;
        for at in range {
            let Planned { above, name, below, meta } = &self.items[at];
            let number = u32::try_from(at).unwrap_or(u32::MAX);
            let taken = match batch.take(number, above, name) {
                // The folder cannot be renamed at all, as on some stacked file systems.
                Err(error) if error.kind() == ErrorKind::CrossDevice => {
                    tracing::warn!(%error, "a file is deleted for good, since it cannot be renamed");
                    let mut remover = Remover::new(&self.keep);
                    remover.remove(above, name, meta.kind, below, 0);
                    self.removed.files += remover.deleted.files;
                    self.removed.folders += remover.deleted.folders;
                    remover.failure.map_or(Ok(()), Err)
                }
                taken => taken,
            };
            all &= self.note(taken);
        }
        all
    }

    /// Returns whether an item is gone.
    fn note(&mut self, answer: std::result::Result<(), StoreError>) -> bool {
        match answer {
            // Another process removed it first.
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => {
                self.failure.get_or_insert(error);
                false
            }
            Ok(()) => true,
        }
    }

    fn finish(self, kept: Option<Kept>, path: &VPath) -> Result<Deleted> {
        if let Some(error) = self.failure {
            return Err(map_store_error(error, path));
        }
        let counts = kept.map(|kept| kept.counts).unwrap_or_default();
        let folders = counts.folders + self.removed.folders;
        Ok(Deleted {
            files: counts.files + self.removed.files,
            folders,
            folders_seen: folders + self.staying,
            lost: self.removed.files + self.removed.folders,
            trash: kept.map(|kept| kept.id),
            kept_secs: kept.filter(|kept| kept.is_oversized).map(|_| OVERSIZED_SECS),
        })
    }
}
