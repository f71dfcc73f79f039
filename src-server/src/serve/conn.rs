//! What is known of each open connection, and the list of them all.
//!
//! The record is shared by three parts that never wait for each other: the guard (bytes, refusals), the tower wrapper
//! (requests) and the connection's own task (phase). Everything in it is an atomic or a lock held for a few
//! instructions.

use super::refusal::Refusal;
use crate::control::Notice;
use edge_http::UsedBy;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{Notify, broadcast};

/// The other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Over TCP.
    Ip(SocketAddr),
    /// Over a unix socket.
    Unix,
}

impl Remote {
    /// The address; none for unix sockets.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            // A client that reaches a dual-stack socket by IPv4 is an IPv4 client to everybody else.
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

/// Where a listener is bound.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Door {
    /// A TCP socket.
    Ip(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

/// How long a connection may still live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// As long as it likes.
    Open = 0,
    /// Until its requests under way have their answers.
    Draining = 1,
    /// Not at all.
    Killed = 2,
}

/// What the guard refused on a connection; at most one of each, since it reads nothing after either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// A head; hyper saw a stand-in.
    pub head: Option<Refusal>,
    /// A body; its reader got an error.
    pub body: Option<Refusal>,
}

/// One connection.
pub struct Conn {
    /// Unique while the program runs.
    pub id: u64,
    /// The other end.
    pub remote: Remote,
    /// The address of ours that it reached, if it came over TCP.
    pub local: Option<SocketAddr>,
    /// The listener that accepted it.
    pub door: Door,
    /// When it was accepted.
    pub opened: SystemTime,
    /// Whether TLS was agreed on.
    pub tls: AtomicBool,
    /// Requests whose answer is not yet wholly handed to hyper.
    pub in_flight: AtomicU32,
    /// Of these, how many wait for us and not for the client. Exact for HTTP/2 only; below 1: none.
    pub busy: AtomicI32,
    /// Requests so far.
    pub requests: AtomicU64,
    /// Bytes from the client, after decryption.
    pub received: AtomicU64,
    /// Bytes to the client, before encryption.
    pub sent: AtomicU64,
    /// By which session it is used.
    pub used_by: Arc<UsedBy>,
    /// Account of the last request.
    account: Mutex<Option<Arc<str>>>,
    refused: AtomicBool,
    refusals: Mutex<Refusals>,
    /// Milliseconds between `born` and the last byte of a body that moved.
    progress_ms: AtomicU64,
    born: Instant,
    phase: AtomicU8,
    wake: Notify,
}

impl Conn {
    fn new(id: u64, remote: Remote, local: Option<SocketAddr>, door: Door) -> Self {
        Self {
            id,
            remote,
            local,
            door,
            opened: SystemTime::now(),
            tls: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            busy: AtomicI32::new(0),
            requests: AtomicU64::new(0),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            used_by: Arc::default(),
            account: Mutex::default(),
            refused: AtomicBool::new(false),
            refusals: Mutex::default(),
            progress_ms: AtomicU64::new(0),
            born: Instant::now(),
            phase: AtomicU8::new(Phase::Open as u8),
            wake: Notify::new(),
        }
    }

    /// The phase it is in.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Open,
            1 => Phase::Draining,
            _ => Phase::Killed,
        }
    }

    /// Moves it on; never back.
    pub fn enter(&self, phase: Phase) {
        if self.phase.fetch_max(phase as u8, Ordering::AcqRel) < phase as u8 {
            // One task waits at most; the permit is kept if it is not waiting just now.
            self.wake.notify_one();
        }
    }

    /// Waits for the next [`Conn::enter`]; may also return without one.
    pub async fn entered(&self) {
        self.wake.notified().await;
    }

    /// Records why the next request that hyper sees is a stand-in.
    pub fn refuse_head(&self, refusal: Refusal) {
        lock(&self.refusals).head = Some(refusal);
        self.refused.store(true, Ordering::Release);
    }

    /// Records why the body that is being read ends in an error.
    pub fn refuse_body(&self, refusal: Refusal) {
        lock(&self.refusals).body = Some(refusal);
        self.refused.store(true, Ordering::Release);
    }

    /// What was refused on it.
    pub fn refusals(&self) -> Refusals {
        if self.refused.load(Ordering::Acquire) { lock(&self.refusals).clone() } else { Refusals::default() }
    }

    /// Notes that a body moved.
    pub fn moved(&self) {
        self.progress_ms.store(self.born.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// How long no body has moved.
    pub fn still_for(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_millis(self.progress_ms.load(Ordering::Relaxed)))
    }

    /// Whose request came last.
    pub fn account(&self) -> Option<Arc<str>> {
        lock(&self.account).clone()
    }

    /// Notes whose request this is.
    pub fn set_account(&self, name: &str) {
        let mut account = lock(&self.account);
        if account.as_deref() != Some(name) {
            *account = Some(name.into());
        }
    }
}

/// All open connections, with the bounds on their number.
pub struct Conns {
    state: Mutex<State>,
    next: AtomicU64,
    gone: Notify,
    notices: broadcast::Sender<Notice>,
}

impl Default for Conns {
    fn default() -> Self {
        let (notices, _) = broadcast::channel(256);
        Self { state: Mutex::default(), next: AtomicU64::new(0), gone: Notify::new(), notices }
    }
}

#[derive(Default)]
struct State {
    all: HashMap<u64, Arc<Conn>>,
    by_address: HashMap<IpAddr, u32>,
}

/// Why a connection was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// There are as many as may be.
    Everywhere,
    /// There are as many from this address as may be.
    FromHere,
}

/// A place in the list; leaving it is dropping this.
pub struct Admitted {
    conns: Arc<Conns>,
    /// The record.
    pub conn: Arc<Conn>,
}

impl Conns {
    /// Enters a connection, unless the list is full.
    ///
    /// `most`: connections in total; `most_from_one`: from its address, `None` if that does not count (trusted proxies
    /// speak for many).
    ///
    /// # Errors
    /// Which bound was met.
    pub fn admit(
        self: &Arc<Self>,
        remote: Remote,
        local: Option<SocketAddr>,
        door: Door,
        most: usize,
        most_from_one: Option<u32>,
    ) -> Result<Admitted, Full> {
        let address = remote.ip();
        let mut state = lock(&self.state);
        if state.all.len() >= most {
            return Err(Full::Everywhere);
        }
        if let Some(address) = address {
            let count = state.by_address.entry(address).or_default();
            if most_from_one.is_some_and(|most| *count >= most) {
                return Err(Full::FromHere);
            }
            *count += 1;
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let conn = Arc::new(Conn::new(id, remote, local, door));
        state.all.insert(id, conn.clone());
        drop(state);
        self.tell(|| Notice::Connected { id, peer: conn.remote.to_string() });
        Ok(Admitted { conns: self.clone(), conn })
    }

    /// Moves every connection that `which` picks into `phase`; how many there were.
    pub fn enter(&self, phase: Phase, which: impl Fn(&Conn) -> bool) -> usize {
        let picked: Vec<_> = lock(&self.state).all.values().filter(|conn| which(conn)).cloned().collect();
        picked.iter().for_each(|conn| conn.enter(phase));
        picked.len()
    }

    /// Listens to connections that come and go.
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    fn tell(&self, notice: impl FnOnce() -> Notice) {
        if self.notices.receiver_count() > 0 {
            // The last listener may have left meanwhile.
            let _heard = self.notices.send(notice());
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        lock(&self.state).all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, oldest first.
    pub fn list(&self) -> Vec<Arc<Conn>> {
        let mut all: Vec<_> = lock(&self.state).all.values().cloned().collect();
        all.sort_by_key(|conn| conn.id);
        all
    }

    /// Waits until none is left that `which` picks, or `deadline` has come; whether none is left.
    pub async fn ended(&self, deadline: tokio::time::Instant, which: impl Fn(&Conn) -> bool) -> bool {
        loop {
            let gone = self.gone.notified();
            tokio::pin!(gone);
            gone.as_mut().enable();
            if !lock(&self.state).all.values().any(|conn| which(conn)) {
                return true;
            }
            if tokio::time::timeout_at(deadline, gone).await.is_err() {
                return false;
            }
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut state = lock(&self.conns.state);
        state.all.remove(&self.conn.id);
        if let Some(address) = self.conn.remote.ip()
            && let Some(count) = state.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                state.by_address.remove(&address);
            }
        }
        drop(state);
        self.conns.gone.notify_waiters();
        self.conns.tell(|| Notice::Disconnected { id: self.conn.id });
    }
}

/// Locks; a panic elsewhere while it was held leaves these simple values whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(last: u8, port: u16) -> Remote {
        Remote::Ip(SocketAddr::from(([10, 0, 0, last], port)))
    }

    #[test]
    fn bounds_hold_and_are_given_back() {
        let conns = Arc::new(Conns::default());
        let door = Door::Ip(SocketAddr::from(([127, 0, 0, 1], 1)));
        let admit = |who: Remote| conns.admit(who, None, door.clone(), 3, Some(2));
        let a = admit(remote(1, 1)).unwrap_or_else(|_| panic!("first"));
        let _b = admit(remote(1, 2)).unwrap_or_else(|_| panic!("second"));
        assert_eq!(admit(remote(1, 3)).err(), Some(Full::FromHere));
        let _c = admit(remote(2, 1)).unwrap_or_else(|_| panic!("other"));
        assert_eq!(admit(remote(3, 1)).err(), Some(Full::Everywhere));
        drop(a);
        assert_eq!(conns.len(), 2);
        assert!(admit(remote(1, 3)).is_ok());
        assert!(conns.admit(remote(2, 9), None, door.clone(), 3, None).is_ok());
    }

    #[test]
    fn a_phase_never_goes_back() {
        let conn = Conn::new(1, Remote::Unix, None, Door::Unix("x".into()));
        conn.enter(Phase::Killed);
        conn.enter(Phase::Draining);
        assert_eq!(conn.phase(), Phase::Killed);
    }
}
