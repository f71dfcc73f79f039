//! Which pages may change something, and which host names are accepted, behind the usual reverse proxies: every
//! combination of the headers of a browser and of a proxy.

use crate::site::{Site, site_with};
use edge_http::{Peer, PeerAddr};

/// Headers that reach the server for a browser that opened `https://files.example:8443` (TLS ends at the proxy).
const PROXIES: [(&str, &[(&str, &str)]); 7] = [
    ("nginx, default configuration", &[("host", "127.0.0.1:3923")]),
    ("nginx with Host $host", &[("host", "files.example"), ("x-forwarded-proto", "https")]),
    ("nginx with Host $http_host", &[("host", "files.example:8443"), ("x-forwarded-proto", "https")]),
    ("port dropped, scheme unknown", &[("host", "files.example")]),
    (
        "caddy",
        &[("host", "files.example:8443"), ("x-forwarded-host", "files.example:8443"), ("x-forwarded-proto", "https")],
    ),
    (
        "traefik, apache",
        &[("host", "localhost:3923"), ("x-forwarded-host", "files.example"), ("x-forwarded-proto", "https")],
    ),
    ("TLS ends at the proxy, scheme unknown", &[("host", "files.example:8443"), ("x-forwarded-for", "198.51.100.1")]),
];

/// Headers that a browser sends for a page, and whether the page may change something (`None`: it depends on the
/// proxy).
type Page = (&'static [(&'static str, &'static str)], Option<bool>);

/// The headers of pages, for browsers with and without `Sec-Fetch-Site`.
const PAGES: [Page; 16] = [
    (&[("origin", "https://files.example:8443"), ("sec-fetch-site", "same-origin")], Some(true)),
    (&[("sec-fetch-site", "same-origin")], Some(true)),
    (&[("sec-fetch-site", "none")], Some(true)),
    (&[], Some(true)),
    (&[("origin", "https://files.example:8443")], None),
    (&[("referer", "https://files.example:8443/x")], None),
    (&[("origin", "https://files.example"), ("sec-fetch-site", "same-site")], Some(false)),
    (&[("origin", "https://files.example:8443"), ("sec-fetch-site", "cross-site")], Some(false)),
    (&[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], Some(false)),
    (&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], Some(false)),
    (&[("origin", "null"), ("sec-fetch-site", "cross-site")], Some(false)),
    (&[("origin", "null")], Some(false)),
    (&[("origin", "https://evil.example")], Some(false)),
    (&[("origin", "https://files.example.evil.example:8443")], Some(false)),
    (&[("referer", "https://evil.example/files.example:8443")], Some(false)),
    (&[("sec-fetch-site", "same-site"), ("referer", "https://files.example:8443/")], Some(false)),
];

async fn behind_proxies() -> Site {
    let change = |settings: &mut model::Settings| settings.network.hosts = vec!["files.example".into()];
    site_with(&[("", "rw")], Box::new(change)).await
}

fn proxy() -> Peer {
    Peer { addr: PeerAddr::Ip("127.0.0.1:9".parse().expect("address")), local: None, tls: false }
}

#[tokio::test]
async fn own_pages_may_change_files_behind_every_proxy_and_foreign_pages_behind_none() {
    let site = behind_proxies().await;
    for (name, passed_on) in PROXIES {
        for (page, want) in PAGES {
            // Old browsers are judged by Origin and Referer, so the proxy must pass on host and port.
            let want = want.unwrap_or(passed_on.iter().any(|(_, value)| *value == "files.example:8443"));
            let answer = site.send_from(proxy(), "PUT", "/a.txt", &[passed_on, page].concat(), b"x").await;
            assert_eq!(answer.status == 201, want, "{name} {page:?}: {}", answer.text());
            assert!(want || answer.status == 403, "{name} {page:?}: {}", answer.status);
        }
    }
}

/// `Host: localhost`, because a proxy dropped the port: a page on another port of the same host belongs to another
/// site.
#[tokio::test]
async fn another_port_of_the_same_host_is_another_site() {
    let site = behind_proxies().await;
    for (host, origin) in [
        ("localhost", "https://localhost"),
        ("localhost:3923", "http://localhost:3923"),
        ("files.example", "https://files.example"),
        ("192.168.1.2", "http://192.168.1.2"),
    ] {
        for proto in ["http", "https"] {
            let headers =
                [("host", host), ("x-forwarded-proto", proto), ("origin", origin), ("sec-fetch-site", "same-site")];
            assert_eq!(site.send_from(proxy(), "PUT", "/a", &headers, b"x").await.status, 403, "{host} {proto}");
        }
    }
}

#[tokio::test]
async fn the_refusal_names_the_compared_hosts() {
    let site = behind_proxies().await;
    let headers = [
        ("host", "files.example"),
        ("origin", "https://else.example:8443"),
        ("sec-fetch-site", "cross-site"),
        ("user-agent", "Mozilla/5.0"),
        ("accept", "text/html"),
    ];
    let page = site.send("POST", "/", &headers, b"").await;
    let text = page.text();
    assert_eq!(page.status, 403);
    for part in ["https://else.example:8443", "http://files.example", "X-Forwarded-Host", "Signing in does not help"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let secret = [("host", "vm"), ("referer", "http://me:word@evil.example/x?pw=secret")];
    let text = site.ask("PUT", "/a", &secret).await.text();
    assert!(!text.contains("secret") && !text.contains("word@"), "{text}");
}

/// A page can make a browser send `X-Forwarded-Host`, but not another `Host`: both must be names of this server (DNS
/// rebinding).
#[tokio::test]
async fn a_forwarded_host_does_not_replace_the_host() {
    let site = behind_proxies().await;
    site.put("top/a.txt", b"abc");
    for (host, forwarded, want) in [
        ("evil.example", Some("localhost"), 421),
        ("evil.example", Some("files.example"), 421),
        ("evil.example:3923", Some("127.0.0.1"), 421),
        ("evil.example", None, 421),
        ("localhost", Some("evil.example"), 421),
        ("files.example", Some("evil.example, files.example"), 421),
        ("127.0.0.1:3923", Some("files.example"), 200),
        ("[::1]:3923", Some("files.example:8443"), 200),
        ("files.example", Some("files.example"), 200),
        ("vm.local", Some("files.example"), 200),
    ] {
        let mut headers = vec![("host", host)];
        headers.extend(forwarded.map(|name| ("x-forwarded-host", name)));
        let answer = site.send_from(proxy(), "GET", "/a.txt", &headers, b"").await;
        assert_eq!(answer.status, want, "{host} {forwarded:?}");
    }
}
