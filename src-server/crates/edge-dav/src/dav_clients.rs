//! Remembers which programs speak WebDAV.
//!
//! PUT, COPY and MOVE exist in WebDAV and in the plain HTTP API of copyparty, with different defaults: a PUT of WebDAV
//! replaces the file, one of `curl -T` gets another name. A program is known by what it did, not by its name: after a
//! method that only WebDAV has, requests of the same program (address and `User-Agent`) mean what WebDAV says.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Most programs that are remembered.
const CLIENTS_MAX: usize = 4096;
/// How long one is remembered after its last request.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// The programs that speak WebDAV.
#[derive(Default)]
pub struct DavClients {
    /// Keyed, so that no client can choose a program that counts as another.
    hasher: RandomState,
    /// When each was seen last.
    seen: Mutex<HashMap<u64, Instant>>,
}

impl DavClients {
    /// Notes that a program speaks WebDAV.
    pub fn note(&self, address: IpAddr, agent: &[u8]) {
        let (key, now) = (self.key(address, agent), Instant::now());
        let mut seen = self.seen.lock();
        if seen.len() >= CLIENTS_MAX && !seen.contains_key(&key) {
            seen.retain(|_, at| now.duration_since(*at) < REMEMBERED);
            if seen.len() >= CLIENTS_MAX {
                // Half of them go, so that the next ones cost nothing.
                let mut times: Vec<Instant> = seen.values().copied().collect();
                times.sort_unstable();
                let middle = times[times.len() / 2];
                seen.retain(|_, at| *at > middle);
            }
        }
        seen.insert(key, now);
    }

    /// Whether a program speaks WebDAV.
    pub fn knows(&self, address: IpAddr, agent: &[u8]) -> bool {
        let mut seen = self.seen.lock();
        if seen.is_empty() {
            return false;
        }
        let (key, now) = (self.key(address, agent), Instant::now());
        let is_known = seen.get(&key).is_some_and(|at| now.duration_since(*at) < REMEMBERED);
        if is_known {
            seen.insert(key, now);
        }
        is_known
    }

    fn key(&self, address: IpAddr, agent: &[u8]) -> u64 {
        self.hasher.hash_one((address, agent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_its_address_and_its_name() {
        let (clients, here, there) = (DavClients::default(), IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert!(!clients.knows(here, b"rclone"));
        clients.note(here, b"rclone");
        assert!(clients.knows(here, b"rclone") && !clients.knows(here, b"curl") && !clients.knows(there, b"rclone"));
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let (clients, here) = (DavClients::default(), IpAddr::from([10, 0, 0, 1]));
        for number in 0..=CLIENTS_MAX {
            clients.note(here, number.to_string().as_bytes());
        }
        assert!(clients.seen.lock().len() <= CLIENTS_MAX);
        assert!(!clients.knows(here, b"0") && clients.knows(here, CLIENTS_MAX.to_string().as_bytes()));
    }
}
