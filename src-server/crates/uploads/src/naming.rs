//! The name of an uploaded file: the requested one, or another one if that is taken.

use super::numbered::{Numbered, OtherNames};
use super::target::Target;
use model::{FileName, OnConflict, UnixMillis};
use store::disk::{Kind, Meta};
use vfs::access::Access;
use vfs::error::{EngineError, Result, UploadError};
use vfs::names::Mark;

/// How many unguessable names are tried.
const TRIES: usize = 8;

/// How the file is named.
#[derive(Clone)]
pub(super) struct Naming {
    pub name: FileName,
    pub on_conflict: OnConflict,
    /// Kind of name to use if the name is taken when the file is placed.
    pub other_names: OtherNames,
}

/// A name with the metadata of the entry that had it when it was checked.
pub(super) type CheckedName = (FileName, Option<Meta>);

/// Returns the metadata of the entry with a name, from an earlier check if there was one.
pub(super) fn stat(target: &Target, name: &FileName, looked: Option<&CheckedName>) -> Result<Option<Meta>> {
    match looked {
        Some((before, there)) if before == name => Ok(*there),
        _ => target.stat(name),
    }
}

/// Returns `name`, or another name if it is taken and may not be replaced. Blocks.
///
/// # Errors
/// `NameTaken` if the client wants no other name; `Busy` if no free name is found.
pub(super) fn free_name(
    access: &Access,
    target: &Target,
    name: FileName,
    on_conflict: OnConflict,
    lmod: UnixMillis,
    mark: &Mark<'_>,
    looked: Option<&CheckedName>,
) -> Result<Naming> {
    // A reservation binds clients that may not replace files; to others it is like a file that they may replace. The
    // upload with the reservation then gets another name, as if its name had been taken meanwhile.
    let may_replace = matches!(on_conflict, OnConflict::Replace | OnConflict::ReplaceOlder);
    let other_names = target.other_names(access);
    let named = |name| Ok(Naming { name, on_conflict, other_names });
    let replaces = |there: Meta| match on_conflict {
        OnConflict::Rename | OnConflict::Skip => false,
        OnConflict::ReplaceOlder if there.mtime().secs() >= lmod.secs() => false,
        _ => matches!(there.kind, Kind::File | Kind::Link),
    };
    if stat(target, &name, looked)?.is_none_or(replaces) && !is_unavailable(access, target, &name, !may_replace) {
        return named(name);
    }
    if on_conflict == OnConflict::Skip {
        return Err(EngineError::Upload(UploadError::NameTaken(target.canonical().join(&name))));
    }
    // Only the requested name may be replaced, never a generated one.
    let taken = |other: &FileName| -> Result<bool> {
        Ok(is_unavailable(access, target, other, true) || target.stat(other)?.is_some())
    };
    match other_names {
        OtherNames::Numbered => named(Numbered::of(&name).free(taken)?),
        OtherNames::Marked => {
            for _ in 0..TRIES {
                let other = mark.other(&name);
                if !taken(&other)? {
                    return named(other);
                }
            }
            Err(EngineError::Busy)
        }
    }
}

/// Returns whether a name is unavailable although no file may have it: it belongs to a mount point, or
/// (`respect_reservations`) an unfinished upload reserved it.
fn is_unavailable(access: &Access, target: &Target, name: &FileName, respect_reservations: bool) -> bool {
    let volume_path = access.volume_path(&target.canonical().join(name));
    volume_path.is_none_or(|at| at.volume.index != target.volume.index)
        || respect_reservations && target.uploads().registry().reserved_by(&target.below, name).is_some()
}
