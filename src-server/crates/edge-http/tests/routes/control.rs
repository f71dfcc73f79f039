//! The control page: each visitor sees its own folders, rights and work, and nothing of other folders.

use crate::site::{Answer, BROWSER, Site, grant, site, site_with};
use model::index_flags::IndexMode;
use model::{Principal, Settings};
use serde_json::{Value, json};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// `v` is open to everyone and `none` to ann alone. ben may read `box` and `off`, cat may add files to `box`.
fn with_people(settings: &mut Settings) {
    for (name, secret) in [("ben", "poppy"), ("cat", "tulip")] {
        let secret = model::account::Secret::Plain(secret.into());
        settings.accounts.push(model::account::Account { name: name.into(), secret });
    }
    let to = |letters: &str, name: &str| grant(letters, Principal::Account(name.into()));
    settings.volumes[1].grants.extend([to("r", "ben"), to("w", "cat")]);
    for (volume, mode) in settings.volumes.iter_mut().zip([IndexMode::ScanAll, IndexMode::Off, IndexMode::ScanAll]) {
        volume.flags.index.mode = mode;
    }
}

async fn with_files() -> Site {
    let site = site_with(&[("v", "r"), ("box", ""), ("none", "")], Box::new(with_people)).await;
    for (password, path) in
        [("sesame", "/none/secret.txt"), ("sesame", "/box/for-ben.txt"), ("tulip", "/box/from-cat.txt")]
    {
        assert_eq!(site.send("PUT", path, &[("pw", password)], b"abc").await.status, 201);
    }
    site
}

async fn page(site: &Site, password: &str, path: &str) -> String {
    let who = [("user-agent", BROWSER), ("accept", "text/html"), ("pw", password)];
    let who = if password.is_empty() { &who[..2] } else { &who };
    let answer = site.ask("GET", path, who).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    answer.text()
}

/// Returns the paths of the folders on a page, with their rights in words.
fn folders(page: &str) -> Vec<(String, String)> {
    let between = |text: &str, start: &str, end: &str| {
        let rest = text.split_once(start).map_or("", |(_, rest)| rest);
        rest.split_once(end).map_or("", |(inner, _)| inner).to_owned()
    };
    let rows = page.split("<li data-path=\"").skip(1);
    rows.map(|row| (row.split('"').next().unwrap_or("").to_owned(), between(row, "<small>", "</small>"))).collect()
}

#[tokio::test]
async fn everyone_sees_their_own_folders() {
    let site = with_files().await;
    let seen = async |password: &str| {
        let all = folders(&page(&site, password, "/?h").await);
        all.iter().map(|(path, words)| format!("{path}: {words}")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(seen("").await, "/v: You can: view and download.");
    assert_eq!(seen("poppy").await, "/box: You can: view and download.\n/v: You can: view and download.");
    assert_eq!(
        seen("tulip").await,
        "/box: You can add files, without seeing what is there.\n/v: You can: view and download."
    );
    let all = "You can: view and download, add, move, delete. You administer this folder.";
    assert_eq!(seen("sesame").await, format!("/box: {all}\n/none: {all}\n/v: {all}"));
}

#[tokio::test]
async fn nothing_is_told_of_folders_without_rights() {
    let site = with_files().await;
    let [visitor, ben, cat, ann] = [
        page(&site, "", "/?h").await,
        page(&site, "poppy", "/?h").await,
        page(&site, "tulip", "/?h").await,
        page(&site, "sesame", "/?h").await,
    ];
    for (name, page, seen) in [
        ("anonymous", &visitor, [false, false, false]),
        ("ben reads", &ben, [false, true, true]),
        ("cat has sent one", &cat, [false, false, true]),
        ("ann administers", &ann, [true, true, true]),
    ] {
        for (file, is_seen) in ["secret.txt", "for-ben.txt", "from-cat.txt"].iter().zip(seen) {
            assert_eq!(page.contains(file), is_seen, "{name}, {file}: {page}");
        }
        assert_eq!(page.contains(">none<") || page.contains("/none"), seen[0], "{name}");
    }
    assert!(ann.contains("cat · 192.0.2.7"), "{ann}");
    assert!(!ben.contains("192.0.2.7") && !ben.contains("· ann") && !ben.contains("· cat"), "{ben}");
    assert!(cat.contains("· you ·"), "{cat}");
}

#[tokio::test]
async fn what_arrived_can_be_deleted() {
    let site = with_files().await;
    let ann = page(&site, "sesame", "/?h").await;
    assert!(ann.contains("action=\"/box/from-cat.txt?delete\""), "{ann}");
    assert!(!ann.contains("href=\"/box/from-cat.txt?delete"), "programs that follow links delete nothing: {ann}");
    let cat = page(&site, "tulip", "/?h").await;
    assert!(cat.contains("action=\"/box/from-cat.txt?delete&amp;unpost\""), "{cat}");
    let ben = page(&site, "poppy", "/?h").await;
    assert!(!ben.contains("?delete"), "{ben}");
    let gone = site.send("POST", "/box/from-cat.txt?delete&unpost", &[("pw", "tulip")], b"").await;
    assert_eq!(gone.status, 200, "{}", gone.text());
    assert!(!page(&site, "tulip", "/?h").await.contains("from-cat.txt"));
}

#[tokio::test]
async fn indexes_and_rescans_are_for_those_who_may() {
    let site = with_files().await;
    site.engine.start_background_work();
    site.engine.library.wait_until_complete().await;
    let ann = page(&site, "sesame", "/?h").await;
    assert!(ann.contains("Search index: up to date, 1 file."), "{ann}");
    assert_eq!(ann.matches("name=\"rescan\"").count(), 2, "box has no index: {ann}");
    assert_eq!(site.send("PUT", "/none/second.txt", &[("pw", "sesame")], b"abc").await.status, 201);
    for round in 0.. {
        let ann = page(&site, "sesame", "/?h").await;
        if ann.contains("Search index: up to date, 2 files.") {
            break;
        }
        assert!(round < 100, "what arrives after the scan counts: {ann}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let ben = page(&site, "poppy", "/?h").await;
    assert!(ben.contains("Search index: up to date.") && !ben.contains("name=\"rescan\""), "{ben}");
    let rescan = async |who: &[(&str, &str)], path: &str| {
        let form = format!("rescan={path}");
        site.send("POST", "/v/?h", &[who, &[FORM]].concat(), form.as_bytes()).await
    };
    let done = rescan(&[("pw", "sesame")], "%2Fnone").await;
    assert_eq!((done.status, done.header("location")), (303, "/v/?h"));
    for who in [&[][..], &[("pw", "poppy")], &[("pw", "tulip")]] {
        let refused = rescan(who, "%2Fv").await;
        assert!(matches!(refused.status, 401 | 403), "{}", refused.status);
    }
    let foreign = [("pw", ""), ("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")];
    assert_eq!(rescan(&foreign[1..], "%2Fv").await.status, 403);
    assert_eq!(rescan(&[("pw", "sesame")], "%2F%00").await.status, 400);
    assert_eq!(site.send("POST", "/?h", &[("pw", "sesame"), FORM], b"x=1").await.status, 400);
}

#[tokio::test]
async fn links_are_ended_without_script() {
    let site = with_files().await;
    let body = json!({"path": "/box", "kind": "share", "note": "For <b>Ben</b>", "days": 7}).to_string();
    let kind = ("content-type", "application/json");
    let made = site.send("POST", "/.potluck/api/v1/make-link", &[("pw", "poppy"), kind], body.as_bytes()).await;
    let link: Value = made.json();
    let ben = page(&site, "poppy", "/?h").await;
    assert!(ben.contains("See and download · not opened yet") && ben.contains("For &lt;b&gt;Ben&lt;/b&gt;"), "{ben}");
    assert!(!page(&site, "sesame", "/?h").await.contains("&lt;b&gt;Ben"), "links are those of their account");
    assert!(!page(&site, "", "/?h").await.contains("Your share links"));
    let id = link["id"].as_str().expect("an id");
    let revoke = async |password: &str| {
        let form = format!("revoke={id}");
        site.send("POST", "/?h", &[("pw", password), FORM], form.as_bytes()).await
    };
    assert_eq!(revoke("sesame").await.status, 404, "it is not ann's");
    let done = revoke("poppy").await;
    assert_eq!((done.status, done.header("location")), (303, "/?h"));
    assert!(page(&site, "poppy", "/?h").await.contains("You share nothing by link."));
}

fn multipart(fields: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    (fields.iter().map(part).collect::<String>() + "--b--\r\n").into_bytes()
}

async fn submit(site: &Site, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let headers = [("content-type", "multipart/form-data; boundary=b"), ("cookie", cookie)];
    let headers = if cookie.is_empty() { &headers[..1] } else { &headers };
    site.send("POST", "/?h", headers, &multipart(fields)).await
}

#[tokio::test]
async fn one_device_or_all_are_signed_out() {
    let site = site(&[("", "r")]).await;
    let sign_in = async || {
        let answer = submit(&site, "", &[("act", "login"), ("cppwd", "sesame"), ("uname", "ann")]).await;
        answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    };
    let is_in = async |cookie: &str| {
        let headers = [("cookie", cookie), ("user-agent", BROWSER), ("accept", "text/html")];
        site.ask("GET", "/?h", &headers).await.text().contains("You are signed in as <b>ann</b>")
    };
    let [one, two, three] = [sign_in().await, sign_in().await, sign_in().await];
    assert!(is_in(&one).await && is_in(&two).await && is_in(&three).await);
    assert_eq!(submit(&site, &one, &[("act", "logout"), ("only", "this")]).await.status, 200);
    assert!(!is_in(&one).await && is_in(&two).await && is_in(&three).await);
    assert_eq!(submit(&site, &two, &[("act", "logout")]).await.status, 200);
    assert!(!is_in(&two).await && !is_in(&three).await);
}

#[tokio::test]
async fn the_page_is_linked_and_leads_back() {
    let site = site(&[("", "r"), ("drop", "w")]).await;
    site.put("top/a b/x.txt", b"x");
    let folder = site.browse("/a%20b/").await.text();
    assert_eq!(folder.matches("<a href=\"?h\">Overview</a>").count(), 2, "menu and footer: {folder}");
    assert!(folder.contains("<a href=\"?hc\">Connect a program</a>"), "{folder}");
    assert!(site.browse("/?ups").await.text().contains("<a href=\"/?h\">Overview</a>"));
    let page = site.browse("/a%20b/?h").await.text();
    assert!(page.contains("<a href=\"/a%20b/\"><bdi>a b</bdi></a>"), "{page}");
    assert!(page.contains("<form class=\"card\" id=\"login\" method=\"post\" action=\"/a%20b/\""), "{page}");
    assert!(page.contains("<a href=\"/.potluck/join\">I have a code</a>"), "{page}");
    let text = site.ask("GET", "/?h", &[("user-agent", "curl/8")]).await.text();
    assert_eq!(text, "you can browse:\n  /\n\nyou can upload to:\n  /drop\n\n");
    assert_eq!(site.get("/?h&ls=t").await.text(), text);
}

#[tokio::test]
async fn the_size_of_a_trash_is_for_those_who_may_delete() {
    let site = site(&[("", "r")]).await;
    assert_eq!(site.send("PUT", "/a.bin", &[("pw", "sesame")], &[7; 3000]).await.status, 201);
    assert_eq!(site.ask("DELETE", "/a.bin", &[("pw", "sesame")]).await.status, 200);
    site.engine.start_background_work();
    for _ in 0..200 {
        if page(&site, "sesame", "/?h").await.contains("2.9 KiB") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let ann = page(&site, "sesame", "/?h").await;
    assert!(ann.contains("<a href=\"/?trash\">Trash: 2.9 KiB<span class=\"sr\"> Home</span></a>"), "{ann}");
    assert!(!page(&site, "", "/?h").await.contains("?trash"));
}
