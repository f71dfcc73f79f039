//! Answers handshakes without waiting for a disk or a database. This covers most handshakes of small files, which would
//! otherwise spend more time on thread switches than on their bytes.
//!
//! - The handshake that closes an upload follows the last chunk at once; memory holds the answer.
//! - The handshake that opens an upload of one chunk, if the ledger certainly does not know the content and the kernel
//!   can tell from its caches that the name is free.
//!
//! A shortcut only: it answers as `decision::decide` would, or not at all.

use super::context::HandshakeContext;
use super::known_file::prolonged;
use super::start::start_upload_as;
use crate::core::Core;
use crate::naming::Naming;
use crate::reply::HandshakeReply;
use crate::rules;
use crate::sources::shares_content;
use crate::target::Target;
use crate::volume::uploads_of;
use model::volume::{DedupMode, Rotation};
use model::{Operation, VPath, Verdict};
use std::sync::Arc;
use store::disk::Node;
use store::ledger::FileRow;
use vfs::access::Access;
use vfs::error::Result;
use vfs::volumes::resolve::{Resolved, find_cached};
use vfs::volumes::tree::{MountedVolume, VolumePath};

/// Returns the answer; `None`: use the full decision.
pub(crate) fn try_answer(core: &Arc<Core>, context: &HandshakeContext) -> Option<Result<HandshakeReply>> {
    let volume_path = context.access.volume_path(&context.folder)?;
    let flags = &volume_path.volume.config.flags;
    let uploads = uploads_of(&volume_path.volume.storage);
    let is_plain = flags.rotation == Rotation::default()
        && !flags.limits.top_only
        && !flags.random_names
        && !context.request.random_name
        && !context.request.touch_existing
        && !uploads.discard
        && volume_path.volume.storage.state.lock_table.is_empty()
        && !volume_path.volume.storage.is_outdated();
    if !is_plain
        || context.access.verdict(&context.folder, Operation::Upload) != Verdict::Allow
        || rules::check_size(&flags.limits, context.request.size).is_err()
        || uploads.registry().of(&context.wark).next().is_some()
    {
        return None;
    }
    match uploads.ledger.recent_file(&volume_path.below, &context.name, &context.wark) {
        Some(row) => closing_handshake(core, context, volume_path, &row).map(Ok),
        None if context.request.hashes.len() == 1 => opening_handshake(core, context, &volume_path.volume),
        None => None,
    }
}

/// Confirms that a recently uploaded file is complete.
fn closing_handshake(
    core: &Arc<Core>,
    context: &HandshakeContext,
    volume_path: VolumePath,
    row: &FileRow,
) -> Option<HandshakeReply> {
    {
        let registry = uploads_of(&volume_path.volume.storage).registry();
        let (wark, below, name) = (&context.wark, &volume_path.below, &context.name);
        if registry.name_instead(wark, below, name).is_some() || registry.name_believed(wark, below, name).is_some() {
            return None;
        }
    }
    // The disk is authoritative: the file must still be there.
    let node = node_at(&context.access, &context.folder.join(&context.name), &volume_path.volume)?;
    let Node::File(open) = node else { return None };
    let target = Target { volume: volume_path.volume, below: volume_path.below, folder: None, shown: None };
    if open.meta.size != row.size.0
        || !context.may_know(&target, row)
        || prolonged(&target, context.request.lifetime_secs, row).is_some()
    {
        return None;
    }
    Some(context.complete(core, &target, &context.name, open.meta.mtime(), open.meta.ino))
}

/// Starts a new upload of one chunk.
fn opening_handshake(
    core: &Arc<Core>,
    context: &HandshakeContext,
    volume: &Arc<MountedVolume>,
) -> Option<Result<HandshakeReply>> {
    let linked = |other: &&Arc<MountedVolume>| shares_content(volume, other);
    let flags = &volume.config.flags;
    // Asking the index takes longer than receiving one chunk, so that is done only where the copy is not merely a copy.
    let keeps_one = flags.no_dupe || !matches!(flags.dedup, DedupMode::Copy);
    let lacks = |other: &Arc<MountedVolume>| {
        uploads_of(&other.storage).ledger.lacks(&context.wark) && !(keeps_one && other.storage.knows_all_files())
    };
    if !context.access.snapshot().tree.volumes.iter().filter(linked).all(lacks) {
        return None;
    }
    let Node::Folder(folder, _) = node_at(&context.access, &context.folder, volume)? else { return None };
    let path = context.folder.join(&context.name);
    let volume_path = context.access.volume_path(&path).filter(|at| at.volume.index == volume.index)?;
    if !folder.is_absent_cached(&context.name)? {
        return None;
    }
    let (below, _) = volume_path.below.split_last()?;
    // The full decision opens the folder that is at the source now.
    if folder.uses_page_cache() && volume.storage.leads_elsewhere() {
        return None;
    }
    let writable = &volume.storage.writable;
    if !writable.is_known(&below) {
        // On other file systems the check may wait for the network.
        if !folder.uses_page_cache() {
            return None;
        }
        if let Err(refused) = writable.check(&folder, &below, &context.folder) {
            return Some(Err(refused));
        }
    }
    let target = Target { volume: volume.clone(), below, folder: Some(folder), shown: None };
    if target.uploads().registry().reserved_by(&target.below, &context.name).is_some() {
        return None;
    }
    let allowance = match rules::check_without_io(core, &context.access, &target, context.request.size)? {
        Ok(allowance) => allowance,
        Err(refused) => return Some(Err(refused)),
    };
    let naming = Naming {
        name: context.name.clone(),
        on_conflict: context.on_conflict(&target),
        other_names: target.other_names(&context.access),
    };
    // If another upload took the name at this moment, the full decision counts the file a second time in the rules.
    start_upload_as(core, context, &target, naming, allowance).transpose()
}

/// Returns the node at a path if the kernel can tell from its caches, and if it is in that volume with no symlink on
/// the way.
fn node_at(access: &Access, path: &VPath, volume: &Arc<MountedVolume>) -> Option<Node> {
    match find_cached(access, path)? {
        Resolved::OnDisk(located) if located.volume.index == volume.index => Some(located.node),
        _ => None,
    }
}
