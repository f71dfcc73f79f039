//! State of each open connection, and the list of open connections.
//!
//! The state is shared by three parts that never wait for each other: the guard (bytes, refusals), the tower service
//! (requests) and the task of the connection (phase). Every field is atomic or behind a lock that is held for a few
//! instructions.

use super::refusal::Refusal;
use crate::control::Notice;
use edge_http::ConnectionProofs;
use model::networks::client_key;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{Notify, broadcast};

/// The client's end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// A TCP client.
    Ip(SocketAddr),
    /// A client of a unix socket.
    Unix,
}

impl Remote {
    /// Returns the IP address; none for unix sockets.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            // IPv4 clients of a dual-stack socket have IPv4-mapped addresses; all other code sees plain IPv4.
            Self::Ip(address) => Some(address.ip().to_canonical()),
            Self::Unix => None,
        }
    }
}

impl std::fmt::Display for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ip(address) => SocketAddr::new(address.ip().to_canonical(), address.port()).fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// The unit in which connections are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientKey {
    /// A client by its address ([`model::networks::client_of`]).
    Client(IpAddr),
    /// All unix sockets.
    Unix,
}

impl ClientKey {
    /// Returns the key of a client.
    pub fn of(remote: &Remote) -> Self {
        remote.ip().map_or(Self::Unix, |address| Self::Client(client_key(address)))
    }
}

/// The address of a listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListenAddr {
    /// A TCP socket.
    Ip(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

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

/// What the guard refused on a connection. At most one of each, since it reads nothing after a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// A refused head; hyper got a stand-in request.
    pub head: Option<Refusal>,
    /// A refused body; its reader got an I/O error.
    pub body: Option<Refusal>,
}

/// State of one connection.
pub struct Conn {
    /// Number of the connection, unique while the program runs.
    pub id: u64,
    /// The client.
    pub remote: Remote,
    /// The unit in which it is counted.
    origin: ClientKey,
    /// The local address of the connection, if it is TCP.
    pub local: Option<SocketAddr>,
    /// The listener that accepted it.
    pub listen_addr: ListenAddr,
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
    refused: AtomicBool,
    refusals: Mutex<Refusals>,
    /// Milliseconds from `born` to the last progress of a body.
    progress_ms: AtomicU64,
    born: Instant,
    phase: AtomicU8,
    wake: Notify,
}

impl Conn {
    fn new(id: u64, remote: Remote, local: Option<SocketAddr>, listen_addr: ListenAddr) -> Self {
        Self {
            id,
            origin: ClientKey::of(&remote),
            remote,
            local,
            listen_addr,
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
            refused: AtomicBool::new(false),
            refusals: Mutex::default(),
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

    /// Records why the next request that hyper parses is a stand-in.
    pub fn refuse_head(&self, refusal: Refusal) {
        self.refusals.lock().head = Some(refusal);
        self.refused.store(true, Ordering::Release);
    }

    /// Records why the current body ends in an error.
    pub fn refuse_body(&self, refusal: Refusal) {
        self.refusals.lock().body = Some(refusal);
        self.refused.store(true, Ordering::Release);
    }

    /// Returns what was refused on this connection.
    pub fn refusals(&self) -> Refusals {
        if self.refused.load(Ordering::Acquire) { self.refusals.lock().clone() } else { Refusals::default() }
    }

    /// Records that a body has made progress.
    pub fn record_progress(&self) {
        self.progress_ms.store(self.born.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Returns the time since a body made progress.
    pub fn stalled_for(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_millis(self.progress_ms.load(Ordering::Relaxed)))
    }

    /// Records whether the socket accepts more data.
    pub fn set_blocked(&self, blocked: bool) {
        let since = match blocked {
            true => (self.born.elapsed().as_millis() as u64).max(1),
            // The usual case, at every write: avoids reading the clock.
            false if self.blocked_ms.load(Ordering::Relaxed) == 0 => return,
            false => 0,
        };
        self.blocked_ms.store(since, Ordering::Relaxed);
    }

    /// Returns how long the socket has accepted no data; `None` if no data waits to be sent.
    fn blocked_for(&self) -> Option<Duration> {
        let since = self.blocked_ms.load(Ordering::Relaxed);
        (since > 0).then(|| self.born.elapsed().saturating_sub(Duration::from_millis(since)))
    }

    /// Returns the class in which this connection may be closed to admit another one; `None` if it may not.
    fn eviction_class(&self, stalled_after: Duration) -> Option<EvictionClass> {
        match self.blocked_for() {
            Some(time) => (time >= stalled_after).then_some(EvictionClass::Stalled),
            None if self.in_flight.load(Ordering::Relaxed) > 0 => None,
            None if self.requests.load(Ordering::Relaxed) == 0 => Some(EvictionClass::Silent),
            None => Some(EvictionClass::Idle),
        }
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

/// Connections that may be closed to admit others, in the order in which they are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EvictionClass {
    /// It has never sent a complete request.
    Silent,
    /// It has no request under way.
    Idle,
    /// Its client does not accept the answer.
    Stalled,
}

/// Number of connections closed at once when the list is full. Each eviction searches the whole list, so closing one at
/// a time would make every new connection cost time proportional to the limit.
const MAX_EVICTED: usize = 32;

/// Limits on the number of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnLimits {
    /// All connections together.
    pub max_total: usize,
    /// Connections of one [`ClientKey`].
    pub max_per_client: u32,
    /// With a full list, a connection whose client has accepted no data for this long may be closed.
    pub stalled_after: Duration,
}

/// All open connections, with limits on their number.
pub struct Conns {
    state: Mutex<State>,
    next: AtomicU64,
    removed: Notify,
    notices: broadcast::Sender<Notice>,
}

impl Default for Conns {
    fn default() -> Self {
        let (notices, _) = broadcast::channel(256);
        Self { state: Mutex::default(), next: AtomicU64::new(0), removed: Notify::new(), notices }
    }
}

#[derive(Default)]
struct State {
    all: HashMap<u64, Arc<Conn>>,
    by_client: HashMap<ClientKey, u32>,
}

impl State {
    /// Removes a connection from the list. Returns true if it was in it.
    fn remove(&mut self, conn: &Conn) -> bool {
        if self.all.remove(&conn.id).is_none() {
            return false;
        }
        if let Some(count) = self.by_client.get_mut(&conn.origin) {
            *count -= 1;
            if *count == 0 {
                self.by_client.remove(&conn.origin);
            }
        }
        true
    }

    /// Closes connections that may be closed: those of the first class present, of the client that has the most
    /// connections. Returns true if there were any. They no longer count.
    ///
    /// `only`: considers connections of this client only, and only those that never sent a request.
    fn evict(&mut self, only: Option<ClientKey>, stalled_after: Duration) -> bool {
        let may_go = |conn: &Conn| match (conn.eviction_class(stalled_after)?, only) {
            (kind, None) => Some(kind),
            (EvictionClass::Silent, Some(origin)) if conn.origin == origin => Some(EvictionClass::Silent),
            _ => None,
        };
        let weight = |origin: &ClientKey| self.by_client.get(origin).copied().unwrap_or(0);
        let candidates: Vec<_> = self.all.values().filter_map(|conn| Some((may_go(conn)?, conn))).collect();
        let first = |&&(kind, conn): &&(EvictionClass, &Arc<Conn>)| {
            (kind, std::cmp::Reverse(weight(&conn.origin)), conn.origin)
        };
        let Some(&(kind, of)) = candidates.iter().min_by_key(first) else { return false };
        let mut evicted: Vec<_> = candidates
            .iter()
            .filter(|(other, conn)| *other == kind && conn.origin == of.origin)
            .map(|(_, conn)| *conn)
            .collect();
        evicted.sort_unstable_by_key(|conn| conn.id);
        let evicted: Vec<_> = evicted.into_iter().take(MAX_EVICTED).cloned().collect();
        for conn in &evicted {
            tracing::debug!(peer = %conn.remote, ?kind, "connection closed to admit another");
            conn.enter(Phase::Killed);
            self.remove(conn);
        }
        true
    }
}

/// The limit that prevented a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMany {
    /// The limit of all connections.
    InTotal,
    /// The limit of connections of one client.
    FromClient,
}

/// An entry in the list of connections; dropping it removes the entry.
pub struct Admitted {
    conns: Arc<Conns>,
    /// The state of the connection.
    pub conn: Arc<Conn>,
}

impl Conns {
    /// Adds a connection to the list.
    ///
    /// If a limit is reached, other connections are closed for it: at the limit of the client, its connections that
    /// never sent a request; in a full list, also connections that are idle or stalled, of the client that has the most
    /// connections.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn admit(
        self: &Arc<Self>,
        remote: Remote,
        local: Option<SocketAddr>,
        listen_addr: ListenAddr,
        limits: ConnLimits,
    ) -> Result<Admitted, TooMany> {
        let origin = ClientKey::of(&remote);
        let mut state = self.state.lock();
        let is_full = |state: &State| state.by_client.get(&origin).is_some_and(|count| *count >= limits.max_per_client);
        if is_full(&state) && !state.evict(Some(origin), limits.stalled_after) {
            return Err(TooMany::FromClient);
        }
        if state.all.len() >= limits.max_total && !state.evict(None, limits.stalled_after) {
            return Err(TooMany::InTotal);
        }
        *state.by_client.entry(origin).or_default() += 1;
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let conn = Arc::new(Conn::new(id, remote, local, listen_addr));
        state.all.insert(id, conn.clone());
        drop(state);
        self.publish(|| Notice::Connected { id, peer: conn.remote.to_string() });
        Ok(Admitted { conns: self.clone(), conn })
    }

    /// Advances every connection that matches `which` to `phase`. Returns their number.
    pub fn enter(&self, phase: Phase, which: impl Fn(&Conn) -> bool) -> usize {
        let picked: Vec<_> = self.state.lock().all.values().filter(|conn| which(conn)).cloned().collect();
        picked.iter().for_each(|conn| conn.enter(phase));
        picked.len()
    }

    /// Subscribes to connections that open and close.
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    fn publish(&self, notice: impl FnOnce() -> Notice) {
        if self.notices.receiver_count() > 0 {
            // The last subscriber may have left meanwhile.
            let _heard = self.notices.send(notice());
        }
    }

    /// Returns the number of connections.
    pub fn len(&self) -> usize {
        self.state.lock().all.len()
    }

    /// Returns true if there is no connection.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all connections, oldest first.
    pub fn list(&self) -> Vec<Arc<Conn>> {
        let mut all: Vec<_> = self.state.lock().all.values().cloned().collect();
        all.sort_by_key(|conn| conn.id);
        all
    }

    /// Waits until no connection matches `which`, or until `deadline`. Returns true if none matches.
    pub async fn ended(&self, deadline: tokio::time::Instant, which: impl Fn(&Conn) -> bool) -> bool {
        loop {
            let removed = self.removed.notified();
            tokio::pin!(removed);
            removed.as_mut().enable();
            if !self.state.lock().all.values().any(|conn| which(conn)) {
                return true;
            }
            if tokio::time::timeout_at(deadline, removed).await.is_err() {
                return false;
            }
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.conns.state.lock().remove(&self.conn);
        self.conns.removed.notify_waiters();
        self.conns.publish(|| Notice::Disconnected { id: self.conn.id });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(last: u8, port: u16) -> Remote {
        Remote::Ip(SocketAddr::from(([10, 0, 0, last], port)))
    }

    const LISTEN_ADDR: ListenAddr = ListenAddr::Ip(SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1));

    fn limits(max_total: usize, max_per_client: u32) -> ConnLimits {
        ConnLimits { max_total, max_per_client, stalled_after: Duration::from_secs(60) }
    }

    /// Admits a connection with a request under way.
    fn busy(conns: &Arc<Conns>, who: Remote, limits: ConnLimits) -> Result<Admitted, TooMany> {
        let admitted = conns.admit(who, None, LISTEN_ADDR, limits)?;
        admitted.conn.requests.store(1, Ordering::Relaxed);
        admitted.conn.in_flight.store(1, Ordering::Relaxed);
        Ok(admitted)
    }

    #[test]
    fn limits_hold_and_are_released() {
        let conns = Arc::new(Conns::default());
        let admit = |who: Remote| busy(&conns, who, limits(3, 2));
        let a = admit(remote(1, 1)).unwrap_or_else(|_| panic!("first"));
        let _b = admit(remote(1, 2)).unwrap_or_else(|_| panic!("second"));
        assert_eq!(admit(remote(1, 3)).err(), Some(TooMany::FromClient));
        let _c = admit(remote(2, 1)).unwrap_or_else(|_| panic!("other"));
        assert_eq!(admit(remote(3, 1)).err(), Some(TooMany::InTotal));
        drop(a);
        assert_eq!(conns.len(), 2);
        assert!(admit(remote(1, 3)).is_ok());
    }

    #[test]
    fn silent_connections_are_evicted_and_busy_ones_stay() {
        let conns = Arc::new(Conns::default());
        let ids = |conns: &Conns| conns.list().iter().map(|conn| conn.id).collect::<Vec<_>>();
        let silent: Vec<_> =
            (0..6).filter_map(|port| conns.admit(remote(1, port), None, LISTEN_ADDR, limits(80, 40)).ok()).collect();
        let _busy = busy(&conns, remote(2, 1), limits(80, 40)).unwrap_or_else(|_| panic!("another"));
        // The client is at its limit: its silent connections are closed, oldest first.
        let _same = busy(&conns, remote(1, 9), limits(80, 6)).unwrap_or_else(|_| panic!("the same"));
        assert!(silent.iter().all(|admitted| admitted.conn.phase() == Phase::Killed));
        assert_eq!(ids(&conns), [7, 8]);
        drop(silent);
        assert_eq!(conns.len(), 2, "what was closed is not counted twice");

        // The list is full: the client with the most connections loses idle ones, and none with a request under way.
        let _idle: Vec<_> = (0..3)
            .filter_map(|port| busy(&conns, remote(3, port), limits(80, 40)).ok())
            .inspect(|admitted| admitted.conn.in_flight.store(0, Ordering::Relaxed))
            .collect();
        let _other = busy(&conns, remote(4, 1), limits(5, 2)).unwrap_or_else(|_| panic!("another"));
        assert_eq!(ids(&conns), [7, 8, 12]);
        assert_eq!(busy(&conns, remote(5, 1), limits(3, 2)).err(), Some(TooMany::InTotal));
    }

    #[test]
    fn a_blocked_answer_is_evicted_only_after_it_has_stalled() {
        let conns = Arc::new(Conns::default());
        let stalled = busy(&conns, remote(1, 1), limits(1, 1)).unwrap_or_else(|_| panic!("first"));
        stalled.conn.set_blocked(true);
        // hyper holds the rest of the answer.
        stalled.conn.in_flight.store(0, Ordering::Relaxed);
        assert_eq!(busy(&conns, remote(2, 1), limits(1, 1)).err(), Some(TooMany::InTotal));
        let now = ConnLimits { stalled_after: Duration::ZERO, ..limits(1, 1) };
        assert!(busy(&conns, remote(2, 1), now).is_ok());
        assert_eq!(stalled.conn.phase(), Phase::Killed);
    }

    #[test]
    fn addresses_of_one_subscriber_count_together() {
        let v6 = |text: &str| ClientKey::of(&Remote::Ip(SocketAddr::new(text.parse().expect("an address"), 1)));
        assert_eq!(v6("2001:db8:0:1::1"), v6("2001:db8:0:1:ffff::2"));
        assert_ne!(v6("2001:db8:0:1::1"), v6("2001:db8:0:2::1"));
        assert_eq!(v6("::ffff:10.0.0.1"), ClientKey::of(&remote(1, 5)));
        assert_ne!(v6("10.0.0.1"), v6("10.0.0.2"));
        assert_eq!(ClientKey::of(&Remote::Unix), ClientKey::Unix);
    }

    #[test]
    fn a_phase_never_goes_back() {
        let conn = Conn::new(1, Remote::Unix, None, ListenAddr::Unix("x".into()));
        conn.enter(Phase::Killed);
        conn.enter(Phase::Draining);
        assert_eq!(conn.phase(), Phase::Killed);
    }
}
