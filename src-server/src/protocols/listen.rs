//! The addresses of a protocol that has settings of its own about them.

use model::settings::{Listen, Network};
use std::net::IpAddr;

/// Returns the addresses on which a protocol listens: those of the server, or of them those that are `chosen` for it.
pub fn listen_addresses(network: &Network, chosen: &[IpAddr], only_v4: bool) -> Vec<Listen> {
    let all = network.listen.iter().filter_map(|listen| match listen {
        Listen::Ip(ip) => Some(*ip),
        Listen::Unix { .. } => None,
    });
    let open: Vec<IpAddr> = match chosen {
        [] => all.collect(),
        chosen => chosen.iter().flat_map(|ip| all.clone().filter_map(|open| narrower(open, *ip))).collect(),
    };
    let open: Vec<IpAddr> = match only_v4 {
        false => open,
        // [::] accepts IPv4 too.
        true => open.into_iter().filter_map(v4).collect(),
    };
    open.into_iter().map(Listen::Ip).collect()
}

/// Returns the address that is part of both, of which one may stand for all addresses of its kind.
fn narrower(a: IpAddr, b: IpAddr) -> Option<IpAddr> {
    let covers =
        |wide: IpAddr, narrow: IpAddr| wide == narrow || wide.is_unspecified() && (wide.is_ipv6() || narrow.is_ipv4());
    if covers(a, b) { Some(b) } else { covers(b, a).then_some(a) }
}

fn v4(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(_) => Some(ip),
        IpAddr::V6(v6) => v6.is_unspecified().then_some(std::net::Ipv4Addr::UNSPECIFIED.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_to_listen_on() {
        let check = |open: &[&str], chosen: &[&str], only_v4: bool, expected: &[&str]| {
            let ips = |all: &[&str]| all.iter().map(|ip| ip.parse().unwrap()).collect::<Vec<IpAddr>>();
            let mut network = Network { listen: ips(open).into_iter().map(Listen::Ip).collect(), ..Network::default() };
            network.listen.push(Listen::Unix { path: "/s".into(), mode: None, group: None });
            let expected: Vec<_> = ips(expected).into_iter().map(Listen::Ip).collect();
            assert_eq!(listen_addresses(&network, &ips(chosen), only_v4), expected, "{open:?} {chosen:?}");
        };
        check(&["::"], &[], false, &["::"]);
        check(&["::"], &[], true, &["0.0.0.0"]);
        check(&["::"], &["10.0.0.1", "::1"], false, &["10.0.0.1", "::1"]);
        check(&["0.0.0.0"], &["::1"], false, &[]);
        // Sharing is off for others: only this machine.
        check(&["127.0.0.1", "::1"], &["0.0.0.0"], false, &["127.0.0.1"]);
        check(&["127.0.0.1", "::1"], &["10.0.0.1"], false, &[]);
        check(&["127.0.0.1", "::1"], &[], true, &["127.0.0.1"]);
        check(&[], &["127.0.0.1"], false, &[]);
    }
}
