//! What happens where the name is taken that something is moved or copied to, and another name for it.

use super::entry_ref::EntryRef;
use super::new_files::NewFiles;
use crate::access::Access;
use crate::error::Result;
use crate::numbered::Numbered;
use crate::volumes::resolve::{self, owns};
use model::{FileName, Operation, VPath, Verdict};
use store::disk::Kind;

/// What happens if the target exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// Fails with `Exists`.
    Refuse,
    /// Replaces the target, where the account may delete.
    Replace,
    /// Chooses another name, with a number.
    KeepBoth,
}

/// Chooses another name, as for uploads, if the name is taken and the account may neither learn that nor replace the
/// file. A folder gets the name under which the account can open it, as if the requested name had been free. With
/// [`IfExists::KeepBoth`] accounts that may learn names get one with a number.
pub(super) fn choose_free_name(
    access: &Access,
    new_files: &NewFiles<'_>,
    mut target: EntryRef,
    (source, kind): (&VPath, &dyn Fn() -> Result<Kind>),
    if_exists: IfExists,
) -> Result<EntryRef> {
    if target.may_learn_names() {
        if if_exists == IfExists::KeepBoth && target.stat()?.is_some() {
            target.name = numbered(access, &target)?;
        }
        return Ok(target);
    }
    let may_replace = if_exists == IfExists::Replace && target.parent.verdict(Operation::Overwrite) == Verdict::Allow;
    if !may_replace && target.canonical() != *source && target.stat()?.is_some() {
        let as_folder = match kind()? {
            Kind::Folder => resolve::name_for_new_folder(access, &target.parent, &target.path)?,
            _ => None,
        };
        target.name = as_folder.unwrap_or_else(|| new_files.other_name(&target.name));
    }
    Ok(target)
}

/// Returns a free name with a number; the places of other volumes are not free.
fn numbered(access: &Access, target: &EntryRef) -> Result<FileName> {
    let parent = &target.parent;
    Numbered::of(&target.name).free(|name| {
        let other = EntryRef { parent: parent.clone(), name: name.clone(), path: target.path.clone() };
        Ok(other.stat()?.is_some() || !owns(access, &parent.volume, &other.below()))
    })
}
