//! Selects the kernel for a number of messages, according to measurements.
//!
//! Rates of one core in GB/s (Zen 4, 256 KiB per lane, `examples/hash_speed.rs`): sha2 0.62; AVX2 four lanes 1.56;
//! AVX-512 one message 0.81, two lanes 1.42, four 2.81, eight 2.98. A step of a vector kernel costs the same with idle
//! lanes, so two messages already gain from four AVX2 lanes (0.78), and five from eight AVX-512 ones.

use super::rounds::Block;
use super::scalar;

/// A SHA-512 implementation. Ordered from slow to fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// `sha2`, one message at a time; available everywhere.
    Scalar,
    /// Four lanes of AVX2.
    Avx2,
    /// Up to eight lanes of AVX-512, and a kernel of its own for a single message.
    Avx512,
}

/// The rest of one message: `blocks` are to be hashed into `words`, from the front.
pub(super) struct Lane<'a> {
    pub(super) words: &'a mut [u64; 8],
    pub(super) blocks: &'a [Block],
}

impl Engine {
    /// All engines, whether or not this CPU supports them.
    pub const ALL: [Engine; 3] = [Engine::Scalar, Engine::Avx2, Engine::Avx512];

    /// Returns the fastest engine that this CPU supports. The environment variable `POTLUCK_HASH_ENGINE` = `scalar`,
    /// `avx2` or `avx512` selects another one if it is supported.
    pub fn best() -> Self {
        static BEST: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| {
            let requested = std::env::var("POTLUCK_HASH_ENGINE").ok();
            let chosen = Engine::ALL.into_iter().find(|engine| requested.as_deref() == Some(engine.name()));
            let mut usable = Engine::ALL.into_iter().rev().filter(|engine| engine.is_available());
            chosen.filter(|engine| engine.is_available()).or_else(|| usable.next()).unwrap_or(Engine::Scalar)
        })
    }

    /// Returns the name used in `POTLUCK_HASH_ENGINE` and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Scalar => "scalar",
            Engine::Avx2 => "avx2",
            Engine::Avx512 => "avx512",
        }
    }

    /// Whether this CPU and operating system support it.
    pub fn is_available(self) -> bool {
        match self {
            Engine::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Engine::Avx2 => super::avx2::available(),
            #[cfg(target_arch = "x86_64")]
            Engine::Avx512 => super::avx512::available(),
            #[cfg(not(target_arch = "x86_64"))]
            Engine::Avx2 | Engine::Avx512 => false,
        }
    }

    /// Returns itself if supported, else the portable engine.
    pub(super) fn or_scalar(self) -> Self {
        if self.is_available() { self } else { Engine::Scalar }
    }

    /// Returns the number of messages that are hashed side by side.
    pub fn lanes(self) -> usize {
        match self {
            Engine::Scalar => 1,
            Engine::Avx2 => 4,
            Engine::Avx512 => 8,
        }
    }

    /// Hashes the same number of blocks of every lane: as many as the shortest lane has, at most `most`. Returns the
    /// number.
    pub(super) fn step(self, lanes: &mut [Lane<'_>], most: usize) -> usize {
        let count = lanes.iter().map(|lane| lane.blocks.len()).min().unwrap_or(0).min(most);
        if count > 0 {
            for group in lanes.chunks_mut(self.lanes()) {
                self.run(group, count);
            }
            for lane in lanes {
                lane.blocks = &lane.blocks[count..];
            }
        }
        count
    }

    /// Hashes all blocks of all lanes; a lane that ends is refilled. Long messages go first, so that the lanes stay
    /// full.
    pub(super) fn run_all(self, mut waiting: Vec<Lane<'_>>) {
        waiting.retain(|lane| !lane.blocks.is_empty());
        waiting.sort_by_key(|lane| lane.blocks.len());
        let mut active = Vec::with_capacity(self.lanes());
        loop {
            let free = self.lanes() - active.len();
            active.extend(waiting.drain(waiting.len().saturating_sub(free)..));
            if active.is_empty() {
                return;
            }
            self.step(&mut active, usize::MAX);
            active.retain(|lane| !lane.blocks.is_empty());
        }
    }

    /// Hashes `count` blocks of at most `self.lanes()` lanes.
    fn run(self, group: &mut [Lane<'_>], count: usize) {
        match (self, group) {
            #[cfg(target_arch = "x86_64")]
            (Engine::Avx512, [lane]) => super::avx512_one::x1(lane.words, &lane.blocks[..count]),
            #[cfg(target_arch = "x86_64")]
            (Engine::Avx512, group @ [_, _]) => side_by_side(group, count, super::avx512::x2),
            #[cfg(target_arch = "x86_64")]
            (Engine::Avx512, group) if group.len() <= 4 => side_by_side(group, count, super::avx512::x4),
            #[cfg(target_arch = "x86_64")]
            (Engine::Avx512, group) => side_by_side(group, count, super::avx512::x8),
            #[cfg(target_arch = "x86_64")]
            (Engine::Avx2, group @ [_, _, ..]) => side_by_side(group, count, super::avx2::x4),
            (_, group) => {
                for lane in group {
                    scalar::x1(lane.words, &lane.blocks[..count]);
                }
            }
        }
    }
}

/// Transposes the lanes for a kernel of width `N` and back. Unused lanes repeat the last message.
#[cfg(target_arch = "x86_64")]
fn side_by_side<const N: usize>(group: &mut [Lane<'_>], count: usize, kernel: fn(&mut [[u64; N]; 8], &[&[Block]; N])) {
    let last = group.len() - 1;
    let data: [&[Block]; N] = std::array::from_fn(|l| &group[l.min(last)].blocks[..count]);
    let mut words: [[u64; N]; 8] = std::array::from_fn(|i| std::array::from_fn(|l| group[l.min(last)].words[i]));
    kernel(&mut words, &data);
    for (l, lane) in group.iter_mut().enumerate() {
        *lane.words = std::array::from_fn(|i| words[i][l]);
    }
}
