//! New folders and new, empty texts.

use super::slot::Slot;
use crate::access::Access;
use crate::error::{EngineError, Result};
use crate::volumes::lift::lift;
use crate::volumes::resolve::{Sought, find, refusal};
use model::{FileName, Operation, Perm, VPath, Verdict, VolumeFlags};

pub(super) fn folder(access: &Access, path: VPath) -> Result<VPath> {
    if access.verdict(&path, Operation::Upload) != Verdict::Allow {
        return Err(refusal(access, &path, Operation::Upload));
    }
    if let Sought::There(_) = find(access, &path)? {
        return already(access, path);
    }
    let slot = Slot::to_fill(access, &path)?;
    let mode = slot.above.volume.config.flags.folder_mode;
    let made = slot.above.node.make_folder(&slot.name, mode).and_then(|()| slot.above.node.sync());
    made.map_err(|error| lift(error, &path))?;
    Ok(path)
}

pub(super) fn text(access: &Access, path: VPath) -> Result<VPath> {
    if access.verdict(&path, Operation::Upload) != Verdict::Allow {
        return Err(refusal(access, &path, Operation::Upload));
    }
    if let Sought::There(_) = find(access, &path)? {
        return already(access, path);
    }
    let slot = Slot::to_fill(access, &path)?;
    may_edit(&slot)?;
    let above = &slot.above.node;
    let made = above.create_new(&slot.name, slot.above.volume.config.flags.file_mode).and_then(|_| above.sync());
    made.map_err(|error| lift(error, &path))?;
    Ok(path)
}

/// The answer where something has the name. Who may only add must not learn of it; for them what was there before, and
/// stays untouched, is as good.
fn already(access: &Access, path: VPath) -> Result<VPath> {
    match access.verdict(&path, Operation::KnowAbsent) {
        Verdict::Allow => Err(EngineError::Exists(path)),
        _ => Ok(path),
    }
}

/// Whoever may delete may edit any text, others only what the volume says.
///
/// # Errors
/// `BadRequest`.
pub(super) fn may_edit(slot: &Slot) -> Result<()> {
    let flags = &slot.above.volume.config.flags;
    if slot.above.rights.has(Perm::Delete) || is_editable(flags, &slot.name) {
        return Ok(());
    }
    let kinds = flags.editable.join(", ");
    Err(EngineError::BadRequest(format!("Without the right to delete you can only edit these kinds of file: {kinds}.")))
}

fn is_editable(flags: &VolumeFlags, name: &FileName) -> bool {
    let extension = name.extension().unwrap_or_default();
    flags.editable.iter().any(|kind| kind.as_bytes().eq_ignore_ascii_case(extension))
}
