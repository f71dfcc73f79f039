//! Selects the network adapters and addresses on which the server is announced.
//!
//! mdns-sd (0.21) answers unicast queries from any address, also from other networks. On a public address an attacker
//! could use it to amplify traffic towards third parties, so public addresses are included only if the settings name
//! them.

use crate::interfaces::{AddressKind, classify};
use model::Networks;
use model::settings::lan::{Adapter, Family};
use std::net::IpAddr;

/// A selection of adapters, which also applies to adapters that appear later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdapterFilter {
    /// Addresses that the server listens on. Other addresses are not announced, because clients could not connect to
    /// them.
    pub listening: Vec<IpAddr>,
    /// Only these adapters, of any kind; empty: private addresses in local networks.
    pub only: Vec<Adapter>,
    /// Never these adapters.
    pub except: Vec<Adapter>,
    /// Address family. IPv6 alone includes public addresses, since many networks have no other IPv6 addresses.
    pub family: Family,
}

impl AdapterFilter {
    /// Whether this address of this adapter is selected. Loopback never is, because no other machine can reach it.
    pub fn includes(&self, name: &str, number: Option<u32>, ip: IpAddr) -> bool {
        let of_family = match self.family {
            Family::Any => true,
            Family::V4 => ip.is_ipv4(),
            Family::V6 => ip.is_ipv6(),
        };
        let named = |list: &[Adapter]| list.iter().any(|adapter| adapter.matches(name, number, ip));
        let kind = classify(name, ip);
        kind != AddressKind::Loopback
            && of_family
            && self.listening.iter().any(|bound| receives(*bound, ip))
            && !named(&self.except)
            && match &self.only[..] {
                [] => kind == AddressKind::Lan && (is_private(ip) || self.family == Family::V6),
                only => named(only),
            }
    }
}

fn is_private(ip: IpAddr) -> bool {
    Networks::parse(["lan"]).is_ok_and(|private| private.contains(ip))
}

/// Whether a socket that is bound to `bound` receives what is sent to `ip`.
fn receives(bound: IpAddr, ip: IpAddr) -> bool {
    bound == ip || (bound.is_unspecified() && (bound.is_ipv6() || ip.is_ipv4()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapters(listening: &str, only: &[&str], except: &[&str], family: Family) -> AdapterFilter {
        let list = |texts: &[&str]| texts.iter().map(|text| Adapter::parse(text).unwrap()).collect();
        AdapterFilter { listening: vec![listening.parse().unwrap()], only: list(only), except: list(except), family }
    }

    #[test]
    fn selections() {
        let check = |adapters: &AdapterFilter, name: &str, ip: &str, want: bool| {
            assert_eq!(adapters.includes(name, Some(2), ip.parse().unwrap()), want, "{adapters:?} {name} {ip}");
        };
        let usual = adapters("::", &[], &[], Family::Any);
        check(&usual, "eth0", "192.168.1.2", true);
        check(&usual, "eth0", "fd12::1", true);
        check(&usual, "eth0", "2001:db8::1", false);
        check(&usual, "eth0", "203.0.113.5", false);
        check(&usual, "eth0", "fe80::1", false);
        check(&usual, "docker0", "172.17.0.1", false);
        check(&usual, "wg0", "10.8.0.2", false);
        check(&usual, "lo", "127.0.0.1", false);
        check(&adapters("0.0.0.0", &[], &[], Family::Any), "eth0", "2001:db8::1", false);
        check(&adapters("192.168.1.2", &[], &[], Family::Any), "eth0", "192.168.1.3", false);
        check(&adapters("127.0.0.1", &[], &[], Family::Any), "eth0", "192.168.1.2", false);
        check(&adapters("::", &["wg0"], &[], Family::Any), "wg0", "10.8.0.2", true);
        check(&adapters("::", &["wg0"], &[], Family::Any), "eth0", "192.168.1.2", false);
        check(&adapters("::", &["lo"], &[], Family::Any), "lo", "127.0.0.1", false);
        check(&adapters("::", &[], &["192.168.0.0/16"], Family::Any), "eth0", "192.168.1.2", false);
        check(&adapters("::", &["2"], &["eth1"], Family::V4), "eth0", "192.168.1.2", true);
        check(&adapters("::", &[], &[], Family::V6), "eth0", "192.168.1.2", false);
        check(&adapters("::", &[], &[], Family::V6), "eth0", "2001:db8::1", true);
        check(&adapters("::", &["203.0.113.0/24"], &[], Family::Any), "eth0", "203.0.113.5", true);
    }
}
