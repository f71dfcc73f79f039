//! Comparisons of large files with recorded contents. Equal ones at the same time are made once, and a success counts for
//! some minutes while the file stays untouched: a client or proxy that gives up before a file of many GB was read, and asks
//! again, would otherwise start to read it again each time and never get an answer.

use model::Wark;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use store::disk::{FileId, Meta, OpenFile};

/// Smaller files are read each time: that takes less than any client waits.
const LARGE_MIN: u64 = 64 << 20;
/// How long a success counts.
const KEPT: Duration = Duration::from_secs(600);
/// A file that was changed less than this before may change again without another time of change.
const SETTLED: Duration = Duration::from_secs(2);

/// What is compared: a file as it is now, and a content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Compared {
    file: FileId,
    size: u64,
    mtime_ns: i64,
    /// When anything about it was changed last; programs cannot set it.
    changed_ns: i64,
    content: Wark,
}

/// Comparisons that run, and those that succeeded lately.
#[derive(Default)]
pub(super) struct Comparisons {
    /// When the file was found equal; locked while it is read.
    all: Mutex<HashMap<Compared, Arc<Mutex<Option<Instant>>>>>,
}

impl Comparisons {
    /// Returns whether a file has a content, by `read`, or by an equal comparison that runs or has succeeded lately. Blocks.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn compare(
        &self,
        open: &OpenFile,
        content: &Wark,
        read: impl FnOnce() -> io::Result<bool>,
    ) -> io::Result<bool> {
        let changed = if open.meta.size < LARGE_MIN { None } else { open.changed_ns() };
        match changed {
            Some(changed_ns) => self.compare_once(of(&open.meta, changed_ns, content), read),
            None => read(),
        }
    }

    fn compare_once(&self, compared: Compared, read: impl FnOnce() -> io::Result<bool>) -> io::Result<bool> {
        let is_settled = is_settled(compared.changed_ns);
        let one = {
            let mut all = self.all.lock();
            all.retain(|_, one| Arc::strong_count(one) > 1 || one.lock().is_some_and(counts));
            all.entry(compared).or_default().clone()
        };
        let mut equal_at = one.lock();
        if equal_at.is_some_and(counts) {
            return Ok(true);
        }
        let is_equal = read()?;
        *equal_at = (is_equal && is_settled).then(Instant::now);
        Ok(is_equal)
    }
}

fn of(meta: &Meta, changed_ns: i64, content: &Wark) -> Compared {
    Compared { file: meta.id(), size: meta.size, mtime_ns: meta.mtime_ns, changed_ns, content: *content }
}

fn counts(at: Instant) -> bool {
    at.elapsed() < KEPT
}

/// Whether a time of change lies far enough in the past.
fn is_settled(changed_ns: i64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_nanos() as i128 - i128::from(changed_ns) > SETTLED.as_nanos() as i128
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Bytes, ChunkHash};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    fn compared(mtime_ns: i64, changed_ns: i64) -> Compared {
        let content = Wark::of_content("salt", Bytes(1), &[ChunkHash::from_sha512(&[7; 64])]);
        Compared { file: FileId { dev: 1, ino: 2 }, size: LARGE_MIN, mtime_ns, changed_ns, content }
    }

    #[test]
    fn a_success_counts_until_the_file_is_touched() {
        let (comparisons, reads) = (Comparisons::default(), AtomicUsize::new(0));
        let ask = |compared, is_equal| {
            let read = || {
                reads.fetch_add(1, Relaxed);
                Ok(is_equal)
            };
            let answer = comparisons.compare_once(compared, read).expect("reads");
            (answer, reads.load(Relaxed))
        };
        assert_eq!(ask(compared(5, 5), false), (false, 1));
        assert_eq!(ask(compared(5, 5), true), (true, 2), "only a success counts");
        assert_eq!(ask(compared(5, 5), false), (true, 2));
        assert_eq!(ask(compared(5, 6), false), (false, 3), "changed, and given its old modification time");
        assert_eq!(ask(compared(6, 5), false), (false, 4));
        let now = i64::MAX;
        assert_eq!(ask(compared(5, now), true), (true, 5));
        assert_eq!(ask(compared(5, now), true), (true, 6), "it may change again at the same time");
        assert!(comparisons.compare_once(compared(7, 7), || Err(io::ErrorKind::Other.into())).is_err());
        assert_eq!(ask(compared(7, 7), true), (true, 7));
    }

    #[test]
    fn equal_comparisons_at_the_same_time_are_made_once() {
        let (comparisons, reads) = (Comparisons::default(), AtomicUsize::new(0));
        let read = || {
            std::thread::sleep(Duration::from_millis(50));
            reads.fetch_add(1, Relaxed);
            Ok(true)
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert!(comparisons.compare_once(compared(5, 5), read).expect("reads")));
            }
        });
        assert_eq!(reads.load(Relaxed), 1);
    }
}
