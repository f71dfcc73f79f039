//! Sorts by name, for folders of 100,000 entries.

use crate::access::Access;
use model::VPath;
use model::natural;
use std::cmp::Ordering;

/// The order of names in a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOrder {
    /// Natural order: [`model::natural`].
    Natural,
    /// Byte order.
    Bytes,
}

impl NameOrder {
    /// Returns the order of a folder, which its volume defines. A virtual folder has byte order if all volumes below it
    /// have.
    pub fn of(access: &Access, folder: &VPath) -> Self {
        let is_natural = match access.volume_path(folder) {
            Some(volume_path) => volume_path.volume.config.flags.natural_order,
            None => {
                let mut below = access.snapshot().tree.below(folder).peekable();
                below.peek().is_none() || below.any(|volume| volume.config.flags.natural_order)
            }
        };
        if is_natural { Self::Natural } else { Self::Bytes }
    }

    /// Compares two names.
    pub fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        match self {
            Self::Natural => natural::compare(a, b),
            Self::Bytes => a.cmp(b),
        }
    }

    /// Returns the sort key of a name: names are ordered as their keys are by bytes.
    pub fn key(self, name: &[u8]) -> Vec<u8> {
        let mut key = Vec::with_capacity(name.len() + 8);
        match self {
            Self::Natural => natural::push_key(&mut key, name),
            Self::Bytes => key.extend_from_slice(name),
        }
        key
    }

    /// Sorts `things` by their names.
    ///
    /// Names in big folders tend to have a common prefix and to be scattered in memory, so every comparison of two
    /// names costs two cache misses. The eight bytes after the common prefix nearly always decide; they are collected
    /// in an array first.
    pub fn sort<T>(self, things: &mut Vec<T>, name: impl Fn(&T) -> &[u8]) {
        let names = things.iter().map(&name);
        let keys = match self {
            Self::Natural => Keys::made(names, natural::push_key),
            Self::Bytes => Keys::made(names, |key, name| key.extend_from_slice(name)),
        };
        let common = keys.common_start();
        let eight = |at: usize| {
            let mut eight = [0; 8];
            let rest = &keys.key(at)[common..];
            let length = rest.len().min(8);
            eight[..length].copy_from_slice(&rest[..length]);
            u64::from_be_bytes(eight)
        };
        let mut order: Vec<(u64, u32)> = (0..things.len()).map(|at| (eight(at), at as u32)).collect();
        order.sort_unstable_by(|a, b| {
            let (at, other) = (a.1 as usize, b.1 as usize);
            let by_key = || keys.key(at).cmp(keys.key(other));
            a.0.cmp(&b.0).then_with(by_key).then_with(|| name(&things[at]).cmp(name(&things[other])))
        });
        let mut taken: Vec<Option<T>> = things.drain(..).map(Some).collect();
        things.extend(order.iter().filter_map(|(_, at)| taken[*at as usize].take()));
    }
}

/// The keys of many names in one buffer.
struct Keys {
    bytes: Vec<u8>,
    /// End of each key in `bytes`.
    ends: Vec<usize>,
}

impl Keys {
    fn made<'a>(names: impl ExactSizeIterator<Item = &'a [u8]>, push: impl Fn(&mut Vec<u8>, &[u8])) -> Self {
        let mut keys = Self { bytes: Vec::with_capacity(names.len() * 16), ends: Vec::with_capacity(names.len()) };
        for name in names {
            push(&mut keys.bytes, name);
            keys.ends.push(keys.bytes.len());
        }
        keys
    }

    fn key(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start..self.ends[at]]
    }

    /// Returns the length of the common prefix of all keys.
    fn common_start(&self) -> usize {
        if self.ends.is_empty() {
            return 0;
        }
        let first = self.key(0);
        let alike = |common: usize, at| first[..common].iter().zip(self.key(at)).take_while(|(a, b)| a == b).count();
        (1..self.ends.len()).fold(first.len(), alike)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_sorted_as_few_are() {
        for start in ["", "common-start-of-all-", "é", "12"] {
            for count in [0, 1, 2, 3000u64] {
                let mut names: Vec<String> =
                    (0..count).map(|n| format!("{start}{}", n.wrapping_mul(2_654_435_761) % 3001)).collect();
                names.extend(["x", "X", "x01", "x1", "x1"].map(|end| format!("{start}{end}")));
                for order in [NameOrder::Natural, NameOrder::Bytes] {
                    let mut want = names.clone();
                    want.sort_by(|a, b| order.compare(a.as_bytes(), b.as_bytes()));
                    let mut sorted = names.clone();
                    order.sort(&mut sorted, |name| name.as_bytes());
                    assert!(sorted == want, "{start} {order:?}");
                }
            }
        }
    }
}
