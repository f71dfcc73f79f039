//! Running hashes: the hash value so far, the partial block, and the padding at the end.
//!
//! Source: FIPS 180-4 5.1.2 (padding), 6.4 (the hash).

use super::engine::{Engine, Lane};
use super::rounds::{Block, INITIAL};
use super::scalar;

const BLOCK: usize = size_of::<Block>();

/// A running SHA-512 that can move between threads and lanes. Cloning copies about 200 bytes.
#[derive(Clone)]
pub struct Sha512State {
    /// Hash value after all whole blocks so far.
    pub(super) words: [u64; 8],
    /// Bytes hashed so far, including those in `rest`.
    length: u64,
    /// The partial block: its first `length % 128` bytes are message, the others are undefined.
    rest: Block,
}

impl Default for Sha512State {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Sha512State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sha512State").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Sha512State {
    /// Creates the state of an empty message.
    pub fn new() -> Self {
        Sha512State { words: INITIAL, length: 0, rest: [0; BLOCK] }
    }

    /// Returns the number of bytes hashed so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Hashes `data` on this thread, alone: for small pieces, or where there are no other messages.
    pub fn update(&mut self, data: &[u8]) {
        update_many(&mut [(self, data)]);
    }

    /// Returns the hash of the message.
    pub fn finish(self) -> [u8; 64] {
        let (padding, blocks) = self.padding();
        let mut words = self.words;
        scalar::x1(&mut words, &padding[..blocks]);
        bytes_of(&words)
    }

    /// Fills the partial block, if there is one. Returns the number of bytes of `data` used; if any are left, the state
    /// is at a block boundary.
    pub(super) fn head(&mut self, data: &[u8]) -> usize {
        let filled = self.filled();
        if filled == 0 {
            return 0;
        }
        let take = data.len().min(BLOCK - filled);
        self.rest[filled..filled + take].copy_from_slice(&data[..take]);
        self.length += take as u64;
        if filled + take == BLOCK {
            scalar::x1(&mut self.words, &[self.rest]);
        }
        take
    }

    /// Records that a kernel has hashed `blocks` blocks into `words`.
    pub(super) fn count(&mut self, blocks: usize) {
        self.length += (blocks * BLOCK) as u64;
    }

    /// Stores less than a block for later. The state must be at a block boundary, or `data` empty.
    pub(super) fn tail(&mut self, data: &[u8]) {
        debug_assert!(data.is_empty() || self.filled() == 0);
        self.rest[..data.len()].copy_from_slice(data);
        self.length += data.len() as u64;
    }

    /// Returns the number of bytes in the partial block.
    fn filled(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }

    /// Returns the last one or two blocks: the partial block, a one bit, zeros, the length in bits.
    fn padding(&self) -> ([Block; 2], usize) {
        let filled = self.filled();
        let mut padding = [[0; BLOCK]; 2];
        let blocks = if filled < BLOCK - 16 { 1 } else { 2 };
        padding[0][..filled].copy_from_slice(&self.rest[..filled]);
        padding[0][filled] = 0x80;
        padding[blocks - 1][BLOCK - 16..].copy_from_slice(&(u128::from(self.length) * 8).to_be_bytes());
        (padding, blocks)
    }
}

fn bytes_of(words: &[u64; 8]) -> [u8; 64] {
    let mut out = [0; 64];
    for (bytes, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    out
}

/// Hashes data into each state, side by side in lanes, on this thread. Lengths may differ.
pub fn update_many(jobs: &mut [(&mut Sha512State, &[u8])]) {
    update_many_with(Engine::best(), jobs);
}

/// [`update_many`] with a chosen engine; an unsupported one is replaced by the portable one.
pub fn update_many_with(engine: Engine, jobs: &mut [(&mut Sha512State, &[u8])]) {
    let mut lanes = Vec::with_capacity(jobs.len());
    let mut ends = Vec::with_capacity(jobs.len());
    for (state, data) in jobs.iter_mut() {
        let head = state.head(data);
        let (blocks, tail) = data[head..].as_chunks();
        lanes.push(Lane { words: &mut state.words, blocks });
        ends.push((blocks.len(), tail));
    }
    engine.or_scalar().run_all(lanes);
    for ((state, _), (blocks, tail)) in jobs.iter_mut().zip(ends) {
        state.count(blocks);
        state.tail(tail);
    }
}

/// Returns the hashes of all `states`, in order. For many small messages the last block is a large part of the work.
pub fn finish_many(states: &[Sha512State]) -> Vec<[u8; 64]> {
    finish_many_with(Engine::best(), states)
}

/// [`finish_many`] with a chosen engine; an unsupported one is replaced by the portable one.
pub fn finish_many_with(engine: Engine, states: &[Sha512State]) -> Vec<[u8; 64]> {
    let paddings: Vec<_> = states.iter().map(Sha512State::padding).collect();
    let mut words: Vec<_> = states.iter().map(|state| state.words).collect();
    let lanes = words.iter_mut().zip(&paddings);
    engine.or_scalar().run_all(lanes.map(|(words, (padding, n))| Lane { words, blocks: &padding[..*n] }).collect());
    words.iter().map(bytes_of).collect()
}

/// SHA-512 of one stream that shares no lanes: our own kernel where the CPU has AVX-512, else `ring`.
#[derive(Clone)]
pub struct SingleSha512(Backend);

#[derive(Clone)]
enum Backend {
    Own(Sha512State),
    Ring(ring::digest::Context),
}

impl Default for SingleSha512 {
    fn default() -> Self {
        Self::new()
    }
}

impl SingleSha512 {
    /// Creates the state of an empty message.
    pub fn new() -> Self {
        SingleSha512(match Engine::best() {
            Engine::Avx512 => Backend::Own(Sha512State::new()),
            Engine::Avx2 | Engine::Scalar => Backend::Ring(ring::digest::Context::new(&ring::digest::SHA512)),
        })
    }

    /// Hashes `data`.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            Backend::Own(state) => state.update(data),
            Backend::Ring(context) => context.update(data),
        }
    }

    /// Returns the hash of the message.
    pub fn finish(self) -> [u8; 64] {
        match self.0 {
            Backend::Own(state) => state.finish(),
            Backend::Ring(context) => {
                let mut out = [0; 64];
                out.copy_from_slice(context.finish().as_ref());
                out
            }
        }
    }
}
