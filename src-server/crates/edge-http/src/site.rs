//! What every request of this edge needs: the engine, and what follows from the settings in force.
//!
//! [`Policy`] is worked out once for each snapshot of settings, so that no request parses an address range or a base
//! path again.

use arc_swap::ArcSwap;
use engine::Engine;
use engine::live::Live;
use http::HeaderName;
use model::VPath;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// What this edge must be told beyond settings.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// The names of this machine, in lower case, without suffix (`hostname`): requests may address it by them.
    pub host_names: Vec<String>,
}

/// Engine, options and the policy in force; one for each set of routes.
pub struct Site {
    /// The services.
    pub engine: Engine,
    /// See there.
    pub options: HttpOptions,
    policy: ArcSwap<Policy>,
}

/// What follows from one snapshot of settings.
pub struct Policy {
    /// The snapshot.
    pub live: Arc<Live>,
    /// The path that the site is hosted below, as links carry it: empty, or `/some/path` without slash at its end.
    pub base: String,
    /// The same, as a path; `None` at the top.
    pub base_path: Option<VPath>,
    /// Peers whose `X-Forwarded-*` headers count.
    pub trusted_proxies: Vec<Cidr>,
    /// The header with the client's address.
    pub forwarded_header: HeaderName,
    /// Configured host names, in lower case.
    pub hosts: Vec<String>,
    /// Every host name will do (`*` is configured).
    pub any_host: bool,
}

impl Site {
    /// Binds the engine to this edge.
    pub fn new(engine: Engine, options: HttpOptions) -> Self {
        let policy = ArcSwap::from_pointee(Policy::new(engine.live()));
        Self { engine, options, policy }
    }

    /// The policy of the settings in force now.
    pub fn policy(&self) -> Arc<Policy> {
        let known = self.policy.load_full();
        let live = self.engine.live();
        if Arc::ptr_eq(&known.live, &live) {
            return known;
        }
        let fresh = Arc::new(Policy::new(live));
        self.policy.store(fresh.clone());
        fresh
    }
}

impl Policy {
    fn new(live: Arc<Live>) -> Self {
        let network = &live.settings.network;
        let base = if network.base.is_root() { String::new() } else { format!("/{}", network.base.to_url()) };
        let base_path = (!network.base.is_root()).then(|| network.base.clone());
        let trusted_proxies = network.trusted_proxies.iter().filter_map(|text| Cidr::parse(text)).collect();
        let forwarded_header = HeaderName::from_bytes(network.forwarded_header.to_ascii_lowercase().as_bytes())
            .unwrap_or(HeaderName::from_static("x-forwarded-for"));
        let hosts: Vec<String> = network.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let any_host = hosts.iter().any(|host| host == "*");
        Self { base, base_path, trusted_proxies, forwarded_header, hosts, any_host, live }
    }
}

/// A range of addresses, `10.0.0.0/8` or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

impl Cidr {
    /// Parses an address with or without `/bits`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    /// Whether `address` (already in canonical form) lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(one)) => {
                let shift = 32 - u32::from(self.bits);
                Ipv4Addr::to_bits(net).checked_shr(shift) == Ipv4Addr::to_bits(one).checked_shr(shift)
            }
            (IpAddr::V6(net), IpAddr::V6(one)) => {
                let shift = 128 - u32::from(self.bits);
                Ipv6Addr::to_bits(net).checked_shr(shift) == Ipv6Addr::to_bits(one).checked_shr(shift)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let inside = |range: &str, address: &str| {
            Cidr::parse(range).is_some_and(|cidr| cidr.contains(address.parse().expect("address")))
        };
        assert!(inside("127.0.0.0/8", "127.1.2.3"));
        assert!(!inside("127.0.0.0/8", "128.0.0.1"));
        assert!(inside("0.0.0.0/0", "9.9.9.9"));
        assert!(!inside("0.0.0.0/0", "::1"));
        assert!(inside("::1", "::1"));
        assert!(inside("fd00::/8", "fd12::9"));
        for bad in ["", "x", "1.2.3.4/33", "::/129", "1.2.3.4/-1"] {
            assert_eq!(Cidr::parse(bad), None, "{bad}");
        }
    }
}
