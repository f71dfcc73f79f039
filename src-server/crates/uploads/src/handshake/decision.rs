//! Decides the next step of a handshake from disk and ledger, in the order of the table in docs/up2k.md "Handshake".

use super::adopt::{Adoption, adopt_sequential};
use super::context::HandshakeContext;
use super::known_file::{existing_reply, find_known, find_numbered_twin, name_instead};
use super::start::start_upload;
use crate::admit::{self, existing_file};
use crate::claim_guard::begin_finish;
use crate::core::Core;
use crate::dedup::{Copied, CopyPlan, Prepared, Sharing};
use crate::naming::CheckedName;
use crate::partial_file::{RecordInode, open_partial};
use crate::registry::unfinished::{Finished, Stage, Unfinished, choose_upload};
use crate::removal::discard_unfinished;
use crate::reply::HandshakeReply;
use crate::rules;
use crate::sources::{Source, find_sources};
use crate::target::Target;
use model::{FileName, Perm};
use std::sync::{Arc, Mutex, TryLockError};
use store::disk::{Kind, Meta};
use store::ledger::FileRow;
use tokio::sync::watch;
use vfs::clock::now;
use vfs::error::{EngineError, Result, UploadError};

/// The next step of a handshake, decided from disk and ledger.
pub(super) enum Decision {
    Reply(HandshakeReply),
    /// Decide again when that upload has finished.
    Wait(watch::Receiver<Option<Finished>>),
    /// An upload from an earlier run of the program: verify it, then decide again.
    Unverified(Target, i64),
    /// A file that the ledger does not know has this name and size: compare its content.
    Compare(Target, Meta),
    /// Files with this content exist, but are large or have to be verified: copy one outside the limit for short calls.
    Copy(Target, Vec<Source>),
    /// A copy or link of a file with this content is prepared: make it visible.
    Prepared(Box<Prepared>),
    /// The prepared copy was placed, or placing it failed.
    Copied(Box<Copied>),
    /// The file has no content: create it.
    Empty(Target),
}

/// Decides the next step from disk and ledger. Blocks.
pub(super) fn decide(core: &Arc<Core>, context: &HandshakeContext) -> Result<Decision> {
    let target = admit::open_target(&context.access, &context.folder)?;
    rules::check_size(&target.volume.config.flags.limits, context.request.size)?;
    context.check_client_locks(&target)?;
    let mut found = find_unfinished(core, context, &target);
    if matches!(found, Ok(None)) {
        match adopt_sequential(context, &target) {
            Adoption::None => {}
            Adoption::Unverified(id) => return Ok(Decision::Unverified(target, id)),
            Adoption::Adopted => found = find_unfinished(core, context, &target),
        }
    }
    let unfinished = match found {
        // A complete file under the announced name wins over an upload of the same content to another name.
        Err(elsewhere @ EngineError::Upload(UploadError::PartialElsewhere(_))) => {
            match find_existing(core, context, &target)? {
                Some(reply) => return Ok(Decision::Reply(reply)),
                None => return Err(elsewhere),
            }
        }
        found => found?,
    };
    if let Some(decision) = unfinished {
        return Ok(match decision {
            Ok(decision) => decision,
            Err(id) => Decision::Unverified(target, id),
        });
    }
    let target = match copy_from_recent(core, context, target)? {
        Ok(prepared) => return Ok(Decision::Prepared(Box::new(prepared))),
        Err(target) => target,
    };
    let flags = &target.volume.config.flags;
    let (known, twins) = find_known(context, &target)?;
    if let Some(reply) = existing_if_on_disk(core, context, &target, known)? {
        return Ok(Decision::Reply(reply));
    }
    if context.request.hashes.is_empty() {
        return Ok(match target.stat(&context.name)? {
            Some(meta) if meta.kind == Kind::File && meta.size == 0 && target.can_read(&context.access) => {
                Decision::Reply(context.complete(core, &target, &context.name, meta.mtime(), meta.ino))
            }
            _ => Decision::Empty(target),
        });
    }
    let beside = find_numbered_twin(context, &target, &twins);
    let elsewhere = find_sources(&context.access, &target, &context.content(), twins)?;
    if let Some(source) = elsewhere.first().filter(|_| flags.no_dupe) {
        return Err(EngineError::Upload(UploadError::DupeRefused(source.path())));
    }
    // The ledger does not know the content, but the file may have it: the file may be older than the ledger, or its row
    // was lost.
    let mut looked = None;
    if !context.compared && !context.random(&target) && target.can_read(&context.access) {
        let there = target.stat(&context.name)?;
        if let Some(meta) = there.filter(|meta| meta.kind == Kind::File && meta.size == context.request.size) {
            return Ok(Decision::Compare(target, meta));
        }
        looked = Some((context.name.clone(), there));
    }
    if let Some(row) = beside
        && let Some(meta) = existing_file(&context.access, &target, &target.below.join(&row.name), row.size.0)?
        && is_taken(&target, &context.name)?
    {
        return Ok(Decision::Reply(existing_reply(core, context, &target, &row, &meta)?));
    }
    match elsewhere.first().filter(|_| may_copy(context, &target)) {
        None => start_upload(core, context, &target, looked).map(Decision::Reply),
        Some(source) if !source.is_quick(flags.dedup, flags.safe_dedup) => Ok(Decision::Copy(target, elsewhere)),
        Some(_) => match prepare_copy(core, context, target, elsewhere, looked.as_ref())? {
            Ok(prepared) => Ok(Decision::Prepared(Box::new(prepared))),
            Err(target) => start_upload(core, context, &target, looked).map(Decision::Reply),
        },
    }
}

/// Returns the "nothing is missing" reply if the ledger knows the announced file at this name. Blocks.
fn find_existing(core: &Arc<Core>, context: &HandshakeContext, target: &Target) -> Result<Option<HandshakeReply>> {
    let (known, _) = find_known(context, target)?;
    existing_if_on_disk(core, context, target, known)
}

/// Returns that reply for a known row if the file is on disk.
fn existing_if_on_disk(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: &Target,
    known: Option<FileRow>,
) -> Result<Option<HandshakeReply>> {
    let Some(row) = known else { return Ok(None) };
    match existing_file(&context.access, target, &target.below.join(&row.name), row.size.0)? {
        Some(meta) => existing_reply(core, context, target, &row, &meta).map(Some),
        None => Ok(None),
    }
}

/// Returns whether a file has the name, or an unfinished upload reserved it.
fn is_taken(target: &Target, name: &FileName) -> Result<bool> {
    Ok(target.stat(name)?.is_some() || target.uploads().registry().reserved_by(&target.below, name).is_some())
}

/// Returns whether files may be made by copying or linking others there.
fn may_copy(context: &HandshakeContext, target: &Target) -> bool {
    !target.volume.config.flags.no_clone && !context.no_copies && !target.uploads().discard
}

/// Makes the file from one with the same content that was uploaded recently, if the name is free: this needs no
/// database. Returns the target if that is not possible or would take long. Blocks.
fn copy_from_recent(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: Target,
) -> Result<std::result::Result<Prepared, Target>> {
    let flags = &target.volume.config.flags;
    let is_plain = may_copy(context, &target)
        && !flags.no_dupe
        && !context.compared
        && !context.random(&target)
        && !context.request.hashes.is_empty()
        && target.can_read(&context.access)
        && name_instead(context, &target).is_none();
    if !is_plain {
        return Ok(Err(target));
    }
    let Some(twin) = target.uploads().ledger.recent_with_wark(&context.wark) else { return Ok(Err(target)) };
    if is_taken(&target, &context.name)? {
        return Ok(Err(target));
    }
    let sources = find_sources(&context.access, &target, &context.content(), vec![(*twin).clone()])?;
    if !sources.first().is_some_and(|source| source.is_quick(flags.dedup, flags.safe_dedup)) {
        return Ok(Err(target));
    }
    prepare_copy(core, context, target, sources, Some(&(context.name.clone(), None)))
}

/// Makes the file from one of `sources`; returns the target if none of them can be used. Blocks.
pub(super) fn prepare_copy(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: Target,
    sources: Vec<Source>,
    looked: Option<&CheckedName>,
) -> Result<std::result::Result<Prepared, Target>> {
    let allowance = rules::check_new(core, &context.access, &target, context.request.size)?;
    let naming = context.choose_name(core, &target, looked)?;
    let record = context.file_record(&target, allowance);
    let copy = CopyPlan { target, naming, record, plan: context.plan, sharing: Sharing::Preferred };
    Ok(copy.prepare(core, &context.access, sources)?.map_err(|copy| copy.target))
}

/// Finds an unfinished upload of the same content. `Err` in the inner result: the number of an upload to verify first.
fn find_unfinished(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: &Target,
) -> Result<Option<std::result::Result<Decision, i64>>> {
    let uploads = target.uploads();
    let id = {
        let mut registry = uploads.registry();
        let can_read =
            |one: &Unfinished| context.access.rights_inside(&target.volume, &one.upload.folder).has(Perm::Read);
        let here = |one: &&Unfinished| {
            let upload = &one.upload;
            let own = context.sender.is(&upload.account, &upload.address);
            // A client that comes back (a reloaded page) asks for the original name, before it was found to be taken.
            let named = upload.name == context.name || (own && one.asked_name == context.name);
            upload.folder == target.below && (named || (own && one.random && context.random(target)))
        };
        let chosen = choose_upload(registry.of(&context.wark).filter(here), &context.sender, can_read);
        let is_here = chosen.is_some();
        let chosen = chosen.or_else(|| choose_upload(registry.of(&context.wark), &context.sender, can_read));
        let Some(id) = chosen.map(|unfinished| unfinished.id) else { return Ok(None) };
        let unfinished = registry.get_mut(id).expect("found under the same lock");
        if context.sender.is(&unfinished.upload.account, &unfinished.upload.address) {
            unfinished.other_names = target.other_names(&context.access);
        }
        match &unfinished.stage {
            Stage::Unverified { .. } => return Ok(Some(Err(id))),
            _ if !is_here && is_left_behind(context, target, unfinished) => {
                let open_lock = unfinished.open_lock.clone();
                drop(registry);
                return drop_announcement(target, id, &open_lock).map(|()| None);
            }
            _ if !is_here => {
                return Err(EngineError::Upload(UploadError::PartialElsewhere(
                    target.volume.config.mount.append(&unfinished.path()),
                )));
            }
            Stage::Finishing(end) if end.has_changed().is_ok() => return Ok(Some(Ok(Decision::Wait(end.clone())))),
            Stage::Finishing(_) | Stage::Receiving => {}
        }
        if let Some(reply) = missing_reply(context, target, unfinished) {
            return Ok(Some(Ok(reply)));
        }
        id
    };
    // All chunks were received, but finishing failed last time: try again, unless the partial file has vanished since.
    let partial = match uploads.discard {
        true => None,
        false => Some(open_partial(&target.volume, id, RecordInode::IfManyChunks)?),
    };
    if let Some(unfinished) = uploads.registry().get_mut(id)
        && let Some(reply) = missing_reply(context, target, unfinished)
    {
        return Ok(Some(Ok(reply)));
    }
    Ok(Some(Ok(Decision::Wait(begin_finish(core, &target.volume, id, partial, &mut None)?))))
}

/// Whether an upload is this one, announced before its folder was moved, and has received nothing. Its sender does not
/// know the new path, so it would be refused until the announcement is forgotten.
fn is_left_behind(context: &HandshakeContext, target: &Target, unfinished: &Unfinished) -> bool {
    context.sender.is(&unfinished.upload.account, &unfinished.upload.address)
        && (&unfinished.asked_folder, &unfinished.asked_name) == (&target.below, &context.name)
        && unfinished.is_only_announced()
}

/// Ends an upload that received nothing. Does nothing if it received something meanwhile or has ended. Blocks.
///
/// # Errors
/// `Busy`: a request is creating its partial file.
fn drop_announcement(target: &Target, id: i64, open_lock: &Mutex<()>) -> Result<()> {
    let _alone = match open_lock.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(EngineError::Busy),
    };
    let uploads = target.uploads();
    let removed = {
        let mut registry = uploads.registry();
        let is_only_announced = registry.get(id).is_some_and(Unfinished::is_only_announced);
        if is_only_announced { registry.remove(id) } else { None }
    };
    if let Some((unfinished, root)) = removed.zip(target.volume.storage.root()) {
        discard_unfinished(uploads, &root, &unfinished);
    }
    Ok(())
}

/// Returns the reply that lists the missing chunks; `None`: none is missing.
fn missing_reply(context: &HandshakeContext, target: &Target, unfinished: &mut Unfinished) -> Option<Decision> {
    let missing = unfinished.upload.missing();
    if missing.is_empty() {
        return None;
    }
    unfinished.touched = now();
    let (name, lmod) = (&unfinished.upload.name, unfinished.upload.lmod);
    Some(Decision::Reply(HandshakeReply { missing, ..context.reply(target, name, lmod) }))
}
