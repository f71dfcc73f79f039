//! Hashes chunks while they arrive, and existing files.

use bytes::Bytes;
use model::ChunkHash;
use model::chunking::ChunkPlan;
use std::fs::File;
use std::io;
use store::disk::Meta;
use store::hash::{HashService, PendingUpdate, Sha512State, StreamGuard, hash_file_chunks};
use store::ledger::{VerifiedState, boot_id};
use store::partial::read_at;

/// Shorter messages do not register a stream with the hash service, because waiting for more of their data does not
/// pay.
const STREAM_MIN: u64 = 256 << 10;

/// A hash in progress. The hash service processes its pieces in parallel with those of other uploads, while the caller
/// continues.
pub(super) struct ChunkHasher {
    service: HashService,
    state: Sha512State,
    /// The last submitted piece; it holds the state.
    in_flight: Option<PendingUpdate<Bytes>>,
    under_way: Option<StreamGuard>,
}

impl ChunkHasher {
    /// `size`: expected bytes.
    pub fn new(service: &HashService, size: u64) -> Self {
        let under_way = (size >= STREAM_MIN).then(|| service.stream());
        Self { service: service.clone(), state: Sha512State::new(), in_flight: None, under_way }
    }

    /// Submits the next bytes; waits for the previous ones. Blocks.
    pub fn update(&mut self, parts: Vec<Bytes>) {
        self.wait_in_flight();
        self.in_flight = Some(self.service.begin_update(std::mem::take(&mut self.state), parts));
    }

    /// Starts the next message and returns the previous one, to be finished by the caller.
    pub fn next(&mut self) -> Self {
        let under_way = self.under_way.take();
        let next = Self { service: self.service.clone(), state: Sha512State::new(), in_flight: None, under_way };
        std::mem::replace(self, next)
    }

    /// Returns the hash. Blocks.
    pub fn finish(mut self) -> [u8; 64] {
        self.wait_in_flight();
        self.state.finish()
    }

    /// Returns the hash as a chunk hash. Blocks.
    pub fn finish_chunk(self) -> ChunkHash {
        ChunkHash::from_sha512(&self.finish())
    }

    fn wait_in_flight(&mut self) {
        if let Some(in_flight) = self.in_flight.take() {
            (self.state, _) = in_flight.wait();
        }
    }
}

/// Hashes `length` bytes of a file from `offset`. If the file is shorter, hashes the existing bytes.
pub(super) fn hash_range(service: &HashService, file: &File, offset: u64, length: u64) -> io::Result<ChunkHash> {
    let mut hasher = ChunkHasher::new(service, length);
    let mut done = 0;
    while done < length {
        let mut buffer = vec![0; (1 << 20).min(length - done) as usize];
        let read = read_at(file, &mut buffer, offset + done)?;
        if read == 0 {
            break;
        }
        buffer.truncate(read);
        hasher.update(vec![buffer.into()]);
        done += read as u64;
    }
    Ok(hasher.finish_chunk())
}

/// Returns whether a file consists of exactly these chunks.
pub(super) fn holds(service: &HashService, file: &File, plan: &ChunkPlan, hashes: &[ChunkHash]) -> io::Result<bool> {
    if file.metadata()?.len() != plan.size().0 {
        return Ok(false);
    }
    match hash_file_chunks(service, file, plan.size().0, plan.chunk_size().0, &|| false) {
        Ok(found) => Ok(found.iter().eq(hashes.iter().map(ChunkHash::as_bytes))),
        // The file was truncated while it was read.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns what the ledger records about a file that the server has just verified or written.
pub(super) fn verified_state(meta: &Meta) -> VerifiedState {
    VerifiedState { boot: boot_id().to_owned(), ino: meta.ino, mtime_ns: meta.mtime_ns }
}
