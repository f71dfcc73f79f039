//! Work of many files at once, in a bounded number of threads.

use crate::fault::Fault;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Most tries of one request.
const TRIES: u32 = 8;
/// Longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Calls `work` with every item, from at most `jobs` threads, in the order of the items, until all are done or it returns a fault.
///
/// # Errors
/// The first fault.
pub fn for_each<T: Sync>(items: &[T], jobs: usize, work: impl Fn(&T) -> Result<(), Fault> + Sync) -> Result<(), Fault> {
    let (next, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let fault = Mutex::new(None);
    let run = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if ended.load(Ordering::Relaxed) {
                return;
            }
            if let Err(first) = work(item) {
                ended.store(true, Ordering::Relaxed);
                fault.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(first);
            }
        }
    };
    match jobs.min(items.len()) {
        0 => {}
        1 => run(),
        jobs => thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(run)))),
    }
    fault.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).map_or(Ok(()), Err)
}

/// Calls `request` until it succeeds, or a fault does not pass.
///
/// # Errors
/// The last fault.
pub fn retried<T>(mut request: impl FnMut() -> Result<T, Fault>) -> Result<T, Fault> {
    let mut pause = Duration::from_millis(500);
    for _ in 1..TRIES {
        match request() {
            Err(fault) if fault.is_passing() => {
                let wanted = match &fault {
                    Fault::Busy { after: Some(after), .. } => (*after).max(pause),
                    _ => pause,
                };
                thread::sleep(wanted.min(PAUSE_MAX));
                pause = (pause * 2).min(PAUSE_MAX);
            }
            outcome => return outcome,
        }
    }
    request()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_items_are_done_and_the_first_fault_ends_it() {
        let items: Vec<usize> = (0..100).collect();
        let done = AtomicUsize::new(0);
        let count = |_: &usize| {
            done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        assert!(for_each(&items, 8, count).is_ok());
        assert_eq!(done.load(Ordering::Relaxed), 100);
        let until = for_each(&items, 2, |item| if *item == 10 { Err(Fault::Changed) } else { Ok(()) });
        assert!(matches!(until, Err(Fault::Changed)));
        assert!(for_each(&[], 4, |_: &usize| Err(Fault::Changed)).is_ok());
    }

    #[test]
    fn what_passes_is_tried_again_and_what_does_not_is_not() {
        let mut tries = 0;
        let outcome = retried(|| {
            tries += 1;
            if tries < 2 { Err(Fault::Connection("lost".into())) } else { Ok(tries) }
        });
        assert_eq!(outcome.ok(), Some(2));
        let mut tries = 0;
        let refused = retried(|| {
            tries += 1;
            Err::<(), _>(Fault::Refused { status: 403, text: String::new() })
        });
        assert!(refused.is_err() && tries == 1);
    }
}
