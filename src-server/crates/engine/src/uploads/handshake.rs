//! The handshake: a list of hashes in, the missing ones out. The order of decisions is that of spec/up2k.md 8.

use super::admit::{self, Target, file_there};
use super::at_once;
use super::chunks::{begin_finish, choose};
use super::dedup::{Copied, Copy, Prepared, Source, shares_content};
use super::finish::{Naming, begin_placing, finished};
use super::intake::{Identify, open_partial};
use super::names::{self, now};
use super::naming::{Looked, choose_name, on_conflict};
use super::numbered::is_numbered;
use super::question::Question;
use super::quota::Allowance;
use super::registry::{Finished, Stage, Unfinished};
use super::room;
use super::rules;
use super::suspect;
use super::verify::holds;
use super::volume::unreadable;
use super::{Handshake, HandshakeReply, Uploads, long};
use crate::access::Access;
use crate::blocking_pool::Reply;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::volumes::shortage;
use crate::volumes::store_errors::map_store_error;
use crate::volumes::tree::MountedVolume;
use model::{Event, FileName, OnConflict, Operation, Perm, Upload, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Kind, Meta};
use store::ledger::FileRow;
use store::place::{Content, open_file};
use tokio::sync::watch;

/// How often a decision is made anew after something else has moved (an upload finished, a file was compared).
const ROUNDS: usize = 8;
/// Known files that are tried as the source of a copy.
const SOURCES: u32 = 16;

/// What the disk and the ledger say.
enum Decision {
    Reply(HandshakeReply),
    /// Look again when that upload has ended.
    Wait(watch::Receiver<Option<Finished>>),
    /// An upload from before this start of the program: look at it, then again.
    Suspect(Target, i64),
    /// A file that nobody knows has this name and size: is it the same?
    Compare(Target, Meta),
    /// The content is here, in files that are large or not to be trusted: copy it.
    Copy(Target, Vec<Source>),
    /// The content is here, and the copy made: it has to become visible.
    Prepared(Box<Prepared>),
    /// That has ended.
    Copied(Box<Copied>),
    /// Nothing to send: make it.
    Empty(Target),
}

impl Uploads {
    /// Hash list in, missing chunks out; idempotent (spec/up2k.md 8 is its decision table).
    ///
    /// # Errors
    /// Those of `admit`, `PartialElsewhere`, `DupeRefused`, `NameTaken`, `SourceBusy`, `BadRequest`.
    pub async fn handshake(&self, access: &Access, folder: &VPath, request: Handshake) -> Result<HandshakeReply> {
        let reply = self.reply(access, folder, request).await;
        shortage::note(&self.core, || Some(access.volume_path(folder)?.volume), &reply);
        reply
    }

    async fn reply(&self, access: &Access, folder: &VPath, request: Handshake) -> Result<HandshakeReply> {
        let mut question = Question::new(access, folder, request)?;
        if let Some(answer) = at_once::answer(&self.core, &question) {
            return answer;
        }
        for _ in 0..ROUNDS {
            let (core, asked) = (self.core.clone(), question.clone());
            let look = move |reply: Reply<Decision>| match decide(&core, &asked) {
                Ok(Decision::Prepared(prepared)) => place_copy(&core, *prepared, reply),
                decision => reply.send(decision),
            };
            let copied = match self.core.pool.run_small_file(look).await? {
                Decision::Reply(reply) => return Ok(reply),
                Decision::Wait(end) => {
                    finished(end).await?;
                    continue;
                }
                Decision::Suspect(target, id) => match suspect::look_at(&self.core, &target.volume, id).await {
                    // Complete after all, or ended meanwhile: the next round sees it.
                    Ok(()) | Err(EngineError::UnknownWark) => continue,
                    Err(error) => return Err(error),
                },
                Decision::Compare(target, meta) => {
                    question.compared = !self.compare(&question, target, meta).await?;
                    continue;
                }
                Decision::Copy(target, sources) => {
                    let (core, asked) = (self.core.clone(), question.clone());
                    match long(&self.core, move || prepare_copy(&core, &asked, target, sources, None)).await?? {
                        Ok(prepared) => self.place_prepared(&question, prepared).await,
                        Err(_) => Err(EngineError::SourceBusy),
                    }
                }
                Decision::Prepared(prepared) => self.place_prepared(&question, *prepared).await,
                Decision::Copied(copied) => self.copied(&question, *copied).await,
                Decision::Empty(target) => return self.empty(&question, target).await,
            };
            match copied {
                // Nothing that is here will do, or it is just being changed: the client sends it.
                Err(EngineError::SourceBusy) => question.no_copies = true,
                done => return done,
            }
        }
        Err(EngineError::Busy)
    }

    /// Whether the file that has the name is the announced one; then it is entered as such.
    async fn compare(&self, question: &Question, target: Target, meta: Meta) -> Result<bool> {
        let (core, question) = (self.core.clone(), question.clone());
        long(&self.core, move || -> Result<bool> {
            let Some(folder) = &target.folder else { return Ok(false) };
            let Ok(open) = open_file(folder, &question.name) else { return Ok(false) };
            let unread = |error| EngineError::internal("The server cannot read the file of that name.", error);
            let hashes = &question.request.hashes;
            let same = open.meta == meta
                && holds(&core.arrivals.hasher, &open.file, &question.plan, hashes).map_err(unread)?;
            if same {
                // It may have come a moment before a loss of power; what we say about it must hold.
                open.file.sync_all().map_err(unread)?;
                let row = question.arrival(&target, Allowance::default()).row(&question.name, &open.meta);
                let entered = target.uploads().ledger.put_file(row).and_then(store::db::Pending::wait);
                entered.map_err(|error| unreadable(error, &question.folder))?;
            }
            Ok(same)
        })
        .await?
    }

    async fn place_prepared(&self, question: &Question, prepared: Prepared) -> Result<HandshakeReply> {
        let core = self.core.clone();
        match self.core.pool.run_with_reply(move |reply| place_copy(&core, prepared, reply)).await? {
            Decision::Copied(copied) => self.copied(question, *copied).await,
            _ => Err(EngineError::Busy),
        }
    }

    /// The file was made out of one that is here.
    async fn copied(&self, question: &Question, copied: Copied) -> Result<HandshakeReply> {
        let (target, placed) = copied.end(&self.core).await?;
        question.announce(&self.core, &target, &placed.name);
        Ok(question.complete(&self.core, &target, &placed.name, question.lmod, placed.meta.ino))
    }

    /// Files without content need no chunks.
    async fn empty(&self, question: &Question, target: Target) -> Result<HandshakeReply> {
        let (core, asked) = (self.core.clone(), question.clone());
        let make = move || {
            let allowance = rules::check_new(&core, &asked.access, &target, 0)?;
            let naming = choose_name(&core, &asked, &target, None)?;
            let name = naming.name.clone();
            let placing = match target.folder.clone() {
                Some(folder) if !target.uploads().discard => {
                    let partial =
                        target.uploads().new_partial(&folder, target.volume.config.flags.file_mode, &target.shown())?;
                    let (content, arrival) = (Content::Partial(Arc::new(partial)), asked.arrival(&target, allowance));
                    Some(begin_placing(&core, &target.volume, folder, content, naming, arrival))
                }
                _ => None,
            };
            Ok((target, name, placing))
        };
        let (target, name, placing) = self.core.pool.try_run(make).await?;
        let Some(placing) = placing else {
            return Ok(question.complete(&self.core, &target, &name, question.lmod, 0));
        };
        let placed = placing.await.map_err(|_| EngineError::Busy)?;
        let placed = placed.map_err(|error| taken_or(error, &target, &name))?;
        if placed.name != question.name && !question.random(&target) {
            let (below, asked) = (target.below.clone(), question.name.clone());
            target.uploads().registry().believed(question.wark, below, asked, placed.name.clone());
        }
        question.announce(&self.core, &target, &placed.name);
        Ok(question.complete(&self.core, &target, &placed.name, question.lmod, placed.meta.ino))
    }
}

/// Makes a copy visible; the answer comes when it is safe. Blocks.
fn place_copy(core: &Arc<Core>, prepared: Prepared, reply: Reply<Decision>) {
    prepared.place(core, move |copied| reply.send(Ok(Decision::Copied(Box::new(copied)))));
}

/// What a failure of placing means for a client.
pub(super) fn taken_or(error: store::StoreError, target: &Target, name: &FileName) -> EngineError {
    let path = target.canonical().join(name);
    match error.kind() {
        store::ErrorKind::Exists => EngineError::NameTaken(path),
        _ => map_store_error(error, &path),
    }
}

/// One look at everything. Blocks.
fn decide(core: &Arc<Core>, question: &Question) -> Result<Decision> {
    let target = admit::enter(&question.access, &question.folder)?;
    rules::check_size(&target.volume.config.flags.limits, question.request.size)?;
    let under_way = match under_way(core, question, &target) {
        // What is here under the announced name is complete, whoever sends the same to another one.
        Err(elsewhere @ EngineError::PartialElsewhere(_)) => match known_here(core, question, &target)? {
            Some(reply) => return Ok(Decision::Reply(reply)),
            None => return Err(elsewhere),
        },
        found => found?,
    };
    if let Some(decision) = under_way {
        return Ok(match decision {
            Ok(decision) => decision,
            Err(id) => Decision::Suspect(target, id),
        });
    }
    let target = match out_of_recent(core, question, target)? {
        Ok(prepared) => return Ok(Decision::Prepared(Box::new(prepared))),
        Err(target) => target,
    };
    let flags = &target.volume.config.flags;
    let (known, twins) = look(question, &target)?;
    if let Some(reply) = is_here(core, question, &target, known)? {
        return Ok(Decision::Reply(reply));
    }
    if question.request.hashes.is_empty() {
        return Ok(match target.stat(&question.name)? {
            Some(meta) if meta.kind == Kind::File && meta.size == 0 && target.can_read(&question.access) => {
                Decision::Reply(question.complete(core, &target, &question.name, meta.mtime(), meta.ino))
            }
            _ => Decision::Empty(target),
        });
    }
    let beside = beside(question, &target, &twins);
    let elsewhere = elsewhere(question, &target, twins)?;
    if let Some(source) = elsewhere.first().filter(|_| flags.no_dupe) {
        return Err(EngineError::DupeRefused(source.path()));
    }
    // Unknown to the ledger, but perhaps the very file: one that was here before us, or whose entry was lost.
    let mut looked = None;
    if !question.compared && !question.random(&target) && target.can_read(&question.access) {
        let there = target.stat(&question.name)?;
        if let Some(meta) = there.filter(|meta| meta.kind == Kind::File && meta.size == question.request.size) {
            return Ok(Decision::Compare(target, meta));
        }
        looked = Some((question.name.clone(), there));
    }
    if let Some(row) = beside
        && let Some(meta) = file_there(&question.access, &target, &target.below.join(&row.name), row.size.0)?
        && is_taken(&target, &question.name)?
    {
        return Ok(Decision::Reply(already_here(core, question, &target, &row, &meta)?));
    }
    match elsewhere.first().filter(|_| may_copy(question, &target)) {
        None => begin(core, question, &target, looked),
        Some(source) if !source.is_quick(flags.dedup, flags.safe_dedup) => Ok(Decision::Copy(target, elsewhere)),
        Some(_) => match prepare_copy(core, question, target, elsewhere, looked.as_ref())? {
            Ok(prepared) => Ok(Decision::Prepared(Box::new(prepared))),
            Err(target) => begin(core, question, &target, looked),
        },
    }
}

/// "All is here", if the announced file is one that the ledger knows there. Blocks.
fn known_here(core: &Arc<Core>, question: &Question, target: &Target) -> Result<Option<HandshakeReply>> {
    let (known, _) = look(question, target)?;
    is_here(core, question, target, known)
}

/// The same about a row that was found, if the disk has its file.
fn is_here(
    core: &Arc<Core>,
    question: &Question,
    target: &Target,
    known: Option<FileRow>,
) -> Result<Option<HandshakeReply>> {
    let Some(row) = known else { return Ok(None) };
    match file_there(&question.access, target, &target.below.join(&row.name), row.size.0)? {
        Some(meta) => already_here(core, question, target, &row, &meta).map(Some),
        None => Ok(None),
    }
}

/// Whether something has the name, or an upload under way shall get it.
fn is_taken(target: &Target, name: &FileName) -> Result<bool> {
    Ok(target.stat(name)?.is_some() || target.uploads().registry().reserved_by(&target.below, name).is_some())
}

/// Whether files may be made out of others there.
fn may_copy(question: &Question, target: &Target) -> bool {
    !target.volume.config.flags.no_clone && !question.no_copies && !target.uploads().discard
}

/// Makes the file out of one that has just arrived elsewhere, where nothing has its name: that needs no database. Gives
/// the target back if that cannot be, or would take long. Blocks.
fn out_of_recent(
    core: &Arc<Core>,
    question: &Question,
    target: Target,
) -> Result<std::result::Result<Prepared, Target>> {
    let flags = &target.volume.config.flags;
    let is_plain = may_copy(question, &target)
        && !flags.no_dupe
        && !question.compared
        && !question.random(&target)
        && !question.request.hashes.is_empty()
        && target.can_read(&question.access)
        && name_instead(question, &target).is_none();
    if !is_plain {
        return Ok(Err(target));
    }
    let Some(twin) = target.uploads().ledger.recent_with_wark(&question.wark) else { return Ok(Err(target)) };
    if is_taken(&target, &question.name)? {
        return Ok(Err(target));
    }
    let sources = elsewhere(question, &target, vec![(*twin).clone()])?;
    if !sources.first().is_some_and(|source| source.is_quick(flags.dedup, flags.safe_dedup)) {
        return Ok(Err(target));
    }
    prepare_copy(core, question, target, sources, Some(&(question.name.clone(), None)))
}

/// Makes the file out of one that is here; gives the target back if none of them would do. Blocks.
fn prepare_copy(
    core: &Arc<Core>,
    question: &Question,
    target: Target,
    sources: Vec<Source>,
    looked: Option<&Looked>,
) -> Result<std::result::Result<Prepared, Target>> {
    let allowance = rules::check_new(core, &question.access, &target, question.request.size)?;
    let naming = choose_name(core, question, &target, looked)?;
    let arrival = question.arrival(&target, allowance);
    let copy = Copy { target, naming, arrival, plan: question.plan };
    Ok(copy.prepare(core, &question.access, sources)?.map_err(|copy| copy.target))
}

/// Uploads of the same content that are not finished. The inner error is one to look at first.
fn under_way(
    core: &Arc<Core>,
    question: &Question,
    target: &Target,
) -> Result<Option<std::result::Result<Decision, i64>>> {
    let uploads = target.uploads();
    let id = {
        let mut registry = uploads.registry();
        let can_read =
            |one: &Unfinished| question.access.rights_inside(&target.volume, &one.upload.folder).has(Perm::Read);
        let here = |one: &&Unfinished| {
            let upload = &one.upload;
            let own = question.sender.is(&upload.account, &upload.address);
            // Somebody who comes back (a reloaded page) asks under the name from before it was found taken.
            let named = upload.name == question.name || (own && one.asked_name == question.name);
            upload.folder == target.below && (named || (own && one.random && question.random(target)))
        };
        let chosen = choose(registry.of(&question.wark).filter(here), &question.sender, can_read);
        let is_here = chosen.is_some();
        let chosen = chosen.or_else(|| choose(registry.of(&question.wark), &question.sender, can_read));
        let Some(id) = chosen.map(|unfinished| unfinished.id) else { return Ok(None) };
        let unfinished = registry.get_mut(id).expect("found under the same lock");
        if question.sender.is(&unfinished.upload.account, &unfinished.upload.address) {
            unfinished.other_names = target.other_names(&question.access);
        }
        match &unfinished.stage {
            Stage::Suspect { .. } => return Ok(Some(Err(id))),
            _ if !is_here => {
                return Err(EngineError::PartialElsewhere(target.volume.config.mount.append(&unfinished.path())));
            }
            Stage::Finishing(end) if end.has_changed().is_ok() => return Ok(Some(Ok(Decision::Wait(end.clone())))),
            Stage::Finishing(_) | Stage::Receiving => {}
        }
        if let Some(reply) = what_is_missing(question, target, unfinished) {
            return Ok(Some(Ok(reply)));
        }
        id
    };
    // All is here, but finishing failed the last time: again, unless the partial file has vanished since.
    let partial = match uploads.discard {
        true => None,
        false => Some(open_partial(&target.volume, id, Identify::WhereChunksAreMany)?),
    };
    if let Some(unfinished) = uploads.registry().get_mut(id)
        && let Some(reply) = what_is_missing(question, target, unfinished)
    {
        return Ok(Some(Ok(reply)));
    }
    Ok(Some(Ok(Decision::Wait(begin_finish(core, &target.volume, id, partial, &mut None)?))))
}

/// The answer that names the missing chunks; `None`: all are here.
fn what_is_missing(question: &Question, target: &Target, unfinished: &mut Unfinished) -> Option<Decision> {
    let missing = unfinished.upload.missing();
    if missing.is_empty() {
        return None;
    }
    unfinished.touched = now();
    let (name, lmod) = (&unfinished.upload.name, unfinished.upload.lmod);
    Some(Decision::Reply(HandshakeReply { missing, ..question.reply(target, name, lmod) }))
}

/// Files with this content that the ledger knows, and among them the announced one: at just this place, or at the
/// place that this upload got instead.
fn look(question: &Question, target: &Target) -> Result<(Option<FileRow>, Vec<FileRow>)> {
    let (uploads, instead) = (target.uploads(), name_instead(question, target));
    let failed = |error| unreadable(error, &question.folder);
    let twins = uploads.ledger.files_with(&question.wark, SOURCES).map_err(failed)?;
    for name in instead.iter().chain([&question.name]) {
        let is_it = |row: &&FileRow| row.folder == target.below && row.name == *name;
        let row = match twins.iter().find(is_it).cloned() {
            None if twins.len() >= SOURCES as usize => uploads
                .ledger
                .file_at(&target.below, name)
                .map_err(failed)?
                .filter(|row| row.wark == Some(question.wark)),
            found => found,
        };
        if let Some(row) = row.filter(|row| question.may_know(target, row)) {
            return Ok((Some(row), twins));
        }
    }
    // Sent under an invented name before, by the same person: that is the one meant.
    let own = |row: &&FileRow| row.folder == target.below && question.sender.is(&row.account, &row.address);
    let row = twins.iter().filter(|_| question.random(target)).find(own).cloned();
    Ok((row, twins))
}

/// A file with this content that was sent under this name before, and kept beside another one with a number: who sends it
/// again means that one, not one more. Only for those who may see the names.
fn beside(question: &Question, target: &Target, twins: &[FileRow]) -> Option<FileRow> {
    let is_it = |row: &&FileRow| {
        row.folder == target.below && is_numbered(&row.name, &question.name) && question.may_know(target, row)
    };
    let row = twins.iter().find(is_it)?;
    let keeps_both = on_conflict(question, target) == OnConflict::Rename && !question.random(target);
    (keeps_both && target.can_read(&question.access)).then(|| row.clone())
}

/// The name that this upload got instead of the one that it asks for, or that its sender may think it got.
fn name_instead(question: &Question, target: &Target) -> Option<FileName> {
    let (registry, asked) = (target.uploads().registry(), &question.name);
    match target.may_learn_names(&question.access) {
        true => registry.name_instead(&question.wark, &target.below, asked),
        false => registry.name_believed(&question.wark, &target.below, asked),
    }
}

/// The file is complete. A person who may overwrite may give it its date, too.
fn already_here(
    core: &Arc<Core>,
    question: &Question,
    target: &Target,
    row: &FileRow,
    meta: &Meta,
) -> Result<HandshakeReply> {
    let name = &row.name;
    let before = if target.uploads().discard { row.lmod } else { meta.mtime() };
    let may = question.access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
    if let Some(folder) = target.folder.as_ref().filter(|_| question.request.touch_existing && may) {
        let failed = |error| map_store_error(error, &target.canonical().join(name));
        folder.set_mtime(name, question.lmod).map_err(failed)?;
        let mut row = FileRow { lmod: question.lmod, ..row.clone() };
        if row.verified.mtime_ns == meta.mtime_ns {
            row.verified.mtime_ns = question.lmod.0.saturating_mul(1_000_000);
        }
        target.uploads().ledger.put_file(row).and_then(store::db::Pending::wait).map_err(failed)?;
    }
    Ok(question.complete(core, target, name, before, meta.ino))
}

/// Files with this content at other places, here or (`xlink`) in other volumes, that the asker may read.
fn elsewhere(question: &Question, target: &Target, here: Vec<FileRow>) -> Result<Vec<Source>> {
    let snapshot = question.access.snapshot();
    let linked =
        |volume: &&Arc<MountedVolume>| volume.index != target.volume.index && shares_content(volume, &target.volume);
    let source = |volume: &Arc<MountedVolume>, row| Source { volume: volume.clone(), row, open: None };
    let mut sources: Vec<Source> = here.into_iter().map(|row| source(&target.volume, row)).collect();
    for volume in snapshot.tree.volumes.iter().filter(linked) {
        let rows = volume.storage.uploads.ledger.files_with(&question.wark, SOURCES);
        let rows = rows.map_err(|error| unreadable(error, &question.folder))?;
        sources.extend(rows.into_iter().map(|row| source(volume, row)));
    }
    // Knowing a hash grants nothing: what the asker may not copy from does not exist here.
    let is_here = |source: &mut Source| {
        source.open = source.open(&question.access);
        source.open.is_some()
    };
    // Those after the first are looked at when their turn comes.
    let first = sources.iter_mut().position(is_here).unwrap_or(sources.len());
    Ok(sources.split_off(first))
}

/// A new upload: nothing on disk yet but its folder. Blocks.
fn begin(core: &Arc<Core>, question: &Question, target: &Target, mut looked: Option<Looked>) -> Result<Decision> {
    if let Some(folder) = target.folder.as_ref().filter(|_| !target.uploads().discard) {
        target.volume.storage.writable.check(folder, &target.below, &target.shown())?;
    }
    let allowance = rules::check_new(core, &question.access, target, question.request.size)?;
    loop {
        let naming = choose_name(core, question, target, looked.take().as_ref())?;
        if let Some(reply) = begin_as(core, question, target, naming, allowance.clone())? {
            return Ok(Decision::Reply(reply));
        }
    }
}

/// The same under a name that is free as far as is known; `None`: somebody was faster. Waits for nothing if the file has
/// one chunk.
pub(super) fn begin_as(
    core: &Arc<Core>,
    question: &Question,
    target: &Target,
    naming: Naming,
    allowance: Allowance,
) -> Result<Option<HandshakeReply>> {
    let uploads = target.uploads();
    let counted = core.arrivals.begun.count(&question.sender, question.request.hashes.len())?;
    let transfer = core.events.transfer_id();
    let upload = Upload {
        wark: question.wark,
        folder: target.below.clone(),
        name: naming.name.clone(),
        plan: question.plan,
        hashes: question.request.hashes.clone(),
        have: vec![false; question.request.hashes.len()],
        lmod: question.lmod,
        on_conflict: naming.on_conflict,
        account: question.sender.account.clone(),
        address: question.sender.address.clone(),
        started: now(),
        lifetime_secs: question.request.lifetime_secs,
    };
    // The ledger learns of it with its first chunk: an announcement is worth no row, and a file of one chunk is here as a
    // whole or not at all.
    let mut unfinished = Unfinished {
        asked_name: question.name.clone(),
        random: question.random(target),
        other_names: naming.other_names,
        transfer,
        allowance,
        counted: Some(counted),
        device: room::device_of(target, question.request.size),
        ..Unfinished::new(0, upload, names::partial(), Stage::Receiving)
    };
    let missing = unfinished.upload.missing();
    {
        let mut registry = uploads.registry();
        // Another may have been faster since the name was looked at; who replaces files replaces that one, too.
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
        size: Some(question.request.size),
        account: question.sender.account.public(),
        address: question.sender.address.clone(),
    });
    Ok(Some(HandshakeReply { missing, ..question.reply(target, &naming.name, question.lmod) }))
}
