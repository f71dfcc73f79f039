//! The first step of every upload, over any protocol: checks whether the account may add a file, and opens the folder.

use super::rotation::rotate;
use super::target::Target;
use super::volume::uploads_of;
use model::{Operation, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Kind, Meta, Node};
use vfs::access::Access;
use vfs::error::{Conflict, EngineError, Gone, Result, Rule};
use vfs::volumes::resolve::{self, Resolved, folder_for_writing, refusal};

/// Checks the right to add files at `folder`. Never blocks.
pub(super) fn may_upload(access: &Access, folder: &VPath) -> Result<()> {
    match access.verdict(folder, Operation::Upload) {
        Verdict::Allow => Ok(()),
        _ => Err(refusal(access, folder, Operation::Upload)),
    }
}

/// Opens the folder for an upload: checks rights, applies the volume's rotation, creates missing folders. Blocks.
///
/// # Errors
/// `Denied`, `NotAFolder`, `TopFolderOnly`, `Unavailable`, `NoSpace`, `ReadOnly`; `BadRequest` for reserved names.
pub(super) fn open_target(access: &Access, folder: &VPath) -> Result<Target> {
    may_upload(access, folder)?;
    let volume_path = access.volume_path(folder).ok_or_else(|| EngineError::NotFound(folder.clone()))?;
    let flags = &volume_path.volume.config.flags;
    if flags.limits.top_only && !volume_path.below.is_root() {
        return Err(EngineError::RuleBroken(Rule::TopFolderOnly));
    }
    let is_there =
        uploads_of(&volume_path.volume.storage).discard || volume_path.volume.storage.root_for_writing().is_some();
    if !is_there {
        return Err(EngineError::Gone(Gone::Folder(folder.clone())));
    }
    let open = |below: &VPath| volume_path.volume.storage.root()?.folder(below).ok();
    let rotated = folder.append(&rotate(&flags.rotation, &volume_path.below, open)?);
    if uploads_of(&volume_path.volume.storage).discard {
        return discard_target(access, &rotated);
    }
    let located = folder_for_writing(access, &rotated, Operation::Upload)?;
    let mut target = Target { volume: located.volume, below: located.below, folder: Some(located.node), shown: None };
    // Another folder is used because the name of the requested one is taken.
    if Arc::ptr_eq(&target.volume, &volume_path.volume)
        && target.canonical() != rotated
        && !target.may_learn_names(access)
    {
        target.shown = Some(rotated);
    }
    Ok(target)
}

/// Returns the target of an upload that is discarded (`-nw`); creates nothing.
fn discard_target(access: &Access, folder: &VPath) -> Result<Target> {
    if let Resolved::OnDisk(located) = resolve::find(access, folder)? {
        let Node::Folder(open, _) = located.node else {
            return Err(EngineError::Conflict(Conflict::NotAFolder(folder.clone())));
        };
        return Ok(Target { volume: located.volume, below: located.below, folder: Some(open), shown: None });
    }
    let volume_path = access.volume_path(folder).ok_or_else(|| EngineError::NotFound(folder.clone()))?;
    Ok(Target { volume: volume_path.volume, below: volume_path.below, folder: None, shown: None })
}

/// Returns the metadata of the file at a path of a volume, symlinks followed, if it has that size. Does not check
/// permissions.
pub(super) fn existing_file(access: &Access, target: &Target, below: &VPath, size: u64) -> Result<Option<Meta>> {
    if target.uploads().discard {
        // Nothing was ever written: the ledger in memory is the only record.
        let none = Meta { kind: Kind::File, size, mtime_ns: 0, dev: 0, ino: 0, links: 1, mode: 0 };
        return Ok(Some(none));
    }
    let path = target.volume.config.mount.append(below);
    let Resolved::OnDisk(located) = resolve::find(access, &path)? else { return Ok(None) };
    match located.node {
        Node::File(open) if open.meta.size == size => Ok(Some(open.meta)),
        _ => Ok(None),
    }
}
