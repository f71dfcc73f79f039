//! State of one open connection.
//!
//! Shared by three parts that never wait for each other: the guard (bytes, refusals), the tower service (requests) and
//! the task of the connection (phase). Every field is atomic or behind a lock that is held for a few instructions.

use super::address::{ClientKey, Endpoint, Remote};
use edge_http::ConnectionProofs;
use http1_io::connection::Connection;
use http1_io::refusal::Refusals;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Notify;

/// Lifecycle of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Serves requests.
    Open = 0,
    /// Ends when its current requests are answered.
    Draining = 1,
    /// Ends at once.
    Killed = 2,
}

/// State of one connection.
pub struct Conn {
    /// Number of the connection, unique while the program runs.
    pub id: u64,
    /// The client.
    pub remote: Remote,
    /// The unit in which it is counted.
    pub(super) client: ClientKey,
    /// The local address of the connection, if it is TCP.
    pub local: Option<SocketAddr>,
    /// The protocol and the socket that accepted it.
    pub endpoint: Endpoint,
    /// When it was accepted.
    pub opened: SystemTime,
    /// True once a TLS handshake has succeeded.
    pub tls: AtomicBool,
    /// Requests whose answer has not been passed to hyper completely.
    pub in_flight: AtomicU32,
    /// Number of these that wait for the server and not for the client. Exact for HTTP/2 only; below 1: none.
    pub busy: AtomicI32,
    /// Requests so far.
    pub requests: AtomicU64,
    /// Bytes from the client, after decryption.
    pub received: AtomicU64,
    /// Bytes to the client, before encryption.
    pub sent: AtomicU64,
    /// Request bodies whose reader waits for the client. Maintained for HTTP/2 only.
    pub bodies_awaited: AtomicU32,
    /// Milliseconds after `born` at which the socket stopped accepting data; 0: it accepts data.
    blocked_ms: AtomicU64,
    /// The credentials that requests on this connection have used.
    pub proofs: Arc<ConnectionProofs>,
    /// Account of the last request.
    account: Mutex<Option<Arc<str>>>,
    /// What the guard refused.
    pub refusals: Refusals,
    /// Milliseconds from `born` to the last progress of a body.
    progress_ms: AtomicU64,
    born: Instant,
    phase: AtomicU8,
    wake: Notify,
}

impl Conn {
    pub(super) fn new(id: u64, remote: Remote, local: Option<SocketAddr>, endpoint: Endpoint) -> Self {
        Self {
            id,
            client: ClientKey::of(&remote),
            remote,
            local,
            endpoint,
            opened: SystemTime::now(),
            tls: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            busy: AtomicI32::new(0),
            requests: AtomicU64::new(0),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            bodies_awaited: AtomicU32::new(0),
            blocked_ms: AtomicU64::new(0),
            proofs: Arc::default(),
            account: Mutex::default(),
            refusals: Refusals::default(),
            progress_ms: AtomicU64::new(0),
            born: Instant::now(),
            phase: AtomicU8::new(Phase::Open as u8),
            wake: Notify::new(),
        }
    }

    /// Returns the current phase.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Open,
            1 => Phase::Draining,
            _ => Phase::Killed,
        }
    }

    /// Advances to `phase`; never goes back.
    pub fn enter(&self, phase: Phase) {
        if self.phase.fetch_max(phase as u8, Ordering::AcqRel) < phase as u8 {
            // At most one task waits; `notify_one` keeps the permit if it does not wait at this moment.
            self.wake.notify_one();
        }
    }

    /// Waits for the next [`Conn::enter`]; may return spuriously.
    pub async fn phase_changed(&self) {
        self.wake.notified().await;
    }

    /// Records that a body has made progress.
    pub fn record_progress(&self) {
        self.progress_ms.store(self.born.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Returns the time since a body made progress.
    pub fn stalled_for(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_millis(self.progress_ms.load(Ordering::Relaxed)))
    }

    /// Returns how long the socket has accepted no data; `None` if no data waits to be sent.
    pub(super) fn blocked_for(&self) -> Option<Duration> {
        let since = self.blocked_ms.load(Ordering::Relaxed);
        (since > 0).then(|| self.born.elapsed().saturating_sub(Duration::from_millis(since)))
    }

    /// Returns the account of the last request.
    pub fn account(&self) -> Option<Arc<str>> {
        self.account.lock().clone()
    }

    /// Records the account of the current request.
    pub fn set_account(&self, name: &str) {
        let mut account = self.account.lock();
        if account.as_deref() != Some(name) {
            *account = Some(name.into());
        }
    }
}

impl Connection for Conn {
    fn add_received(&self, bytes: u64) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    fn add_sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    fn set_blocked(&self, blocked: bool) {
        let since = match blocked {
            true => (self.born.elapsed().as_millis() as u64).max(1),
            // The usual case, at every write: avoids reading the clock.
            false if self.blocked_ms.load(Ordering::Relaxed) == 0 => return,
            false => 0,
        };
        self.blocked_ms.store(since, Ordering::Relaxed);
    }

    fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    fn is_draining(&self) -> bool {
        self.phase() >= Phase::Draining
    }

    fn idle_for(&self) -> Duration {
        match self.in_flight.load(Ordering::Relaxed) {
            0 => self.stalled_for(),
            _ => Duration::ZERO,
        }
    }

    fn client(&self) -> impl std::fmt::Display + '_ {
        &self.remote
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::ListenAddr;
    use super::*;

    #[test]
    fn a_phase_never_goes_back() {
        let conn =
            Conn::new(1, Remote::Unix, None, Endpoint { protocol: "test", address: ListenAddr::Unix("x".into()) });
        conn.enter(Phase::Killed);
        conn.enter(Phase::Draining);
        assert_eq!(conn.phase(), Phase::Killed);
    }
}
