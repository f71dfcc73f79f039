//! The handshake: the client sends a list of chunk hashes and gets the missing ones.

mod adopt;
pub(super) mod context;
mod decision;
pub(super) mod fast_path;
mod known_file;
pub(super) mod start;

use super::allowance::Allowance;
use super::core::{Core, Uploads, run_long};
use super::dedup::{Copied, Prepared};
use super::finish::wait_finished;
use super::placing::{begin_placing, map_placement_error};
use super::reply::HandshakeReply;
use super::request::Handshake;
use super::rules;
use super::target::Target;
use super::unverified;
use super::verify::holds;
use super::volume::ledger_error;
use context::HandshakeContext;
use decision::{Decision, decide, prepare_copy};
use model::VPath;
use std::sync::Arc;
use store::disk::Meta;
use store::place::{Content, open_file};
use vfs::access::Access;
use vfs::blocking_pool::Reply;
use vfs::error::{EngineError, Result, UploadError};
use vfs::volumes::shortage_notice;
use vfs::volumes::write_locks::LockScope;

/// How often a decision is repeated after the state changed (an upload finished, a file was compared).
const MAX_ROUNDS: usize = 8;

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
                    Ok(()) | Err(EngineError::Upload(UploadError::UnknownWark)) => continue,
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
                        Err(_) => Err(EngineError::Upload(UploadError::SourceBusy)),
                    }
                }
                Decision::Prepared(prepared) => self.place_prepared(&context, *prepared).await,
                Decision::Copied(copied) => self.finish_copy(&context, *copied).await,
                Decision::Empty(target) => return self.create_empty(&context, target).await,
            };
            match copied {
                // No source can be used, or it is being changed: the client sends the content.
                Err(EngineError::Upload(UploadError::SourceBusy)) => context.no_copies = true,
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
            let naming = asked.choose_name(&core, &target, None)?;
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
