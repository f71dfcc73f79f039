//! New folders and new, empty texts.

use super::entry_ref::EntryRef;
use super::new_files::NewFiles;
use crate::access::Access;
use crate::core::Core;
use crate::error::{Conflict, EngineError, Result, Unfit};
use crate::volumes::lock_table::ChangeScope;
use crate::volumes::resolve::{Resolved, find, folder_for_writing, refusal};
use crate::volumes::store_errors::map_store_error;
use model::{FileName, Operation, Perm, PermSet, VPath, Verdict, VolumeFlags};
use std::sync::Arc;
use store::ErrorKind;
use store::disk::Kind;

pub(super) fn folder(access: &Access, path: VPath) -> Result<VPath> {
    if access.verdict(&path, Operation::Upload) != Verdict::Allow {
        return Err(refusal(access, &path, Operation::Upload));
    }
    if let Resolved::OnDisk(_) = find(access, &path)? {
        return folder_name_taken(access, path);
    }
    let entry = EntryRef::for_creation(access, &path)?;
    entry.check_unlocked(access, ChangeScope::Name)?;
    let (above, mode) = (&entry.parent.node, entry.parent.volume.config.flags.folder_mode);
    let made = above.make_folder(&entry.name, mode);
    match made.and_then(|()| above.sync().inspect_err(|_| drop(above.remove_folder(&entry.name)))) {
        Err(error) if error.kind() == ErrorKind::Exists => folder_name_taken(access, path),
        made => {
            made.map_err(|error| map_store_error(error, &path))?;
            entry.publish_created(Kind::Folder);
            Ok(path)
        }
    }
}

pub(super) fn text(core: &Arc<Core>, access: &Access, path: VPath) -> Result<VPath> {
    if access.verdict(&path, Operation::Upload) != Verdict::Allow {
        return Err(refusal(access, &path, Operation::Upload));
    }
    // Also checked if the name is taken, since the error must not tell.
    if let (Some(volume_path), Some((_, name))) = (access.volume_path(&path), path.split_last()) {
        check_editable(
            &volume_path.volume.config.flags,
            access.rights_inside(&volume_path.volume, &volume_path.below),
            &name,
        )?;
    }
    if let Resolved::OnDisk(_) = find(access, &path)? {
        return name_taken(access, path);
    }
    let entry = EntryRef::for_creation(access, &path)?;
    may_edit(&entry)?;
    entry.check_unlocked(access, ChangeScope::Name)?;
    let mut new_files = NewFiles::within(core, access, &entry.parent);
    new_files.admit(&entry.below(), 0, None)?;
    let above = &entry.parent.node;
    let made = above.create_new(&entry.name, entry.parent.volume.config.flags.file_mode);
    match made.and_then(|_| above.sync().inspect_err(|_| drop(above.remove_file(&entry.name)))) {
        Err(error) if error.kind() == ErrorKind::Exists => return name_taken(access, path),
        made => made.map_err(|error| map_store_error(error, &path))?,
    }
    entry.publish_created(Kind::File);
    if let Some(meta) = entry.stat()? {
        new_files.created(&entry.below(), &meta);
    }
    new_files.complete();
    Ok(path)
}

/// Like [`name_taken`] for a folder. Accounts that may not learn the name find a folder under it afterwards, as if it had
/// been free.
fn folder_name_taken(access: &Access, path: VPath) -> Result<VPath> {
    let path = name_taken(access, path)?;
    folder_for_writing(access, &path, Operation::Upload)?;
    if let Some((above, _)) = path.split_last() {
        let above = folder_for_writing(access, &above, Operation::Upload)?;
        above.node.sync().map_err(|error| map_store_error(error, &path))?;
    }
    Ok(path)
}

/// Returns the result if the name is taken. Accounts that may only add files must not learn it; for them the existing
/// file, which stays untouched, counts as created.
fn name_taken(access: &Access, path: VPath) -> Result<VPath> {
    match access.verdict(&path, Operation::ConfirmMissing) {
        Verdict::Allow => Err(EngineError::Conflict(Conflict::Exists(path))),
        _ => Ok(path),
    }
}

/// Checks that the account may edit a text with this name: any name with the right to delete, else those with the
/// volume's editable extensions.
///
/// # Errors
/// `BadRequest`.
pub(super) fn may_edit(entry: &EntryRef) -> Result<()> {
    check_editable(&entry.parent.volume.config.flags, entry.parent.rights, &entry.name)
}

fn check_editable(flags: &VolumeFlags, rights: PermSet, name: &FileName) -> Result<()> {
    if rights.has(Perm::Delete) || is_editable(flags, name) {
        return Ok(());
    }
    Err(Unfit::NotEditable(flags.editable.join(", ")).into())
}

fn is_editable(flags: &VolumeFlags, name: &FileName) -> bool {
    let extension = name.extension().unwrap_or_default();
    flags.editable.iter().any(|kind| kind.as_bytes().eq_ignore_ascii_case(extension))
}
