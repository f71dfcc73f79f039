//! Transfers that somebody has paused: their bytes wait, in both directions, until they are let go or their connection
//! ends. Whoever sends them is slowed down by TCP itself; nothing is dropped, and nothing gathers here.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Numbers of paused transfers, and who waits for each.
#[derive(Default)]
pub(crate) struct Holds {
    /// How many there are; usually none, and then nobody takes the lock.
    count: AtomicUsize,
    held: Mutex<HashMap<u64, Vec<Waker>>>,
}

impl Holds {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Vec<Waker>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the bytes of this transfer wait.
    pub fn hold(&self, transfer: u64) {
        let mut held = self.lock();
        held.entry(transfer).or_default();
        self.count.store(held.len(), Ordering::Release);
    }

    /// They go on; also said when the transfer has ended, so that its number is forgotten.
    pub fn release(&self, transfer: u64) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut held = self.lock();
        let waiting = held.remove(&transfer).unwrap_or_default();
        self.count.store(held.len(), Ordering::Release);
        drop(held);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Ready: the bytes of this transfer may go on.
    pub fn poll(&self, transfer: u64, cx: &Context<'_>) -> Poll<()> {
        if self.count.load(Ordering::Acquire) == 0 {
            return Poll::Ready(());
        }
        let mut held = self.lock();
        let Some(waiting) = held.get_mut(&transfer) else { return Poll::Ready(()) };
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Waits while the transfer is paused.
    pub async fn pass(&self, transfer: u64) {
        poll_fn(|cx| self.poll(transfer, cx)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn only_what_is_held_waits_and_all_of_it_is_let_go() {
        let holds = Arc::new(Holds::default());
        holds.pass(1).await;
        holds.hold(1);
        holds.pass(2).await;
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let holds = holds.clone();
                tokio::spawn(async move { holds.pass(1).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|task| !task.is_finished()));
        holds.release(2);
        assert!(holds.poll(1, &Context::from_waker(Waker::noop())).is_pending());
        holds.release(1);
        for task in waiting {
            task.await.expect("goes on");
        }
        assert_eq!(holds.count.load(Ordering::Acquire), 0);
    }
}
