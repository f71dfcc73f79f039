//! What the background work of one volume is doing, for administrators.

use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use store::index::IndexStats;

/// Shortest time between two events about one volume while its state stays the same.
const EVENT_INTERVAL: Duration = Duration::from_secs(1);
/// Time between two counts of the bytes that are left, which read all rows that are to be hashed.
const RECOUNT_INTERVAL: Duration = Duration::from_secs(5);
/// Time for which statistics are kept while work is going on.
const STATS_INTERVAL: Duration = Duration::from_secs(2);

/// What the index of a volume is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IndexState {
    /// The volume has no index.
    #[default]
    Off,
    /// An administrator has paused the work.
    Paused,
    /// The folder is not there: its disk is not connected.
    WaitingForDisk,
    /// The last attempt failed, and it is tried again; the text says why.
    Failed(String),
    /// Names are compared with the disk.
    Scanning,
    /// Contents are read.
    Hashing,
    /// Nothing is left to do.
    UpToDate,
}

/// Counts of the present work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexProgress {
    /// Files that the present or last scan has seen.
    pub files: u64,
    /// Files that it is likely to see in all: those that were known at its start; 0: unknown.
    pub files_expected: u64,
    /// Bytes that were read since contents were last complete.
    pub bytes: u64,
    /// Bytes to be read in all.
    pub bytes_total: u64,
}

/// A part of the background work on an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker {
    /// The indexer.
    Names,
    /// The hasher.
    Contents,
}

/// The progress of one volume. Counters may be read while they change.
#[derive(Default)]
pub(crate) struct VolumeProgress {
    files: AtomicU64,
    files_expected: AtomicU64,
    bytes: AtomicU64,
    bytes_left: AtomicU64,
    is_scanning: AtomicBool,
    is_paused: AtomicBool,
    is_waiting_for_disk: AtomicBool,
    /// How the last attempt of each worker failed.
    errors: Mutex<[Option<String>; 2]>,
    told: Mutex<Option<(Instant, IndexState)>>,
    recounted: Mutex<Option<Instant>>,
    /// Statistics that were asked for last. Counting rows takes a second where there are millions.
    stats: Mutex<Option<(Instant, IndexStats)>>,
}

impl VolumeProgress {
    /// Notes that a scan begins. `expected`: files that are known.
    pub fn begin_scan(&self, expected: u64) {
        self.files.store(0, Relaxed);
        self.files_expected.store(expected, Relaxed);
        self.is_scanning.store(true, Relaxed);
    }

    /// Notes that a scan has ended.
    pub fn end_scan(&self) {
        self.is_scanning.store(false, Relaxed);
    }

    /// Notes that a scan has seen files.
    pub fn add_files(&self, files: u64) {
        self.files.fetch_add(files, Relaxed);
    }

    /// Notes that contents were read.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
        let _nothing_left = self.bytes_left.fetch_update(Relaxed, Relaxed, |left| Some(left.saturating_sub(bytes)));
    }

    /// Sets how many bytes are left to be read; 0 ends the round.
    pub fn set_bytes_left(&self, left: u64) {
        if left == 0 {
            self.bytes.store(0, Relaxed);
        }
        self.bytes_left.store(left, Relaxed);
    }

    /// Whether the bytes that are left are to be counted again. Then counts as done.
    pub fn is_recount_due(&self) -> bool {
        let mut recounted = self.recounted.lock();
        let is_due = recounted.is_none_or(|at| at.elapsed() >= RECOUNT_INTERVAL);
        if is_due {
            *recounted = Some(Instant::now());
        }
        is_due
    }

    /// Returns the statistics that were asked for last, while they are recent and work is going on: windows ask at every
    /// event.
    pub fn recent_stats(&self, is_working: bool) -> Option<IndexStats> {
        let stats = *self.stats.lock();
        stats.filter(|(at, _)| is_working && at.elapsed() < STATS_INTERVAL).map(|(_, stats)| stats)
    }

    /// Keeps statistics for [`VolumeProgress::recent_stats`].
    pub fn keep_stats(&self, stats: IndexStats) {
        *self.stats.lock() = Some((Instant::now(), stats));
    }

    /// Notes whether the folder is there.
    pub fn set_waiting_for_disk(&self, is_waiting: bool) {
        self.is_waiting_for_disk.store(is_waiting, Relaxed);
    }

    /// Notes how the last attempt of a worker failed; `None`: it did not.
    pub fn set_error(&self, worker: Worker, error: Option<String>) {
        self.errors.lock()[worker as usize] = error;
    }

    /// Pauses or resumes the work.
    pub fn set_paused(&self, is_paused: bool) {
        self.is_paused.store(is_paused, Relaxed);
    }

    /// Whether the work is paused.
    pub fn is_paused(&self) -> bool {
        self.is_paused.load(Relaxed)
    }

    /// Returns the counts.
    pub fn counts(&self) -> IndexProgress {
        let bytes = self.bytes.load(Relaxed);
        IndexProgress {
            files: self.files.load(Relaxed),
            files_expected: self.files_expected.load(Relaxed),
            bytes,
            bytes_total: bytes + self.bytes_left.load(Relaxed),
        }
    }

    /// Returns what is done now. `is_complete`: names and contents are known.
    pub fn state(&self, is_complete: bool) -> IndexState {
        if self.is_paused() {
            return IndexState::Paused;
        }
        if self.is_waiting_for_disk.load(Relaxed) {
            return IndexState::WaitingForDisk;
        }
        if let Some(error) = self.errors.lock().iter().flatten().next() {
            return IndexState::Failed(error.clone());
        }
        match () {
            () if self.is_scanning.load(Relaxed) => IndexState::Scanning,
            () if !is_complete => IndexState::Hashing,
            () => IndexState::UpToDate,
        }
    }

    /// Whether subscribers are to be told about `state`: it is new, or the last event is some time ago.
    pub fn is_event_due(&self, state: &IndexState) -> bool {
        let mut told = self.told.lock();
        let is_due = match &*told {
            Some((at, before)) => before != state || at.elapsed() >= EVENT_INTERVAL,
            None => true,
        };
        if is_due {
            *told = Some((Instant::now(), state.clone()));
        }
        is_due
    }
}
