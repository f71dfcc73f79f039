//! Removes items for good: those that are too old, the oldest ones of a trash that holds too much, and those that people
//! choose. Every function blocks.
//!
//! An item is renamed into the folder `purge` first, so that no part of it is restored. What is in that folder is
//! removed, also after a crash.

use super::entry_id::EntryId;
use super::layout::{Counts, EntryFolder, TrashFolder};
use super::read::{OpenItem, counts_of, for_each_trash};
use super::state::TrashState;
use model::trash_flags::TrashFlags;
use model::{FileName, VPath};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use store::disk::{Folder, Kind, OnExisting};
use store::{ErrorKind, StoreError};

/// Most entries of one trash; the oldest ones beyond are purged.
pub const ENTRIES_MAX: usize = 100_000;
/// Deepest folder that is entered at once; what is deeper is renamed upwards first.
const DEPTH_MAX: usize = 100;
/// One day, milliseconds.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Purges what `flags` do not keep, finishes interrupted purges, and counts what is left. Ends early once `is_cancelled`
/// returns true. `root`: the volume's top folder.
pub fn purge_surplus(state: &TrashState, root: &Folder, flags: TrashFlags, is_cancelled: &dyn Fn() -> bool) {
    let now = state.clock(root);
    let mut all = Counts::default();
    for_each_trash(state, root, |trash| match purge_trash(state, trash, flags, now, is_cancelled) {
        Ok(counts) => all.add(counts),
        Err(error) => tracing::warn!(%error, "the trash of a volume cannot be cleaned up"),
    });
    if !is_cancelled() {
        state.set_size(all);
    }
    state.save_clock(root);
}

/// An entry with what it holds.
struct Sized {
    entry: EntryFolder,
    items: Vec<(u32, Counts)>,
    counts: Counts,
}

fn purge_trash(
    state: &TrashState,
    trash: &TrashFolder,
    flags: TrashFlags,
    now: i64,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Counts, StoreError> {
    if let Some(leftover) = trash.existing_purge_folder()? {
        empty(&leftover)?;
    }
    let limit = trash.space().map_or(u64::MAX, |space| flags.max.of_disk(space.total));
    let (mut kept, mut total) = (Vec::new(), Counts::default());
    for id in trash.entries()? {
        if is_cancelled() {
            return Ok(total);
        }
        let Some(sized) = look_at(state, trash, id)? else { continue };
        if is_too_old(&sized.entry, flags, now) {
            purge_entry(trash, &sized)?;
            continue;
        }
        total.add(sized.counts);
        kept.push((id, sized.counts));
    }
    let mut surplus = kept.len().saturating_sub(ENTRIES_MAX);
    for (id, counts) in kept {
        if (total.occupied <= limit && surplus == 0) || is_cancelled() {
            break;
        }
        if let Some(sized) = look_at(state, trash, id)? {
            purge_entry(trash, &sized)?;
        }
        surplus = surplus.saturating_sub(1);
        total.subtract(counts);
    }
    Ok(total)
}

/// Returns an entry with its items; `None` if it is being filled, or was without items and is removed.
fn look_at(state: &TrashState, trash: &TrashFolder, id: EntryId) -> Result<Option<Sized>, StoreError> {
    if state.is_in_use(id) {
        return Ok(None);
    }
    let Some(entry) = trash.entry(id)? else { return Ok(None) };
    let (mut items, mut counts) = (Vec::new(), Counts::default());
    for number in entry.items()? {
        let Some(meta) = entry.stat(number)? else { continue };
        let more = counts_of(&entry, number, &meta);
        counts.add(more);
        items.push((number, more));
    }
    if items.is_empty() {
        remove_if_empty(trash, id)?;
        return Ok(None);
    }
    Ok(Some(Sized { entry, items, counts }))
}

/// Whether an entry has been in the trash for too long. Without a readable record its age is unknown: it stays until the
/// trash holds too much.
fn is_too_old(entry: &EntryFolder, flags: TrashFlags, now: i64) -> bool {
    let seen = entry.record().ok().flatten().map(|record| record.seen_ms);
    seen.is_some_and(|seen| now.saturating_sub(seen) >= i64::from(flags.days).saturating_mul(DAY_MS))
}

fn purge_entry(trash: &TrashFolder, sized: &Sized) -> Result<(), StoreError> {
    for (number, _) in &sized.items {
        purge_item(trash, &sized.entry, *number)?;
    }
    remove_if_empty(trash, sized.entry.id)
}

fn remove_if_empty(trash: &TrashFolder, id: EntryId) -> Result<(), StoreError> {
    match trash.remove_entry(id) {
        Err(error) if error.kind() == ErrorKind::NotEmpty => Ok(()),
        answer => answer,
    }
}

/// Removes an item for good. Returns whether it was still in the trash.
fn purge_item(trash: &TrashFolder, entry: &EntryFolder, number: u32) -> Result<bool, StoreError> {
    let purge = trash.purge_folder()?;
    let hidden = unique(&entry.id.item(number));
    match entry.folder().rename(&EntryFolder::item_name(number), &purge, &hidden, OnExisting::Fail) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
        Ok(()) => empty(&purge).map(|()| true),
    }
}

/// Removes one item for good, and its entry if that was the last item. Returns whether it was still in the trash.
///
/// # Errors
/// File system errors. Once the item is on its way out, the next round goes on.
pub fn purge_open(state: &TrashState, open: &OpenItem) -> Result<bool, StoreError> {
    let purged = purge_item(&open.trash, &open.entry, open.item.id.item)?;
    if purged {
        state.subtract(open.item.counts);
    }
    entry_left(state, open);
    Ok(purged)
}

/// Removes the entry of an item that was taken out, if that was the last one.
pub fn entry_left(state: &TrashState, open: &OpenItem) {
    if !state.is_in_use(open.entry.id)
        && let Err(error) = remove_if_empty(&open.trash, open.entry.id)
    {
        tracing::debug!(%error, "an entry of the trash without items is removed later");
    }
}

/// Counts an item that was restored.
pub fn restored(state: &TrashState, open: &OpenItem) {
    state.subtract(open.item.counts);
    entry_left(state, open);
}

/// Purges the oldest entries on the file system `device` until it has `wanted` free bytes; nothing if that would not be enough.
/// Returns whether it has. `root`: the
/// volume's top folder.
pub fn free_space(state: &TrashState, root: &Folder, device: u64, wanted: u64) -> bool {
    let mut is_enough = false;
    for_each_trash(state, root, |trash| {
        if !is_enough && trash.meta().is_ok_and(|meta| meta.dev == device) {
            is_enough = free_in(state, trash, wanted).unwrap_or_else(|error| {
                tracing::warn!(%error, "the trash cannot be purged although its disk is full");
                false
            });
        }
    });
    is_enough
}

fn free_in(state: &TrashState, trash: &TrashFolder, wanted: u64) -> Result<bool, StoreError> {
    let has_enough = || trash.space().map(|space| space.free.0 >= wanted);
    if let Some(leftover) = trash.existing_purge_folder()? {
        empty(&leftover)?;
    }
    if has_enough()? {
        return Ok(true);
    }
    // Enough is purged, or nothing.
    let (mut chosen, mut bytes) = (Vec::new(), trash.space()?.free.0);
    for id in trash.entries()? {
        if bytes >= wanted {
            break;
        }
        if let Some(sized) = look_at(state, trash, id)? {
            bytes = bytes.saturating_add(sized.counts.occupied);
            chosen.push(sized);
        }
    }
    if bytes < wanted {
        return Ok(false);
    }
    for sized in chosen {
        purge_entry(trash, &sized)?;
        state.subtract(sized.counts);
        tracing::info!(entry = %sized.entry.id, "an entry of the trash was purged, since its disk is full");
        if has_enough()? {
            return Ok(true);
        }
    }
    has_enough()
}

/// Returns a new name for an item on its way out.
fn unique(what: &dyn std::fmt::Display) -> FileName {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Relaxed);
    let time = crate::clock::now().0;
    FileName::new(format!("{what}-{time}-{number}").as_bytes()).expect("is a name")
}

/// Empties the folder of items on their way out.
///
/// # Errors
/// The first error; the rest is removed nevertheless.
fn empty(purge: &Folder) -> Result<(), StoreError> {
    let mut failure = None;
    // Folders that are too deep come up into this folder, and are removed in the next pass.
    loop {
        let (entries, mut lifted) = (purge.entries()?, false);
        for entry in entries {
            if let Err(error) = remove(purge, purge, &entry.name, entry.meta.kind, 0, &mut lifted) {
                failure.get_or_insert(error);
            }
        }
        if !lifted || failure.is_some() {
            return failure.map_or(Ok(()), Err);
        }
    }
}

/// Removes an entry of the folder `above`. Folders at [`DEPTH_MAX`] are renamed to `purge`; then `lifted` is set.
fn remove(
    purge: &Folder,
    above: &Folder,
    name: &FileName,
    kind: Kind,
    depth: usize,
    lifted: &mut bool,
) -> Result<(), StoreError> {
    let gone = |error: StoreError| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) };
    if kind != Kind::Folder {
        return above.remove_file(name).or_else(gone);
    }
    if depth >= DEPTH_MAX {
        *lifted = true;
        return above.rename(name, purge, &unique(&"deep"), OnExisting::Fail).or_else(gone);
    }
    let folder = match above.folder(&VPath::root().join(name)) {
        Ok(folder) => folder,
        Err(error) => return gone(error),
    };
    let mut failure = None;
    for entry in folder.entries()? {
        if let Err(error) = remove(purge, &folder, &entry.name, entry.meta.kind, depth + 1, lifted) {
            failure.get_or_insert(error);
        }
    }
    match failure {
        Some(error) => Err(error),
        None => above.remove_folder(name).or_else(gone),
    }
}
