//! The handshake: a list of hashes in, the missing ones out. The order of decisions is that of spec/up2k.md 8.

use super::admit::{self, Target, file_there};
use super::chunks::{begin_finish, choose};
use super::dedup::{self, Source};
use super::finish::{finished, place_and_wait};
use super::intake::open_partial;
use super::names::{self, now};
use super::naming::choose_name;
use super::question::Question;
use super::registry::{Finished, Stage, Unfinished};
use super::rules;
use super::suspect;
use super::verify::holds;
use super::volume::{to_row, unreadable};
use super::{Handshake, HandshakeReply, Uploads, long};
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::volumes::lift::lift;
use crate::volumes::tree::MountedVolume;
use model::{Event, FileName, Operation, Upload, VPath, Verdict};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
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
    /// The content is here: copy it.
    Copy(Target, Vec<Source>),
    /// Nothing to send: make it.
    Empty(Target),
}

impl Uploads {
    /// Hash list in, missing chunks out; idempotent (spec/up2k.md 8 is its decision table).
    ///
    /// # Errors
    /// Those of `admit`, `PartialElsewhere`, `DupeRefused`, `NameTaken`, `SourceBusy`, `BadRequest`.
    pub async fn handshake(&self, access: &Access, folder: &VPath, request: Handshake) -> Result<HandshakeReply> {
        let mut question = Question::new(access, folder, request)?;
        for _ in 0..ROUNDS {
            let (core, asked) = (self.core.clone(), question.clone());
            match self.core.gate.attempt(move || decide(&core, &asked)).await? {
                Decision::Reply(reply) => return Ok(reply),
                Decision::Wait(end) => {
                    finished(end).await?;
                }
                Decision::Suspect(target, id) => match suspect::look_at(&self.core, &target.volume, id).await {
                    // Complete after all, or ended meanwhile: the next round sees it.
                    Ok(()) | Err(EngineError::UnknownWark) => {}
                    Err(error) => return Err(error),
                },
                Decision::Compare(target, meta) => question.compared = !self.compare(&question, target, meta).await?,
                Decision::Copy(target, rows) => match self.copy(&question, target, rows).await? {
                    Some(reply) => return Ok(reply),
                    None => question.no_copies = true,
                },
                Decision::Empty(target) => return self.empty(&question, target).await,
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
                let row = question.arrival(&target).row(&question.name, &open.meta);
                let entered = target.uploads().ledger.put_file(row).and_then(store::db::Pending::wait);
                entered.map_err(|error| unreadable(error, &question.folder))?;
            }
            Ok(same)
        })
        .await?
    }

    /// Makes the file out of one that is here; `None`: none of them would do.
    async fn copy(&self, question: &Question, target: Target, sources: Vec<Source>) -> Result<Option<HandshakeReply>> {
        let (core, asked) = (self.core.clone(), question.clone());
        let check = move || {
            rules::check_new(&core, &asked.access, &target, asked.request.size)?;
            let naming = choose_name(&core, &asked, &target)?;
            Ok((naming, target))
        };
        let (naming, target) = self.core.gate.attempt(check).await?;
        let copy = dedup::Copy { target: &target, naming, arrival: question.arrival(&target), plan: question.plan };
        let Some(placed) = copy.make(&self.core, &question.access, sources).await? else { return Ok(None) };
        question.announce(&self.core, &target, &placed.name);
        Ok(Some(question.complete(&self.core, &target, &placed.name, question.lmod, placed.meta.ino)))
    }

    /// Files without content need no chunks.
    async fn empty(&self, question: &Question, target: Target) -> Result<HandshakeReply> {
        let (core, asked) = (self.core.clone(), question.clone());
        let (target, naming, partial) = self
            .core
            .gate
            .attempt(move || {
                rules::check_new(&core, &asked.access, &target, 0)?;
                let naming = choose_name(&core, &asked, &target)?;
                let partial = match &target.folder {
                    Some(folder) if !target.uploads().discard => {
                        Some(target.uploads().new_partial(folder, target.volume.config.flags.file_mode)?)
                    }
                    _ => None,
                };
                Ok((target, naming, partial))
            })
            .await?;
        let name = naming.name.clone();
        let (Some(partial), Some(folder)) = (partial, target.folder.clone()) else {
            return Ok(question.complete(&self.core, &target, &name, question.lmod, 0));
        };
        let content = Content::Partial(Arc::new(partial));
        let arrival = question.arrival(&target);
        let placed = place_and_wait(&self.core, target.uploads(), folder, content, naming, arrival).await?;
        let placed = placed.map_err(|error| taken_or(error, &target, &name))?;
        if placed.name != question.name && !question.random(&target) {
            let (below, asked) = (target.below.clone(), question.name.clone());
            target.uploads().registry().believed(question.wark, below, asked, placed.name.clone());
        }
        question.announce(&self.core, &target, &placed.name);
        Ok(question.complete(&self.core, &target, &placed.name, question.lmod, placed.meta.ino))
    }
}

/// What a failure of placing means for a client.
pub(super) fn taken_or(error: store::StoreError, target: &Target, name: &FileName) -> EngineError {
    let path = target.canonical().join(name);
    match error.kind() {
        store::ErrorKind::Exists => EngineError::NameTaken(path),
        _ => lift(error, &path),
    }
}

/// One look at everything. Blocks.
fn decide(core: &Arc<Core>, question: &Question) -> Result<Decision> {
    let target = admit::enter(&question.access, &question.folder)?;
    let flags = &target.volume.config.flags;
    rules::check_size(&flags.limits, question.request.size)?;
    if let Some(decision) = under_way(core, question, &target)? {
        return Ok(match decision {
            Ok(decision) => decision,
            Err(id) => Decision::Suspect(target, id),
        });
    }
    let known = known_here(question, &target)?;
    if let Some((name, row)) = known
        && let Some(meta) = file_there(&question.access, &target, &target.below.join(&name), row.size.0)?
    {
        return Ok(Decision::Reply(already_here(core, question, &target, &name, &row, &meta)?));
    }
    if question.request.hashes.is_empty() {
        return Ok(match target.stat(&question.name)? {
            Some(meta) if meta.kind == Kind::File && meta.size == 0 && target.sighted(&question.access) => {
                Decision::Reply(question.complete(core, &target, &question.name, meta.mtime(), meta.ino))
            }
            _ => Decision::Empty(target),
        });
    }
    let elsewhere = elsewhere(question, &target)?;
    if let Some(source) = elsewhere.first().filter(|_| flags.no_dupe) {
        return Err(EngineError::DupeRefused(source.path()));
    }
    // Unknown to the ledger, but perhaps the very file: one that was here before us, or whose entry was lost.
    if !question.compared && !question.random(&target) && target.sighted(&question.access) {
        let there = target.stat(&question.name)?;
        if let Some(meta) = there.filter(|meta| meta.kind == Kind::File && meta.size == question.request.size) {
            return Ok(Decision::Compare(target, meta));
        }
    }
    if !elsewhere.is_empty() && !flags.no_clone && !question.no_copies && !target.uploads().discard {
        return Ok(Decision::Copy(target, elsewhere));
    }
    begin(core, question, &target)
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
        let sighted = target.sighted(&question.access);
        let here = |one: &&Unfinished| {
            let upload = &one.upload;
            let own = question.sender.is(&upload.account, &upload.address);
            // Somebody who comes back (a reloaded page) asks under the name from before it was found taken.
            let named = upload.name == question.name || (own && one.asked_name == question.name);
            upload.folder == target.below && (named || (own && one.random && question.random(target)))
        };
        let chosen = choose(registry.of(&question.wark).filter(here), &question.sender, sighted);
        let is_here = chosen.is_some();
        let chosen = chosen.or_else(|| choose(registry.of(&question.wark), &question.sender, sighted));
        let Some(id) = chosen.map(|unfinished| unfinished.id) else { return Ok(None) };
        let unfinished = registry.get_mut(id).expect("found under the same lock");
        match &unfinished.stage {
            Stage::Suspect { .. } => return Ok(Some(Err(id))),
            _ if !is_here => {
                return Err(EngineError::PartialElsewhere(target.volume.config.mount.append(&unfinished.path())));
            }
            Stage::Finishing(end) if end.has_changed().is_ok() => return Ok(Some(Ok(Decision::Wait(end.clone())))),
            Stage::Finishing(_) | Stage::Receiving => {}
        }
        let missing = unfinished.upload.missing();
        if !missing.is_empty() {
            unfinished.touched = now();
            let (name, lmod) = (&unfinished.upload.name, unfinished.upload.lmod);
            let reply = HandshakeReply { missing, ..question.reply(target, name, lmod) };
            return Ok(Some(Ok(Decision::Reply(reply))));
        }
        id
    };
    // All is here, but finishing failed the last time: again.
    let partial = if uploads.discard { None } else { Some(open_partial(&target.volume, id)?) };
    Ok(Some(Ok(Decision::Wait(begin_finish(core, &target.volume, id, partial)?))))
}

/// A file with this content that the ledger knows at just this place, or at the place that this upload got instead.
fn known_here(question: &Question, target: &Target) -> Result<Option<(FileName, FileRow)>> {
    let uploads = target.uploads();
    let instead = {
        let (registry, asked) = (uploads.registry(), &question.name);
        match target.tells_names(&question.access) {
            true => registry.name_instead(&question.wark, &target.below, asked),
            false => registry.name_believed(&question.wark, &target.below, asked),
        }
    };
    let failed = |error| unreadable(error, &question.folder);
    for name in instead.into_iter().chain([question.name.clone()]) {
        let row = uploads.ledger.file_at(&target.below, &name).map_err(failed)?;
        if let Some(row) = row.filter(|row| row.wark == Some(question.wark) && question.may_know(target, row)) {
            return Ok(Some((name, row)));
        }
    }
    if !question.random(target) {
        return Ok(None);
    }
    // Sent under an invented name before, by the same person: that is the one meant.
    let rows = uploads.ledger.files_with(&question.wark, SOURCES).map_err(failed)?;
    let own = |row: &FileRow| row.folder == target.below && question.sender.is(&row.account, &row.address);
    Ok(rows.into_iter().find(own).map(|row| (row.name.clone(), row)))
}

/// The file is complete. A person who may overwrite may give it its date, too.
fn already_here(
    core: &Arc<Core>,
    question: &Question,
    target: &Target,
    name: &FileName,
    row: &FileRow,
    meta: &Meta,
) -> Result<HandshakeReply> {
    let before = if target.uploads().discard { row.lmod } else { meta.mtime() };
    let may = question.access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
    if let Some(folder) = target.folder.as_ref().filter(|_| question.request.touch_existing && may) {
        let failed = |error| lift(error, &target.canonical().join(name));
        folder.set_mtime(name, question.lmod).map_err(failed)?;
        let mut row = FileRow { lmod: question.lmod, ..row.clone() };
        if row.seen.mtime_ns == meta.mtime_ns {
            row.seen.mtime_ns = question.lmod.0.saturating_mul(1_000_000);
        }
        target.uploads().ledger.put_file(row).and_then(store::db::Pending::wait).map_err(failed)?;
    }
    Ok(question.complete(core, target, name, before, meta.ino))
}

/// Files with this content at other places, here or (`xlink`) in other volumes, that the asker may read.
fn elsewhere(question: &Question, target: &Target) -> Result<Vec<Source>> {
    let live = question.access.live();
    let linked = |volume: &&Arc<MountedVolume>| {
        volume.index != target.volume.index
            && target.volume.config.flags.cross_volume_dedup
            && volume.config.flags.cross_volume_dedup
    };
    let volumes = std::iter::once(&target.volume).chain(live.tree.volumes.iter().filter(linked));
    let mut sources = Vec::new();
    for volume in volumes {
        let rows = volume.backing.uploads.ledger.files_with(&question.wark, SOURCES);
        for row in rows.map_err(|error| unreadable(error, &question.folder))? {
            let source = Source { volume: volume.clone(), row };
            // Knowing a hash grants nothing: what the asker may not copy from does not exist here.
            if source.open(&question.access).is_some() {
                sources.push(source);
            }
        }
    }
    Ok(sources)
}

/// A new upload: nothing on disk yet but its folder.
fn begin(core: &Arc<Core>, question: &Question, target: &Target) -> Result<Decision> {
    rules::check_new(core, &question.access, target, question.request.size)?;
    let uploads = target.uploads();
    let chunks = question.request.hashes.len();
    loop {
        let naming = choose_name(core, question, target)?;
        let partial_name = names::partial()?;
        let mut registry = uploads.registry();
        // Somebody may have been faster since the name was looked at.
        if registry.reserved_by(&target.below, &naming.name).is_some() {
            continue;
        }
        let id = registry.next_id();
        let transfer = core.events.transfer_id();
        let unfinished = Unfinished {
            id,
            upload: Upload {
                wark: question.wark,
                folder: target.below.clone(),
                name: naming.name.clone(),
                plan: question.plan,
                hashes: question.request.hashes.clone(),
                have: vec![false; chunks],
                lmod: question.lmod,
                when_taken: naming.when_taken,
                account: question.sender.account.clone(),
                address: question.sender.address.clone(),
                started: now(),
                lifetime_secs: question.request.lifetime_secs,
            },
            asked_name: question.name.clone(),
            random: question.random(target),
            partial_name,
            partial: Weak::new(),
            opening: Arc::default(),
            busy: HashSet::new(),
            pieces: HashMap::new(),
            stage: Stage::Receiving,
            // A file of one chunk is here as a whole or not at all: nothing to remember.
            recorded: chunks > 1,
            touched: now(),
            transfer,
            arrived: watch::channel(0).0,
        };
        let row = (chunks > 1).then(|| to_row(&unfinished, unfinished.touched));
        let missing = unfinished.upload.missing();
        registry.insert(unfinished);
        drop(registry);
        if let Some(row) = row {
            uploads.ledger.begin(row).map_err(|error| unreadable(error, &question.folder))?.forget();
        }
        core.events.emit(Event::UploadStarted {
            id: transfer,
            path: target.canonical().join(&naming.name).display(),
            size: Some(question.request.size),
            account: question.sender.account.clone(),
            address: question.sender.address.clone(),
        });
        let reply = HandshakeReply { missing, ..question.reply(target, &naming.name, question.lmod) };
        return Ok(Decision::Reply(reply));
    }
}
