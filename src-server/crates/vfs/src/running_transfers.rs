//! Downloads and bodies of uploads that are under way, for lists of them. Small ones are not kept: they end at once, and there
//! may be many of them.

use crate::clock::now;
use model::{AccountName, UnixMillis, VPath};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Transfers of fewer bytes are not kept.
pub const KEPT_FROM: u64 = 1 << 20;
/// Most transfers that are kept; further ones are not listed.
pub const KEPT_MAX: usize = 4096;
/// Time over which a rate is measured.
const RATE_TIME: Duration = Duration::from_secs(1);
/// Time after which a rate is forgotten that was not asked for.
const RATE_KEPT: Duration = Duration::from_secs(60);

/// What is known of a transfer at its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferStart {
    /// The file, or the folder of an archive.
    pub path: VPath,
    /// Whether it is an upload.
    pub is_upload: bool,
    /// Bytes in all, if that is known.
    pub size: Option<u64>,
    /// Who sends or receives: the owner of uploads.
    pub account: AccountName,
    /// The address.
    pub address: String,
}

/// A transfer that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferNow {
    /// What was known at its beginning.
    pub start: TransferStart,
    /// When it began.
    pub begun: UnixMillis,
    /// Bytes so far.
    pub done: u64,
    /// Bytes per second lately; 0: not known yet.
    pub rate: u64,
}

/// The transfers that are under way, and how fast they are.
#[derive(Default)]
pub struct RunningTransfers {
    all: Arc<Mutex<HashMap<u64, Arc<Running>>>>,
    next: AtomicU64,
    rates: Mutex<HashMap<String, Rate>>,
}

struct Running {
    start: TransferStart,
    begun: UnixMillis,
    done: AtomicU64,
}

/// Keeps a transfer in the list until it is dropped.
pub struct RunningGuard {
    all: Arc<Mutex<HashMap<u64, Arc<Running>>>>,
    id: u64,
    running: Arc<Running>,
}

impl RunningGuard {
    /// Notes how many bytes were transferred. Cheap.
    pub fn set_done(&self, done: u64) {
        self.running.done.store(done, Relaxed);
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.all.lock().remove(&self.id);
    }
}

/// The rate of one transfer.
struct Rate {
    measured: Instant,
    done: u64,
    rate: u64,
}

impl RunningTransfers {
    /// Keeps a transfer in the list; `None` for small ones. `start` is called for the others alone.
    pub fn begin(&self, size: Option<u64>, start: impl FnOnce() -> TransferStart) -> Option<RunningGuard> {
        if size.is_some_and(|size| size < KEPT_FROM) {
            return None;
        }
        let mut all = self.all.lock();
        if all.len() >= KEPT_MAX {
            return None;
        }
        let id = self.next.fetch_add(1, Relaxed);
        let running = Arc::new(Running { start: start(), begun: now(), done: AtomicU64::new(0) });
        all.insert(id, running.clone());
        drop(all);
        Some(RunningGuard { all: self.all.clone(), id, running })
    }

    /// Returns the transfers that are under way, the oldest first.
    pub fn list(&self) -> Vec<TransferNow> {
        let mut all: Vec<(u64, Arc<Running>)> = self.all.lock().iter().map(|(id, one)| (*id, one.clone())).collect();
        all.sort_by_key(|(id, _)| *id);
        let now = |(id, running): (u64, Arc<Running>)| {
            let done = running.done.load(Relaxed);
            let rate = self.rate(&format!("body {id}"), done);
            TransferNow { start: running.start.clone(), begun: running.begun, done, rate }
        };
        all.into_iter().map(now).collect()
    }

    /// Returns the bytes per second of the transfer that `key` names, between two calls that are at least a second apart;
    /// 0 at first.
    pub fn rate(&self, key: &str, done: u64) -> u64 {
        self.rate_at(key, done, Instant::now())
    }

    fn rate_at(&self, key: &str, done: u64, at: Instant) -> u64 {
        let mut rates = self.rates.lock();
        rates.retain(|_, rate| at.saturating_duration_since(rate.measured) < RATE_KEPT);
        let Some(known) = rates.get_mut(key) else {
            if rates.len() < 2 * KEPT_MAX {
                rates.insert(key.to_owned(), Rate { measured: at, done, rate: 0 });
            }
            return 0;
        };
        let passed = at.saturating_duration_since(known.measured);
        if passed >= RATE_TIME {
            let rate = (done.saturating_sub(known.done) as f64 / passed.as_secs_f64()) as u64;
            *known = Rate { measured: at, done, rate };
        }
        known.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(size: Option<u64>) -> TransferStart {
        TransferStart { path: VPath::root(), is_upload: false, size, account: "ed".into(), address: "::1".into() }
    }

    #[test]
    fn transfers_are_listed_while_they_last() {
        let all = RunningTransfers::default();
        assert!(all.begin(Some(KEPT_FROM - 1), || unreachable!("small ones cost nothing")).is_none());
        let one = all.begin(Some(KEPT_FROM), || start(Some(KEPT_FROM))).expect("is kept");
        let other = all.begin(None, || start(None)).expect("is kept");
        one.set_done(5);
        let done: Vec<_> = all.list().iter().map(|now| now.done).collect();
        assert_eq!(done, [5, 0]);
        drop(one);
        assert_eq!(all.list().len(), 1);
        drop(other);
        assert_eq!(all.list(), []);
        let held: Vec<_> = (0..KEPT_MAX).filter_map(|_| all.begin(None, || start(None))).collect();
        assert!(held.len() == KEPT_MAX && all.begin(None, || start(None)).is_none());
    }

    #[test]
    fn rates_are_measured_between_calls() {
        let (all, begun) = (RunningTransfers::default(), Instant::now());
        let at = |ms: u64| begun + Duration::from_millis(ms);
        assert_eq!(all.rate_at("a", 0, at(0)), 0);
        assert_eq!(all.rate_at("a", 500, at(500)), 0, "too early");
        assert_eq!(all.rate_at("a", 4000, at(2000)), 2000);
        assert_eq!(all.rate_at("a", 4000, at(2500)), 2000);
        assert_eq!(all.rate_at("a", 4000, at(4000)), 0, "it stands still");
        assert_eq!(all.rate_at("b", 0, at(100_000)), 0);
        assert_eq!(all.rates.lock().len(), 1, "forgotten");
    }
}
