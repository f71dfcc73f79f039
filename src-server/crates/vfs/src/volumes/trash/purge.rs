//! Removes items for good: those that are too old, the oldest ones of a trash that holds too much, and those that people
//! choose. Every function blocks.
//!
//! An item is renamed into the folder `purge` first, so that no part of it is restored. What is in that folder is
//! removed, also after a crash.

use super::entry_id::EntryId;
use super::keep::OVERSIZED_SECS;
use super::layout::{Counts, EntryFolder, TrashFolder};
use super::read::{OpenItem, counts_of, for_each_trash};
use super::state::TrashState;
use model::trash_flags::{TrashFlags, TrashMax};
use model::{Bytes, FileName, VPath};
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
    let keeps = Keeps::new(flags, state.clock(root));
    let mut all = Counts::default();
    for_each_trash(state, root, |trash| match purge_trash(state, root, trash, keeps, is_cancelled) {
        Ok(counts) => all.add(counts),
        Err(error) => tracing::warn!(%error, "the trash of a volume cannot be cleaned up"),
    });
    if !is_cancelled() {
        state.set_size(all);
    }
    state.save_clock(root);
}

/// An entry with what it holds.
pub(super) struct Sized {
    pub entry: EntryFolder,
    items: Vec<(u32, Counts)>,
    pub counts: Counts,
}

/// What the settings keep, at one time.
#[derive(Clone, Copy)]
struct Keeps {
    /// Age from which entries are too old, milliseconds.
    age_ms: i64,
    /// The time of the trash's clock.
    now: i64,
    max: TrashMax,
}

impl Keeps {
    fn new(flags: TrashFlags, now: i64) -> Self {
        let days = if flags.is_on() { flags.days } else { 0 };
        Self { age_ms: i64::from(days).saturating_mul(DAY_MS), now, max: flags.max }
    }

    /// Returns how long an entry has been in the trash, milliseconds. `None`: it has no readable record.
    fn age(self, entry: &EntryFolder) -> Option<i64> {
        match entry.record() {
            Ok(record) => record.map(|record| self.now.saturating_sub(record.seen_ms)),
            // It may be readable again in the next round.
            Err(_) => Some(0),
        }
    }
}

/// Purges what is too old, then entries that alone are larger than the trash may be, for which no other one goes; then the
/// oldest ones of what is too much together. Returns what is left.
fn purge_trash(
    state: &TrashState,
    root: &Folder,
    trash: &TrashFolder,
    keeps: Keeps,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Counts, StoreError> {
    if let Some(leftover) = trash.existing_purge_folder()? {
        empty(&leftover)?;
    }
    let limit = trash.limit(keeps.max);
    let (mut kept, mut total, mut oversized) = (Vec::new(), Counts::default(), Counts::default());
    for id in trash.entries()? {
        if is_cancelled() {
            break;
        }
        let Some(sized) = look_at(state, trash, id)? else { continue };
        // Without a readable record the age is unknown: an entry stays until the trash holds too much.
        let age = keeps.age(&sized.entry);
        if age.is_some_and(|age| age >= keeps.age_ms) {
            purge_entry(trash, &sized)?;
        } else if sized.counts.occupied <= limit {
            total.add(sized.counts);
            kept.push((id, sized.counts));
        } else if age.is_none_or(|age| age >= OVERSIZED_SECS as i64 * 1000) {
            purge_logged(root, trash, &sized, &format!("it alone is larger than the {} of the trash", words(limit)))?;
        } else {
            oversized.add(sized.counts);
        }
    }
    let mut surplus = kept.len().saturating_sub(ENTRIES_MAX);
    for (id, counts) in kept {
        if (total.occupied <= limit && surplus == 0) || is_cancelled() {
            break;
        }
        if let Some(sized) = look_at(state, trash, id)? {
            let why = match total.occupied > limit {
                true => format!("the trash holds {}, more than {}", words(total.occupied), words(limit)),
                false => format!("the trash holds more than {ENTRIES_MAX} entries"),
            };
            purge_logged(root, trash, &sized, &why)?;
        }
        surplus = surplus.saturating_sub(1);
        total.subtract(counts);
    }
    total.add(oversized);
    Ok(total)
}

/// Returns a size in words.
pub(super) fn words(bytes: u64) -> String {
    Bytes(bytes).human()
}

/// Returns an entry with its items; `None` if it is being filled, or was without items and is removed.
pub(super) fn look_at(state: &TrashState, trash: &TrashFolder, id: EntryId) -> Result<Option<Sized>, StoreError> {
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

/// Purges an entry because of a limit, and says so in the log.
pub(super) fn purge_logged(root: &Folder, trash: &TrashFolder, sized: &Sized, why: &str) -> Result<(), StoreError> {
    let record = sized.entry.record().ok().flatten();
    purge_entry(trash, sized)?;
    let first = record.as_ref().and_then(|record| sized.items.first().and_then(|(number, _)| record.item(*number)));
    let path = first.map_or_else(|| sized.entry.id.to_string(), |item| root.log_path(&item.path));
    let (files, size) = (sized.counts.files, words(sized.counts.occupied));
    tracing::info!(path, items = sized.items.len(), files, size, why, "deleted for good from the trash");
    Ok(())
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
pub(super) fn empty(purge: &Folder) -> Result<(), StoreError> {
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
