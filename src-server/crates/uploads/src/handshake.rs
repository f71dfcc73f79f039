//! The handshake: the client sends a list of chunk hashes and gets the missing ones. Decisions are made in the order of
//! the table in docs/up2k.md "Handshake".

use super::admit::{self, Target, existing_file};
use super::chunk_writer::{RecordInode, open_partial};
use super::chunks::choose_upload;
use super::claim_guard::begin_finish;
use super::dedup::{Copied, CopyPlan, Prepared, Source, shares_content};
use super::fast_path;
use super::finish::{Naming, begin_placing, wait_finished};
use super::handshake_context::HandshakeContext;
use super::naming::{CheckedName, choose_name, on_conflict};
use super::numbered::is_numbered;
use super::quota::Allowance;
use super::registry::{Finished, Stage, Unfinished};
use super::rules;
use super::space_reservations;
use super::unverified;
use super::verify::holds;
use super::volume::{ledger_error, uploads_of};
use super::{Handshake, HandshakeReply, Uploads, run_long};
use crate::core::Core;
use model::{Event, FileName, OnConflict, Operation, Perm, Upload, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Kind, Meta};
use store::ledger::FileRow;
use store::place::{Content, open_file};
use tokio::sync::watch;
use vfs::access::Access;
use vfs::blocking_pool::Reply;
use vfs::changes::Change;
use vfs::clock::now;
use vfs::error::{EngineError, Result};
use vfs::volumes::hidden_names;
use vfs::volumes::shortage_notice;
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;
use vfs::volumes::write_locks::LockScope;

/// How often a decision is repeated after the state changed (an upload finished, a file was compared).
const MAX_ROUNDS: usize = 8;
/// Maximum number of known files that are tried as the source of a copy.
const SOURCES: u32 = 16;

/// The next step of a handshake, decided from disk and ledger.
enum Decision {
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

/// A lifetime is not prolonged for less than this.
const EXPIRY_TOLERANCE_MS: i64 = 1000;

impl Uploads {
    /// Takes a list of chunk hashes and returns the missing ones. Idempotent. Decision table: docs/up2k.md "Handshake".
    ///
    /// # Errors
    /// Those of `admit`, `PartialElsewhere`, `DupeRefused`, `NameTaken`, `SourceBusy`, `BadRequest`.
    pub async fn handshake(&self, access: &Access, folder: &VPath, request: Handshake) -> Result<HandshakeReply> {
        let reply = self.reply(access, folder, request).await;
        shortage_notice::note(&self.core, || Some(access.volume_path(folder)?.volume), &reply);
        reply
    }

    async fn reply(&self, access: &Access, folder: &VPath, request: Handshake) -> Result<HandshakeReply> {
        let mut context = HandshakeContext::new(access, folder, request)?;
        if let Some(answer) = fast_path::try_answer(&self.core, &context) {
            return answer;
        }
        for _ in 0..MAX_ROUNDS {
            let (core, asked) = (self.core.clone(), context.clone());
            let inspect = move |reply: Reply<Decision>| match decide(&core, &asked) {
                Ok(Decision::Prepared(prepared)) => place_copy(&core, *prepared, reply),
                decision => reply.send(decision),
            };
            let copied = match self.core.pool.run_small_file(inspect).await? {
                Decision::Reply(reply) => return Ok(reply),
                Decision::Wait(end) => {
                    wait_finished(end).await?;
                    continue;
                }
                Decision::Unverified(target, id) => match unverified::verify(&self.core, &target.volume, id).await {
                    // The upload is complete or has ended: the next round sees that.
                    Ok(()) | Err(EngineError::UnknownWark) => continue,
                    Err(error) => return Err(error),
                },
                Decision::Compare(target, meta) => {
                    context.compared = !self.compare(&context, target, meta).await?;
                    continue;
                }
                Decision::Copy(target, sources) => {
                    let (core, asked) = (self.core.clone(), context.clone());
                    match run_long(&self.core, move || prepare_copy(&core, &asked, target, sources, None)).await?? {
                        Ok(prepared) => self.place_prepared(&context, prepared).await,
                        Err(_) => Err(EngineError::SourceBusy),
                    }
                }
                Decision::Prepared(prepared) => self.place_prepared(&context, *prepared).await,
                Decision::Copied(copied) => self.finish_copy(&context, *copied).await,
                Decision::Empty(target) => return self.create_empty(&context, target).await,
            };
            match copied {
                // No source can be used, or it is being changed: the client sends the content.
                Err(EngineError::SourceBusy) => context.no_copies = true,
                done => return done,
            }
        }
        Err(EngineError::Busy)
    }

    /// Returns whether the file that has the name has the announced content; if so, records it in the ledger.
    async fn compare(&self, context: &HandshakeContext, target: Target, meta: Meta) -> Result<bool> {
        let (core, context) = (self.core.clone(), context.clone());
        run_long(&self.core, move || -> Result<bool> {
            let Some(folder) = &target.folder else { return Ok(false) };
            let Ok(open) = open_file(folder, &context.name) else { return Ok(false) };
            let unread = |error| EngineError::internal("The server cannot read the file of that name.", error);
            let hashes = &context.request.hashes;
            let same = open.meta == meta
                && holds(&core.upload_state.hasher, &open.file, &context.plan, hashes).map_err(unread)?;
            if same {
                // The file may have been written just before a power loss; the reply promises that it is durable.
                open.file.sync_all().map_err(unread)?;
                // The name may have been given to another file while this one was read.
                let path = target.below.join(&context.name);
                let _lock = target.volume.storage.state.lock(vec![LockScope::Name(path)])?;
                if !open_file(folder, &context.name).is_ok_and(|now| now.meta == open.meta) {
                    return Ok(false);
                }
                let row = context.file_record(&target, Allowance::default()).row(&context.name, &open.meta);
                let entered = target.uploads().ledger.put_file(row).and_then(store::db::Pending::wait);
                entered.map_err(|error| ledger_error(error, &context.folder))?;
            }
            Ok(same)
        })
        .await?
    }

    async fn place_prepared(&self, context: &HandshakeContext, prepared: Prepared) -> Result<HandshakeReply> {
        let core = self.core.clone();
        match self.core.pool.run_with_reply(move |reply| place_copy(&core, prepared, reply)).await? {
            Decision::Copied(copied) => self.finish_copy(context, *copied).await,
            _ => Err(EngineError::Busy),
        }
    }

    /// Finishes a placed copy and returns the reply.
    async fn finish_copy(&self, context: &HandshakeContext, copied: Copied) -> Result<HandshakeReply> {
        let (target, placed) = copied.end(&self.core).await?;
        context.emit_finished(&self.core, &target, &placed.name);
        Ok(context.complete(&self.core, &target, &placed.name, context.lmod, placed.meta.ino))
    }

    /// Creates a file without content, which needs no chunks.
    async fn create_empty(&self, context: &HandshakeContext, target: Target) -> Result<HandshakeReply> {
        let (core, asked) = (self.core.clone(), context.clone());
        let make = move || {
            let allowance = rules::check_new(&core, &asked.access, &target, 0)?;
            let naming = choose_name(&core, &asked, &target, None)?;
            let name = naming.name.clone();
            let placing = match target.folder.clone() {
                Some(folder) if !target.uploads().discard => {
                    let partial =
                        target.uploads().new_partial(&folder, target.volume.config.flags.file_mode, &target.shown())?;
                    let (content, record) =
                        (Content::Partial(Arc::new(partial)), asked.file_record(&target, allowance));
                    Some(begin_placing(&core, &target.volume, folder, content, naming, record))
                }
                _ => None,
            };
            Ok((target, name, placing))
        };
        let (target, name, placing) = self.core.pool.try_run(make).await?;
        let Some(placing) = placing else {
            return Ok(context.complete(&self.core, &target, &name, context.lmod, 0));
        };
        let placed = placing.await.map_err(|_| EngineError::Busy)?;
        let placed = placed.map_err(|error| map_placement_error(error, &target, &name))?;
        if placed.name != context.name && !context.random(&target) {
            let (below, asked) = (target.below.clone(), context.name.clone());
            target.uploads().registry().record_believed(context.wark, below, asked, placed.name.clone());
        }
        context.emit_finished(&self.core, &target, &placed.name);
        Ok(context.complete(&self.core, &target, &placed.name, context.lmod, placed.meta.ino))
    }
}

/// Makes a copy visible; sends the reply when it is on stable storage. Blocks.
fn place_copy(core: &Arc<Core>, prepared: Prepared, reply: Reply<Decision>) {
    prepared.place(core, move |copied| reply.send(Ok(Decision::Copied(Box::new(copied)))));
}

/// Maps an error of placing a file.
pub(super) fn map_placement_error(error: store::StoreError, target: &Target, name: &FileName) -> EngineError {
    let path = target.canonical().join(name);
    match error.kind() {
        store::ErrorKind::Exists => EngineError::NameTaken(path),
        _ => map_store_error(error, &path),
    }
}

/// Decides the next step from disk and ledger. Blocks.
fn decide(core: &Arc<Core>, context: &HandshakeContext) -> Result<Decision> {
    let target = admit::open_target(&context.access, &context.folder)?;
    rules::check_size(&target.volume.config.flags.limits, context.request.size)?;
    let unfinished = match find_unfinished(core, context, &target) {
        // A complete file under the announced name wins over an upload of the same content to another name.
        Err(elsewhere @ EngineError::PartialElsewhere(_)) => match find_existing(core, context, &target)? {
            Some(reply) => return Ok(Decision::Reply(reply)),
            None => return Err(elsewhere),
        },
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
    let elsewhere = find_sources(context, &target, twins)?;
    if let Some(source) = elsewhere.first().filter(|_| flags.no_dupe) {
        return Err(EngineError::DupeRefused(source.path()));
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
        None => start_upload(core, context, &target, looked),
        Some(source) if !source.is_quick(flags.dedup, flags.safe_dedup) => Ok(Decision::Copy(target, elsewhere)),
        Some(_) => match prepare_copy(core, context, target, elsewhere, looked.as_ref())? {
            Ok(prepared) => Ok(Decision::Prepared(Box::new(prepared))),
            Err(target) => start_upload(core, context, &target, looked),
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
    let sources = find_sources(context, &target, vec![(*twin).clone()])?;
    if !sources.first().is_some_and(|source| source.is_quick(flags.dedup, flags.safe_dedup)) {
        return Ok(Err(target));
    }
    prepare_copy(core, context, target, sources, Some(&(context.name.clone(), None)))
}

/// Makes the file from one of `sources`; returns the target if none of them can be used. Blocks.
fn prepare_copy(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: Target,
    sources: Vec<Source>,
    looked: Option<&CheckedName>,
) -> Result<std::result::Result<Prepared, Target>> {
    let allowance = rules::check_new(core, &context.access, &target, context.request.size)?;
    let naming = choose_name(core, context, &target, looked)?;
    let record = context.file_record(&target, allowance);
    let copy = CopyPlan { target, naming, record, plan: context.plan };
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
            _ if !is_here => {
                return Err(EngineError::PartialElsewhere(target.volume.config.mount.append(&unfinished.path())));
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

/// Returns the rows of files with this content, and among them the announced one: under the requested name, or under
/// the name that this upload got instead.
fn find_known(context: &HandshakeContext, target: &Target) -> Result<(Option<FileRow>, Vec<FileRow>)> {
    let (uploads, instead) = (target.uploads(), name_instead(context, target));
    let failed = |error| ledger_error(error, &context.folder);
    let twins = uploads.ledger.files_with(&context.wark, SOURCES).map_err(failed)?;
    for name in instead.iter().chain([&context.name]) {
        let is_it = |row: &&FileRow| row.folder == target.below && row.name == *name;
        let row = match twins.iter().find(is_it).cloned() {
            None if twins.len() >= SOURCES as usize => uploads
                .ledger
                .file_at(&target.below, name)
                .map_err(failed)?
                .filter(|row| row.wark == Some(context.wark)),
            found => found,
        };
        if let Some(row) = row.filter(|row| context.may_know(target, row)) {
            return Ok((Some(row), twins));
        }
    }
    // The same sender sent it before under a random name: that file is meant.
    let own = |row: &&FileRow| row.folder == target.below && context.sender.is(&row.account, &row.address);
    let row = twins.iter().filter(|_| context.random(target)).find(own).cloned();
    Ok((row, twins))
}

/// Returns a file with this content that was sent under this name before and got a number because the name was taken. A
/// client that sends it again means that file and no further copy. Only for accounts that may read the names.
fn find_numbered_twin(context: &HandshakeContext, target: &Target, twins: &[FileRow]) -> Option<FileRow> {
    let is_it = |row: &&FileRow| {
        row.folder == target.below && is_numbered(&row.name, &context.name) && context.may_know(target, row)
    };
    let row = twins.iter().find(is_it)?;
    let keeps_both = on_conflict(context, target) == OnConflict::Rename && !context.random(target);
    (keeps_both && target.can_read(&context.access)).then(|| row.clone())
}

/// Returns the name that this upload got instead of the requested one, or that its sender does not know it got.
fn name_instead(context: &HandshakeContext, target: &Target) -> Option<FileName> {
    let (registry, asked) = (target.uploads().registry(), &context.name);
    match target.may_learn_names(&context.access) {
        true => registry.name_instead(&context.wark, &target.below, asked),
        false => registry.name_believed(&context.wark, &target.below, asked),
    }
}

/// Returns the reply for a complete file. Sets its modification time if the client asks for that and may overwrite.
fn existing_reply(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: &Target,
    row: &FileRow,
    meta: &Meta,
) -> Result<HandshakeReply> {
    let name = &row.name;
    let prolonged = prolonged(target, context.request.lifetime_secs, row);
    let may = context.access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
    let touches = context.request.touch_existing && may;
    // A file that was replaced meanwhile keeps its own row and time.
    let lock = if prolonged.is_some() || touches { target.uploads().lock_row(row)? } else { None };
    let row = prolonged.as_ref().unwrap_or(row);
    if prolonged.is_some() && lock.is_some() {
        let ledger = &target.uploads().ledger;
        let recorded = ledger.finish_upload(row.clone(), None).and_then(store::db::Pending::wait);
        recorded.map_err(|error| ledger_error(error, &context.folder))?;
        ledger.mark_durable(&row.folder, name, meta.ino);
    }
    let before = if target.uploads().discard { row.lmod } else { meta.mtime() };
    if let Some(folder) = target.folder.as_ref().filter(|_| touches && lock.is_some()) {
        let failed = |error| map_store_error(error, &target.canonical().join(name));
        folder.set_mtime(name, context.lmod).map_err(failed)?;
        let mut row = FileRow { lmod: context.lmod, ..row.clone() };
        if row.verified.mtime_ns == meta.mtime_ns {
            row.verified.mtime_ns = context.lmod.0.saturating_mul(1_000_000);
        }
        target.uploads().ledger.put_file(row).and_then(store::db::Pending::wait).map_err(failed)?;
        let path = target.below.join(name);
        target.uploads().state.changes.publish(|| Change::Replaced { path, kind: meta.kind });
    }
    Ok(context.complete(core, target, name, before, meta.ino))
}

/// Returns the row with a later end of its lifetime, if an upload of the same content to its name gives it one; else
/// `None`. The client is told that its file is stored, and it is to stay as long as any other upload.
pub(super) fn prolonged(target: &Target, wanted_secs: Option<u64>, row: &FileRow) -> Option<FileRow> {
    let known = row.expires_at?;
    let lifetime = rules::lifetime(target.volume.config.flags.lifetime_secs, wanted_secs);
    let expires_at = lifetime.map(|secs| rules::expiry(now(), secs));
    // The handshake that closes an upload is one for the same content, too: its clock is some milliseconds further.
    let is_later = expires_at.is_none_or(|fresh| fresh.0 > known.0.saturating_add(EXPIRY_TOLERANCE_MS));
    is_later.then(|| FileRow { expires_at, ..row.clone() })
}

/// Returns files with this content at other paths, in this volume or (`xlink`) in others, that the account may read.
fn find_sources(context: &HandshakeContext, target: &Target, here: Vec<FileRow>) -> Result<Vec<Source>> {
    let snapshot = context.access.snapshot();
    let linked =
        |volume: &&Arc<MountedVolume>| volume.index != target.volume.index && shares_content(volume, &target.volume);
    let source = |volume: &Arc<MountedVolume>, row| Source { volume: volume.clone(), row, open: None };
    let mut sources: Vec<Source> = here.into_iter().map(|row| source(&target.volume, row)).collect();
    for volume in snapshot.tree.volumes.iter().filter(linked) {
        let rows = uploads_of(&volume.storage).ledger.files_with(&context.wark, SOURCES);
        let rows = rows.map_err(|error| ledger_error(error, &context.folder))?;
        sources.extend(rows.into_iter().map(|row| source(volume, row)));
    }
    // Knowing a hash grants nothing: a file that the account may not copy from does not exist here.
    let is_here = |source: &mut Source| {
        source.open = source.open(&context.access);
        source.open.is_some()
    };
    // Later sources are checked when they are tried.
    let first = sources.iter_mut().position(is_here).unwrap_or(sources.len());
    Ok(sources.split_off(first))
}

/// Starts a new upload: only its folder exists on disk. Blocks.
fn start_upload(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: &Target,
    mut looked: Option<CheckedName>,
) -> Result<Decision> {
    if let Some(folder) = target.folder.as_ref().filter(|_| !target.uploads().discard) {
        target.volume.storage.writable.check(folder, &target.below, &target.shown())?;
    }
    let allowance = rules::check_new(core, &context.access, target, context.request.size)?;
    loop {
        let naming = choose_name(core, context, target, looked.take().as_ref())?;
        if let Some(reply) = start_upload_as(core, context, target, naming, allowance.clone())? {
            return Ok(Decision::Reply(reply));
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
