//! Identifies the networks that this machine is in, so that a person can choose those to share in.
//!
//! A network is identified by a hash of its router's hardware address and its address range. The name of a Wi-Fi is not
//! used: reading it makes systems ask for the location permission, and another network can have the same name.

use crate::interfaces::{AddressKind, classify};
use netdev::{Interface, NetworkDevice};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// A network in which other machines may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Identifier, 32 hexadecimal digits. `None`: the router's hardware address is not known yet; see [`probe_router`].
    pub id: Option<String>,
    /// Name for people, such as `192.168.1.0/24 behind 192.168.1.1`.
    pub name: String,
    /// Address of its router.
    pub router: Option<IpAddr>,
}

/// Properties of one adapter.
#[derive(Clone, Debug, Default)]
struct AdapterInfo {
    name: String,
    /// With the lengths of their prefixes.
    addresses: Vec<(IpAddr, u8)>,
    routers: Vec<IpAddr>,
    /// Hardware address of the routers; `None`: not known yet.
    hardware: Option<[u8; 6]>,
    /// The default route leads through it.
    is_default: bool,
}

/// Returns the networks in which other machines may be, without VPNs and container networks. The network of the default
/// route comes first. Blocks on the operating system, but not on the network.
pub fn networks() -> Vec<Network> {
    let adapters: Vec<_> = netdev::get_interfaces().into_iter().filter(Interface::is_up).map(adapter_info).collect();
    identify(&adapters)
}

fn adapter_info(adapter: Interface) -> AdapterInfo {
    let v4 = adapter.ipv4.iter().map(|net| (IpAddr::V4(net.addr()), net.prefix_len()));
    let v6 = adapter.ipv6.iter().map(|net| (IpAddr::V6(net.addr()), net.prefix_len()));
    let addresses = v4.chain(v6).collect();
    let gateway = adapter.gateway.unwrap_or_else(NetworkDevice::new);
    let routers = gateway.ipv4.iter().map(|ip| IpAddr::V4(*ip)).chain(gateway.ipv6.iter().map(|ip| IpAddr::V6(*ip)));
    let routers = routers.filter(|ip| !ip.is_unspecified()).collect();
    let hardware = Some(gateway.mac_addr.octets()).filter(|octets| octets.iter().any(|octet| *octet != 0));
    // On Windows the name is a GUID; the settings and the table of prefixes use the friendly name.
    let friendly = adapter.friendly_name.filter(|_| cfg!(windows));
    AdapterInfo { name: friendly.unwrap_or(adapter.name), addresses, routers, hardware, is_default: adapter.default }
}

fn identify(adapters: &[AdapterInfo]) -> Vec<Network> {
    let mut found: Vec<(bool, Network)> = Vec::new();
    for adapter in adapters {
        let is_lan = |(ip, _): &&(IpAddr, u8)| classify(&adapter.name, *ip) == AddressKind::Lan;
        let candidates: Vec<_> = adapter.addresses.iter().filter(is_lan).copied().collect();
        let with_router = candidates.iter().find_map(|&(ip, bits)| {
            let router = adapter.routers.iter().find(|router| range(**router, bits) == range(ip, bits));
            router.map(|router| (ip, bits, Some(*router)))
        });
        // IPv6 routers have link-local addresses, which are in none of the ranges.
        let without_router = candidates.first().map(|&(ip, bits)| (ip, bits, adapter.routers.first().copied()));
        let Some((ip, bits, router)) = with_router.or(without_router) else { continue };
        let range = format!("{}/{bits}", range(ip, bits));
        let network = match (router, adapter.hardware) {
            (None, _) => Network { id: Some(hash(&format!("no router {range}"))), name: range, router },
            (Some(at), hardware) => {
                let id = hardware.map(|octets| hash(&format!("{octets:02x?} {range}")));
                Network { id, name: format!("{range} behind {at}"), router }
            }
        };
        if !found.iter().any(|(_, known)| *known == network) {
            found.push((!adapter.is_default, network));
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    found.into_iter().map(|(_, network)| network).collect()
}

/// Returns the first address of the range.
fn range(ip: IpAddr, bits: u8) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            Ipv4Addr::from(u32::from(v4) & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            Ipv6Addr::from(u128::from(v6) & mask).into()
        }
    }
}

fn hash(text: &str) -> String {
    let mut hex = String::new();
    for byte in &Sha256::digest(text)[..16] {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Sends one empty datagram to a router, so that the system resolves its hardware address. Does not wait.
pub fn probe_router(router: IpAddr) {
    let any: IpAddr = if router.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // Port 9 discards what it receives (RFC 863). If sending fails, the address stays unknown and the next check tries
    // again.
    let _sent = UdpSocket::bind((any, 0)).and_then(|socket| socket.send_to(&[], (router, 9)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, addresses: &[(&str, u8)], routers: &[&str], hardware: Option<u8>) -> AdapterInfo {
        AdapterInfo {
            name: name.into(),
            addresses: addresses.iter().map(|(ip, bits)| (ip.parse().unwrap(), *bits)).collect(),
            routers: routers.iter().map(|ip| ip.parse().unwrap()).collect(),
            hardware: hardware.map(|last| [2, 0, 0, 0, 0, last]),
            is_default: !routers.is_empty(),
        }
    }

    fn names(adapters: &[AdapterInfo]) -> Vec<String> {
        identify(adapters).into_iter().map(|network| network.name).collect()
    }

    #[test]
    fn a_network_is_identified_by_router_and_range() {
        let id = |info: &AdapterInfo| identify(std::slice::from_ref(info))[0].id.clone();
        let home = adapter("wlan0", &[("192.168.1.20", 24)], &["192.168.1.1"], Some(1));
        let later = adapter("eth0", &[("fe80::1", 64), ("192.168.1.77", 24)], &["192.168.1.1"], Some(1));
        let cafe = adapter("wlan0", &[("192.168.1.20", 24)], &["192.168.1.1"], Some(2));
        let wider = adapter("wlan0", &[("192.168.1.20", 16)], &["192.168.1.1"], Some(1));
        let cable = adapter("eth0", &[("192.168.1.20", 24)], &[], None);
        assert_eq!(id(&home), id(&later));
        assert_eq!(id(&home).map(|id| id.len()), Some(32));
        for other in [&cafe, &wider, &cable] {
            assert_ne!(id(&home), id(other));
        }
        assert_eq!(id(&adapter("wlan0", &[("192.168.1.20", 24)], &["192.168.1.1"], None)), None);
        let router = |info: &AdapterInfo| identify(std::slice::from_ref(info))[0].router;
        assert_eq!((router(&home), router(&cable)), ("192.168.1.1".parse().ok(), None));
    }

    #[test]
    fn only_networks_with_neighbours() {
        let home = adapter("wlan0", &[("192.168.1.20", 24)], &["192.168.1.1"], Some(1));
        let all = [
            adapter("lo", &[("127.0.0.1", 8)], &[], None),
            adapter("docker0", &[("172.17.0.1", 16)], &[], None),
            adapter("tun0", &[("10.8.0.2", 24)], &["10.8.0.1"], None),
            adapter("eth0", &[("10.0.0.1", 8)], &[], None),
            home.clone(),
            home,
        ];
        assert_eq!(names(&all), ["192.168.1.0/24 behind 192.168.1.1", "10.0.0.0/8"]);
        assert_eq!(names(&[]), Vec::<String>::new());
        let v6 = adapter("eth0", &[("2001:db8:1::5", 64), ("fe80::2", 64)], &["fe80::1"], Some(3));
        assert_eq!(names(&[v6]), ["2001:db8:1::/64 behind fe80::1"]);
        assert_eq!(names(&[adapter("eth0", &[("10.1.2.3", 0)], &[], None)]), ["0.0.0.0/0"]);
    }

    #[test]
    fn asking_the_system_works() {
        for network in networks() {
            assert!(network.name.contains('/'), "{network:?}");
        }
    }
}
