//! Finds what is in the trash of a volume. Every function blocks.

use super::entry_id::{EntryId, ItemId};
use super::keep::{Partials, count_item};
use super::layout::{Counts, EntryFolder, TrashFolder};
use super::record::{Actor, Cause, Item, Record};
use super::state::TrashState;
use model::{UnixMillis, VPath};
use store::StoreError;
use store::disk::{Folder, Kind, Meta};

/// An item in the trash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrashedItem {
    /// Which.
    pub id: ItemId,
    /// When it was removed.
    pub at: UnixMillis,
    /// Who removed it.
    pub by: Actor,
    /// Why.
    pub cause: Cause,
    /// As it was at its former path.
    pub item: Item,
    /// What is in it.
    pub counts: Counts,
}

/// An item in the trash, with the open folder that holds it.
pub struct OpenItem {
    /// Its entry.
    pub entry: EntryFolder,
    /// The trash of the entry.
    pub trash: TrashFolder,
    /// The item.
    pub item: TrashedItem,
    /// Its metadata.
    pub meta: Meta,
}

/// Calls `each` with every trash of a volume. `root`: the volume's top folder.
pub fn for_each_trash(state: &TrashState, root: &Folder, mut each: impl FnMut(&TrashFolder)) {
    for place in state.places(root) {
        let opened = root.folder(&place).and_then(|above| TrashFolder::open(&above));
        match opened {
            Ok(Some(trash)) => each(&trash),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the trash of a folder cannot be opened"),
        }
    }
}

/// Calls `each` with every item of a trash, the newest entries first, until it returns false. Only items that `wanted`
/// accepts are looked at on disk.
///
/// # Errors
/// The trash cannot be listed. Entries that cannot be read are left out.
pub fn for_each_item(
    trash: &TrashFolder,
    wanted: &dyn Fn(&Item) -> bool,
    each: &mut dyn FnMut(TrashedItem) -> bool,
) -> Result<(), StoreError> {
    for id in trash.entries()?.into_iter().rev() {
        let Ok(Some(entry)) = trash.entry(id) else { continue };
        let Ok(Some(record)) = entry.record() else { continue };
        for (number, item) in &record.items {
            if !wanted(item) {
                continue;
            }
            let Ok(Some(meta)) = entry.stat(*number) else { continue };
            if !each(trashed(&entry, &record, *number, item, &meta)) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn trashed(entry: &EntryFolder, record: &Record, number: u32, item: &Item, meta: &Meta) -> TrashedItem {
    TrashedItem {
        id: entry.id.item(number),
        at: record.at,
        by: record.by.clone(),
        cause: record.cause,
        item: item.clone(),
        counts: counts_of(entry, number, meta),
    }
}

/// Returns what is in an item; counts it if that was not done yet.
pub fn counts_of(entry: &EntryFolder, number: u32, meta: &Meta) -> Counts {
    if meta.kind != Kind::Folder {
        return count_item(entry, number, Partials::Kept);
    }
    match entry.counted(number) {
        Ok(Some(counts)) => counts,
        _ => count_item(entry, number, Partials::Removed),
    }
}

/// Returns all items of one entry, in all trashes of the volume.
pub fn items_of(state: &TrashState, root: &Folder, id: EntryId) -> Vec<OpenItem> {
    let mut found = Vec::new();
    for_each_trash(state, root, |trash| {
        let Ok(Some(entry)) = trash.entry(id) else { return };
        let Ok(Some(record)) = entry.record() else { return };
        for (number, item) in &record.items {
            if let Ok(Some(meta)) = entry.stat(*number) {
                let item = trashed(&entry, &record, *number, item, &meta);
                found.push(OpenItem { entry: entry.clone(), trash: trash.clone(), item, meta });
            }
        }
    });
    found
}

/// Returns one item; `None` if it is not in the trash any more.
pub fn find_item(state: &TrashState, root: &Folder, id: ItemId) -> Option<OpenItem> {
    let mut found = None;
    for_each_trash(state, root, |trash| {
        let open = || {
            let entry = trash.entry(id.entry).ok()??;
            let meta = entry.stat(id.item).ok()??;
            let record = entry.record().ok()??;
            let item = trashed(&entry, &record, id.item, record.item(id.item)?, &meta);
            Some(OpenItem { entry: entry.clone(), trash: trash.clone(), item, meta })
        };
        found = found.take().or_else(open);
    });
    found
}

/// Adds the trashes of a folder and of the folders above it to those that are known: their list may have been lost.
pub fn discover(state: &TrashState, root: &Folder, folder: &VPath) {
    let known = state.places(root);
    let mut place = Some(folder.clone()).filter(|folder| !folder.is_root());
    while let Some(at) = place {
        let has_trash = || root.folder(&at).is_ok_and(|above| matches!(TrashFolder::open(&above), Ok(Some(_))));
        if !known.contains(&at) && has_trash() {
            state.add_place(root, &at);
        }
        place = at.parent().filter(|above| !above.is_root());
    }
}
