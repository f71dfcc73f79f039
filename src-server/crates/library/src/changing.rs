//! Files that change whenever they are read, such as logs.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use store::index::ToHash;

/// How often a file is read although it changes meanwhile.
pub(crate) const ATTEMPTS_MAX: u32 = 5;
/// How long such a file must be at rest before it is read once more.
const REST: Duration = Duration::from_secs(60);
/// Most files of a volume that are remembered.
const FILES_MAX: usize = 10_000;

/// The files of one volume that changed while they were read, by numbers of their rows.
#[derive(Default)]
pub(crate) struct ChangingFiles {
    by_row: Mutex<HashMap<i64, Seen>>,
}

struct Seen {
    attempts: u32,
    size: u64,
    mtime_ns: i64,
    /// When this size and time were first seen.
    since: Instant,
}

impl ChangingFiles {
    /// Whether a file may be read: it did not change too often, or is at rest now.
    pub fn may_read(&self, file: &ToHash) -> bool {
        let mut by_row = self.by_row.lock();
        let Some(seen) = by_row.get_mut(&file.id).filter(|seen| seen.attempts >= ATTEMPTS_MAX) else { return true };
        if (seen.size, seen.mtime_ns) != (file.size, file.mtime_ns) {
            (seen.size, seen.mtime_ns, seen.since) = (file.size, file.mtime_ns, Instant::now());
        }
        seen.since.elapsed() >= REST
    }

    /// Notes that a file changed while it was read.
    pub fn has_changed(&self, file: &ToHash) {
        let mut by_row = self.by_row.lock();
        if by_row.len() >= FILES_MAX && !by_row.contains_key(&file.id) {
            return;
        }
        let ToHash { id, size, mtime_ns, .. } = *file;
        let seen = by_row.entry(id).or_insert_with(|| Seen { attempts: 0, size, mtime_ns, since: Instant::now() });
        seen.attempts += 1;
    }

    /// Notes that a file was read as a whole.
    pub fn is_read(&self, file: &ToHash) {
        let mut by_row = self.by_row.lock();
        if !by_row.is_empty() {
            by_row.remove(&file.id);
        }
    }

    /// Forgets all files, so that they are read again.
    pub fn clear(&self) {
        self.by_row.lock().clear();
    }
}
