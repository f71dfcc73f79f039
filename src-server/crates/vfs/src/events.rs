//! Broadcast of events to subscribers. Emitting never blocks; a slow subscriber loses the oldest events.

use model::Event;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// Shortest interval between two progress events of a transfer.
pub const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);
/// Events kept for a slow subscriber.
const BACKLOG: usize = 1024;

/// The sending side, one per engine.
pub struct Events {
    sender: broadcast::Sender<Event>,
    next_transfer: AtomicU64,
    created: Instant,
    /// When bytes of a file were last transferred, milliseconds since `created`; 0: never.
    traffic_ms: AtomicU64,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(BACKLOG).0,
            next_transfer: AtomicU64::new(1),
            created: Instant::now(),
            traffic_ms: AtomicU64::new(0),
        }
    }
}

impl Events {
    /// Sends an event to all current subscribers.
    pub fn emit(&self, event: Event) {
        // Without subscribers, sending fails; that is not an error.
        let _listeners = self.sender.send(event);
    }
    /// [`Events::emit`] for frequent events: creates the event only if there are subscribers.
    pub fn emit_if_subscribed(&self, event: impl FnOnce() -> Event) {
        if self.has_subscribers() {
            self.emit(event());
        }
    }
    /// Whether there are subscribers; lets callers skip creating frequent events.
    pub fn has_subscribers(&self) -> bool {
        self.sender.receiver_count() > 0
    }
    /// Subscribes to all events emitted from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }
    /// Notes that bytes of a file were sent or received just now. Cheap.
    pub fn note_traffic(&self) {
        self.traffic_ms.store(self.age_ms().max(1), Ordering::Relaxed);
    }
    /// Whether no bytes of a file were sent or received for this time.
    pub fn is_quiet_for(&self, time: Duration) -> bool {
        match self.traffic_ms.load(Ordering::Relaxed) {
            0 => true,
            at => Duration::from_millis(self.age_ms().saturating_sub(at)) >= time,
        }
    }
    fn age_ms(&self) -> u64 {
        self.created.elapsed().as_millis() as u64
    }
    /// Returns an id for a new transfer, unique while the process runs.
    pub fn transfer_id(&self) -> u64 {
        self.next_transfer.fetch_add(1, Ordering::Relaxed)
    }
}
