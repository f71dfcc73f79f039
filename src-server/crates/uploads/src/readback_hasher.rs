//! Hashes a chunk that the kernel spliced into the partial file (`store::splice`), by reading it back from the page
//! cache. No thread waits for the hash before the chunk's end, so that the lanes of the hash service stay full while
//! other threads write.

use model::ChunkHash;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::io;
use std::sync::Arc;
use store::hash::{HashService, Sha512State, StreamGuard};
use store::partial::Partial;

/// Hashes a chunk of a partial file by reading it back.
pub(super) struct ReadbackHasher {
    shared: Arc<Shared>,
    _stream: StreamGuard,
}

struct Shared {
    service: HashService,
    partial: Arc<Partial>,
    /// Offset of the chunk in the file.
    start: u64,
    state: Mutex<State>,
    /// Notified when `hashed` has reached `available`.
    caught_up: Condvar,
}

struct State {
    /// `None`: the hash service has it.
    hash: Option<Sha512State>,
    /// Bytes that are hashed or submitted to the hash service.
    hashed: u64,
    /// Bytes of the chunk that are in the file.
    available: u64,
    fault: Option<io::Error>,
}

impl ReadbackHasher {
    /// Starts the hash of a chunk at offset `start`, of which no byte is in the file yet.
    pub fn new(service: &HashService, partial: &Arc<Partial>, start: u64) -> Self {
        let state = State { hash: Some(Sha512State::new()), hashed: 0, available: 0, fault: None };
        let shared = Shared {
            service: service.clone(),
            partial: partial.clone(),
            start,
            state: Mutex::new(state),
            caught_up: Condvar::new(),
        };
        Self { shared: Arc::new(shared), _stream: service.stream() }
    }

    /// Reports that the first `available` bytes of the chunk are in the file.
    pub fn set_available(&self, available: u64) {
        let mut state = self.shared.lock();
        state.available = available;
        self.shared.submit_next(state);
    }

    /// Returns the hash of the available bytes. Blocks.
    ///
    /// # Errors
    /// The file could not be read back.
    pub fn finish(self) -> io::Result<ChunkHash> {
        let mut state = self.shared.lock();
        self.shared.caught_up.wait_while(&mut state, |state| state.hash.is_none());
        match (state.fault.take(), state.hash.take()) {
            (None, Some(hash)) => Ok(ChunkHash::from_sha512(&hash.finish())),
            (fault, _) => Err(fault.unwrap_or_else(|| io::ErrorKind::Other.into())),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Submits the new bytes to the hash service, unless it is still hashing earlier ones.
    fn submit_next(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let (from, to) = (state.hashed, state.available);
        if from == to || state.fault.is_some() {
            self.caught_up.notify_all();
            return;
        }
        let Some(hash) = state.hash.take() else { return };
        state.hashed = to;
        drop(state);
        let mut at = self.start + from;
        let partial = self.partial.clone();
        let read = move |into: &mut [u8]| {
            let here = at;
            at += into.len() as u64;
            partial.read_exact_at(into, here)
        };
        let this = self.clone();
        self.service.submit_reader(hash, to - from, read, move |hash, read| {
            let mut state = this.lock();
            state.hash = Some(hash);
            state.fault = read.err();
            this.submit_next(state);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::FileName;
    use store::disk::Folder;

    fn partial(dir: &tempfile::TempDir) -> Arc<Partial> {
        let folder = Folder::open_root(dir.path()).expect("opens");
        Arc::new(Partial::create(&folder, &FileName::new(b"p").expect("a name"), 0o600).expect("made"))
    }

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| (at * 7 / 5) as u8).collect()
    }

    fn hash(bytes: &[u8]) -> ChunkHash {
        let mut state = Sha512State::new();
        state.update(bytes);
        ChunkHash::from_sha512(&state.finish())
    }

    #[test]
    fn hashes_bytes_written_in_steps_of_any_size() {
        let dir = tempfile::tempdir().expect("temp");
        let (partial, service) = (partial(&dir), HashService::start(1));
        for (start, step) in [(0, 1), (5, 127), (100, 128), (77, 32 << 10), (3, 100_000), (0, 1 << 20)] {
            let all = bytes(step * 21 + 13);
            let readback = ReadbackHasher::new(&service, &partial, start);
            for (at, piece) in all.chunks(step).enumerate() {
                let before = (at * step) as u64;
                partial.write_at(piece, start + before).expect("writes");
                readback.set_available(before + piece.len() as u64);
            }
            assert_eq!(readback.finish().expect("reads"), hash(&all), "{start} {step}");
        }
        assert_eq!(ReadbackHasher::new(&service, &partial, 9).finish().expect("nothing"), hash(b""));
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        let dir = tempfile::tempdir().expect("temp");
        let (partial, service) = (partial(&dir), HashService::start(1));
        partial.write_at(&bytes(1000), 0).expect("writes");
        let readback = ReadbackHasher::new(&service, &partial, 0);
        readback.set_available(100_000);
        readback.set_available(200_000);
        assert_eq!(readback.finish().expect_err("is short").kind(), io::ErrorKind::UnexpectedEof);
    }
}
