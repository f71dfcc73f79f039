//! Visitors without account and guests see and delete only their own uploads, even behind one address.

use crate::site::{Answer, BROWSER, Site, site, site_with};
use engine::accounts::DeviceName;
use model::{PermSet, VPath};

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

async fn upload_count(site: &Site, cookie: &str) -> u64 {
    let headers: &[(&str, &str)] = if cookie.is_empty() { &[] } else { &[("cookie", cookie)] };
    site.ask("GET", "/?ups", headers).await.json()["nc"].as_u64().expect("a number")
}

async fn can_unpost(site: &Site, path: &str, cookie: &str) -> bool {
    let headers: &[(&str, &str)] = if cookie.is_empty() { &[] } else { &[("cookie", cookie)] };
    site.ask("POST", &format!("{path}?delete&unpost"), headers).await.status == 200
}

#[tokio::test]
async fn visitors_behind_one_address_are_told_apart() {
    let site = site(&[("", "rw")]).await;
    let (one, two) = (site.browse("/").await, site.browse("/?ups").await);
    let line = one.header("set-cookie");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Max-Age="), "{line}");
    let (one, two) = (cookie(&one), cookie(&two));
    assert!(one.starts_with("plguest=") && two.starts_with("plguest=") && one != two, "{one} {two}");
    assert_eq!(site.send("PUT", "/one.txt", &[("cookie", &one)], b"1").await.status, 201);
    assert_eq!(site.send("PUT", "/two.txt", &[("cookie", &two)], b"2").await.status, 201);
    assert_eq!(site.send("PUT", "/curl.txt", &[], b"3").await.status, 201);
    for (who, path) in [(&*one, "/one.txt"), (&*two, "/two.txt"), ("", "/curl.txt")] {
        let list = if who.is_empty() { vec![] } else { vec![("cookie", who)] };
        let list = site.ask("GET", "/?ups", &list).await.json();
        assert_eq!((list["nc"].as_u64(), list["f"][0]["vp"].as_str()), (Some(1), Some(path)), "{list}");
    }
    for (who, path) in [(&*one, "/two.txt"), (&*two, "/one.txt"), ("", "/one.txt"), (&*one, "/curl.txt")] {
        assert!(!can_unpost(&site, path, who).await, "{who} {path}");
    }
    // The same browser at another address keeps its uploads.
    let elsewhere = edge_http::Peer {
        addr: edge_http::PeerAddr::Ip("192.0.2.99:1".parse().expect("address")),
        local: None,
        tls: false,
    };
    let list = site.send_from(elsewhere, "GET", "/?ups", &[("cookie", &one)], b"").await.json();
    assert_eq!(list["nc"], 1);
    assert!(can_unpost(&site, "/one.txt", &one).await && can_unpost(&site, "/curl.txt", "").await);
    assert_eq!(
        (upload_count(&site, &one).await, upload_count(&site, &two).await, upload_count(&site, "").await),
        (0, 1, 0)
    );
}

#[tokio::test]
async fn programs_and_readers_get_no_cookie() {
    let site = site(&[("", "rw"), ("seen", "r")]).await;
    assert_eq!(site.get("/").await.header("set-cookie"), "");
    assert_eq!(site.get("/?ups").await.header("set-cookie"), "");
    assert_eq!(site.send("PUT", "/x", &[("user-agent", "curl/8")], b"x").await.header("set-cookie"), "");
    assert_eq!(site.browse("/seen/").await.header("set-cookie"), "", "visitors who cannot upload need no cookie");
    let known =
        [("user-agent", BROWSER), ("accept", "text/html"), ("cookie", "plguest=0123456789abcdef0123456789abcdef")];
    assert_eq!(site.ask("GET", "/", &known).await.header("set-cookie"), "", "an existing cookie is kept");
    let odd = [("user-agent", BROWSER), ("accept", "text/html"), ("cookie", "plguest=x")];
    assert!(
        site.ask("GET", "/", &odd).await.header("set-cookie").starts_with("plguest="),
        "an invalid cookie is replaced"
    );
}

/// Two phones with invitations, and an account whose name is "guest".
#[tokio::test]
async fn invited_guests_are_told_apart() {
    let account = |settings: &mut model::Settings| {
        settings.accounts.push(model::account::Account {
            name: "guest".into(),
            secret: model::account::Secret::Plain("visitor".into()),
        });
    };
    let site = site_with(&[("", "r")], Box::new(account)).await;
    let client = engine::Client { address: [192, 0, 2, 7].into() };
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let rights = PermSet::parse("rw").expect("letters");
        let code = site.engine.accounts.invite(&VPath::root(), rights, 60).code;
        let session = site.engine.accounts.redeem(&code, DeviceName::default(), client).await.expect("redeems");
        sessions.push(format!("cppwd={}", session.token));
    }
    let [one, two] = &sessions[..] else { panic!("two") };
    for (who, path) in [(one, "/one.txt"), (two, "/two.txt")] {
        assert_eq!(site.send("PUT", path, &[("cookie", who)], b"x").await.status, 201);
        assert_eq!(upload_count(&site, who).await, 1);
    }
    assert!(!can_unpost(&site, "/one.txt", two).await && !can_unpost(&site, "/two.txt", one).await);
    let account = site.ask("GET", "/?ups", &[("pw", "visitor")]).await.json();
    assert_eq!(account["nc"], 0, "{account}");
    assert_eq!(site.ask("GET", "/?ls", &[("cookie", one)]).await.json()["acct"], "guest");
    assert!(can_unpost(&site, "/one.txt", one).await);
}
