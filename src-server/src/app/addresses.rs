//! The addresses at which the server can be reached, as URLs.

use crate::connections::{Endpoint, ListenAddr};
use crate::control::admin::{Address, Reach};
use crate::serve::HTTP;
use announce::interfaces::{self, AddressKind};
use model::settings::Encryption;
use std::net::{IpAddr, SocketAddr};

/// Expands every endpoint of HTTP to URLs that can be typed or scanned, the most useful first.
pub fn addresses(endpoints: &[Endpoint], encryption: Encryption) -> Vec<Address> {
    let scheme = if encryption == Encryption::TlsOnly { "https" } else { "http" };
    let mut found = Vec::new();
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.protocol == HTTP) {
        match &endpoint.address {
            ListenAddr::Udp(_) => {}
            ListenAddr::Unix(path) => {
                let url = format!("unix:{}", path.display());
                found.push(Address { url, reach: Reach::Socket, interface: None });
            }
            ListenAddr::Tcp(address) if address.ip().is_unspecified() => {
                for own in interfaces::addresses().unwrap_or_default() {
                    let reached = own.ip.is_ipv4() || address.is_ipv6();
                    // A link-local IPv6 address needs the interface name, which cannot be written in a URL.
                    let typable = own.ip.is_ipv4() || own.kind != AddressKind::LinkLocal;
                    if reached && typable {
                        let url = url(scheme, own.ip, address.port());
                        found.push(Address { url, reach: reach(own.kind), interface: Some(own.interface) });
                    }
                }
            }
            ListenAddr::Tcp(address) => {
                let all = interfaces::addresses().unwrap_or_default();
                let own = all.into_iter().find(|own| own.ip == address.ip());
                let reach = match &own {
                    Some(own) => reach(own.kind),
                    None if address.ip().is_loopback() => Reach::Loopback,
                    None => Reach::Lan,
                };
                let url = url(scheme, address.ip(), address.port());
                found.push(Address { url, reach, interface: own.map(|own| own.interface) });
            }
        }
    }
    found.sort_by_key(|address| address.reach);
    found
}

fn url(scheme: &str, ip: IpAddr, port: u16) -> String {
    match (scheme, port) {
        ("http", 80) | ("https", 443) if ip.is_ipv4() => format!("{scheme}://{ip}/"),
        _ => format!("{scheme}://{}/", SocketAddr::new(ip, port)),
    }
}

fn reach(kind: AddressKind) -> Reach {
    match kind {
        AddressKind::Lan => Reach::Lan,
        AddressKind::Vpn => Reach::Vpn,
        AddressKind::Virtual => Reach::Virtual,
        AddressKind::LinkLocal => Reach::LinkLocal,
        AddressKind::Loopback => Reach::Loopback,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_typed() {
        let at = |text: &str| Endpoint { protocol: HTTP, address: ListenAddr::Tcp(text.parse().unwrap()) };
        let urls = |endpoints: &[Endpoint], encryption| -> Vec<String> {
            addresses(endpoints, encryption).into_iter().map(|address| address.url).collect()
        };
        assert_eq!(urls(&[at("127.0.0.1:3923")], Encryption::Both), ["http://127.0.0.1:3923/"]);
        assert_eq!(urls(&[at("[::1]:3923")], Encryption::TlsOnly), ["https://[::1]:3923/"]);
        assert_eq!(urls(&[at("127.0.0.1:80")], Encryption::PlainOnly), ["http://127.0.0.1/"]);
        let all = urls(&[at("[::]:3923")], Encryption::Both);
        assert!(all.contains(&"http://127.0.0.1:3923/".to_owned()), "{all:?}");
    }
}
