//! The addresses of this machine, sorted by how likely a phone in the same room can reach them.
//!
//! The usual failure is a QR code with the address of a VPN or of a container bridge. So every address has an
//! [`AddressKind`], derived from the interface's name and the address itself.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who can reach an address. In the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressKind {
    /// Wi-Fi or cable: machines in the same local network.
    Lan,
    /// Members of a private network (WireGuard, Tailscale ...).
    Vpn,
    /// Containers and virtual machines of this machine only.
    Virtual,
    /// Works without a router, but often needs the interface's name in the address.
    LinkLocal,
    /// This machine only.
    Loopback,
}

/// One address of one interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Who can reach it.
    pub kind: AddressKind,
    /// The address.
    pub ip: IpAddr,
    /// Name of the interface.
    pub interface: String,
}

/// Returns the addresses of all interfaces that are up: the most useful first, IPv4 before IPv6 within a kind.
///
/// # Errors
/// Errors of the operating system.
pub fn addresses() -> io::Result<Vec<Address>> {
    let all = if_addrs::get_if_addrs()?;
    let mut addresses: Vec<_> = all
        .into_iter()
        .map(|found| Address { kind: classify(&found.name, found.ip()), ip: found.ip(), interface: found.name })
        .collect();
    addresses.sort();
    addresses.dedup();
    Ok(addresses)
}

/// An address of this machine, with the network around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// The address of this machine.
    pub ip: IpAddr,
    /// Length of the prefix that all addresses of the network share.
    pub prefix: u8,
}

impl Subnet {
    /// Returns whether an address is in the network.
    pub fn contains(&self, other: IpAddr) -> bool {
        let (own, other, bits) = match (self.ip.to_canonical(), other.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let host_bits = bits - u32::from(self.prefix).min(bits);
        let network = |address: u128| address.checked_shr(host_bits).unwrap_or(0);
        network(own) == network(other)
    }
}

/// Returns the addresses of all interfaces that are up, with the networks around them.
///
/// # Errors
/// Errors of the operating system.
pub fn subnets() -> io::Result<Vec<Subnet>> {
    let subnet = |found: if_addrs::Interface| match found.addr {
        if_addrs::IfAddr::V4(v4) => Subnet { ip: v4.ip.into(), prefix: v4.prefixlen },
        if_addrs::IfAddr::V6(v6) => Subnet { ip: v6.ip.into(), prefix: v6.prefixlen },
    };
    Ok(if_addrs::get_if_addrs()?.into_iter().map(subnet).collect())
}

/// Returns the machine's name without its domain; `localhost` if it has none.
pub fn host_name() -> String {
    let name = full_host_name();
    let first = name.split('.').next().unwrap_or_default();
    if first.is_empty() { "localhost".into() } else { first.into() }
}

#[cfg(unix)]
fn full_host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn full_host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// Prefixes of the names of interfaces of this machine alone: for containers, virtual machines, and programs that make
/// interfaces of their own (`tap`).
const VIRTUAL: &[&str] = &[
    "docker",
    "br-",
    "veth",
    "virbr",
    "vmnet",
    "vboxnet",
    "lxc",
    "lxd",
    "cni",
    "flannel",
    "podman",
    "kube",
    "cali",
    "vethernet",
    "bridge",
    "vnet",
    "tap",
];
/// Prefixes of the names of VPN interfaces.
const VPN: &[&str] = &["tun", "wg", "utun", "tailscale", "zt", "ppp", "nordlynx", "ipsec", "proton", "wireguard"];

/// Returns the kind of an address of an interface with this name.
pub(crate) fn classify(interface: &str, ip: IpAddr) -> AddressKind {
    let name = interface.to_ascii_lowercase();
    let has_prefix = |prefixes: &[&str]| prefixes.iter().any(|&prefix| name.starts_with(prefix));
    if ip.is_loopback() {
        AddressKind::Loopback
    } else if has_prefix(VIRTUAL) {
        AddressKind::Virtual
    } else if has_prefix(VPN) || is_shared_range(ip) {
        AddressKind::Vpn
    } else if is_link_local(ip) {
        AddressKind::LinkLocal
    } else {
        AddressKind::Lan
    }
}

/// Whether the address is in the shared range 100.64.0.0/10 (RFC 6598), which Tailscale uses.
fn is_shared_range(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(v4) if v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64)
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => Ipv4Addr::is_link_local(&v4),
        IpAddr::V6(v6) => Ipv6Addr::is_unicast_link_local(&v6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (interface, ip, want) in [
            ("lo", "127.0.0.1", AddressKind::Loopback),
            ("lo", "::1", AddressKind::Loopback),
            ("eth0", "192.168.1.20", AddressKind::Lan),
            ("wlp3s0", "10.1.2.3", AddressKind::Lan),
            ("en0", "2001:db8::1", AddressKind::Lan),
            ("en0", "fe80::1", AddressKind::LinkLocal),
            ("eth0", "169.254.9.9", AddressKind::LinkLocal),
            ("docker0", "172.17.0.1", AddressKind::Virtual),
            ("br-12ab", "172.18.0.1", AddressKind::Virtual),
            ("vEthernet (WSL)", "172.20.0.1", AddressKind::Virtual),
            ("wg0", "10.8.0.2", AddressKind::Vpn),
            ("tailscale0", "100.101.1.1", AddressKind::Vpn),
            ("eth1", "100.64.0.1", AddressKind::Vpn),
            ("eth1", "100.63.0.1", AddressKind::Lan),
        ] {
            assert_eq!(classify(interface, ip.parse().unwrap()), want, "{interface} {ip}");
        }
    }

    #[test]
    fn this_machine_has_a_loopback_and_a_name() {
        assert!(addresses().unwrap().iter().any(|address| address.kind == AddressKind::Loopback));
        let name = host_name();
        assert!(!name.is_empty() && !name.contains('.'));
    }
}
