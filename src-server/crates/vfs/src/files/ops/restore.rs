//! Brings back what is in the trash: to its former place, or beside what has its name now.
//!
//! Who may delete at the former place may restore there, also without the right to write: nothing comes into the volume
//! that was not in it before.

use super::discard::actor;
use super::entry_ref::EntryRef;
use super::new_files::NewFiles;
use crate::access::Access;
use crate::changes::Change;
use crate::core::Core;
use crate::error::{Conflict, EngineError, Gone, Result};
use crate::numbered::Numbered;
use crate::volumes::lock_table::ChangeScope;
use crate::volumes::resolve::{self, Located, owns};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::trash::layout::EntryFolder;
use crate::volumes::trash::purge::restored;
use crate::volumes::trash::read::OpenItem;
use crate::volumes::trash::version::KeptVersion;
use crate::volumes::tree::MountedVolume;
use model::{FileName, Operation, VPath, Verdict};
use std::sync::Arc;
use store::ErrorKind;
use store::disk::{Folder, Kind, Meta, OnExisting, reserved};

/// Where an item is restored if its name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfTaken {
    /// Beside what has the name, under a numbered name.
    Beside,
    /// In place of the file that has the name, which goes into the trash as an earlier version. Needs the right to overwrite.
    Replace,
}

/// How often another name is chosen because the one before was taken meanwhile.
const TRIES: u32 = 10;

/// Restores an item. Returns its path. Blocks.
///
/// # Errors
/// `Denied` (delete); `Gone` if it is not in the trash any more, or its disk is not mounted; `NotAFolder` if something
/// else has the name of its folder; `IsAFolder` if a folder would be replaced; `VolumeFull`; `Locked`; `Busy`.
pub fn restore(
    core: &Core,
    access: &Access,
    volume: &Arc<MountedVolume>,
    open: &OpenItem,
    if_taken: IfTaken,
) -> Result<VPath> {
    let path = volume.config.mount.append(&open.item.item.path);
    let operation = if if_taken == IfTaken::Replace { Operation::Overwrite } else { Operation::Delete };
    if access.verdict(&path, operation) != Verdict::Allow {
        return Err(resolve::refusal(access, &path, operation));
    }
    let target = target_of(access, volume, &open.item.item.path, path)?;
    let _lock = target.lock()?;
    let mut new_files = NewFiles::within(core, access, &target.parent);
    readmit(&mut new_files, open, &target)?;
    let other = target.stat()?;
    let (name, version) = match (other, if_taken) {
        (Some(other), IfTaken::Replace) => (target.name.clone(), replace(access, &target, open, &other)?),
        _ => {
            target.check_unlocked(access, ChangeScope::Name)?;
            (rename_to_free_name(&target, open)?, None)
        }
    };
    let synced = target.parent.node.sync().and_then(|()| open.entry.folder().sync());
    if let Err(error) = synced {
        tracing::warn!(%error, "a restored file may be in the trash again after a loss of power");
    }
    let below = target.parent.below.join(&name);
    let change = match other.filter(|_| if_taken == IfTaken::Replace) {
        Some(_) => Change::Replaced { path: below.clone(), kind: open.meta.kind },
        None => Change::Created { path: below.clone(), kind: open.meta.kind },
    };
    volume.storage.prepare(change).commit();
    version.and_then(KeptVersion::commit);
    if open.meta.kind == Kind::File {
        new_files.created(&below, &open.meta);
    }
    new_files.complete();
    restored(&volume.storage.state.trash, open);
    Ok(volume.config.mount.append(&below))
}

/// Opens the folder that an item was in, and creates it and its parents if they are missing. `below`: the item's path in the
/// volume; `path`: its path in the tree.
fn target_of(access: &Access, volume: &Arc<MountedVolume>, below: &VPath, path: VPath) -> Result<EntryRef> {
    let Some((above, name)) = below.split_last().filter(|_| owns(access, volume, below)) else {
        return Err(resolve::absence(access, &path));
    };
    let storage = &volume.storage;
    let root = storage.root_for_writing().ok_or_else(|| EngineError::Gone(Gone::Folder(path.clone())))?;
    let (mut at, mut folder) = (VPath::root(), Folder::clone(&root));
    for part in above.components() {
        let name = FileName::new(part)?;
        let one = VPath::root().join(&name);
        at = at.join(&name);
        folder = match folder.folder(&one) {
            Err(error) if error.kind() == ErrorKind::NotFound => make_folder(access, volume, &folder, &at)?,
            opened => opened.map_err(|error| not_a_folder(error, volume, &at))?,
        };
    }
    let (rights, keys) = (access.rights_inside(volume, &above), volume.config.flags.file_keys);
    let parent = Located { volume: volume.clone(), below: above, rights, keys, node: folder };
    Ok(EntryRef { parent, name, path })
}

fn make_folder(access: &Access, volume: &MountedVolume, above: &Folder, below: &VPath) -> Result<Folder> {
    let state = &volume.storage.state;
    state.lock_table.check(below, ChangeScope::Name, access.owner(), access.lock_tokens())?;
    let name = below.name().unwrap_or_else(|| FileName::new(b"_").expect("is a name"));
    match above.make_folder(&name, volume.config.flags.folder_mode) {
        Err(error) if error.kind() == ErrorKind::Exists => {}
        made => {
            made.and_then(|()| above.sync()).map_err(|error| not_a_folder(error, volume, below))?;
            state.changes.publish(|| Change::Created { path: below.clone(), kind: Kind::Folder });
        }
    }
    above.folder(&VPath::root().join(&name)).map_err(|error| not_a_folder(error, volume, below))
}

fn not_a_folder(error: store::StoreError, volume: &MountedVolume, below: &VPath) -> EngineError {
    let path = volume.config.mount.append(below);
    match error.kind() {
        ErrorKind::NotAFolder | ErrorKind::Link | ErrorKind::Special => {
            EngineError::Conflict(Conflict::NotAFolder(path))
        }
        _ => map_store_error(error, &path),
    }
}

/// Counts what comes back towards the limits of the volume.
fn readmit(new_files: &mut NewFiles<'_>, open: &OpenItem, target: &EntryRef) -> Result<()> {
    if open.meta.kind != Kind::Folder {
        return new_files.readmit(open.meta.size);
    }
    let inside = VPath::root().join(&EntryFolder::item_name(open.item.id.item));
    let folder = open.entry.folder().folder(&inside).map_err(|error| gone(error, &target.path))?;
    readmit_tree(new_files, &folder, &target.below(), 0)
}

fn readmit_tree(new_files: &mut NewFiles<'_>, folder: &Folder, goal: &VPath, depth: usize) -> Result<()> {
    if depth >= model::vpath::DEPTH_MAX {
        return Ok(());
    }
    for entry in folder.entries().map_err(|error| map_store_error(error, goal))? {
        let below = goal.join(&entry.name);
        if reserved::is_reserved(entry.name.as_bytes()) {
            continue;
        }
        if entry.meta.kind == Kind::Folder {
            let inner = folder.folder(&VPath::root().join(&entry.name));
            let inner = inner.map_err(|error| map_store_error(error, &below))?;
            readmit_tree(new_files, &inner, &below, depth + 1)?;
        } else {
            new_files.readmit(entry.meta.size)?;
            new_files.created(&below, &entry.meta);
        }
    }
    Ok(())
}

/// Gives the item its former name, or a numbered one.
fn rename_to_free_name(target: &EntryRef, open: &OpenItem) -> Result<FileName> {
    let (above, inside) = (&target.parent.node, EntryFolder::item_name(open.item.id.item));
    let mut name = target.name.clone();
    for _ in 0..TRIES {
        match open.entry.folder().rename(&inside, above, &name, OnExisting::Fail) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == ErrorKind::Exists => {
                let taken = |other: &FileName| {
                    above.stat(other).map(|there| there.is_some()).map_err(|error| map_store_error(error, &target.path))
                };
                name = Numbered::of(&target.name).free(taken)?;
            }
            Err(error) => return Err(gone(error, &target.path)),
        }
    }
    Err(EngineError::Busy)
}

/// Replaces a file by the item. Returns the kept version of the replaced one.
fn replace(access: &Access, target: &EntryRef, open: &OpenItem, other: &Meta) -> Result<Option<KeptVersion>> {
    target.check_unlocked(access, ChangeScope::Content)?;
    if other.kind == Kind::Folder || open.meta.kind == Kind::Folder {
        return Err(EngineError::Conflict(Conflict::IsAFolder(target.path.clone())));
    }
    let (above, inside) = (&target.parent.node, EntryFolder::item_name(open.item.id.item));
    if other.id() == open.meta.id() && other.ino != 0 {
        // Another name of the same file, left by a crash: a rename would do nothing.
        open.entry.folder().remove_file(&inside).map_err(|error| gone(error, &target.path))?;
        return Ok(None);
    }
    target.keep_links()?;
    let volume = &target.parent.volume;
    let version = KeptVersion::keep(volume, above, &target.below(), &target.name, actor(access));
    let hidden = volume.storage.state.hidden_name();
    let renamed = open.entry.folder().rename_durably(&inside, above, &target.name, OnExisting::Replace, &hidden);
    renamed.map_err(|error| gone(error, &target.path))?;
    Ok(version)
}

/// Maps an error of taking an item out of the trash.
fn gone(error: store::StoreError, path: &VPath) -> EngineError {
    match error.kind() {
        ErrorKind::NotFound => EngineError::Gone(Gone::Trashed),
        // The disk that it was on is not mounted there.
        ErrorKind::CrossDevice => EngineError::Gone(Gone::Folder(path.parent().unwrap_or_default())),
        _ => map_store_error(error, path),
    }
}
