//! The writing end of a body of chunks: every byte goes to all its places and into the hash; what matched is entered.

use super::chunks::{Outcome, Ticket, begin_finish};
use super::names::now;
use super::registry::Stage;
use super::verify::{ChunkHasher, hash_range};
use super::volume::to_row;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::volumes::lift::lift;
use crate::volumes::tree::MountedVolume;
use bytes::Bytes;
use model::{ChunkHash, Event};
use std::sync::{Arc, PoisonError};
use store::ErrorKind;
use store::partial::Partial;

pub(super) struct Intake {
    ticket: Ticket,
    /// `None`: nothing is written (`-nw`).
    partial: Option<Arc<Partial>>,
    /// The part that the next byte belongs to.
    part: usize,
    /// Bytes of that part, from its start, that are written.
    done: u64,
    hasher: ChunkHasher,
    /// Chunks that matched.
    verified: Vec<ChunkHash>,
}

impl Intake {
    pub fn open(ticket: Ticket) -> Result<Self> {
        let discard = ticket.volume.backing.uploads.discard;
        let partial = if discard { None } else { Some(open_partial(&ticket.volume, ticket.id)?) };
        let done = ticket.piece_at.unwrap_or(0);
        let hasher = ChunkHasher::new(&ticket.core.arrivals.hasher);
        Ok(Self { ticket, partial, part: 0, done, hasher, verified: Vec::new() })
    }

    /// Takes the next bytes of the body.
    pub fn take(&mut self, mut bytes: Bytes) -> Result<()> {
        while !bytes.is_empty() {
            let Some(part) = self.ticket.parts.get(self.part) else {
                let limit = self.ticket.parts.iter().map(|part| part.length).sum();
                return Err(EngineError::BodyTooLong { sent: limit + bytes.len() as u64, limit });
            };
            let room = part.length - self.done;
            let now = bytes.split_to(bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
            if let Some(partial) = &self.partial {
                for offset in &part.offsets {
                    partial.write_at(&now, offset + self.done).map_err(|error| self.failed(error))?;
                }
            }
            self.done += now.len() as u64;
            // A piece is hashed with its neighbours when the last of them is here.
            if self.ticket.piece_at.is_none() {
                self.hasher.update(now);
                if self.done == part.length {
                    self.end_part()?;
                }
            } else if self.done == part.length {
                self.part += 1;
            }
        }
        Ok(())
    }

    fn failed(&self, error: store::StoreError) -> EngineError {
        let registry = self.ticket.volume.backing.uploads.registry();
        let path = registry.get(self.ticket.id).map(|unfinished| unfinished.path()).unwrap_or_default();
        drop(registry);
        lift(error, &self.ticket.volume.config.mount.append(&path))
    }

    /// All bytes of a chunk are here: do they have its hash?
    fn end_part(&mut self) -> Result<()> {
        let part = &self.ticket.parts[self.part];
        let computed = self.hasher.finish();
        if computed != part.hash {
            return Err(EngineError::ChunkCorrupt { received: self.done, expected: part.hash, computed });
        }
        self.verified.push(part.hash);
        self.part += 1;
        self.done = 0;
        Ok(())
    }

    /// The body has ended, `taken` says how. Enters what matched, also after a failure.
    pub fn close(mut self, mut taken: Result<()>) -> Result<Outcome> {
        if taken.is_ok() {
            taken = match self.ticket.piece_at {
                Some(_) => self.close_piece(),
                // Shorter than its chunks: the hash of what is there cannot be the right one.
                None if self.part < self.ticket.parts.len() => self.end_part(),
                None => Ok(()),
            };
        }
        let outcome = self.enter()?;
        taken.map(|()| outcome)
    }

    fn close_piece(&mut self) -> Result<()> {
        let part = &self.ticket.parts[0];
        let complete = self.done == part.length;
        if !complete {
            let mut registry = self.ticket.volume.backing.uploads.registry();
            if let Some(unfinished) = registry.get_mut(self.ticket.id) {
                unfinished.pieces.insert(part.hash, self.done);
                unfinished.touched = now();
            }
            return Ok(());
        }
        let computed = match &self.partial {
            Some(partial) => {
                hash_range(&self.ticket.core.arrivals.hasher, partial.file(), part.offsets[0], part.length)
                    .map_err(|error| EngineError::internal("The server cannot read what it has just written.", error))?
            }
            None => part.hash,
        };
        if computed != part.hash {
            let mut registry = self.ticket.volume.backing.uploads.registry();
            if let Some(unfinished) = registry.get_mut(self.ticket.id) {
                unfinished.pieces.remove(&part.hash);
            }
            return Err(EngineError::ChunkCorrupt { received: self.done, expected: part.hash, computed });
        }
        self.verified.push(part.hash);
        Ok(())
    }

    /// Enters verified chunks in memory and ledger. The last one is not entered: the finished file will be.
    fn enter(&mut self) -> Result<Outcome> {
        if self.verified.is_empty() {
            return Ok(Outcome::Kept);
        }
        let uploads = &self.ticket.volume.backing.uploads;
        let saved = {
            let mut registry = uploads.registry();
            let unfinished = registry.get_mut(self.ticket.id).ok_or(EngineError::UnknownWark)?;
            for hash in &self.verified {
                unfinished.mark(hash, true);
            }
            unfinished.touched = now();
            unfinished.announce();
            progress_event(&self.ticket.core, unfinished);
            if unfinished.upload.is_complete() {
                None
            } else if unfinished.recorded {
                // Queued under the lock: the rows of two chunks must not overtake each other.
                Some(uploads.ledger.progress(unfinished.id, &unfinished.upload.have, unfinished.touched))
            } else {
                unfinished.recorded = true;
                Some(uploads.ledger.begin(to_row(unfinished, unfinished.touched)))
            }
        };
        let Some(saved) = saved else {
            let end = begin_finish(&self.ticket.core, &self.ticket.volume, self.ticket.id, self.partial.take())?;
            return Ok(Outcome::Complete(end));
        };
        if let Err(error) = saved.and_then(store::db::Pending::wait) {
            // Not safe, so not here: the client sends it again.
            let failed = self.failed(error);
            if let Some(unfinished) = uploads.registry().get_mut(self.ticket.id) {
                for hash in &self.verified {
                    unfinished.mark(hash, false);
                }
            }
            return Err(failed);
        }
        Ok(Outcome::Kept)
    }
}

/// Not more often than every sixteenth of a file, or it would drown the listeners.
fn progress_event(core: &Core, unfinished: &super::registry::Unfinished) {
    if !core.events.is_heard() || unfinished.upload.hashes.len() < 2 {
        return;
    }
    let (count, have) = (unfinished.upload.have.len(), unfinished.upload.have.iter().filter(|here| **here).count());
    let step = (count / 16).max(1);
    if have % step == 0 {
        let done = (have as u64).saturating_mul(unfinished.upload.plan.chunk_size().0);
        core.events.emit(Event::Progress { id: unfinished.transfer, done: done.min(unfinished.upload.plan.size().0) });
    }
}

/// The partial file of an upload: made with its first chunk, kept open while somebody works on it. Blocks.
pub(super) fn open_partial(volume: &Arc<MountedVolume>, id: i64) -> Result<Arc<Partial>> {
    let uploads = &volume.backing.uploads;
    let opening = {
        let registry = uploads.registry();
        let unfinished = registry.get(id).ok_or(EngineError::UnknownWark)?;
        if let Some(open) = unfinished.partial.upgrade() {
            return Ok(open);
        }
        unfinished.opening.clone()
    };
    let _alone = opening.lock().unwrap_or_else(PoisonError::into_inner);
    let (below, name, size, chunks, begun) = {
        let registry = uploads.registry();
        let unfinished = registry.get(id).ok_or(EngineError::UnknownWark)?;
        if let Some(open) = unfinished.partial.upgrade() {
            return Ok(open);
        }
        let upload = &unfinished.upload;
        let begun = upload.have.contains(&true) || !unfinished.pieces.is_empty();
        (upload.folder.clone(), unfinished.partial_name.clone(), upload.plan.size().0, upload.plan.count(), begun)
    };
    let path = volume.config.mount.append(&below);
    let failed = |error| lift(error, &path);
    let root = volume.backing.root().or_else(|| volume.backing.reopen());
    let root = root.ok_or_else(|| EngineError::Unavailable(path.clone()))?;
    let flags = &volume.config.flags;
    let (folder, _) = root.make_folders(&below, flags.folder_mode).map_err(failed)?;
    uploads.marker.partial_begins();
    let create = || match Partial::create(&folder, &name, flags.file_mode) {
        Err(error) if error.kind() == ErrorKind::Exists => Partial::open(&folder, &name),
        answer => answer,
    };
    let partial = match begun {
        false => create(),
        true => match Partial::open(&folder, &name) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                lost(volume, id);
                create()
            }
            answer => answer,
        },
    };
    let partial = Arc::new(partial.map_err(failed)?);
    if chunks > 1 && partial.length().map_err(failed)? < size {
        partial.set_length(size).map_err(failed)?;
    }
    if let Some(unfinished) = uploads.registry().get_mut(id) {
        unfinished.partial = Arc::downgrade(&partial);
    }
    Ok(partial)
}

/// Somebody removed the partial file behind our back: nothing has arrived.
fn lost(volume: &MountedVolume, id: i64) {
    let mut registry = volume.backing.uploads.registry();
    if let Some(unfinished) = registry.get_mut(id)
        && !matches!(unfinished.stage, Stage::Finishing(_))
    {
        tracing::warn!(path = %unfinished.path().display(), "the partial file of an upload is gone; it starts again");
        unfinished.upload.have.fill(false);
        unfinished.pieces.clear();
    }
}
