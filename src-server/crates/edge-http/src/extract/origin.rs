//! Who made the browser ask: the check that keeps pages of other sites from changing anything here
//! (spec/http-api.md 1.5).

use super::connection_info::ConnectionInfo;
use super::head::{Head, SEC_FETCH_SITE};
use super::host::without_port;

/// Whose page a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOrigin {
    /// A page of ours, or a program that is no browser.
    Own,
    /// Another site's page, or one that hides whose it is.
    Foreign,
    /// Another site's page that sent the right password in the `PW` header, which no form can send.
    ForeignWithPassword,
}

impl RequestOrigin {
    /// Whether another site's page asked, with or without a password.
    pub fn is_foreign(self) -> bool {
        self != Self::Own
    }
}

/// The names of this server, against which the name in an `Origin` is held.
pub struct OwnNames<'a> {
    /// Configured host names (`--host`), for proxies that do not pass on the one that the client used.
    pub configured: &'a [String],
    /// The public address (`--site`): its origin is ours, and of its host nothing else is.
    pub site: Option<&'a str>,
    /// Whether a name (with or without port) is known to be one of this server: an address, the machine's own name, a
    /// configured one. Never just because every name is accepted.
    pub is_known: &'a dyn Fn(&str) -> bool,
}

/// Whose page asks, before any proof was looked at: [`RequestOrigin::Own`] or [`RequestOrigin::Foreign`].
///
/// The browser's own word counts most (`Sec-Fetch-Site`, which pages cannot set): `cross-site` and `same-site` are other
/// sites' pages, whatever `Origin` says; another port of the same host is another site. `same-origin` is ours if the name
/// in `Origin` is one of ours, though its scheme and port may have been lost at a proxy. Browsers that send no
/// `Sec-Fetch-Site` are judged by `Origin`, and if they send none, by `Referer`.
pub fn classify(head: &Head, connection: &ConnectionInfo, own: &OwnNames<'_>) -> RequestOrigin {
    let site = head.headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes());
    let origin = head.headers.get(http::header::ORIGIN);
    let ours = match (site, origin) {
        (Some(b"cross-site" | b"same-site"), _) => false,
        (Some(b"same-origin"), Some(origin)) => {
            origin.to_str().is_ok_and(|origin| is_same_host(origin, connection, own))
        }
        (_, Some(origin)) => {
            let ours = |origin| is_same_origin(origin, connection) || is_named(origin, connection, own);
            origin.to_str().is_ok_and(ours)
        }
        (Some(b"same-origin" | b"none"), None) => true,
        (Some(_), None) => false,
        (None, None) => head.text(http::header::REFERER).is_none_or(|referrer| {
            is_referred_by(referrer, connection) || is_named(without_path(referrer), connection, own)
        }),
    };
    if ours { RequestOrigin::Own } else { RequestOrigin::Foreign }
}

/// Whether a browser asks without a word about which page made it: it may be another site's that hides itself (browsers
/// send no `Sec-Fetch-Site` over plain HTTP, and pages can keep `Referer` back).
pub fn hides_origin(head: &Head) -> bool {
    let headers = &head.headers;
    head.is_browser()
        && ![SEC_FETCH_SITE, http::header::ORIGIN, http::header::REFERER].iter().any(|name| headers.contains_key(name))
}

/// `scheme://host:port` of an address.
fn without_path(address: &str) -> &str {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find(['/', '?', '#']).map_or(address.len(), |at| start + at);
    &address[..end]
}

/// Whether the host in an origin is the one that was asked, or another name of this server, on whichever port.
fn is_same_host(origin: &str, connection: &ConnectionInfo, own: &OwnNames<'_>) -> bool {
    let Some(("http" | "https", authority)) = origin.split_once("://") else { return false };
    let name = without_port(authority);
    let asked = |host: &String| without_port(host).eq_ignore_ascii_case(name);
    connection.authority.iter().chain(&connection.raw_hosts).any(asked) || (own.is_known)(authority)
}

fn is_same_origin(origin: &str, connection: &ConnectionInfo) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let https = match scheme {
        "https" => true,
        "http" => false,
        _ => return false,
    };
    let known = connection.scheme_unknown || https == connection.https;
    let Some(own) = &connection.authority else { return false };
    known && same_authority(authority, own, https)
}

/// Whether an origin is that of `--site`, or of a configured name on its scheme's own port. Where the request itself names
/// that host with a port, or `--site` does, they say which port is ours: on others are other servers.
fn is_named(origin: &str, connection: &ConnectionInfo, own: &OwnNames<'_>) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let https = scheme == "https";
    let site = own.site.and_then(|site| without_path(site).split_once("://"));
    if site.is_some_and(|(own, host)| own.eq_ignore_ascii_case(scheme) && same_authority(authority, host, https)) {
        return true;
    }
    let asked = connection
        .authority
        .iter()
        .chain(&connection.raw_hosts)
        .map(String::as_str)
        .filter(|host| without_port(host) != *host);
    let mut told: Vec<&str> = asked.chain(site.map(|(_, host)| host)).map(without_port).collect();
    told.retain(|told| told.eq_ignore_ascii_case(without_port(authority)));
    told.is_empty() && own.configured.iter().any(|name| same_authority(authority, name, https))
}

/// Equal names and ports, a missing port being that of the scheme.
fn same_authority(one: &str, other: &str, https: bool) -> bool {
    let default = if https { ":443" } else { ":80" };
    let bare = |authority: &str| authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase();
    bare(one) == bare(other)
}

fn is_referred_by(referrer: &str, connection: &ConnectionInfo) -> bool {
    let Some((scheme, authority)) = without_path(referrer).split_once("://") else { return false };
    connection.authority.as_deref().is_some_and(|own| same_authority(authority, own, scheme == "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let connection = |https, unknown| ConnectionInfo {
            client: std::net::Ipv4Addr::LOCALHOST.into(),
            https,
            scheme_unknown: unknown,
            authority: Some("Box.local:3923".into()),
            raw_hosts: Vec::new(),
        };
        for (origin, https, want) in [
            ("http://box.local:3923", false, true),
            ("https://box.local:3923", false, false),
            ("https://box.local:3923", true, true),
            ("http://box.local", false, false),
            ("http://box.local:3923.evil.org", false, false),
            ("http://evil.org", false, false),
            ("null", false, false),
            ("file://", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_same_origin(origin, &connection(https, false)), want, "{origin}");
        }
        assert!(is_same_origin("https://box.local:3923", &connection(false, true)));
        // What is configured, asked for and said, and whether that is ours.
        for (site, asked, origin, want) in [
            (None, "127.0.0.1:3923", "https://files.example.org", true),
            (None, "127.0.0.1:3923", "http://Files.example.org:80", true),
            (None, "127.0.0.1:3923", "https://files.example.org:8443", false),
            (None, "127.0.0.1:3923", "null", false),
            (None, "files.example.org", "https://files.example.org", true),
            // Another server of the same host.
            (None, "files.example.org:8080", "http://files.example.org", false),
            (None, "files.example.org:8080", "https://files.example.org", false),
            (Some("http://files.example.org:8080"), "files.example.org", "http://files.example.org", false),
            (Some("https://files.example.org:8443/x"), "files.example.org", "https://files.example.org:8443", true),
            (Some("https://files.example.org:8443"), "127.0.0.1:3923", "https://files.example.org:8443", true),
            (Some("https://files.example.org:8443"), "127.0.0.1:3923", "https://files.example.org", false),
            (Some("https://files.example.org"), "127.0.0.1:3923", "https://files.example.org:443", true),
            (Some("https://files.example.org"), "127.0.0.1:3923", "http://files.example.org", false),
            (Some("https://other.example.org"), "127.0.0.1:3923", "https://files.example.org", true),
        ] {
            let own = OwnNames { configured: &["files.example.org".to_owned()], site, is_known: &|_| false };
            let connection = ConnectionInfo { authority: Some(asked.to_owned()), ..connection(false, false) };
            assert_eq!(is_named(origin, &connection, &own), want, "{site:?} {asked} {origin}");
        }
        assert!(same_authority("a:80", "a", false) && same_authority("a", "a:443", true));
        assert!(!same_authority("a:80", "a", true));
    }
}
