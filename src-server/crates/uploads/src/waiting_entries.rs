//! Entries that waited in a hidden folder to replace another entry when the program was killed: they get their former
//! name back.

use model::{FileName, VPath};
use store::StoreError;
use store::disk::{Folder, Kind, OnExisting};
use vfs::names::random;
use vfs::volumes::hidden_names;

/// Gives the entry with inode `ino`, which had the path `from`, its name back if it waits in a hidden folder beside it.
/// Does not search elsewhere. `killed`: tokens of killed runs.
///
/// # Errors
/// Disk errors; the entry may still wait then.
pub(super) fn restore_waiting(root: &Folder, from: &VPath, ino: u64, killed: &[String]) -> Result<(), StoreError> {
    let Some((above, _)) = from.split_last() else { return Ok(()) };
    let above = root.folder(&above)?;
    let waits = |name: &FileName| killed.iter().any(|token| hidden_names::waiting_inode(name, token) == Some(ino));
    for entry in above.entries()?.iter().filter(|entry| entry.meta.kind == Kind::Folder && waits(&entry.name)) {
        restore_name(&above, &entry.name, killed)?;
    }
    Ok(())
}

/// If `hidden` is a folder in which an entry waited for its next name when the program was killed, gives the entry its
/// former name back. Returns the names of restored entries.
pub(super) fn restore_name(above: &Folder, hidden: &FileName, killed: &[String]) -> Result<Vec<FileName>, StoreError> {
    let mut returned = Vec::new();
    let Some(ino) = killed.iter().find_map(|token| hidden_names::waiting_inode(hidden, token)) else {
        return Ok(returned);
    };
    let inside = above.folder(&VPath::root().join(hidden))?;
    for entry in inside.entries()?.iter().filter(|entry| entry.meta.ino == ino) {
        let name = match above.stat(&entry.name)? {
            None => entry.name.clone(),
            // The former name is taken: a random name is better than none.
            Some(_) => random(16, &entry.name).unwrap_or_else(|_| entry.name.clone()),
        };
        inside.rename(&entry.name, above, &name, OnExisting::Fail)?;
        above.sync()?;
        returned.push(name);
    }
    Ok(returned)
}
