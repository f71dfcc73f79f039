//! Determines which site's page initiated a request. Pages of other sites must not change anything on this server
//! (docs/http-api.md "Cross-site requests and host names").

use super::connection_info::ConnectionInfo;
use super::head::{Head, SEC_FETCH_SITE};
use super::host::without_port;

/// The site whose page initiated a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOrigin {
    /// A page of this server, or a program that is not a browser.
    Own,
    /// A page of another site, or one that hides its origin.
    Foreign,
    /// A page of another site that sent a correct password in the `PW` header, which no HTML form can send.
    ForeignWithPassword,
}

impl RequestOrigin {
    /// Returns true for pages of other sites, with or without a password.
    pub fn is_foreign(self) -> bool {
        self != Self::Own
    }
}

/// The names of this server that the host of an `Origin` is compared with.
pub struct OwnNames<'a> {
    /// Configured host names (`--host`), for proxies that do not pass on the host that the client used.
    pub configured: &'a [String],
    /// The public URL (`--site`). Its origin is ours; other ports of the same host are not.
    pub site: Option<&'a str>,
    /// Returns true if a name (with or without port) is known to belong to this server: an address, the machine's own
    /// name, a configured name. Never true just because every name is accepted.
    pub is_known: &'a dyn Fn(&str) -> bool,
}

/// Classifies a request before any proof was checked: [`RequestOrigin::Own`] or [`RequestOrigin::Foreign`].
/// `Sec-Fetch-Site`, which pages cannot set, has priority: `cross-site` and `same-site` are foreign whatever `Origin`
/// says, since another port of the same host is another server. `same-origin` is ours if the host in `Origin` is one of
/// ours, although a proxy may have lost its scheme and port. Browsers that send no `Sec-Fetch-Site` are judged by
/// `Origin`, and without that by `Referer`.
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

/// Returns true if a browser sends no header that names the initiating page. It may be a page of another site that
/// hides itself: browsers send no `Sec-Fetch-Site` over plain HTTP, and pages can suppress `Referer`.
pub fn hides_origin(head: &Head) -> bool {
    let headers = &head.headers;
    head.is_browser()
        && ![SEC_FETCH_SITE, http::header::ORIGIN, http::header::REFERER].iter().any(|name| headers.contains_key(name))
}

/// Returns the `scheme://host:port` of a URL.
fn without_path(address: &str) -> &str {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find(['/', '?', '#']).map_or(address.len(), |at| start + at);
    &address[..end]
}

/// Returns true if the host of an origin is the requested one or another name of this server, on any port.
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

/// Returns true if an origin is that of `--site`, or that of a configured name on the default port of its scheme. If
/// the request itself or `--site` names that host with a port, that port is ours: on other ports are other servers.
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
    let mut own_hosts: Vec<&str> = asked.chain(site.map(|(_, host)| host)).map(without_port).collect();
    own_hosts.retain(|own_hosts| own_hosts.eq_ignore_ascii_case(without_port(authority)));
    own_hosts.is_empty() && own.configured.iter().any(|name| same_authority(authority, name, https))
}

/// Returns true if host and port are equal; a missing port is the default port of the scheme.
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
        // `--site`, the requested host, the `Origin`, and whether that is an origin of ours.
        for (site, asked, origin, want) in [
            (None, "127.0.0.1:3923", "https://files.example.org", true),
            (None, "127.0.0.1:3923", "http://Files.example.org:80", true),
            (None, "127.0.0.1:3923", "https://files.example.org:8443", false),
            (None, "127.0.0.1:3923", "null", false),
            (None, "files.example.org", "https://files.example.org", true),
            // Another server on the same host.
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
