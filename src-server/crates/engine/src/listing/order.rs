//! Sorting by name, for folders of 100,000 entries.

use super::Entry;

/// Below this many, comparing names directly is as fast.
const MANY: usize = 512;

/// Sorts bytewise.
///
/// Names in big folders tend to begin alike and to lie all over the memory, so every comparison of two names costs two
/// cache misses. The eight bytes after the common start decide nearly always; they are laid side by side first.
pub(super) fn sort_by_name(entries: &mut Vec<Entry>) {
    if entries.len() < MANY {
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        return;
    }
    let name = |at: usize| entries[at].name.as_bytes();
    let first = name(0);
    let common = (1..entries.len())
        .fold(first.len(), |common, at| first[..common].iter().zip(name(at)).take_while(|(a, b)| a == b).count());
    let key = |name: &[u8]| {
        let mut eight = [0; 8];
        let rest = &name[common..];
        let length = rest.len().min(8);
        eight[..length].copy_from_slice(&rest[..length]);
        u64::from_be_bytes(eight)
    };
    let mut order: Vec<(u64, u32)> = (0..entries.len()).map(|at| (key(name(at)), at as u32)).collect();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| name(a.1 as usize).cmp(name(b.1 as usize))));
    let mut taken: Vec<Option<Entry>> = entries.drain(..).map(Some).collect();
    entries.extend(order.iter().filter_map(|(_, at)| taken[*at as usize].take()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{FileName, UnixMillis};

    #[test]
    fn many_are_sorted_as_few_are() {
        let entry = |name: String| Entry {
            name: FileName::new(name.as_bytes()).expect("is a name"),
            size: 0,
            modified: UnixMillis(0),
            mount_rights: None,
            archivable: false,
            key: None,
        };
        for start in ["", "common-start-of-all-", "é"] {
            let mut entries: Vec<Entry> =
                (0..3000u64).map(|n| entry(format!("{start}{}", n.wrapping_mul(2_654_435_761) % 3001))).collect();
            entries.push(entry(format!("{start}x")));
            let mut want = entries.clone();
            want.sort_by(|a, b| a.name.cmp(&b.name));
            sort_by_name(&mut entries);
            assert!(entries == want);
        }
    }
}
