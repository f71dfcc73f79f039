//! Which requests by datagram are answered: those of addresses that are near. A datagram may carry any address as its sender's; an
//! answer to one far away could be an attack on it.

use announce::interfaces::{self, Subnet};
use model::Networks;
use parking_lot::Mutex;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How long the addresses of this computer are believed.
const FRESH: Duration = Duration::from_secs(5);

/// The networks that this computer is in.
pub(super) struct OnLink {
    private: Networks,
    known: Mutex<Option<(Instant, Vec<Subnet>)>>,
}

impl Default for OnLink {
    fn default() -> Self {
        Self { private: Networks::parse(["lan"]).unwrap_or_default(), known: Mutex::default() }
    }
}

impl OnLink {
    /// Returns whether `peer` is near: its address is private or link-local, or in a network of this computer.
    pub fn is_near(&self, peer: IpAddr) -> bool {
        self.private.contains(peer) || self.any(|subnet| subnet.contains(peer))
    }

    /// Returns whether `local` is an address of this computer alone. Requests to a broadcast address are not answered (RFC 1123,
    /// 4.2.3.5).
    pub fn is_own(&self, local: IpAddr) -> bool {
        local.is_loopback() || self.any(|subnet| subnet.ip == local)
    }

    fn any(&self, which: impl Fn(&Subnet) -> bool) -> bool {
        let mut known = self.known.lock();
        let fresh = known.take().filter(|(read, _)| read.elapsed() < FRESH);
        let (read, subnets) = fresh.unwrap_or_else(|| {
            let subnets = interfaces::subnets().unwrap_or_else(|error| {
                tracing::warn!(%error, "the addresses of this computer could not be read");
                Vec::new()
            });
            (Instant::now(), subnets)
        });
        let found = subnets.iter().any(which);
        *known = Some((read, subnets));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near() {
        let subnet = |ip: &str, prefix| Subnet { ip: ip.parse().expect("an address"), prefix };
        let subnets = vec![subnet("198.51.100.7", 25), subnet("2001:db8:1::7", 64)];
        let on_link = OnLink { known: Mutex::new(Some((Instant::now(), subnets))), ..OnLink::default() };
        for (ip, near) in [
            ("127.0.0.1", true),
            ("192.168.9.9", true),
            ("fe80::1", true),
            ("198.51.100.1", true),
            ("::ffff:198.51.100.1", true),
            ("198.51.100.200", false),
            ("203.0.113.1", false),
            ("2001:db8:1::99", true),
            ("2001:db8:2::1", false),
        ] {
            assert_eq!(on_link.is_near(ip.parse().expect("an address")), near, "{ip}");
        }
        for (ip, own) in
            [("198.51.100.7", true), ("127.0.0.9", true), ("198.51.100.127", false), ("255.255.255.255", false)]
        {
            assert_eq!(on_link.is_own(ip.parse().expect("an address")), own, "{ip}");
        }
    }
}
