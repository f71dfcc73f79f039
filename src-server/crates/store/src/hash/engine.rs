//! Which kernel hashes how many messages: the one place that knows what the measurements said.
//!
//! Rates of one core in GB/s (Zen 4, 256 KiB per lane, `examples/hash_speed.rs`): sha2 0.62; AVX2 four lanes 1.56;
//! AVX-512 one message 0.81, two lanes 1.42, four 2.81, eight 2.98. A step of a vector kernel costs the same with
//! idle lanes, so two messages already gain from four AVX2 lanes (0.78), and five from eight AVX-512 ones.

use super::rounds::Block;
use super::scalar;

/// A way to hash. The order is from slow to fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// `sha2`, one message at a time; on every machine.
    Scalar,
    /// Four lanes of AVX2.
    Avx2,
    /// Up to eight lanes of AVX-512, and its own way for a single message.
    Avx512,
}

/// What is left of one message: `blocks` go into `words`, from the front.
pub(super) struct Lane<'a> {
    pub(super) words: &'a mut [u64; 8],
    pub(super) blocks: &'a [Block],
}

impl Engine {
    /// All of them, whether or not this CPU has them.
    pub const ALL: [Engine; 3] = [Engine::Scalar, Engine::Avx2, Engine::Avx512];

    /// The fastest that this CPU has; `POTLUCK_HASH_ENGINE` = `scalar`, `avx2` or `avx512` asks for a slower one.
    pub fn best() -> Self {
        static BEST: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| {
            let wish = std::env::var("POTLUCK_HASH_ENGINE").ok();
            let wished = Engine::ALL.into_iter().find(|engine| wish.as_deref() == Some(engine.name()));
            let mut usable = Engine::ALL.into_iter().rev().filter(|engine| engine.is_available());
            wished.filter(|engine| engine.is_available()).or_else(|| usable.next()).unwrap_or(Engine::Scalar)
        })
    }

    /// The name in `POTLUCK_HASH_ENGINE` and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Scalar => "scalar",
            Engine::Avx2 => "avx2",
            Engine::Avx512 => "avx512",
        }
    }

    /// Whether this CPU and operating system can run it.
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

    /// Itself if this CPU can run it, else the portable way.
    pub(super) fn or_scalar(self) -> Self {
        if self.is_available() { self } else { Engine::Scalar }
    }

    /// The most messages that gain from going side by side.
    pub fn lanes(self) -> usize {
        match self {
            Engine::Scalar => 1,
            Engine::Avx2 => 4,
            Engine::Avx512 => 8,
        }
    }

    /// Hashes equally many blocks of every lane, at most `most`: as many as the shortest lane has. Returns how many.
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

    /// Hashes all blocks of all lanes, refilling those that end. Long messages go first, so that the lanes stay full.
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

/// Brings the lanes into the shape of a kernel of width `N` and back. Idle lanes repeat the last message.
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
