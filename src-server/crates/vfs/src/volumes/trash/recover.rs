//! After a crash: what was exchanged with its successor, and still waits under a hidden name, goes into the trash.

use super::layout::{EntryFolder, TrashFolder};
use super::read::for_each_trash;
use super::state::TrashState;
use store::StoreError;
use store::disk::{Folder, OnExisting};

/// Completes the entries of a killed program, before its hidden files are removed. `root`: the volume's top folder. Blocks.
pub fn recover(state: &TrashState, root: &Folder) {
    for_each_trash(state, root, |trash| {
        let done = trash.entries().and_then(|all| all.into_iter().try_for_each(|id| recover_entry(trash, root, id)));
        if let Err(error) = done {
            tracing::error!(%error, "what was replaced before the program was killed may be missing in the trash");
        }
    });
}

fn recover_entry(trash: &TrashFolder, root: &Folder, id: super::entry_id::EntryId) -> Result<(), StoreError> {
    let Some(entry) = trash.entry(id)? else { return Ok(()) };
    let Some(record) = entry.record()? else { return Ok(()) };
    for (number, item) in &record.items {
        let Some(waiting) = &item.waiting else { continue };
        let Some((above, name)) = waiting.path.split_last() else { continue };
        if entry.stat(*number)?.is_some() {
            continue;
        }
        let Ok(above) = root.folder(&above) else { continue };
        // Before the exchange its successor waits there.
        if above.stat(&name)?.is_some_and(|meta| meta.ino == waiting.ino && meta.kind == item.kind) {
            above.rename(&name, entry.folder(), &EntryFolder::item_name(*number), OnExisting::Fail)?;
            entry.folder().sync()?;
            tracing::info!(path = item.path.display(), "a replaced folder was found and is in the trash");
        }
    }
    Ok(())
}
