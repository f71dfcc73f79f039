//! What a session sees of the server: its entry in the list of connections and the certificate.

use super::plain_passwords::PlainPasswords;
use crate::connections::{Admitted, Phase};
use crate::serve::Certificates;
use edge_ftp::{Host, Life, TlsConfigs};
use engine::accounts::AccessProof;
use futures_util::future::BoxFuture;
use std::sync::atomic::Ordering::Relaxed;

/// What a session sees of the server. The entry in the list of connections is removed with it.
pub(super) struct SessionHost {
    admitted: Admitted,
    certificates: Certificates,
    plain_passwords: PlainPasswords,
}

impl SessionHost {
    pub fn new(admitted: Admitted, certificates: Certificates, plain_passwords: PlainPasswords) -> Self {
        Self { admitted, certificates, plain_passwords }
    }
}

impl Host for SessionHost {
    fn tls(&self) -> BoxFuture<'_, Option<TlsConfigs>> {
        Box::pin(async {
            match self.certificates.without_alpn().await {
                Ok((control, data)) => Some(TlsConfigs { control, data }),
                Err(error) => {
                    tracing::error!(%error, "no certificate for TLS");
                    None
                }
            }
        })
    }

    fn life(&self) -> Life {
        match self.admitted.conn.phase() {
            Phase::Open => Life::Open,
            Phase::Draining => Life::Draining,
            Phase::Killed => Life::Ended,
        }
    }

    fn life_changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.admitted.conn.phase_changed())
    }

    fn encrypted(&self) {
        self.admitted.conn.tls.store(true, Relaxed);
    }

    fn command_begins(&self) {
        self.admitted.conn.requests.fetch_add(1, Relaxed);
        self.admitted.conn.in_flight.fetch_add(1, Relaxed);
        self.admitted.conn.record_progress();
    }

    fn command_ends(&self) {
        self.admitted.conn.in_flight.fetch_sub(1, Relaxed);
        self.admitted.conn.record_progress();
    }

    fn add_received(&self, bytes: u64) {
        self.admitted.conn.received.fetch_add(bytes, Relaxed);
    }

    fn add_sent(&self, bytes: u64) {
        self.admitted.conn.sent.fetch_add(bytes, Relaxed);
    }

    fn logged_in(&self, account: &str, proof: AccessProof) {
        self.admitted.conn.set_account(account);
        self.admitted.conn.proofs.record(proof, false);
    }

    fn password_was_readable(&self) {
        if let Some(address) = self.admitted.conn.remote.ip() {
            self.plain_passwords.note("FTP", address);
        }
    }
}
