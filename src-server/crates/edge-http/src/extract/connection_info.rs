//! Client address, scheme and host of a request as the client used them. `X-Forwarded-*` headers count from trusted
//! proxies only.

use super::head::{Head, PeerAddr};
use super::names::{FORWARDED_HOST, FORWARDED_PROTO};
use crate::site::Policy;
use std::net::{IpAddr, Ipv4Addr};

/// Client address, scheme and host of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The client's address. IPv4 addresses never appear in their IPv6-mapped form.
    pub client: IpAddr,
    /// True if the client's connection is encrypted.
    pub https: bool,
    /// True if a trusted proxy forwarded the request without naming the client's scheme.
    pub scheme_unknown: bool,
    /// The host and port that the client used; `None` if it sent none (HTTP/1.0 scripts).
    pub authority: Option<String>,
    /// The hosts of the request itself, ignoring forwarded headers: `Host`, and the authority of HTTP/2 or of an
    /// absolute-form target if it differs.
    pub raw_hosts: Vec<String>,
}

/// Determines the values from the connection and, if the peer is a trusted proxy, from its `X-Forwarded-*` headers.
/// Headers of an untrusted peer are ignored: it could claim any address.
pub fn connection_info(head: &Head, policy: &Policy) -> ConnectionInfo {
    let (peer, trusted) = match head.peer.addr {
        PeerAddr::Ip(addr) => {
            let ip = addr.ip().to_canonical();
            (ip, policy.snapshot.settings.network.trusted_proxies.contains(ip))
        }
        PeerAddr::Unix => (IpAddr::V4(Ipv4Addr::LOCALHOST), true),
    };
    let mut raw_hosts: Vec<String> = Vec::new();
    let host_headers =
        head.headers.get_all(http::header::HOST).into_iter().map(|host| String::from_utf8_lossy(host.as_bytes()));
    for host in host_headers.chain(head.uri.authority().map(|authority| authority.as_str().into())) {
        if raw_hosts.iter().all(|known| *known != *host) {
            raw_hosts.push(host.into_owned());
        }
    }
    let authority = raw_hosts.first().cloned();
    let mut seen = ConnectionInfo { client: peer, https: head.peer.tls, scheme_unknown: false, authority, raw_hosts };
    if !trusted || !is_proxied(head, policy) {
        return seen;
    }
    if let Some(client) = forwarded_client(head, policy) {
        seen.client = client;
    }
    match head.text(FORWARDED_PROTO).map(first_of_list) {
        Some(scheme) => seen.https = scheme.eq_ignore_ascii_case("https"),
        None => seen.scheme_unknown = true,
    }
    if let Some(host) = head.text(FORWARDED_HOST).map(first_of_list).filter(|host| !host.is_empty()) {
        seen.authority = Some(host.to_owned());
    }
    seen
}

/// Returns true if a proxy added forwarding headers. Local programs that connect directly send none of them.
fn is_proxied(head: &Head, policy: &Policy) -> bool {
    let headers = &head.headers;
    headers.contains_key(&policy.forwarded_header)
        || headers.contains_key(FORWARDED_PROTO)
        || headers.contains_key(FORWARDED_HOST)
}

fn first_of_list(list: &str) -> &str {
    list.split(',').next().unwrap_or("").trim()
}

/// Returns the client's address that `--rproxy` selects from the forwarding header: 0 = the peer itself, n = the n-th
/// from the left, -n = the n-th from the right.
fn forwarded_client(head: &Head, policy: &Policy) -> Option<IpAddr> {
    let depth = policy.snapshot.settings.network.forwarded_depth;
    let lines = head.headers.get_all(&policy.forwarded_header).into_iter().filter_map(|line| line.to_str().ok());
    let list: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let at = match depth {
        0 => return None,
        1.. => usize::try_from(depth - 1).ok()?.min(list.len().checked_sub(1)?),
        _ => list.len().checked_sub(usize::try_from(depth.unsigned_abs()).ok()?)?,
    };
    parse_address(list.get(at)?)
}

/// Parses an address with or without port, IPv6 with or without brackets.
fn parse_address(text: &str) -> Option<IpAddr> {
    let plain = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|addr| addr.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    plain.or_else(with_port).or_else(bracketed).map(|ip| ip.to_canonical())
}
