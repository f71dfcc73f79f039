//! Announcements to whoever listens. Emitting one never waits; a slow listener loses the oldest.

use model::Event;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::broadcast;

/// How often the progress of a transfer is told at most.
pub(crate) const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);
/// Events kept for a slow listener.
const BACKLOG: usize = 1024;

/// The sending side, one for the whole engine.
pub struct Events {
    sender: broadcast::Sender<Event>,
    next_transfer: AtomicU64,
}

impl Default for Events {
    fn default() -> Self {
        Self { sender: broadcast::channel(BACKLOG).0, next_transfer: AtomicU64::new(1) }
    }
}

impl Events {
    /// Tells everybody who listens now.
    pub fn emit(&self, event: Event) {
        // Nobody listening is not an error.
        let _listeners = self.sender.send(event);
    }
    /// The same for frequent events, which are made only if anybody listens.
    pub fn emit_if_subscribed(&self, event: impl FnOnce() -> Event) {
        if self.has_subscribers() {
            self.emit(event());
        }
    }
    /// Whether anybody listens; lets callers skip the making of frequent events.
    pub fn has_subscribers(&self) -> bool {
        self.sender.receiver_count() > 0
    }
    /// Starts listening.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }
    /// A number for a new transfer, unique while the program runs.
    pub fn transfer_id(&self) -> u64 {
        self.next_transfer.fetch_add(1, Ordering::Relaxed)
    }
}
