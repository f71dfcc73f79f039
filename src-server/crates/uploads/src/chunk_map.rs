//! Positions of chunks in their file: looks up a hash in logarithmic time, however long the list.
//!
//! Clients send lists of tens of thousands of hashes, and each request names many of them, so no lookup may walk the
//! whole list.

use std::cmp::Ordering;

/// Positions in a list of hashes, sorted for lookups. Belongs to one list, which is passed to every call so that the
/// hashes are stored only once.
#[derive(Debug, Default)]
pub(super) struct ChunkMap {
    /// All positions, by hash and then by position; empty for lists of at most one hash.
    by_hash: Vec<u32>,
    /// The first position of each hash, in file order; empty if no hash repeats.
    firsts: Vec<u32>,
}

impl ChunkMap {
    /// Builds the map of a list with O(n log n) comparisons.
    pub fn new<H: Ord>(hashes: &[H]) -> Self {
        if hashes.len() < 2 {
            return Self::default();
        }
        let mut by_hash: Vec<u32> = (0..hashes.len() as u32).collect();
        by_hash.sort_unstable_by(|a, b| compare(&hashes[*a as usize], &hashes[*b as usize]).then(a.cmp(b)));
        let is_first = |pair: &[u32]| compare(&hashes[pair[0] as usize], &hashes[pair[1] as usize]) != Ordering::Equal;
        let mut firsts: Vec<u32> = vec![by_hash[0]];
        firsts.extend(by_hash.windows(2).filter(|pair| is_first(pair)).map(|pair| pair[1]));
        if firsts.len() == hashes.len() {
            firsts = Vec::new();
        } else {
            firsts.sort_unstable();
        }
        Self { by_hash, firsts }
    }

    /// Returns all positions of a hash, in file order; empty if it is not in the list. O(log n).
    pub fn places<'a, H: Ord>(&'a self, hashes: &[H], hash: &H) -> &'a [u32] {
        if let [only] = hashes {
            return if compare(only, hash) == Ordering::Equal { &[0] } else { &[] };
        }
        let start = self.by_hash.partition_point(|at| compare(&hashes[*at as usize], hash) == Ordering::Less);
        let rest = &self.by_hash[start..];
        let length = rest.partition_point(|at| compare(&hashes[*at as usize], hash) == Ordering::Equal);
        &rest[..length]
    }

    /// Returns the first position of a hash. O(log n).
    pub fn first<H: Ord>(&self, hashes: &[H], hash: &H) -> Option<usize> {
        self.places(hashes, hash).first().map(|at| *at as usize)
    }

    /// Returns the first positions of the different hashes that follow the one whose first position is `first`, in file
    /// order, as stitched bodies use them. O(log n) to start, then O(1) each.
    pub fn after(&self, first: usize, length: usize) -> impl Iterator<Item = usize> + '_ {
        let repeats = !self.firsts.is_empty();
        let start = if repeats { self.firsts.partition_point(|at| *at as usize <= first) } else { first + 1 };
        let end = if repeats { self.firsts.len() } else { length };
        (start..end).map(move |rank| if repeats { self.firsts[rank] as usize } else { rank })
    }
}

/// Compares two hashes; tests count the calls.
fn compare<H: Ord>(one: &H, other: &H) -> Ordering {
    #[cfg(test)]
    steps::count();
    one.cmp(other)
}

/// Counts comparisons in tests.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<u64> = const { Cell::new(0) });

    /// Adds one.
    pub fn count() {
        STEPS.set(STEPS.get() + 1);
    }

    /// Returns the steps on this thread while `work` ran.
    pub fn of(work: impl FnOnce()) -> u64 {
        let before = STEPS.get();
        work();
        STEPS.get() - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_linear_search(hashes in proptest::collection::vec(0u8..12, 0..40), asked in 0u8..13) {
            let map = ChunkMap::new(&hashes);
            let walked = |hash: u8| hashes.iter().enumerate().filter(move |(_, one)| **one == hash).map(|(at, _)| at as u32);
            prop_assert_eq!(map.places(&hashes, &asked).to_vec(), walked(asked).collect::<Vec<_>>());
            prop_assert_eq!(map.first(&hashes, &asked), walked(asked).next().map(|at| at as usize));
            let unique: Vec<usize> = (0..hashes.len()).filter(|at| !hashes[..*at].contains(&hashes[*at])).collect();
            for (rank, first) in unique.iter().enumerate() {
                prop_assert_eq!(map.after(*first, hashes.len()).collect::<Vec<_>>(), unique[rank + 1..].to_vec());
            }
        }
    }

    #[test]
    fn cost_grows_little_faster_than_the_list() {
        // Unsorted, and every eighth hash repeats.
        let list =
            |n: u64| -> Vec<u64> { (0..n).map(|at| (at % (n - n / 8)).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect() };
        let cost = |n: u64| {
            let hashes = list(n);
            steps::of(|| {
                let map = ChunkMap::new(&hashes);
                for hash in &hashes {
                    assert!(map.first(&hashes, hash).is_some());
                }
            })
        };
        let (one, two, four) = (cost(4096), cost(8192), cost(16384));
        assert!(one > 4096 && two < one * 5 / 2 && four < two * 5 / 2, "{one} {two} {four}");
    }
}
