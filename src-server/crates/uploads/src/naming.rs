//! Chooses the name of an uploaded file: the requested one, or another one if that is taken.

use super::admit::Target;
use super::finish::Naming;
use super::handshake_context::HandshakeContext;
use super::numbered::{Numbered, OtherNames};
use crate::core::Core;
use model::{FileName, OnConflict, Operation, UnixMillis, Verdict};
use store::disk::{Kind, Meta};
use vfs::access::Access;
use vfs::error::{EngineError, Result};
use vfs::names::{self, Mark};

/// How many unguessable names are tried.
const TRIES: usize = 8;

/// A name with the metadata of the entry that had it when it was checked.
pub(super) type CheckedName = (FileName, Option<Meta>);

/// Returns the metadata of the entry with a name, from an earlier check if there was one.
pub(super) fn stat(target: &Target, name: &FileName, looked: Option<&CheckedName>) -> Result<Option<Meta>> {
    match looked {
        Some((before, there)) if before == name => Ok(*there),
        _ => target.stat(name),
    }
}

/// Chooses the name of a new file, and what happens if it is taken by the end of the upload.
pub(super) fn choose_name(
    core: &Core,
    context: &HandshakeContext,
    target: &Target,
    looked: Option<&CheckedName>,
) -> Result<Naming> {
    let flags = &target.volume.config.flags;
    let name = match context.random(target) {
        true => names::random(flags.random_length, &context.name)?,
        false => context.name.clone(),
    };
    let on_conflict = on_conflict(context, target);
    let plain = context.access.snapshot().settings.behaviour.plain_ip;
    let mark = Mark { secret: &core.secret, address: context.access.client().address, plain };
    free_name(&context.access, target, name, on_conflict, context.lmod, &mark, looked)
}

/// Returns what the client wants to happen if the name is taken, as far as its rights allow.
pub(super) fn on_conflict(context: &HandshakeContext, target: &Target) -> OnConflict {
    let may = context.access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
    match context.request.on_conflict {
        OnConflict::Replace | OnConflict::ReplaceOlder if !may => OnConflict::Rename,
        // The error would reveal that the name is taken.
        OnConflict::Skip if !target.may_learn_names(&context.access) => OnConflict::Rename,
        requested => requested,
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
        return Err(EngineError::NameTaken(target.canonical().join(&name)));
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
