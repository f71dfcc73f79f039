//! The list of open connections, with limits on their number.

use super::address::{ClientKey, Endpoint, Remote};
use super::conn::{Conn, Phase};
use super::eviction::{self, Scope};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, broadcast};

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

/// A connection was opened or has ended.
#[derive(Clone, Debug)]
pub enum ConnEvent {
    /// It was accepted.
    Opened {
        /// Its number.
        id: u64,
        /// The client.
        remote: Remote,
    },
    /// It has ended.
    Closed {
        /// Its number.
        id: u64,
    },
}

/// All open connections, with limits on their number.
pub struct Conns {
    state: Mutex<State>,
    next: AtomicU64,
    removed: Notify,
    events: broadcast::Sender<ConnEvent>,
}

impl Default for Conns {
    fn default() -> Self {
        let (events, _) = broadcast::channel(256);
        Self { state: Mutex::default(), next: AtomicU64::new(0), removed: Notify::new(), events }
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
        if let Some(count) = self.by_client.get_mut(&conn.client) {
            *count -= 1;
            if *count == 0 {
                self.by_client.remove(&conn.client);
            }
        }
        true
    }

    /// Closes connections to admit another. Returns true if there were any; they no longer count.
    fn evict(&mut self, scope: Scope, stalled_after: Duration) -> bool {
        let count = |client: &ClientKey| self.by_client.get(client).copied().unwrap_or(0);
        let Some((class, chosen)) = eviction::choose(self.all.values(), count, scope, stalled_after) else {
            return false;
        };
        for conn in &chosen {
            tracing::debug!(peer = %conn.remote, kind = ?class, "connection closed to admit another");
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

impl TooMany {
    /// Returns what the client is told.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::InTotal => "The server has as many connections as it may have; try again in a moment.",
            Self::FromClient => "Your address has as many connections as it may have; close some and try again.",
        }
    }
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
        endpoint: Endpoint,
        limits: ConnLimits,
    ) -> Result<Admitted, TooMany> {
        let client = ClientKey::of(&remote);
        let mut state = self.state.lock();
        let is_full = |state: &State| state.by_client.get(&client).is_some_and(|count| *count >= limits.max_per_client);
        if is_full(&state) && !state.evict(Scope::SilentOf(client), limits.stalled_after) {
            return Err(TooMany::FromClient);
        }
        if state.all.len() >= limits.max_total && !state.evict(Scope::All, limits.stalled_after) {
            return Err(TooMany::InTotal);
        }
        *state.by_client.entry(client).or_default() += 1;
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let conn = Arc::new(Conn::new(id, remote, local, endpoint));
        state.all.insert(id, conn.clone());
        drop(state);
        self.publish(|| ConnEvent::Opened { id, remote: conn.remote.clone() });
        Ok(Admitted { conns: self.clone(), conn })
    }

    /// Advances every connection that matches `which` to `phase`. Returns their number.
    pub fn enter(&self, phase: Phase, which: impl Fn(&Conn) -> bool) -> usize {
        let picked: Vec<_> = self.state.lock().all.values().filter(|conn| which(conn)).cloned().collect();
        picked.iter().for_each(|conn| conn.enter(phase));
        picked.len()
    }

    /// Lets the connections that match `which` finish what is under way until `deadline`, then ends them. Returns how
    /// many had to be ended.
    pub async fn drain(&self, deadline: tokio::time::Instant, which: impl Fn(&Conn) -> bool) -> usize {
        self.enter(Phase::Draining, &which);
        match self.ended(deadline, &which).await {
            true => 0,
            false => self.enter(Phase::Killed, &which),
        }
    }

    /// Subscribes to connections that open and close.
    pub fn subscribe(&self) -> broadcast::Receiver<ConnEvent> {
        self.events.subscribe()
    }

    fn publish(&self, event: impl FnOnce() -> ConnEvent) {
        if self.events.receiver_count() > 0 {
            // The last subscriber may have left meanwhile.
            let _heard = self.events.send(event());
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

impl Admitted {
    /// Returns the list that the connection is in.
    pub fn conns(&self) -> &Conns {
        &self.conns
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.conns.state.lock().remove(&self.conn);
        self.conns.removed.notify_waiters();
        self.conns.publish(|| ConnEvent::Closed { id: self.conn.id });
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::ListenAddr;
    use super::*;
    use http1_io::connection::Connection;
    use std::net::IpAddr;
    use std::sync::atomic::Ordering::Relaxed;

    fn remote(last: u8, port: u16) -> Remote {
        Remote::Ip(SocketAddr::from(([10, 0, 0, last], port)))
    }

    const ENDPOINT: Endpoint = Endpoint {
        protocol: "test",
        address: ListenAddr::Tcp(SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1)),
    };

    fn limits(max_total: usize, max_per_client: u32) -> ConnLimits {
        ConnLimits { max_total, max_per_client, stalled_after: Duration::from_secs(60) }
    }

    /// Admits a connection with a request under way.
    fn busy(conns: &Arc<Conns>, who: Remote, limits: ConnLimits) -> Result<Admitted, TooMany> {
        let admitted = conns.admit(who, None, ENDPOINT, limits)?;
        admitted.conn.requests.store(1, Relaxed);
        admitted.conn.in_flight.store(1, Relaxed);
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
            (0..6).filter_map(|port| conns.admit(remote(1, port), None, ENDPOINT, limits(80, 40)).ok()).collect();
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
            .inspect(|admitted| admitted.conn.in_flight.store(0, Relaxed))
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
        stalled.conn.in_flight.store(0, Relaxed);
        assert_eq!(busy(&conns, remote(2, 1), limits(1, 1)).err(), Some(TooMany::InTotal));
        let now = ConnLimits { stalled_after: Duration::ZERO, ..limits(1, 1) };
        assert!(busy(&conns, remote(2, 1), now).is_ok());
        assert_eq!(stalled.conn.phase(), Phase::Killed);
    }
}
