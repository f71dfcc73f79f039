//! Starts new uploads, with and without announced hashes.

use super::context::HandshakeContext;
use crate::allowance::Allowance;
use crate::core::Core;
use crate::naming::{CheckedName, Naming};
use crate::registry::unfinished::{Stage, Unfinished};
use crate::reply::HandshakeReply;
use crate::rules;
use crate::space_reservations;
use crate::target::Target;
use model::{ChunkHash, Event, OnConflict, Upload};
use std::sync::Arc;
use vfs::clock::now;
use vfs::error::Result;
use vfs::volumes::hidden_names;

/// Starts a new upload: only its folder exists on disk. Blocks.
pub(crate) fn start_upload(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: &Target,
    mut looked: Option<CheckedName>,
) -> Result<HandshakeReply> {
    if let Some(folder) = target.folder.as_ref().filter(|_| !target.uploads().discard) {
        target.volume.storage.writable.check(folder, &target.below, &target.shown())?;
    }
    let allowance = rules::check_new(core, &context.access, target, context.request.size)?;
    loop {
        let naming = context.choose_name(core, target, looked.take().as_ref())?;
        if let Some(reply) = start_upload_as(core, context, target, naming, allowance.clone())? {
            return Ok(reply);
        }
    }
}

/// Starts a new upload under a name that was free when checked; `None`: another upload reserved it meanwhile. Does not
/// block if the file has one chunk.
pub(super) fn start_upload_as(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: &Target,
    naming: Naming,
    allowance: Allowance,
) -> Result<Option<HandshakeReply>> {
    let uploads = target.uploads();
    let permit = core.upload_state.unfinished_limit.acquire(&context.sender, context.request.hashes.len())?;
    let transfer = core.events.transfer_id();
    let upload = Upload {
        wark: context.wark,
        folder: target.below.clone(),
        name: naming.name.clone(),
        plan: context.plan,
        hashes: context.request.hashes.clone(),
        have: vec![false; context.request.hashes.len()],
        lmod: context.lmod,
        on_conflict: naming.on_conflict,
        account: context.sender.account.clone(),
        address: context.sender.address.clone(),
        started: now(),
        lifetime_secs: context.request.lifetime_secs,
    };
    // The ledger learns of the upload with its first chunk: an announcement alone is not worth a row, and a file of one
    // chunk is either complete or not received at all.
    let mut unfinished = Unfinished {
        began_as: upload.hashes.last().is_some_and(ChunkHash::is_unknown).then_some(upload.wark),
        asked_name: context.name.clone(),
        random: context.random(target),
        other_names: naming.other_names,
        transfer,
        allowance,
        permit: Some(permit),
        device: space_reservations::device_of(target, context.request.size),
        ..Unfinished::new(0, upload, hidden_names::partial(), Stage::Receiving)
    };
    let missing = unfinished.upload.missing();
    {
        let mut registry = uploads.registry();
        // Another upload may have reserved the name since it was checked; a client that replaces files replaces that
        // one, too.
        let overrules = matches!(naming.on_conflict, OnConflict::Replace | OnConflict::ReplaceOlder);
        if !overrules && registry.reserved_by(&target.below, &naming.name).is_some() {
            return Ok(None);
        }
        unfinished.id = registry.next_id();
        registry.insert(unfinished);
    }
    core.events.emit_if_subscribed(|| Event::UploadStarted {
        id: transfer,
        path: target.canonical().join(&naming.name).display(),
        size: Some(context.request.size),
        account: context.sender.account.public(),
        address: context.sender.address.clone(),
    });
    Ok(Some(HandshakeReply { missing, ..context.reply(target, &naming.name, context.lmod) }))
}
