//! Share links that accounts make on pages: what they may give, to whom they show, and when they end.

use crate::site::{Answer, BROWSER, Site, grant, site_with};
use model::ShareWho;
use model::{Principal, Settings};
use serde_json::{Value, json};

const ANN: (&str, &str) = ("pw", "sesame");
const BEN: (&str, &str) = ("pw", "poppy");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn post(site: &Site, who: &[(&str, &str)], name: &str, body: Value) -> Answer {
    let headers = [who, &[JSON]].concat();
    site.send("POST", &format!("/.potluck/api/v1/{name}"), &headers, body.to_string().as_bytes()).await
}

async fn get(site: &Site, who: &[(&str, &str)], target: &str) -> Answer {
    site.ask("GET", &format!("/.potluck/api/v1/{target}"), who).await
}

/// ben may read `v`, add to `box`, and do nothing in `none`.
fn with_ben(settings: &mut Settings) {
    let secret = model::account::Secret::Plain("poppy".into());
    settings.accounts.push(model::account::Account { name: "ben".into(), secret });
    let to = |letters| grant(letters, Principal::Account("ben".into()));
    settings.volumes[0].grants.push(to("r"));
    settings.volumes[1].grants.push(to("w"));
}

async fn with_files(change: impl FnOnce(&mut Settings) + 'static) -> Site {
    let prepare = |settings: &mut Settings| {
        with_ben(settings);
        change(settings);
    };
    let site = site_with(&[("v", ""), ("box", ""), ("none", "")], Box::new(prepare)).await;
    site.put("v/d/a.txt", b"abc");
    site.put("none/secret.txt", b"secret");
    site
}

/// Opens a link as a visitor. Returns the cookie of the session, or the status.
async fn open(site: &Site, link: &Value, pin: &str) -> Result<String, u16> {
    let url = link["url"].as_str().expect("a url");
    let path = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
    let form = format!("pin={pin}&then=open");
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let answer = site.send("POST", &format!("/{path}"), &kind, form.as_bytes()).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    if answer.status == 303 { Ok(cookie) } else { Err(answer.status) }
}

#[tokio::test]
async fn an_account_shares_what_it_may_read() {
    let site = with_files(|_| {}).await;
    let body = json!({"path": "/v/d", "kind": "share", "days": 7, "uses": 2, "note": "Look <b>"});
    let made = post(&site, &[BEN], "make-link", body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let link = made.json();
    assert_eq!((&link["kind"], &link["path"], &link["state"]), (&json!("share"), &json!("/v/d"), &json!("works")));
    assert_eq!((&link["uses"], &link["max_uses"], &link["note"]), (&json!(0), &json!(2), &json!("Look <b>")));
    let days = (link["expires_ms"].as_i64().expect("ends") - link["created_ms"].as_i64().expect("a time")) / 86_400_000;
    assert!((6..=7).contains(&days), "{link}");
    let cookie = open(&site, &link, "").await.expect("opens");
    let visitor = [("cookie", cookie.as_str())];
    assert_eq!(site.ask("GET", "/v/d/a.txt", &visitor).await.text(), "abc");
    assert_ne!(site.ask("DELETE", "/v/d/a.txt", &visitor).await.status, 200);
    assert_ne!(site.ask("GET", "/none/secret.txt", &visitor).await.status, 200);
    assert_eq!(get(&site, &[BEN], "links").await.json()["links"][0]["uses"], 1);
    let qr = get(&site, &[BEN], &format!("link-qr?id={}", link["id"].as_str().expect("an id"))).await;
    assert_eq!((qr.status, qr.header("content-type"), qr.text().contains("<svg")), (200, "image/svg+xml", true));
    // A visitor of a link makes no further ones.
    let again = post(&site, &visitor, "make-link", json!({"path": "/v/d", "kind": "share"})).await;
    assert_eq!(again.json()["code"], "denied");
    assert_eq!(get(&site, &visitor, "links").await.json(), json!({"links": []}));
}

#[tokio::test]
async fn links_give_no_more_than_their_owner_has() {
    let site = with_files(|_| {}).await;
    for (who, path, kind, want) in [
        (&[BEN][..], "/v/d", "request", "denied"),
        (&[BEN], "/box", "share", "denied"),
        (&[BEN], "/none", "share", "denied"),
        (&[BEN], "/none/secret.txt", "share", "denied"),
        (&[BEN], "/none/missing.txt", "share", "denied"),
        (&[BEN], "/none", "request", "denied"),
        (&[BEN], "/v/missing", "share", "not_found"),
        (&[BEN], "/%00", "share", "bad_path"),
        (&[], "/v/d", "share", "denied"),
        (&[], "/box", "request", "denied"),
        (&[ANN], "/v/d/a.txt", "request", "bad_request"),
    ] {
        let answer = post(&site, who, "make-link", json!({"path": path, "kind": kind})).await;
        assert_eq!(answer.json()["code"], want, "{path} {kind}: {}", answer.text());
    }
    let asked =
        post(&site, &[BEN], "make-link", json!({"path": "/box", "kind": "request", "pin": "1234"})).await.json();
    assert_eq!(asked["has_pin"], true);
    assert_eq!(open(&site, &asked, "9999").await, Err(403));
    let cookie = open(&site, &asked, "1234").await.expect("opens");
    let visitor = [("cookie", cookie.as_str())];
    assert_eq!(site.send("PUT", "/box/x.txt", &visitor, b"x").await.status, 201);
    assert_ne!(site.ask("GET", "/box/x.txt", &visitor).await.status, 200);
    for (body, part) in [
        (json!({"path": "/v/d", "kind": "share", "pin": "1"}), "PIN"),
        (json!({"path": "/v/d", "kind": "share", "uses": 0}), "use"),
        (json!({"path": "/v/d", "kind": "share", "days": 0}), "days"),
        (json!({"path": "/v/d", "kind": "share", "days": 4000}), "days"),
        (json!({"path": "/v/d", "kind": "steal"}), ""),
        (json!({"path": "/v/d", "kind": "share", "rights": "rwmd"}), ""),
        (json!({"path": "/v/d", "kind": "share", "note": "x".repeat(2001)}), "note"),
    ] {
        let error = post(&site, &[BEN], "make-link", body.clone()).await.json();
        assert_eq!(error["code"], "bad_request", "{body}");
        assert!(error["advice"].as_str().is_some_and(|text| text.contains(part)), "{error}");
    }
}

#[tokio::test]
async fn visitors_learn_neither_the_space_of_the_disk_nor_where_a_folder_is() {
    let site = with_files(|_| {}).await;
    site.put("box/hidden/x", b"");
    let make = async |path: &str, kind: &str| {
        let link = post(&site, &[BEN], "make-link", json!({"path": path, "kind": kind})).await.json();
        open(&site, &link, "").await.expect("opens")
    };
    let page_of = async |path: &str, cookie: &str| {
        let visitor = [("cookie", cookie), ("user-agent", BROWSER), ("accept", "text/html")];
        site.ask("GET", path, &visitor).await.text()
    };
    let reads = make("/v/d", "share").await;
    let page = page_of("/v/d/", &reads).await;
    assert!(page.contains("a.txt") && !page.contains(" free of "), "{page}");
    let listed = get(&site, &[("cookie", &reads)], "folder?path=/v/d").await.text();
    assert!(listed.contains("a.txt") && !listed.contains("\"space\""), "{listed}");
    let sends = make("/box/hidden", "request").await;
    assert_eq!(site.send("PUT", "/box/hidden/mine.txt", &[("cookie", &sends)], b"x").await.status, 201);
    let page = page_of("/?ups", &sends).await;
    assert!(page.contains(">mine.txt<") && !page.contains(">/box/hidden/mine.txt<"), "{page}");
}

#[tokio::test]
async fn links_are_those_of_their_account() {
    let site = with_files(|_| {}).await;
    let link = post(&site, &[BEN], "make-link", json!({"path": "/v/d", "kind": "share"})).await.json();
    let (id, cookie) = (link["id"].clone(), open(&site, &link, "").await.expect("opens"));
    assert_eq!(get(&site, &[ANN], "links").await.json(), json!({"links": []}));
    assert_eq!(post(&site, &[ANN], "revoke-link", json!({"id": id})).await.json()["code"], "unknown_link");
    assert_eq!(
        get(&site, &[ANN], &format!("link-qr?id={}", id.as_str().expect("an id"))).await.json()["code"],
        "unknown_link"
    );
    assert_eq!(post(&site, &[], "revoke-link", json!({"id": id})).await.json()["code"], "unknown_link");
    assert_eq!(post(&site, &[BEN], "revoke-link", json!({"id": id})).await.status, 204);
    assert_eq!(open(&site, &link, "").await, Err(404));
    assert_ne!(site.ask("GET", "/v/d/a.txt", &[("cookie", &cookie)]).await.status, 200, "its sessions end");
    assert_eq!(post(&site, &[BEN], "revoke-link", json!({"id": id})).await.json()["code"], "unknown_link");
}

#[tokio::test]
async fn accounts_extend_their_own_links() {
    let site = with_files(|_| {}).await;
    let body = json!({"path": "/v/d", "kind": "share", "days": 1, "pin": "1234", "note": "hello", "uses": 3});
    let link = post(&site, &[BEN], "make-link", body).await.json();
    let id = link["id"].clone();
    let longer = post(&site, &[BEN], "renew-link", json!({"id": id, "days": 30})).await.json();
    let end = |link: &serde_json::Value| link["expires_ms"].as_i64();
    assert!(end(&longer) > end(&link).map(|end| end + 28 * 86_400_000), "{longer}");
    for same in ["id", "url", "has_pin", "note", "max_uses", "state", "created_ms"] {
        assert_eq!(longer[same], link[same], "{same}");
    }
    assert!(open(&site, &longer, "1234").await.is_ok());
    let endless = post(&site, &[BEN], "renew-link", json!({"id": id})).await.json();
    assert_eq!(end(&endless), None);
    for (who, body, code) in [
        (&[BEN][..], json!({"id": id, "days": 0}), "bad_request"),
        (&[BEN], json!({"id": id, "days": 4000}), "bad_request"),
        (&[BEN], json!({"id": "none", "days": 1}), "unknown_link"),
        (&[ANN], json!({"id": id, "days": 1}), "unknown_link"),
        (&[], json!({"id": id, "days": 1}), "unknown_link"),
    ] {
        assert_eq!(post(&site, who, "renew-link", body.clone()).await.json()["code"], code, "{body}");
    }
}

#[tokio::test]
async fn a_link_dies_with_the_rights_and_the_account_of_its_owner() {
    let losses: [fn(&mut Settings); 2] = [
        |settings| settings.volumes[0].grants.retain(|grant| grant.to != [Principal::Account("ben".into())]),
        |settings| {
            settings.accounts.retain(|account| &*account.name.0 != "ben");
            let is_theirs = |grant: &model::Grant| grant.to == [Principal::Account("ben".into())];
            settings.volumes.iter_mut().for_each(|volume| volume.grants.retain(|grant| !is_theirs(grant)));
        },
    ];
    for lose in losses {
        let site = with_files(|_| {}).await;
        let link = post(&site, &[BEN], "make-link", json!({"path": "/v/d", "kind": "share"})).await.json();
        let cookie = open(&site, &link, "").await.expect("opens");
        let visitor = [("cookie", cookie.as_str())];
        assert_eq!(site.ask("GET", "/v/d/a.txt", &visitor).await.status, 200);
        let mut settings = site.engine.settings().await.expect("reads");
        lose(&mut settings);
        site.engine.commit(site.engine.prepare(settings).await.expect("prepares"));
        assert_ne!(site.ask("GET", "/v/d/a.txt", &visitor).await.status, 200);
        assert_eq!(open(&site, &link, "").await, Err(404));
    }
}

#[tokio::test]
async fn volumes_decide_who_makes_links() {
    let site = with_files(|settings| {
        settings.volumes[0].flags.share_who = ShareWho::Admins;
        settings.volumes[1].flags.share_who = ShareWho::NoAccount;
    })
    .await;
    let make = async |who: (&str, &str), path: &str, kind: &str| {
        post(&site, &[who], "make-link", json!({"path": path, "kind": kind})).await.status
    };
    assert_eq!((make(ANN, "/v/d", "share").await, make(BEN, "/v/d", "share").await), (201, 403));
    assert_eq!((make(ANN, "/box", "request").await, make(BEN, "/box", "request").await), (403, 403));
    let links = async |who: (&str, &str)| {
        let volumes = get(&site, &[who], "volumes").await.json();
        let all = volumes["volumes"].as_array().expect("a list").clone();
        all.iter().map(|one| format!("{}{}", one["path"], one["links"])).collect::<Vec<_>>().join(" ").replace('"', "")
    };
    assert_eq!(links(ANN).await, "/boxfalse /nonetrue /vtrue");
    assert_eq!(links(BEN).await, "/boxfalse /vfalse");
}
