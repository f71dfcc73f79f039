//! One file: hashed, offered, and sent as far as it is missing, until the server has it whole.

use super::Sender;
use super::chunks::{self, Batch};
use super::handshake::Offer;
use crate::args::IfExists;
use crate::fault::Fault;
use crate::local::{LocalFile, seconds};
use crate::names;
use crate::report::Done;
use crate::workers::{for_each, retried};
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, ChunkHash};
use std::fs::File;
use std::thread;
use std::time::Duration;

/// Handshakes after which not a chunk less is missing, before it is given up.
const IDLE_ROUNDS: u32 = 6;

impl Sender<'_> {
    /// Sends a file.
    ///
    /// # Errors
    /// Why it is not on the server.
    pub(super) fn send_file(&self, file: &LocalFile) -> Result<Done, Fault> {
        let opened = File::open(&file.path).map_err(Fault::disk("it cannot be read"))?;
        let plan = ChunkPlan::new(Bytes(file.size), Generation::G2);
        let chunk = plan.chunk_size().0;
        let hashes = store::hash::hash_file_chunks(&self.hashes, &opened, file.size, chunk, &|| false)
            .map_err(Fault::disk("it cannot be read"))?;
        let hashes: Vec<String> = hashes.into_iter().map(|bytes| ChunkHash::from_bytes(bytes).to_string()).collect();
        let name = file.below.file_name().ok_or_else(|| Fault::Name("the file has no name".into()))?;
        let parent = file.below.parent().map(names::encoded_path).unwrap_or_default();
        let slash = if parent.is_empty() { "" } else { "/" };
        let mut offer = Offer {
            folder: [self.folder, &parent, slash].concat(),
            name: names::as_text(name)?.to_owned(),
            size: file.size,
            modified: file.modified,
            hashes: &hashes,
            if_exists: self.if_exists,
        };
        let done = self
            .in_flight
            .content(&(file.size, hashes.clone()), || self.send_until_whole(file, &opened, &plan, &mut offer))?;
        if done != Done::Skipped && name != &*offer.name {
            self.report.note(&format!("{} has the name {} on the server", file.below.display(), offer.name));
        }
        Ok(done)
    }

    fn send_until_whole(
        &self,
        file: &LocalFile,
        opened: &File,
        plan: &ChunkPlan,
        offer: &mut Offer<'_>,
    ) -> Result<Done, Fault> {
        let (mut missing, mut idle, mut was_sent) = (usize::MAX, 0, false);
        loop {
            let reply = match retried(|| self.in_flight.request(|| offer.ask(self.server))) {
                Err(Fault::Refused { status: 409, .. }) if self.if_exists == IfExists::Skip => {
                    self.report.advance(file.size);
                    return Ok(Done::Skipped);
                }
                reply => reply?,
            };
            if reply.hash.is_empty() {
                // Bytes that were sent have been counted.
                self.report.advance(if was_sent { 0 } else { file.size });
                return Ok(if was_sent || file.size == 0 { Done::Sent } else { Done::Same });
            }
            idle = if reply.hash.len() < missing { 0 } else { idle + 1 };
            if !was_sent {
                // What the server has already counts as done.
                let wanted = chunks::batches(plan, offer.hashes, &reply.hash, 1)?;
                self.report.advance(file.size.saturating_sub(wanted.iter().map(bytes_of).sum()));
            }
            (missing, was_sent) = (reply.hash.len(), true);
            let at_once = if reply.sprs == Some(false) { 1 } else { self.jobs };
            let batches = chunks::batches(plan, offer.hashes, &reply.hash, at_once)?;
            let sent = for_each(&batches, at_once, |batch| {
                self.in_flight.request(|| chunks::send(self.server, opened, offer, &reply, batch, self.report))
            });
            if let Err(fault) = sent {
                has_not_changed(file, opened)?;
                // A refusal of a chunk may be cured by a handshake: the server was started anew, or a connection mixed up bytes.
                let is_curable =
                    fault.is_passing() || matches!(fault, Fault::Refused { status: 400 | 404 | 409 | 410 | 422, .. });
                if !is_curable || idle >= IDLE_ROUNDS {
                    return Err(fault);
                }
                thread::sleep(Duration::from_millis(500) * 2u32.pow(idle));
            } else if idle >= IDLE_ROUNDS {
                return Err(Fault::Answer("the server asks for the same parts again and again".into()));
            }
        }
    }
}

fn bytes_of(batch: &Batch) -> u64 {
    batch.bytes.end - batch.bytes.start
}

/// # Errors
/// `Changed`: size or date differ from what they were.
fn has_not_changed(file: &LocalFile, opened: &File) -> Result<(), Fault> {
    let now = opened.metadata().map_err(Fault::disk("it cannot be read"))?;
    let is_same = now.len() == file.size && now.modified().map_or(0, seconds) == file.modified;
    if is_same { Ok(()) } else { Err(Fault::Changed) }
}
