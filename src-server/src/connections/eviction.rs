//! Which connections are closed to admit another one when a limit is reached.

use super::address::ClientKey;
use super::conn::Conn;
use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Maximum number of connections closed at once. Each choice searches the whole list, so closing one at a time would
/// make every new connection cost time proportional to the limit.
const MAX_EVICTED: usize = 32;

/// Connections that may be closed to admit others, in the order in which they are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EvictionClass {
    /// It has never sent a complete request.
    Silent,
    /// It has no request under way.
    Idle,
    /// Its client does not accept the answer.
    Stalled,
}

impl EvictionClass {
    /// Returns the class of `conn`; `None` if it may not be closed.
    fn of(conn: &Conn, stalled_after: Duration) -> Option<Self> {
        match conn.blocked_for() {
            Some(time) => (time >= stalled_after).then_some(Self::Stalled),
            None if conn.in_flight.load(Relaxed) > 0 => None,
            None if conn.requests.load(Relaxed) == 0 => Some(Self::Silent),
            None => Some(Self::Idle),
        }
    }
}

/// Which connections are considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of them.
    All,
    /// Those of one client that never sent a request.
    SilentOf(ClientKey),
}

/// Chooses connections of `all` to be closed: those of the first class present, of the client that has the most
/// connections (`count`), oldest first. `None`: no connection may be closed.
pub(super) fn choose<'a>(
    all: impl Iterator<Item = &'a Arc<Conn>>,
    count: impl Fn(&ClientKey) -> u32,
    scope: Scope,
    stalled_after: Duration,
) -> Option<(EvictionClass, Vec<Arc<Conn>>)> {
    let may_go = |conn: &Conn| match (EvictionClass::of(conn, stalled_after)?, scope) {
        (class, Scope::All) => Some(class),
        (EvictionClass::Silent, Scope::SilentOf(client)) if conn.client == client => Some(EvictionClass::Silent),
        _ => None,
    };
    let candidates: Vec<_> = all.filter_map(|conn| Some((may_go(conn)?, conn))).collect();
    let rank = |&&(class, conn): &&(EvictionClass, &Arc<Conn>)| (class, Reverse(count(&conn.client)), conn.client);
    let &(class, first) = candidates.iter().min_by_key(rank)?;
    let mut chosen: Vec<_> = candidates
        .iter()
        .filter(|(other, conn)| *other == class && conn.client == first.client)
        .map(|(_, conn)| *conn)
        .collect();
    chosen.sort_unstable_by_key(|conn| conn.id);
    Some((class, chosen.into_iter().take(MAX_EVICTED).cloned().collect()))
}
