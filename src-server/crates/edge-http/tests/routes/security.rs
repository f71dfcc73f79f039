//! Pages of other sites change nothing, unknown host names are refused, user content never runs, and proxies are
//! trusted only as configured.

use crate::site::{BROWSER, site, site_with};
use edge_http::{Peer, PeerAddr};

#[tokio::test]
async fn origins() {
    let site = site(&[("", "rw")]).await;
    let own = ("host", "vm.local:3923");
    for (headers, reads, changes) in [
        (vec![own], 200, true),
        (vec![own, ("origin", "http://vm.local:3923")], 200, true),
        (vec![own, ("origin", "http://evil.org")], 200, false),
        (vec![own, ("origin", "https://vm.local:3923")], 200, false),
        (vec![own, ("origin", "null")], 200, false),
        (vec![own, ("origin", "null"), ("pw", "sesame")], 200, true),
        (vec![own, ("origin", "null"), ("pw", "")], 200, false),
        (vec![own, ("origin", "http://evil.org"), ("pw", "wrong")], 200, false),
        (vec![own, ("origin", "http://evil.org"), ("cookie", "cppwd=sesame")], 200, false),
        (vec![own, ("origin", "http://evil.org"), ("cookie", "cppwd=pls1-x"), ("pw", "")], 200, false),
        (vec![own, ("origin", "http://evil.org"), ("authorization", "Basic c2VzYW1lOg==")], 200, false),
        (vec![own, ("origin", "http://evil.org"), ("sec-fetch-site", "cross-site"), ("pw", "sesame")], 200, true),
        (vec![own, ("sec-fetch-site", "cross-site")], 200, false),
        (vec![own, ("sec-fetch-site", "same-site")], 200, false),
        (vec![own, ("sec-fetch-site", "same-origin")], 200, true),
        (vec![own, ("sec-fetch-site", "none")], 200, true),
        (vec![own, ("referer", "http://evil.org/x")], 200, false),
        (vec![own, ("referer", "http://vm.local:3923/x")], 200, true),
    ] {
        assert_eq!(site.ask("GET", "/", &headers).await.status, reads, "{headers:?}");
        let answer = site.ask("POST", "/?pw=sesame&nothing", &headers).await;
        let refused = answer.status == 403 && answer.text().contains("rejected by cors-check (see fileserver log)");
        assert_eq!(!refused, changes, "{headers:?}: {}", answer.text());
        for method in ["PUT", "DELETE", "MOVE", "COPY"] {
            if !changes {
                assert_eq!(site.ask(method, "/x", &headers).await.status, 403, "{method} {headers:?}");
            }
        }
    }
    let foreign = site.ask("GET", "/", &[own, ("origin", "http://evil.org")]).await;
    assert_eq!(foreign.header("access-control-allow-origin"), "");
    assert_eq!(foreign.header("access-control-allow-credentials"), "");
    let authenticated = site.ask("GET", "/", &[own, ("origin", "http://app.org"), ("pw", "sesame")]).await;
    assert_eq!(authenticated.header("access-control-allow-origin"), "http://app.org");
    assert_eq!(site.get("/").await.header("access-control-allow-origin"), "");
    // Invalid proofs do not make a response readable for other sites.
    for proof in [("pw", ""), ("pw", "wrong"), ("authorization", "Basic eDp5"), ("cookie", "cppwd=pls1-ended")] {
        let answer = site.ask("GET", "/", &[own, ("origin", "http://evil.org"), proof]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{proof:?}");
        let asked = [own, ("origin", "http://evil.org"), ("access-control-request-headers", "pw"), proof];
        assert_eq!(site.ask("GET", "/", &asked).await.header("access-control-allow-origin"), "", "no preflight");
    }
    let asked = [own, ("origin", "http://app.org"), ("access-control-request-headers", "range, pw")];
    assert_eq!(site.ask("OPTIONS", "/", &asked).await.header("access-control-allow-origin"), "http://app.org");
}

/// A password in a URL that another site's page opens neither counts as a wrong guess of the visitor nor signs in.
#[tokio::test]
async fn passwords_in_addresses_that_other_sites_open_are_ignored() {
    let site = site(&[("", "r"), ("none", "")]).await;
    site.put("top/a.txt", b"abc");
    site.put("none/b.txt", b"abc");
    let page = [("user-agent", BROWSER), ("accept", "text/html"), ("host", "vm")];
    let picture = [("user-agent", BROWSER), ("accept", "image/*"), ("host", "vm")];
    let foreign: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "http://evil.org")],
        &[("referer", "http://evil.org/x")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
    ];
    for by in foreign {
        for nth in 0..12 {
            let answer = site.ask("GET", &format!("/a.txt?pw={nth}"), &[&picture[..], by].concat()).await;
            assert!(matches!(answer.status, 200 | 303), "{by:?}: {}", answer.status);
        }
        let opened = site.ask("GET", "/none/b.txt?pw=sesame&x", &[&page[..], by].concat()).await;
        assert_eq!(opened.header("set-cookie"), "", "{by:?}");
        assert_eq!((opened.status, opened.header("location")), (303, "/none/b.txt?x"), "{by:?}");
    }
    // Over plain HTTP a page can hide its origin. Then wrong passwords count, but separately from those of the visitor.
    for nth in 0..12 {
        site.ask("GET", &format!("/a.txt?pw={nth}"), &picture).await;
        site.ask("GET", "/a.txt", &[&picture[..], &[("origin", "http://evil.org"), ("pw", &nth.to_string())]].concat())
            .await;
    }
    assert_eq!(site.get("/a.txt").await.status, 200);
    assert_eq!(site.ask("GET", "/none/b.txt", &[("pw", "sesame")]).await.status, 200, "the visitor may still sign in");
}

/// A client with too many wrong passwords is banned from everything, in whichever way it sent them.
#[tokio::test]
async fn clients_that_guess_passwords_are_banned() {
    for kind in ["header", "basic", "address", "cookie"] {
        let rule = model::settings::BanRule { count: 2, window_mins: 60, ban_mins: 5 };
        let site = site_with(&[("", "r")], Box::new(move |settings| settings.login.ban_passwords = Some(rule))).await;
        site.put("top/a.txt", b"abc");
        assert_eq!(site.ask("GET", "/a.txt", &[("pw", "sesame")]).await.status, 200);
        for nth in 0..3 {
            let (text, path) = (format!("guess{nth}"), format!("/a.txt?pw=guess{nth}"));
            let basic = format!("Basic {}", ["Z3Vlc3MwOg==", "Z3Vlc3MxOg==", "Z3Vlc3MyOg=="][nth]);
            let cookie = format!("cppwd={text}");
            match kind {
                "header" => site.ask("GET", "/a.txt", &[("pw", &text)]).await,
                "basic" => site.ask("GET", "/a.txt", &[("authorization", &basic)]).await,
                "cookie" => site.ask("GET", "/a.txt", &[("cookie", &cookie)]).await,
                _ => site.get(&path).await,
            };
        }
        for headers in [vec![], vec![("pw", "sesame")]] {
            let answer = site.ask("GET", "/a.txt", &headers).await;
            assert_eq!(answer.status, 429, "{kind} {headers:?}");
            let left: u64 = answer.header("retry-after").parse().expect("seconds");
            assert!((240..=300).contains(&left), "{left}");
        }
        let elsewhere = Peer { addr: PeerAddr::Ip("192.0.2.8:1".parse().expect("address")), local: None, tls: false };
        assert_eq!(site.send_from(elsewhere, "GET", "/a.txt", &[], b"").await.status, 200);
    }
}

#[tokio::test]
async fn sites_named_by_acao_may_read() {
    let own = ("host", "vm.local:3923");
    for (named, origin, want) in [
        ("*", "http://evil.org", "*"),
        ("http://app.org", "http://app.org", "http://app.org"),
        ("http://app.org", "http://evil.org", ""),
    ] {
        let site =
            site_with(&[("", "r")], Box::new(|settings| settings.network.cors_origins = vec![named.into()])).await;
        let answer = site.ask("GET", "/", &[own, ("origin", origin)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), want, "{named} {origin}");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn hosts() {
    let site =
        site_with(&[("", "r")], Box::new(|settings| settings.network.hosts = vec!["Files.example.org".into()])).await;
    for (host, want) in [
        ("127.0.0.1:3923", 200),
        ("[::1]:3923", 200),
        ("192.168.1.9", 200),
        ("localhost:3923", 200),
        ("a.localhost", 200),
        ("vm", 200),
        ("VM.local", 200),
        ("vm.lan:80", 200),
        ("files.example.org", 200),
        ("files.example.org:443", 200),
        ("evil.org", 421),
        ("vm.evil.org", 421),
        ("127.0.0.1.evil.org", 421),
        ("0.0.0.0:3923", 421),
        ("", 421),
    ] {
        let answer = site.ask("GET", "/", &[("host", host)]).await;
        assert_eq!(answer.status, want, "{host}");
    }
    let refused = site.ask("GET", "/a%3Cb", &[("host", "evil.org")]).await.text();
    assert!(refused.contains("--host evil.org"));
    let any = site_with(&[("", "r")], Box::new(|settings| settings.network.hosts = vec!["*".into()])).await;
    assert_eq!(any.ask("GET", "/", &[("host", "evil.org")]).await.status, 200);
}

#[tokio::test]
async fn every_page_forbids_foreign_and_inline_scripts() {
    let site = site(&[("", "rw"), ("drop", "w"), ("none", "")]).await;
    site.put("top/a.txt", b"");
    for path in [
        "/",
        "/drop/",
        "/none/",
        "/missing",
        "/?h",
        "/?b",
        "/?folders",
        "/?reset",
        "/a.txt?delete",
        "/.potluck/join/abc",
        "/%00",
    ] {
        let answer = site.browse(path).await;
        assert!(answer.header("content-type").starts_with("text/html"), "{path}: {}", answer.text());
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'; script-src 'self'"), "{path}: {policy}");
        let page = answer.text();
        assert!(!page.contains("<script>") && !page.contains(" onclick") && !page.contains(" style="), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("vary").starts_with("Origin, PW, Cookie"));
        assert_eq!(answer.header("cache-control"), "no-store, max-age=0");
    }
}

#[tokio::test]
async fn text_in_urls_is_escaped() {
    let site = site(&[("", "r")]).await;
    for path in [
        "/%3Cscript%3Ex",
        "/%3Cscript%3Ex?h",
        "/%3Cscript%3Ex?delete",
        "/?setck=cplng%3Dx%0d%0aset-cookie:y",
        "/?invite=%3Cscript%3E",
    ] {
        for agent in [BROWSER, "curl/8", "x"] {
            let answer = site.ask("GET", path, &[("user-agent", agent), ("accept", "text/html")]).await;
            if answer.header("content-type").starts_with("text/html") {
                assert!(!answer.text().contains("<script>x"), "{path}");
            }
            assert_eq!(answer.header("set-cookie"), "", "{path}");
        }
    }
    let moved = site.browse("/a?move=%3Cscript%3E").await.text();
    assert!(moved.contains("&lt;script&gt;") && !moved.contains("<script>"));
}

#[tokio::test]
async fn a_get_changes_nothing() {
    let site = site(&[("", "rwmd")]).await;
    site.put("top/a.txt", b"abc");
    let page = site.browse("/a.txt?delete").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<form class=\"confirm\" method=\"post\" action=\"/a.txt?delete\">"));
    assert_eq!(site.get("/a.txt?delete").await.text(), "abc");
    assert_eq!(site.get("/a.txt").await.text(), "abc");
}

#[tokio::test]
async fn forwarded_headers_count_from_trusted_proxies_only() {
    let site = site(&[("", "rw")]).await;
    let peer = |address: &str| Peer { addr: PeerAddr::Ip(address.parse().expect("address")), local: None, tls: false };
    let headers = [
        ("host", "127.0.0.1:3923"),
        ("x-forwarded-host", "vm.lan"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "198.51.100.9"),
        ("origin", "https://vm.lan"),
    ];
    for (address, trusted) in
        [("127.0.0.1:9", true), ("[::1]:9", true), ("[::ffff:127.0.0.1]:9", true), ("192.0.2.1:9", false)]
    {
        let answer = site.send_from(peer(address), "POST", "/?x", &headers, b"").await;
        assert_eq!(!answer.text().contains("cors-check"), trusted, "{address}");
        let line = answer.response.extensions().get::<edge_http::AccessLine>().expect("access line");
        assert_eq!(line.client.to_string() == "198.51.100.9", trusted, "{address}");
    }
}

#[tokio::test]
async fn passwords_are_removed_from_the_url() {
    let site = site(&[("", "r"), ("none", "")]).await;
    site.put("none/a.txt", b"abc");
    let page = site.browse("/none/?pw=sesame&ls").await;
    assert_eq!((page.status, page.header("location")), (303, "/none/?ls"));
    let cookie = page.header("set-cookie").to_owned();
    assert!(cookie.starts_with("cppwd=") && cookie.contains("HttpOnly") && !cookie.contains("sesame"), "{cookie}");
    let session = cookie.split(';').next().expect("pair");
    assert_eq!(site.ask("GET", "/none/a.txt", &[("cookie", session)]).await.text(), "abc");
    // Programs are answered directly, without a redirect.
    for headers in
        [vec![("pw", "sesame")], vec![("authorization", "Basic c2VzYW1lOg==")], vec![("cookie", "cppwd=sesame")]]
    {
        assert_eq!(site.ask("GET", "/none/a.txt", &headers).await.text(), "abc", "{headers:?}");
    }
    assert_eq!(site.get("/none/a.txt?pw=sesame").await.text(), "abc");
    let wrong = site.browse("/none/?pw=wrong").await;
    assert!(wrong.header("set-cookie").contains("Max-Age=0"));
    let answer = site.get("/none/a.txt?pw=sesame&k=1&ls").await;
    let line = answer.response.extensions().get::<edge_http::AccessLine>().expect("access line");
    assert_eq!(line.account.as_str(), "ann");
}

#[tokio::test]
async fn below_a_base_path() {
    let base = model::VPath::parse(b"files/here").expect("path");
    let site = site_with(&[("", "rw")], Box::new(move |settings| settings.network.base = base)).await;
    site.put("top/sub/a.txt", b"abc");
    assert_eq!(site.get("/files/here/sub/a.txt").await.text(), "abc");
    assert_eq!(site.get("/sub/a.txt").await.text(), "abc");
    let page = site.browse("/files/here/sub/").await.text();
    assert!(page.contains("data-base=\"/files/here\""));
    assert!(page.contains("<a href=\"/files/here/\">Home</a>"));
    assert!(page.contains("action=\"/files/here/sub/\""));
    let cookie = site.browse("/files/here/?pw=sesame").await.header("set-cookie").to_owned();
    assert!(cookie.contains("Path=/files/here/;"), "{cookie}");
}
