//! Host names that requests may use.
//! A page of another site can let its own name resolve to our address (DNS rebinding), and then read what is shared
//! without a password as if it were content of its own origin. Such requests carry the other site's name in `Host`, so
//! unknown names are refused.

use crate::site::{HttpOptions, Policy};
use std::net::IpAddr;

/// Domain suffixes that no public name has, or that home routers assign. This machine's own name may carry them. Public
/// suffixes are deliberately absent: `mypc.example.com` may belong to another machine, and has to be named with
/// `--host`.
const LOCAL_SUFFIXES: [&str; 12] = [
    "local",
    "lan",
    "home",
    "internal",
    "localdomain",
    "intranet",
    "corp",
    "private",
    "home.arpa",
    "fritz.box",
    "box",
    "ts.net",
];

/// Returns true if a request may carry this `Host`. `authority`: name and port as sent.
pub fn is_allowed(authority: &str, policy: &Policy, options: &HttpOptions) -> bool {
    policy.any_host || is_own_name(authority, policy, options)
}

/// Returns true if the name is known to belong to this server; unlike [`is_allowed`] it ignores `--host *`.
pub fn is_own_name(authority: &str, policy: &Policy, options: &HttpOptions) -> bool {
    let name = without_port(authority);
    if let Some(ip) = ip_address(name) {
        // "http://0.0.0.0" reaches this machine from a browser on it. There is no legitimate use, and attacks use it.
        return !ip.is_unspecified();
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return true;
    }
    let configured = policy.hosts.iter().any(|host| name == without_port(host).trim_end_matches('.'));
    let announced = options.announced.host.load().as_ref().is_some_and(|own| name.eq_ignore_ascii_case(own));
    configured || announced || options.host_names.iter().any(|own| matches_host_name(&name, own))
}

fn matches_host_name(name: &str, own: &str) -> bool {
    let Some(rest) = name.strip_prefix(&own.to_ascii_lowercase()) else { return false };
    match rest.strip_prefix('.') {
        Some(ending) => LOCAL_SUFFIXES.iter().any(|home| is_or_below(ending, home)),
        None => rest.is_empty(),
    }
}

/// Returns true if `name` is `top` or ends with `.top`.
fn is_or_below(name: &str, top: &str) -> bool {
    name.strip_suffix(top).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Returns the host without the port; IPv6 addresses keep their brackets. An authority of another form is returned
/// whole, so that it is the name of no server.
pub fn without_port(authority: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    match authority.rsplit_once(':') {
        Some((name, port)) if is_port(port) && (!name.contains(':') || name.ends_with(']')) => name,
        _ => authority,
    }
}

fn ip_address(name: &str) -> Option<IpAddr> {
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    // The zone (`fe80::1%eth0`) is not part of the address.
    inner.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names() {
        for (name, want) in [
            ("vm", true),
            ("vm.local", true),
            ("vm.lan", true),
            ("vm.fritz.box", true),
            ("vm.tail1234.ts.net", true),
            ("vm.example.com", false),
            ("vm.notlocal", false),
            ("vmx", false),
            ("xvm.local", false),
            ("vm.local.evil.org", false),
        ] {
            assert_eq!(matches_host_name(name, "vm"), want, "{name}");
        }
    }

    #[test]
    fn names_and_ports() {
        for (authority, want) in [
            ("a:80", "a"),
            ("a", "a"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("::1", "::1"),
            ("a:b", "a:b"),
            ("[::1].evil", "[::1].evil"),
            ("[::1]evil:80", "[::1]evil:80"),
        ] {
            assert_eq!(without_port(authority), want);
        }
        assert!(ip_address("[fe80::1%25eth0]").is_some() && ip_address("[::1].evil").is_none());
        assert_eq!(ip_address("1.2.3"), None);
    }
}
