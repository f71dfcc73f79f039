//! Uploads whose bytes arrive in file order, over any number of requests, without hashes: resumable uploads of the IETF,
//! tus. They are unfinished uploads as those of up2k, in the same registry and ledger:
//!
//! - Until a chunk is received, [`ChunkHash::unknown`] stands for its hash; then the server enters the real one. The
//!   complete file has the identity that up2k would have given to it.
//! - The bytes go into the first missing chunk as subchunks. The offset, up to which all bytes are here, may be inside of
//!   a chunk, and survives the end of the program.
//! - A handshake of up2k for the same file continues the upload (`handshake::adopt`), and an upload that up2k has begun
//!   can be continued here, by its wark.
//!
//! One request at a time uses an upload (`registry::append_turn`).

use super::admit;
use super::chunks::PieceSource;
use super::core::{Core, Uploads};
use super::finish::wait_finished;
use super::handshake::context::HandshakeContext;
use super::handshake::start::start_upload;
use super::registry::append_turn::Turn;
use super::registry::unfinished::{Stage, Unfinished, choose_upload};
use super::registry::{CompletedUpload, Registry};
use super::reply::Stored;
use super::request::{ChunkSelection, Handshake};
use super::rules;
use super::sender::Sender;
use super::unverified;
use super::volume::{ledger_error, to_row, uploads_of};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::{FileName, Perm, VPath, Wark};
use std::pin::Pin;
use std::sync::Arc;
use store::disk::{Kind, Node};
use vfs::access::Access;
use vfs::error::{Conflict, EngineError, Result, UploadError};
use vfs::files::read::Reader;
use vfs::names::Mark;
use vfs::volumes::resolve::{self, Resolved};
use vfs::volumes::tree::MountedVolume;

/// The state of a sequential upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequentialState {
    /// Identity of the upload. It cannot be guessed, unless up2k has begun the upload.
    pub id: Wark,
    /// Bytes that are received from the start without a gap. Survives the end of the program.
    pub offset: u64,
    /// Bytes of the whole file.
    pub size: u64,
}

/// Result of a request that appends to an upload.
#[derive(Debug)]
pub enum Appended {
    /// More bytes are missing.
    Incomplete(SequentialState),
    /// The file is complete and on stable storage.
    Complete(Stored),
    /// The request starts at another offset than the upload has. Nothing was read of it.
    OtherOffset(SequentialState),
    /// More bytes were announced than are missing. Nothing was read of them.
    TooLong(SequentialState),
}

/// An upload that a request has found and uses alone.
struct Used {
    volume: Arc<MountedVolume>,
    found: Found,
    turn: Option<Turn>,
}

enum Found {
    Unfinished(i64),
    Completed(CompletedUpload),
}

impl Uploads {
    /// Begins an upload of `request.size` bytes, which must not be 0. `request.hashes` is ignored.
    ///
    /// # Errors
    /// Those of `admit`; `SizeRule`, `NoSpace`, `TooMany`, `NameTaken`; `IsAFolder` if a folder has the name.
    pub async fn begin_sequential(
        &self,
        access: &Access,
        folder: &VPath,
        request: Handshake,
    ) -> Result<SequentialState> {
        let mut random = [0; 33];
        getrandom::fill(&mut random)
            .map_err(|error| EngineError::internal("The system provides no random numbers.", error))?;
        let (id, size) = (Wark::of_random(&random), request.size);
        let context = HandshakeContext::without_hashes(access, folder, request, id)?;
        let core = self.core.clone();
        self.core.pool.try_run(move || begin(&core, &context)).await?;
        Ok(SequentialState { id, offset: 0, size })
    }

    /// Returns a name for a file that is sent without one, as PUT to a folder gives it.
    pub fn new_name(&self, access: &Access) -> FileName {
        let plain = access.snapshot().settings.behaviour.plain_ip;
        Mark { secret: &self.core.secret, address: access.client().address, plain }.put()
    }

    /// Returns the state of an upload, and ends a request that appends to it: its connection is lost.
    ///
    /// # Errors
    /// `UnknownWark`: there is no such upload in the volume of `folder`, or the account may not continue it.
    pub async fn sequential_state(&self, access: &Access, folder: &VPath, id: &Wark) -> Result<SequentialState> {
        let used = self.take_sequential(access, folder, id).await?;
        used.state(id)
    }

    /// Appends what `body` yields, until it ends. `offset`: where the client believes the upload to be. `length`: bytes of
    /// the body, if they are known.
    ///
    /// # Errors
    /// As [`Uploads::sequential_state`]; `ChunkCorrupt` if up2k has announced other content; `NoSpace`. What was received
    /// before an error is kept.
    pub async fn append_sequential<E: Send>(
        &self,
        access: &Access,
        folder: &VPath,
        id: &Wark,
        (offset, length): (u64, Option<u64>),
        body: impl Stream<Item = std::result::Result<Bytes, E>> + Send,
    ) -> Result<Appended> {
        let mut used = self.take_sequential(access, folder, id).await?;
        let state = used.state(id)?;
        if state.offset != offset {
            return Ok(Appended::OtherOffset(state));
        }
        if length.is_some_and(|length| length > state.size - state.offset) {
            return Ok(Appended::TooLong(state));
        }
        let Some(turn) = used.turn.take() else { return self.appended(access, &used, id).await };
        let mut body = SequentialBody { inner: Box::pin(body.map(std::result::Result::ok)), rest: Bytes::new(), turn };
        while let Found::Unfinished(upload) = used.found {
            let Some(NextPiece { selection, length, upload: whole }) = next_piece(&used.volume, upload) else { break };
            let lease = self.lease(access, used.volume.clone(), upload, &selection, length)?;
            let received = lease.receive_available(&mut body).await?;
            if let Some(file) = received.file {
                used.found = Found::Completed(CompletedUpload { name: file.name, ..whole });
            } else if received.count < length {
                break;
            }
        }
        self.appended(access, &used, id).await
    }

    /// Ends an upload and removes what was received.
    ///
    /// # Errors
    /// As [`Uploads::sequential_state`] and [`Uploads::abandon`].
    pub async fn cancel_sequential(&self, access: &Access, folder: &VPath, id: &Wark) -> Result<()> {
        let used = self.take_sequential(access, folder, id).await?;
        let Found::Unfinished(upload) = used.found else { return Err(unknown()) };
        let (path, wark) = {
            let registry = uploads_of(&used.volume.storage).registry();
            let unfinished = registry.get(upload).ok_or_else(unknown)?;
            (used.volume.config.mount.append(&unfinished.path()), unfinished.upload.wark)
        };
        self.abandon(access, &path, Some(&wark)).await
    }

    /// Finds an upload and ends the request that uses it.
    async fn take_sequential(&self, access: &Access, folder: &VPath, id: &Wark) -> Result<Used> {
        admit::may_upload(access, folder)?;
        let volume = access.volume_path(folder).ok_or_else(unknown)?.volume;
        let (turn, is_unverified) = {
            let registry = uploads_of(&volume.storage).registry();
            match find(&registry, access, &volume, id) {
                Some(one) => {
                    (Some(one.append_turn.clone()), matches!(one.stage, Stage::Unverified { .. }).then_some(one.id))
                }
                None => (None, None),
            }
        };
        if let Some(upload) = is_unverified {
            unverified::verify(&self.core, &volume, upload).await?;
        }
        let turn = match turn {
            Some(turn) => Some(turn.take().await?),
            None => None,
        };
        let end = {
            let registry = uploads_of(&volume.storage).registry();
            match find(&registry, access, &volume, id).map(|one| (one.id, &one.stage)) {
                Some((_, Stage::Finishing(end))) if end.has_changed().is_ok() => end.clone(),
                Some((upload, _)) => {
                    return Ok(Used { volume: volume.clone(), found: Found::Unfinished(upload), turn });
                }
                None => return completed(&registry, access, &volume, id),
            }
        };
        // The last bytes were received by a request that is lost; the file is being placed.
        wait_finished(end).await?;
        let registry = uploads_of(&volume.storage).registry();
        completed(&registry, access, &volume, id)
    }

    /// Returns the result of a request that has appended.
    async fn appended(&self, access: &Access, used: &Used, id: &Wark) -> Result<Appended> {
        let file = match &used.found {
            Found::Completed(file) => file.clone(),
            Found::Unfinished(upload) => {
                let registry = uploads_of(&used.volume.storage).registry();
                match (registry.get(*upload), registry.completed(id)) {
                    (Some(unfinished), _) => return Ok(Appended::Incomplete(state_of(unfinished, id))),
                    (None, Some(file)) => file.clone(),
                    (None, None) => return Err(unknown()),
                }
            }
        };
        let (core, access, volume) = (self.core.clone(), access.clone(), used.volume.clone());
        Ok(Appended::Complete(self.core.pool.try_run(move || Ok(stored(&core, &access, &volume, file))).await?))
    }
}

impl Used {
    fn state(&self, id: &Wark) -> Result<SequentialState> {
        match &self.found {
            Found::Completed(file) => Ok(SequentialState { id: *id, offset: file.size, size: file.size }),
            Found::Unfinished(upload) => {
                let registry = uploads_of(&self.volume.storage).registry();
                registry.get(*upload).map(|one| state_of(one, id)).ok_or_else(unknown)
            }
        }
    }
}

fn state_of(unfinished: &Unfinished, id: &Wark) -> SequentialState {
    SequentialState { id: *id, offset: unfinished.offset().0, size: unfinished.upload.plan.size().0 }
}

fn unknown() -> EngineError {
    EngineError::Upload(UploadError::UnknownWark)
}

/// Begins an upload. Blocks.
fn begin(core: &Arc<Core>, context: &HandshakeContext) -> Result<()> {
    let target = admit::open_target(&context.access, &context.folder)?;
    rules::check_size(&target.volume.config.flags.limits, context.request.size)?;
    let there = target.stat(&context.name)?;
    if there.is_some_and(|meta| meta.kind == Kind::Folder) && target.may_learn_names(&context.access) {
        return Err(EngineError::Conflict(Conflict::IsAFolder(target.shown().join(&context.name))));
    }
    context.check_client_locks(&target)?;
    start_upload(core, context, &target, None)?;
    let uploads = target.uploads();
    let row = {
        let mut registry = uploads.registry();
        let id = registry.of(&context.wark).next().map(|one| one.id).ok_or_else(unknown)?;
        let unfinished = registry.get_mut(id).ok_or_else(unknown)?;
        unfinished.recorded = true;
        to_row(unfinished, unfinished.touched)
    };
    // Its sender is told where to go on after an interruption, which may be that of the program.
    let saved = uploads.ledger.begin_upload(row).and_then(store::db::Pending::wait);
    saved.map_err(|error| ledger_error(error, &context.folder))
}

/// Finds an upload: a sequential one by the identity that only its sender was told, or one of up2k by its wark, which
/// anyone can compute, as its chunks are found.
fn find<'a>(registry: &'a Registry, access: &Access, volume: &MountedVolume, id: &Wark) -> Option<&'a Unfinished> {
    let secret = registry.of(id).find(|one| one.began_as == Some(*id)).or_else(|| registry.begun_as(id));
    let can_read = |one: &Unfinished| access.rights_inside(volume, &one.upload.folder).has(Perm::Read);
    secret.or_else(|| choose_upload(registry.of(id), &Sender::of(access), can_read))
}

fn completed(registry: &Registry, access: &Access, volume: &Arc<MountedVolume>, id: &Wark) -> Result<Used> {
    let sender = Sender::of(access);
    let file = registry.completed(id).filter(|file| sender.is(&file.sender.account, &file.sender.address));
    let found = Found::Completed(file.cloned().ok_or_else(unknown)?);
    Ok(Used { volume: volume.clone(), found, turn: None })
}

/// The rest of the first missing chunk.
struct NextPiece {
    selection: ChunkSelection,
    /// Bytes.
    length: u64,
    /// The file to which it belongs, under the name that is reserved for it.
    upload: CompletedUpload,
}

/// Returns what comes next; `None`: nothing is missing, or the upload has ended.
fn next_piece(volume: &MountedVolume, upload: i64) -> Option<NextPiece> {
    let registry = uploads_of(&volume.storage).registry();
    let unfinished = registry.get(upload)?;
    let hash = *unfinished.next_missing()?;
    let (offset, tail) = unfinished.offset();
    let plan = &unfinished.upload.plan;
    let end = (offset - tail + plan.chunk_size().0).min(plan.size().0);
    Some(NextPiece {
        selection: ChunkSelection::One(hash, Some(tail)),
        length: end - offset,
        upload: CompletedUpload::of(&unfinished.upload, unfinished.upload.name.clone()),
    })
}

/// Returns what the sender learns about the file that its upload became. Blocks.
fn stored(core: &Core, access: &Access, volume: &MountedVolume, file: CompletedUpload) -> Stored {
    let CompletedUpload { folder, name, size, lmod, .. } = file;
    let path: VPath = volume.config.mount.append(&folder).join(&name);
    let ino = match resolve::find(access, &path) {
        Ok(Resolved::OnDisk(located)) => match located.node {
            Node::File(open) => open.meta.ino,
            Node::Folder(..) => 0,
        },
        _ => 0,
    };
    let key = Reader::new(core.vfs.clone()).key(access, &path, size, ino);
    Stored { path, name, size, checksum: Vec::new(), lmod, key }
}

/// The body of a request that appends, cut at the ends of chunks. It ends when a newer request wants the upload.
struct SequentialBody<S> {
    inner: Pin<Box<S>>,
    /// Bytes beyond the end of the last piece.
    rest: Bytes,
    turn: Turn,
}

impl<S: Stream<Item = Option<Bytes>> + Send> PieceSource for SequentialBody<S> {
    async fn next_piece(&mut self, limit: u64) -> Option<Bytes> {
        while self.rest.is_empty() {
            self.rest = tokio::select! {
                biased;
                () = self.turn.superseded() => return None,
                piece = self.inner.next() => piece??,
            };
        }
        let at = self.rest.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
        Some(self.rest.split_to(at))
    }
}
