//! Moving and copying: what is asked first, and the last step that makes the new name appear.

use super::IfExists;
use super::duplicate::{self, Source};
use super::make::hidden_name;
use super::remove::remove_tree;
use super::slot::Slot;
use crate::access::Access;
use crate::error::{EngineError, Result};
use crate::volumes::lift::lift;
use crate::volumes::resolve::{self, kept};
use model::{FileName, Operation, VPath, Verdict};
use std::sync::Arc;
use store::ErrorKind;
use store::disk::{Clobber, Folder, Kind, Meta, Node, reserved};

pub(super) fn move_to(access: &Access, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<()> {
    if to != from && to.is_within(from) {
        return Err(EngineError::IntoItself);
    }
    let (source, meta) = Slot::of_existing(access, from, Operation::MoveFrom)?;
    if meta.kind == Kind::Other {
        return Err(resolve::absence(access, from));
    }
    if meta.kind == Kind::Folder
        && kept(access, &source.above.volume).iter().any(|kept| kept.is_within(&source.below()))
    {
        return Err(EngineError::BadRequest(
            "That folder holds other shared folders and cannot move as a whole; move what is in it instead.".into(),
        ));
    }
    let (target, is_itself) = target_of(access, to, &source.canonical(), meta.kind, if_exists)?;
    let other = target.stat()?.filter(|_| !is_itself);
    if let Some(other) = other.filter(|other| other.kind == Kind::Folder || meta.kind == Kind::Folder) {
        // A rename replaces only a file by a file.
        remove_tree(&target.above.node, &target.name, other.kind).map_err(|error| lift(error, to))?;
    }
    source.keep_links()?;
    target.keep_links()?;
    // The store knows better than a comparison of letters whether these are two.
    let clobber = if is_itself { Clobber::Never } else { clobber(if_exists) };
    match source.above.node.rename(&source.name, &target.above.node, &target.name, clobber) {
        Ok(()) => moved(&source, &target, meta.kind, to),
        Err(error) if error.kind() == ErrorKind::CrossDevice => {
            let contents = Source::of_name(&source.above.node, &source.name, from)?;
            place_copy(access, contents, &target, if_exists)?;
            remove_tree(&source.above.node, &source.name, meta.kind).map_err(|error| lift(error, from))?;
            source.forget();
            target.forget();
            Ok(())
        }
        Err(error) => Err(lift(error, to)),
    }
}

/// After a rename: what the ledgers know goes along, or is forgotten.
fn moved(source: &Slot, target: &Slot, kind: Kind, to: &VPath) -> Result<()> {
    if Arc::ptr_eq(&source.above.volume.backing, &target.above.volume.backing) {
        target.forget();
        if let Err(error) = source.above.volume.backing.uploads.moved(&source.below(), &target.below()) {
            tracing::warn!(%error, "the ledger still knows a file by its old name");
        }
    } else {
        source.forget();
        target.forget();
        if kind == Kind::Folder
            && let Ok(folder) = target.above.node.folder(&VPath::root().join(&target.name))
        {
            // Unfinished uploads cannot go on in another volume.
            remove_partials(&folder, 0);
        }
    }
    let durable = target.above.node.sync().and_then(|()| source.above.node.sync());
    durable.map_err(|error| lift(error, to))
}

fn remove_partials(folder: &Folder, depth: usize) {
    for entry in folder.entries().unwrap_or_default() {
        if entry.meta.kind == Kind::File && reserved::is_partial(entry.name.as_bytes()) {
            if let Err(error) = folder.remove_file(&entry.name) {
                tracing::warn!(%error, "an unfinished upload stays behind");
            }
        } else if entry.meta.kind == Kind::Folder
            && depth < model::vpath::DEPTH_MAX
            && let Ok(below) = folder.folder(&VPath::root().join(&entry.name))
        {
            remove_partials(&below, depth + 1);
        }
    }
}

pub(super) fn copy_to(access: &Access, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<()> {
    if to != from && to.is_within(from) {
        return Err(EngineError::IntoItself);
    }
    let located = resolve::resolve(access, from, Operation::CopyFrom)?;
    let kind = if matches!(located.node, Node::Folder(..)) { Kind::Folder } else { Kind::File };
    let (target, is_itself) = target_of(access, to, &located.canonical(), kind, if_exists)?;
    if is_itself && target.stat()?.is_some() {
        return Err(EngineError::Exists(to.clone()));
    }
    place_copy(access, Source::of_located(located, from), &target, if_exists)?;
    target.forget();
    Ok(())
}

/// The name to be filled, after all questions about it; and whether it is the source's own in other letters, on a file
/// system to which that is one name.
fn target_of(access: &Access, to: &VPath, source: &VPath, kind: Kind, if_exists: IfExists) -> Result<(Slot, bool)> {
    let target = Slot::to_fill(access, to)?;
    let goal = target.canonical();
    if goal == *source {
        return Err(EngineError::Exists(to.clone()));
    }
    let folds = target.above.volume.backing.folds_names();
    if folds && resolve::is_within_folded(&goal, source) && resolve::is_within_folded(source, &goal) {
        return Ok((target, true));
    }
    let is_within =
        |path: &VPath, other: &VPath| path.is_within(other) || folds && resolve::is_within_folded(path, other);
    if kind == Kind::Folder && is_within(&goal, source) {
        return Err(EngineError::IntoItself);
    }
    let Some(other) = target.stat()? else { return Ok((target, false)) };
    check_replace(access, &target, &other, if_exists)?;
    if is_within(source, &goal) {
        // What would be replaced holds what replaces it.
        return Err(EngineError::IntoItself);
    }
    Ok((target, false))
}

/// May what has the target's name go?
fn check_replace(access: &Access, target: &Slot, other: &Meta, if_exists: IfExists) -> Result<()> {
    if if_exists == IfExists::Refuse {
        return Err(EngineError::Exists(target.path.clone()));
    }
    if target.above.verdict(Operation::Overwrite) != Verdict::Allow {
        return Err(EngineError::denied(&target.path, "delete"));
    }
    let keep = kept(access, &target.above.volume);
    if other.kind == Kind::Folder && keep.iter().any(|kept| kept.is_within(&target.below())) {
        return Err(EngineError::Exists(target.path.clone()));
    }
    Ok(())
}

fn clobber(if_exists: IfExists) -> Clobber {
    match if_exists {
        IfExists::Refuse => Clobber::Never,
        IfExists::Replace => Clobber::Replace,
    }
}

/// Makes a copy under a name that nobody sees, syncs it, and then gives it its name. What goes wrong before leaves
/// nothing behind.
fn place_copy(access: &Access, source: Source, target: &Slot, if_exists: IfExists) -> Result<()> {
    let hidden = hidden_name()?;
    let above = &target.above.node;
    let flags = &target.above.volume.config.flags;
    let (kind, done) = duplicate::copy(access, source, above, &hidden, flags);
    let done = done.and_then(|()| appear(target, &hidden, kind, if_exists));
    if done.is_err()
        && let Err(error) = remove_tree(above, &hidden, kind)
    {
        tracing::warn!(%error, "an incomplete copy stays behind, unseen");
    }
    done
}

fn appear(target: &Slot, hidden: &FileName, kind: Kind, if_exists: IfExists) -> Result<()> {
    let above = &target.above.node;
    let path = &target.path;
    if if_exists == IfExists::Replace
        && let Some(other) = target.stat()?.filter(|other| other.kind == Kind::Folder || kind == Kind::Folder)
    {
        remove_tree(above, &target.name, other.kind).map_err(|error| lift(error, path))?;
    }
    let done = above.rename(hidden, above, &target.name, clobber(if_exists)).and_then(|()| above.sync());
    done.map_err(|error| lift(error, path))
}
