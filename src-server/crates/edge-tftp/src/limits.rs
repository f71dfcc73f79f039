//! How much may go on at once, over all sockets for requests.

use crate::packet::Request;
use engine::budget::{Budget, Reservation};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Transfers at once.
pub const TRANSFERS_MAX: usize = 128;
/// Transfers at once of one address.
pub const TRANSFERS_PER_ADDRESS: usize = 32;
/// Complete uploads whose last acknowledgement is repeated if need be.
const LINGERING_MAX: usize = 64;

/// How much may go on at once. Clones share it.
#[derive(Clone)]
pub struct Limits {
    transfers: Budget,
    lingering: Arc<Semaphore>,
    opening: Arc<Mutex<HashMap<SocketAddr, Request>>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            transfers: Budget::new("transfers", TRANSFERS_MAX, TRANSFERS_PER_ADDRESS),
            lingering: Arc::new(Semaphore::new(LINGERING_MAX)),
            opening: Arc::default(),
        }
    }
}

impl Limits {
    /// Reserves what a transfer needs; `None`: there are too many.
    pub(crate) fn reserve(&self, peer: SocketAddr) -> Option<Reservation> {
        self.transfers.reserve_one(peer.ip()).ok()
    }

    /// Reserves what it takes to repeat a last acknowledgement.
    pub(crate) fn linger(&self) -> Option<OwnedSemaphorePermit> {
        self.lingering.clone().try_acquire_owned().ok()
    }

    /// Notes that a transfer begins; `None`: one for the same request of the same client has not been answered yet, so that this
    /// is a copy of the request.
    pub(crate) fn open(&self, peer: SocketAddr, request: &Request) -> Option<Opening> {
        let mut opening = self.opening.lock();
        if opening.get(&peer).is_some_and(|earlier| earlier == request) {
            return None;
        }
        opening.insert(peer, request.clone());
        Some(Opening { limits: self.clone(), peer, request: request.clone() })
    }
}

/// A transfer that the client has not answered yet.
pub(crate) struct Opening {
    limits: Limits,
    peer: SocketAddr,
    request: Request,
}

impl Drop for Opening {
    fn drop(&mut self) {
        let mut opening = self.limits.opening.lock();
        if opening.get(&self.peer).is_some_and(|latest| *latest == self.request) {
            opening.remove(&self.peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_a_request_is_known_until_the_client_has_answered() {
        let limits = Limits::default();
        let peer = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let request = |name: &str| Request::parse(format!("\0\x01{name}\0octet\0").as_bytes()).expect("a request");
        let first = limits.open(peer(1), &request("a"));
        assert!(first.is_some() && limits.open(peer(1), &request("a")).is_none());
        let second = limits.open(peer(1), &request("b"));
        assert!(second.is_some() && limits.open(peer(2), &request("a")).is_some());
        drop(first);
        assert!(limits.open(peer(1), &request("b")).is_none());
        drop(second);
        assert!(limits.opening.lock().is_empty());
    }

    #[test]
    fn one_address_cannot_take_all() {
        let limits = Limits::default();
        let held: Vec<_> = (0..100).filter_map(|port| limits.reserve(([10, 0, 0, 1], port).into())).collect();
        assert_eq!(held.len(), TRANSFERS_PER_ADDRESS);
        assert!(limits.reserve(([10, 0, 0, 2], 1).into()).is_some());
    }
}
