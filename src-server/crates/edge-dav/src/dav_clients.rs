//! Remembers which programs speak WebDAV.
//!
//! PUT, COPY and MOVE exist in WebDAV and in the plain HTTP API of copyparty, with different defaults: a PUT of WebDAV
//! replaces the file, one of `curl -T` gets another name. A program is known by what it did, not by its name: after a
//! method that only WebDAV has, requests of the same program (address and `User-Agent`) mean what WebDAV says.

use model::networks::client_key;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Most programs that are remembered.
const CLIENTS_MAX: usize = 4096;
/// Most programs of one address that are remembered: it must not make the server forget those of others.
const CLIENTS_PER_ADDRESS: usize = 32;
/// How long one is remembered after its last request.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// The programs that speak WebDAV.
#[derive(Default)]
pub struct DavClients {
    /// Keyed, so that no client can choose a program that counts as another.
    hasher: RandomState,
    /// By program.
    seen: Mutex<HashMap<u64, Seen>>,
}

/// When a program was seen last, and where.
struct Seen {
    at: Instant,
    network: IpAddr,
}

impl DavClients {
    /// Notes that a program speaks WebDAV.
    pub fn note(&self, address: IpAddr, agent: &[u8]) {
        let (key, now, network) = (self.key(address, agent), Instant::now(), client_key(address));
        let mut seen = self.seen.lock();
        if !seen.contains_key(&key) {
            make_room(&mut seen, now, network);
        }
        seen.insert(key, Seen { at: now, network });
    }

    /// Whether a program speaks WebDAV.
    pub fn knows(&self, address: IpAddr, agent: &[u8]) -> bool {
        let mut seen = self.seen.lock();
        if seen.is_empty() {
            return false;
        }
        let now = Instant::now();
        let program = seen.get_mut(&self.key(address, agent));
        program.filter(|program| now.duration_since(program.at) < REMEMBERED).map(|program| program.at = now).is_some()
    }

    fn key(&self, address: IpAddr, agent: &[u8]) -> u64 {
        self.hasher.hash_one((address, agent))
    }
}

/// Forgets the program of `network` that was not seen for longest if it has many, and the older half of all if there are
/// too many.
fn make_room(seen: &mut HashMap<u64, Seen>, now: Instant, network: IpAddr) {
    let of_network = seen.iter().filter(|(_, program)| program.network == network);
    if of_network.clone().count() >= CLIENTS_PER_ADDRESS
        && let Some(oldest) = of_network.min_by_key(|(_, program)| program.at).map(|(key, _)| *key)
    {
        seen.remove(&oldest);
    }
    if seen.len() >= CLIENTS_MAX {
        seen.retain(|_, program| now.duration_since(program.at) < REMEMBERED);
    }
    if seen.len() >= CLIENTS_MAX {
        let mut times: Vec<Instant> = seen.values().map(|program| program.at).collect();
        times.sort_unstable();
        let middle = times[times.len() / 2];
        seen.retain(|_, program| program.at > middle);
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
        let clients = DavClients::default();
        let address = |number: usize| IpAddr::from([10, 0, (number >> 8) as u8, number as u8]);
        (0..=CLIENTS_MAX).for_each(|number| clients.note(address(number), b"x"));
        assert!(clients.seen.lock().len() <= CLIENTS_MAX);
        assert!(!clients.knows(address(0), b"x") && clients.knows(address(CLIENTS_MAX), b"x"));
    }

    #[test]
    fn an_address_displaces_only_its_own_programs() {
        let clients = DavClients::default();
        let (here, there): (IpAddr, IpAddr) = ("fd00::1".parse().expect("one"), "fd00:0:0:1::1".parse().expect("one"));
        clients.note(there, b"x");
        for number in 0..=CLIENTS_PER_ADDRESS as u128 {
            let IpAddr::V6(here) = here else { unreachable!() };
            clients.note(IpAddr::from((here.to_bits() + number).to_be_bytes()), b"x");
        }
        assert!(clients.knows(there, b"x") && !clients.knows(here, b"x"));
        assert_eq!(clients.seen.lock().len(), CLIENTS_PER_ADDRESS + 1);
    }
}
