//! What a connection sees of the server: its entry in the list of connections.

use crate::connections::{Admitted, Phase};
use edge_sftp::{Host, Life};
use engine::accounts::AccessProof;
use futures_util::future::BoxFuture;
use std::sync::atomic::Ordering::Relaxed;

/// What a connection sees of the server. The entry in the list of connections is removed with it.
pub(super) struct ConnectionHost(Admitted);

impl ConnectionHost {
    pub fn new(admitted: Admitted) -> Self {
        // What SSH sends before keys are exchanged is no secret.
        admitted.conn.tls.store(true, Relaxed);
        Self(admitted)
    }
}

impl Host for ConnectionHost {
    fn life(&self) -> Life {
        match self.0.conn.phase() {
            Phase::Open => Life::Open,
            Phase::Draining => Life::Draining,
            Phase::Killed => Life::Ended,
        }
    }

    fn life_changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.0.conn.phase_changed())
    }

    fn request_begins(&self) {
        self.0.conn.requests.fetch_add(1, Relaxed);
        self.0.conn.in_flight.fetch_add(1, Relaxed);
        self.0.conn.record_progress();
    }

    fn request_ends(&self) {
        self.0.conn.in_flight.fetch_sub(1, Relaxed);
        self.0.conn.record_progress();
    }

    fn add_received(&self, bytes: u64) {
        self.0.conn.received.fetch_add(bytes, Relaxed);
    }

    fn add_sent(&self, bytes: u64) {
        self.0.conn.sent.fetch_add(bytes, Relaxed);
    }

    fn logged_in(&self, account: &str, proof: AccessProof) {
        self.0.conn.set_account(account);
        self.0.conn.proofs.record(proof, false);
    }
}
