//! Running hashes: what is hashed, what waits for its block to fill, and the padding at the end.
//!
//! Source: FIPS 180-4 5.1.2 (padding), 6.4 (the hash).

use super::engine::{Engine, Lane};
use super::rounds::{Block, INITIAL};
use super::scalar;

const BLOCK: usize = size_of::<Block>();

/// A running SHA-512 that may move between threads and lanes. Cloning copies about 200 bytes.
#[derive(Clone)]
pub struct Sha512State {
    /// The hash value after all whole blocks so far.
    pub(super) words: [u64; 8],
    /// Bytes taken so far, those in `rest` included.
    length: u64,
    /// The unfinished block: its first `length % 128` bytes are message, the others mean nothing.
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
    /// The hash of nothing yet.
    pub fn new() -> Self {
        Sha512State { words: INITIAL, length: 0, rest: [0; BLOCK] }
    }

    /// Bytes taken so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Takes `data` on this thread, alone; right for small pieces, or where nothing can be put beside it.
    pub fn update(&mut self, data: &[u8]) {
        update_many(&mut [(self, data)]);
    }

    /// The hash of all that was taken.
    pub fn finish(self) -> [u8; 64] {
        let (padding, blocks) = self.padding();
        let mut words = self.words;
        scalar::x1(&mut words, &padding[..blocks]);
        bytes_of(&words)
    }

    /// Completes the unfinished block, if there is one. Returns how many bytes of `data` that took; if any of
    /// `data` is left after that, the state stands between two blocks.
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

    /// Counts blocks that a kernel has put into `words`.
    pub(super) fn count(&mut self, blocks: usize) {
        self.length += (blocks * BLOCK) as u64;
    }

    /// Keeps less than a block for later. The state must stand between two blocks, or `data` be empty.
    pub(super) fn tail(&mut self, data: &[u8]) {
        debug_assert!(data.is_empty() || self.filled() == 0);
        self.rest[..data.len()].copy_from_slice(data);
        self.length += data.len() as u64;
    }

    /// Bytes in the unfinished block.
    fn filled(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }

    /// The last one or two blocks: the rest, a one bit, zeros, the length in bits.
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

/// Gives each state its data, side by side in lanes, on this thread. Lengths may differ.
pub fn update_many(jobs: &mut [(&mut Sha512State, &[u8])]) {
    update_many_with(Engine::best(), jobs);
}

/// [`update_many`] with a chosen engine; one that this CPU lacks is replaced by the portable one.
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

/// The hashes of all `states`, in their order. For many small messages the last block is a good part of the work.
pub fn finish_many(states: &[Sha512State]) -> Vec<[u8; 64]> {
    finish_many_with(Engine::best(), states)
}

/// [`finish_many`] with a chosen engine; one that this CPU lacks is replaced by the portable one.
pub fn finish_many_with(engine: Engine, states: &[Sha512State]) -> Vec<[u8; 64]> {
    let paddings: Vec<_> = states.iter().map(Sha512State::padding).collect();
    let mut words: Vec<_> = states.iter().map(|state| state.words).collect();
    let lanes = words.iter_mut().zip(&paddings);
    engine.or_scalar().run_all(lanes.map(|(words, (padding, n))| Lane { words, blocks: &padding[..*n] }).collect());
    words.iter().map(bytes_of).collect()
}

/// SHA-512 of one stream that is never put beside others: our own way where the CPU has AVX-512, else `ring`.
#[derive(Clone)]
pub struct LoneSha512(Lone);

#[derive(Clone)]
enum Lone {
    Ours(Sha512State),
    Ring(ring::digest::Context),
}

impl Default for LoneSha512 {
    fn default() -> Self {
        Self::new()
    }
}

impl LoneSha512 {
    /// The hash of nothing yet.
    pub fn new() -> Self {
        LoneSha512(match Engine::best() {
            Engine::Avx512 => Lone::Ours(Sha512State::new()),
            Engine::Avx2 | Engine::Scalar => Lone::Ring(ring::digest::Context::new(&ring::digest::SHA512)),
        })
    }

    /// Takes `data`.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            Lone::Ours(state) => state.update(data),
            Lone::Ring(context) => context.update(data),
        }
    }

    /// The hash of all that was taken.
    pub fn finish(self) -> [u8; 64] {
        match self.0 {
            Lone::Ours(state) => state.finish(),
            Lone::Ring(context) => {
                let mut out = [0; 64];
                out.copy_from_slice(context.finish().as_ref());
                out
            }
        }
    }
}
