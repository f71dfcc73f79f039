//! The name that an arriving file gets: as asked, or another one where that is taken.

use super::admit::Target;
use super::finish::Naming;
use super::handshake_context::HandshakeContext;
use super::names::{self, Mark};
use super::numbered::{Numbered, OtherNames};
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use model::{FileName, OnConflict, Operation, UnixMillis, Verdict};
use store::disk::{Kind, Meta};

/// How many names that cannot be guessed are tried.
const TRIES: usize = 8;

/// A name that was looked at, and what had it.
pub(super) type CheckedName = (FileName, Option<Meta>);

/// What has a name, from an earlier look if there was one.
pub(super) fn stat(target: &Target, name: &FileName, looked: Option<&CheckedName>) -> Result<Option<Meta>> {
    match looked {
        Some((before, there)) if before == name => Ok(*there),
        _ => target.stat(name),
    }
}

/// The name for a new file, and what happens if it is taken by the end.
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

/// What the asker wants to happen if the name is taken, as far as it is allowed.
pub(super) fn on_conflict(context: &HandshakeContext, target: &Target) -> OnConflict {
    let may = context.access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
    match context.request.on_conflict {
        OnConflict::Replace | OnConflict::ReplaceOlder if !may => OnConflict::Rename,
        // The refusal would tell that the name is taken.
        OnConflict::Skip if !target.may_learn_names(&context.access) => OnConflict::Rename,
        requested => requested,
    }
}

/// `name`, or another one if it is taken and may not be replaced. Blocks.
///
/// # Errors
/// `NameTaken` where the asker wants no other name; `Busy` if no name is found.
pub(super) fn free_name(
    access: &Access,
    target: &Target,
    name: FileName,
    on_conflict: OnConflict,
    lmod: UnixMillis,
    mark: &Mark<'_>,
    looked: Option<&CheckedName>,
) -> Result<Naming> {
    // A promise binds those who may not replace files; to the others it is one more file that they may replace. The
    // upload that it was given to is named like any whose name was taken meanwhile.
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
    // Only the name that was asked for is ever replaced, never one that was made up.
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

/// Whether a name cannot be had although no file may have it: it is that of a mount point, or (`heeds_promises`) it was
/// promised to an unfinished upload.
fn is_unavailable(access: &Access, target: &Target, name: &FileName, respect_reservations: bool) -> bool {
    let volume_path = access.volume_path(&target.canonical().join(name));
    volume_path.is_none_or(|at| at.volume.index != target.volume.index)
        || respect_reservations && target.uploads().registry().reserved_by(&target.below, name).is_some()
}
