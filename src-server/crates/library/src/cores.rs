//! Work on all cores of the computer.

use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Returns the number of processors; 1 if it is not known.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Calls `work` with items, on all cores, until `is_over`. Returns the results of the first items, in order. `work` returns
/// `None` if it was ended before it had a result.
pub(crate) fn on_all_cores<I: Sync, T: Send>(
    items: &[I],
    is_over: impl Fn() -> bool + Sync,
    work: impl Fn(&I) -> Option<T> + Sync,
) -> Vec<T> {
    let results: Vec<_> = items.iter().map(|_| Mutex::new(None)).collect();
    let taken = AtomicUsize::new(0);
    let run = || {
        while !is_over() {
            let number = taken.fetch_add(1, Relaxed);
            let Some(item) = items.get(number) else { break };
            *results[number].lock() = work(item);
        }
    };
    let threads = processors().min(items.len());
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(run)));
        run();
    });
    results.into_iter().map_while(Mutex::into_inner).collect()
}
