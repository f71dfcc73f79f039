//! What a transfer sees of the server: its entry in the list of connections.

use crate::connections::{Admitted, Phase};
use edge_tftp::{Host, Life};
use futures_util::future::BoxFuture;
use std::sync::atomic::Ordering::Relaxed;

/// The entry of a transfer in the list of connections, which is removed with it.
pub(super) struct TransferHost(Admitted);

impl TransferHost {
    /// A transfer is one request, which is under way until it ends.
    pub fn new(admitted: Admitted) -> Self {
        admitted.conn.requests.store(1, Relaxed);
        admitted.conn.in_flight.store(1, Relaxed);
        // Everyone's rights, as in the log of requests.
        admitted.conn.set_account("*");
        admitted.conn.record_progress();
        Self(admitted)
    }
}

impl Host for TransferHost {
    fn life(&self) -> Life {
        match self.0.conn.phase() {
            Phase::Open | Phase::Draining => Life::Open,
            Phase::Killed => Life::Ended,
        }
    }

    fn life_changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.0.conn.phase_changed())
    }

    fn add_received(&self, bytes: u64) {
        self.0.conn.received.fetch_add(bytes, Relaxed);
        self.0.conn.record_progress();
    }

    fn add_sent(&self, bytes: u64) {
        self.0.conn.sent.fetch_add(bytes, Relaxed);
        self.0.conn.record_progress();
    }
}
