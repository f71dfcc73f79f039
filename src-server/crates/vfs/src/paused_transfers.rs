//! Transfers that an administrator has paused. Their tasks wait, for uploads and downloads, until the transfer is
//! resumed or its connection ends. A paused upload stops reading, so TCP flow control slows its client; nothing is
//! dropped or buffered.

use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

/// Ids of paused transfers, with the tasks that wait for each of them.
#[derive(Default)]
pub struct PausedTransfers {
    /// Number of paused transfers. It is usually 0, and then transfers do not take the lock.
    count: AtomicUsize,
    waiting: Mutex<HashMap<u64, Vec<Waker>>>,
}

impl PausedTransfers {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Vec<Waker>>> {
        self.waiting.lock()
    }

    /// Pauses a transfer.
    pub fn pause(&self, transfer: u64) {
        let mut waiting = self.lock();
        waiting.entry(transfer).or_default();
        self.count.store(waiting.len(), Ordering::Release);
    }

    /// Resumes a transfer. Must also be called when a paused transfer has ended, so that its id is forgotten.
    pub fn resume(&self, transfer: u64) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut waiting = self.lock();
        let wakers = waiting.remove(&transfer).unwrap_or_default();
        self.count.store(waiting.len(), Ordering::Release);
        drop(waiting);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Returns `Ready` unless the transfer is paused; a paused transfer's task is woken by [`PausedTransfers::resume`].
    pub fn poll_resumed(&self, transfer: u64, cx: &Context<'_>) -> Poll<()> {
        if self.count.load(Ordering::Acquire) == 0 {
            return Poll::Ready(());
        }
        let mut waiting = self.lock();
        let Some(wakers) = waiting.get_mut(&transfer) else { return Poll::Ready(()) };
        if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Waits while the transfer is paused.
    pub async fn wait_resumed(&self, transfer: u64) {
        poll_fn(|cx| self.poll_resumed(transfer, cx)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn only_paused_transfers_wait_and_resume_wakes_every_task() {
        let paused = Arc::new(PausedTransfers::default());
        paused.wait_resumed(1).await;
        paused.pause(1);
        paused.wait_resumed(2).await;
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let paused = paused.clone();
                tokio::spawn(async move { paused.wait_resumed(1).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(tasks.iter().all(|task| !task.is_finished()));
        paused.resume(2);
        assert!(paused.poll_resumed(1, &Context::from_waker(Waker::noop())).is_pending());
        paused.resume(1);
        for task in tasks {
            task.await.expect("the task is woken");
        }
        assert_eq!(paused.count.load(Ordering::Acquire), 0);
    }
}
