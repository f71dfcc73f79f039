//! Thumbnails that were asked for lately, in memory: a gallery that many look at reads no files and wakes no thread.

use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::derived::DerivedFiles;

/// Most bytes of thumbnails in memory, with [`OVERHEAD`] for each.
pub const HOT_MAX: usize = 32 << 20;
/// What an entry takes besides its bytes.
const OVERHEAD: usize = 256;

/// See the module.
#[derive(Default)]
pub(super) struct HotThumbnails(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// By volume and key.
    entries: HashMap<(usize, String), Entry>,
    /// Bytes of all entries, overhead included.
    bytes: usize,
    /// Counts uses.
    clock: u64,
}

struct Entry {
    bytes: Bytes,
    /// Keeps the number of the volume from being given to another one.
    _files: Arc<DerivedFiles>,
    /// The clock at its last use.
    used: u64,
    /// When it came from the disk, where its use was recorded.
    read: Instant,
}

impl HotThumbnails {
    /// Returns the thumbnail, unless its use must be recorded on disk again, after `poke`. Never blocks.
    pub fn get(&self, files: &Arc<DerivedFiles>, key: &str, poke: Duration) -> Option<Bytes> {
        let mut inner = self.0.lock();
        inner.clock += 1;
        let now = inner.clock;
        let entry = inner.entries.get_mut(&(id(files), key.to_owned()))?;
        entry.used = now;
        (entry.read.elapsed() < poke).then(|| entry.bytes.clone())
    }

    /// Keeps a thumbnail that was read or made. Those unused for longest make room.
    pub fn put(&self, files: &Arc<DerivedFiles>, key: &str, bytes: &Bytes) {
        if bytes.len() > HOT_MAX / 64 {
            return;
        }
        let mut inner = self.0.lock();
        inner.clock += 1;
        let entry = Entry { bytes: bytes.clone(), _files: files.clone(), used: inner.clock, read: Instant::now() };
        inner.bytes += bytes.len() + OVERHEAD;
        if let Some(old) = inner.entries.insert((id(files), key.to_owned()), entry) {
            inner.bytes -= old.bytes.len() + OVERHEAD;
        }
        if inner.bytes > HOT_MAX {
            inner.evict();
        }
    }
}

impl Inner {
    /// Removes the half of the entries that was unused for longest.
    fn evict(&mut self) {
        let mut used: Vec<u64> = self.entries.values().map(|entry| entry.used).collect();
        let half = used.len() / 2;
        let (_, &mut middle, _) = used.select_nth_unstable(half);
        self.entries.retain(|_, entry| entry.used >= middle);
        self.bytes = self.entries.values().map(|entry| entry.bytes.len() + OVERHEAD).sum();
    }
}

fn id(files: &Arc<DerivedFiles>) -> usize {
    Arc::as_ptr(files) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::state_location::StateLocation;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn memory_is_bounded_and_the_used_remain() {
        let hot = HotThumbnails::default();
        let files = || Arc::new(DerivedFiles::new(StateLocation::Memory, "th"));
        let (one, other) = (files(), files());
        let bytes = Bytes::from(vec![7; 100_000]);
        hot.put(&one, "used", &bytes);
        for number in 0..2000 {
            assert!(hot.get(&one, "used", HOUR).is_some(), "{number}");
            hot.put(&one, &number.to_string(), &bytes);
            assert!(hot.0.lock().bytes <= HOT_MAX);
        }
        assert!(hot.get(&one, "0", HOUR).is_none() && hot.get(&one, "1999", HOUR).is_some());
        assert!(hot.get(&other, "1999", HOUR).is_none(), "of another volume");
        assert!(hot.get(&one, "1999", Duration::ZERO).is_none(), "its use is to be recorded");
        hot.put(&one, "large", &Bytes::from(vec![7; HOT_MAX]));
        assert!(hot.get(&one, "large", HOUR).is_none());
        let before = hot.0.lock().bytes;
        hot.put(&one, "1999", &bytes);
        assert_eq!(hot.0.lock().bytes, before);
    }
}
