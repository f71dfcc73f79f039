//! New folders and new, empty texts.

use super::slot::Slot;
use crate::access::Access;
use crate::error::{EngineError, Result};
use crate::volumes::lift::lift;
use crate::volumes::resolve::{Sought, find, refusal};
use model::{FileName, Operation, Perm, VPath, Verdict, VolumeFlags};
use store::disk::Node;

pub(super) fn folder(access: &Access, path: VPath) -> Result<VPath> {
    if access.verdict(&path, Operation::Upload) != Verdict::Allow {
        return Err(refusal(access, &path, Operation::Upload));
    }
    if let Sought::There(located) = find(access, &path)? {
        // Who may only add must not learn what is there; for them a folder that was there before is as good.
        let is_blind = access.verdict(&path, Operation::KnowAbsent) != Verdict::Allow;
        let is_folder = matches!(located.node, Node::Folder(..));
        return if is_blind && is_folder { Ok(path) } else { Err(EngineError::Exists(path)) };
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
        return Err(EngineError::Exists(path));
    }
    let slot = Slot::to_fill(access, &path)?;
    may_edit(&slot)?;
    let above = &slot.above.node;
    let made = above.create_new(&slot.name, slot.above.volume.config.flags.file_mode).and_then(|_| above.sync());
    made.map_err(|error| lift(error, &path))?;
    Ok(path)
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

/// A name that nobody sees, for what is not complete yet.
pub(super) fn hidden_name() -> Result<FileName> {
    let mut token = [0; 12];
    getrandom::fill(&mut token)
        .map_err(|error| EngineError::internal("The server has no random numbers.", std::io::Error::other(error)))?;
    let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(store::disk::reserved::partial_name(&token))
}
