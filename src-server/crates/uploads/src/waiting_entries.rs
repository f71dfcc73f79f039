//! Entries that waited in a hidden folder to replace another entry when the program was killed: they get their former
//! name back.

use model::{FileName, VPath};
use store::disk::{Folder, Kind, OnExisting, RawEntry};
use store::{ErrorKind, StoreError};
use vfs::numbered::Numbered;
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
        let name = put_back(&inside, above, entry)?;
        above.sync()?;
        returned.push(name);
    }
    Ok(returned)
}

/// Gives an entry of `inside` its name in `above`, and returns the name. Another request may have created a folder of
/// that name while the entry waited, for a file in it: then the two become one. What has the same name in both, and a
/// file whose name is taken, gets a number.
fn put_back(inside: &Folder, above: &Folder, entry: &RawEntry) -> Result<FileName, StoreError> {
    let own = &entry.name;
    match above.stat(own)? {
        None => {
            inside.rename(own, above, own, OnExisting::Fail)?;
            return Ok(own.clone());
        }
        Some(there) if there.kind == Kind::Folder && entry.meta.kind == Kind::Folder => {
            let path = VPath::root().join(own);
            let (from, to) = (inside.folder(&path)?, above.folder(&path)?);
            for child in from.entries()? {
                match from.rename(&child.name, &to, &child.name, OnExisting::Fail) {
                    Err(error) if error.kind() != ErrorKind::Exists => return Err(error),
                    _ => {}
                }
            }
            to.sync()?;
            if inside.remove_folder(own).is_ok() {
                return Ok(own.clone());
            }
        }
        Some(_) => {}
    }
    let numbered = Numbered::of(own);
    let name = numbered.free(|other| Ok(above.stat(other).is_ok_and(|there| there.is_some())));
    let name = name.unwrap_or_else(|_| own.clone());
    inside.rename(own, above, &name, OnExisting::Fail)?;
    Ok(name)
}
