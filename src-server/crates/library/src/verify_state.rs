//! Whether the contents of one volume are to be verified.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::watch;

/// What is wanted for one volume. Where a verification is, and what it found, is in the index.
#[derive(Default)]
pub(crate) struct VerifyState {
    /// Whether the settings and the index were asked at the start.
    was_started: AtomicBool,
    /// Whether a new one is to begin.
    is_demanded: AtomicBool,
    /// Whether the present one is to end.
    is_cancelled: AtomicBool,
    /// Whether one is under way.
    is_running: AtomicBool,
    /// Whether that of the start has ended.
    has_ended: watch::Sender<bool>,
}

impl VerifyState {
    /// Returns true to the first caller: it asks the settings and the index.
    pub fn start(&self) -> bool {
        !self.was_started.swap(true, Relaxed)
    }

    /// Demands a new verification.
    pub fn demand(&self) {
        self.is_cancelled.store(false, Relaxed);
        self.is_demanded.store(true, Relaxed);
    }

    /// Returns whether a new one was demanded since the last call.
    pub fn take_demand(&self) -> bool {
        self.is_demanded.swap(false, Relaxed)
    }

    /// Demands that the present one ends.
    pub fn cancel(&self) {
        self.is_demanded.store(false, Relaxed);
        self.is_cancelled.store(true, Relaxed);
    }

    /// Whether the present one is to end.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Relaxed)
    }

    /// Whether one is under way, or is to begin.
    pub fn is_wanted(&self) -> bool {
        self.is_demanded.load(Relaxed) || self.is_running.load(Relaxed)
    }

    /// Notes that one is under way.
    pub fn set_running(&self) {
        self.is_running.store(true, Relaxed);
    }

    /// Notes that none is under way.
    pub fn set_ended(&self) {
        self.is_running.store(false, Relaxed);
        self.is_cancelled.store(false, Relaxed);
        self.has_ended.send_replace(true);
    }

    /// Waits until the verification of the start has ended.
    pub async fn ended(&self) {
        let mut has_ended = self.has_ended.subscribe();
        let _closed = has_ended.wait_for(|ended| *ended).await;
    }
}
