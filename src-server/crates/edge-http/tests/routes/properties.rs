//! Properties, checksums, recent uploads and indexes through the page API: what is known, and by whom.

use crate::site::{Answer, Site, grant, site, site_with};
use model::index_flags::IndexMode;
use model::{Principal, Settings};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

const ANN: (&str, &str) = ("pw", "sesame");
const BEN: (&str, &str) = ("pw", "poppy");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn post_as(site: &Site, headers: &[(&str, &str)], name: &str, body: &Value) -> Answer {
    let headers = [headers, &[JSON]].concat();
    site.send("POST", &format!("/.potluck/api/v1/{name}"), &headers, body.to_string().as_bytes()).await
}

async fn get_as(site: &Site, headers: &[(&str, &str)], target: &str) -> Answer {
    site.ask("GET", &format!("/.potluck/api/v1/{target}"), headers).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Adds an account without rights of an administrator.
fn with_ben(settings: &mut Settings) {
    let secret = model::account::Secret::Plain("poppy".into());
    settings.accounts.push(model::account::Account { name: "ben".into(), secret });
    for volume in &mut settings.volumes {
        volume.grants.push(grant("r", Principal::Account("ben".into())));
    }
}

#[tokio::test]
async fn everything_is_known_of_one_file() {
    let site = site_with(&[("", "rw")], Box::new(with_ben)).await;
    assert_eq!(site.send("PUT", "/a%20b.txt", &[ANN], b"abc").await.status, 201);
    let ask = async |headers: &[(&str, &str)]| {
        let all = lines(&post_as(&site, headers, "properties", &json!({"paths": ["/a%20b.txt"]})).await);
        assert_eq!(all[1], json!({"kind": "total", "files": 1, "folders": 0, "bytes": 3, "truncated": false}));
        all[0].clone()
    };
    let file = ask(&[ANN]).await;
    let etag = site.get("/a%20b.txt").await.header("etag").trim_matches('"').to_owned();
    assert_eq!((&file["kind"], &file["path"], &file["size"]), (&json!("file"), &json!("/a%20b.txt"), &json!(3)));
    assert_eq!((&file["etag"], &file["may"]["delete"], &file["tags"]), (&json!(etag), &json!(true), &json!({})));
    let uploaded = &file["uploaded"];
    assert_eq!(
        (&uploaded["own"], &uploaded["by"], &uploaded["address"]),
        (&json!(true), &json!("ann"), &json!("192.0.2.7"))
    );
    assert_eq!(file["versions"], 0);
    let ben = ask(&[BEN]).await;
    assert_eq!((&ben["uploaded"]["own"], &ben["uploaded"]["by"]), (&json!(false), &json!("ann")));
    assert!(ben["uploaded"].get("address").is_none(), "{ben}");
    let visitor = ask(&[]).await;
    assert!(visitor["uploaded"]["at_ms"].is_i64(), "{visitor}");
    assert!(visitor["uploaded"].get("by").is_none() && visitor["uploaded"].get("address").is_none(), "{visitor}");
    // Another program has replaced it.
    site.put("top/a b.txt", b"abcdef");
    let all = lines(&post_as(&site, &[ANN], "properties", &json!({"paths": ["/a%20b.txt"]})).await);
    assert!(all[0].get("uploaded").is_none(), "{}", all[0]);
}

#[tokio::test]
async fn several_are_counted() {
    let site = site(&[("", "r"), ("v", "r"), ("none", "")]).await;
    for (path, length) in [("top/a", 10), ("top/d/b", 200), ("top/d/e/c", 3000), ("v/x", 40_000), ("none/n", 5)] {
        site.put(path, &vec![0; length]);
    }
    let total = async |paths: Value| {
        let all = lines(&post_as(&site, &[], "properties", &json!({"paths": paths})).await);
        let last = all.last().expect("a total").clone();
        assert_eq!(last["kind"], "total");
        let failed = all.iter().filter(|line| line["kind"] == "failed").count();
        (last["files"].as_u64(), last["folders"].as_u64(), last["bytes"].as_u64(), failed)
    };
    assert_eq!(total(json!(["/d"])).await, (Some(2), Some(2), Some(3200), 0));
    assert_eq!(total(json!(["/a", "/d"])).await, (Some(3), Some(2), Some(3210), 0));
    assert_eq!(
        total(json!(["/"])).await,
        (Some(4), Some(4), Some(43_210), 0),
        "volumes below count, as far as they are seen"
    );
    assert_eq!(total(json!(["/a", "/none", "/none/n", "/missing", "/%00"])).await, (Some(1), Some(0), Some(10), 4));
    for (body, code) in [
        (json!({"paths": []}), "bad_request"),
        (json!({"paths": vec!["/a"; 1001]}), "bad_request"),
        (json!({"paths": ["/missing"]}), "not_found"),
        (json!({"paths": ["/none"]}), "denied"),
        (json!({"paths": ["/none/n"]}), "denied"),
        (json!({"paths": ["/%00"]}), "bad_path"),
        (json!({}), "bad_request"),
    ] {
        assert_eq!(post_as(&site, &[], "properties", &body).await.json()["code"], code, "{code}");
    }
}

#[tokio::test]
async fn checksums_are_those_of_the_content() {
    let site = site(&[("", "r"), ("get", "g"), ("none", "")]).await;
    let content = vec![7; 3 << 20];
    site.put("top/f", &content);
    site.put("get/f", b"abc");
    site.put("none/f", b"abc");
    let sum = async |path: &str| post_as(&site, &[], "checksum", &json!({"path": path})).await;
    let hex = |bytes: &[u8]| Sha512::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (path, content) in [("/f", &content[..]), ("/get/f", b"abc")] {
        let all = lines(&sum(path).await);
        let want = json!({"kind": "end", "sha512": hex(content), "bytes": content.len()});
        assert_eq!(all.last(), Some(&want), "{path}");
    }
    for (path, code) in [("/none/f", "denied"), ("/missing", "not_found"), ("/", "is_a_folder"), ("/%00", "bad_path")] {
        assert_eq!(sum(path).await.json()["code"], code, "{path}");
    }
}

#[tokio::test]
async fn recent_uploads_are_told_to_those_who_may_read_them() {
    let site = site_with(&[("", "rw"), ("v", "r"), ("box", "w")], Box::new(with_ben)).await;
    for (path, who) in [("/old.txt", ANN), ("/v/new.txt", ANN), ("/box/blind.txt", ANN)] {
        assert_eq!(site.send("PUT", path, &[who], b"abc").await.status, 201, "{path}");
    }
    assert_eq!(site.send("PUT", "/mine.txt", &[("cookie", "plguest=abcdefghijklmnop")], b"abcd").await.status, 201);
    let list = async |headers: &[(&str, &str)], path: &str| {
        let answer = get_as(&site, headers, &format!("recent?path={path}")).await.json();
        answer["uploads"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    };
    let names = |all: &[Value]| {
        let mut names: Vec<_> = all.iter().map(|one| one["path"].as_str().expect("a path").to_owned()).collect();
        names.sort();
        names.join(" ")
    };
    let ann = list(&[ANN], "/").await;
    assert_eq!(names(&ann), "/box/blind.txt /mine.txt /old.txt /v/new.txt");
    assert!(ann.iter().all(|one| one["may_delete"] == true && one["address"] == "192.0.2.7"), "{ann:?}");
    assert_eq!(names(&list(&[ANN], "/v").await), "/v/new.txt");
    let visitor = list(&[], "/").await;
    assert_eq!(names(&visitor), "/mine.txt /old.txt /v/new.txt");
    assert!(
        visitor.iter().all(|one| one.get("by") != Some(&json!("ann")) && one.get("address").is_none()),
        "{visitor:?}"
    );
    let ben = list(&[BEN], "/").await;
    assert!(ben.iter().all(|one| one["may_delete"] == false && one["own"] == false), "{ben:?}");
    assert_eq!(get_as(&site, &[], "recent?path=/box").await.json()["uploads"], json!([]));
    assert_eq!(get_as(&site, &[], "recent?path=/missing").await.json()["code"], "not_found");
}

#[tokio::test]
async fn indexes_are_shown_and_compared_again() {
    let on = |settings: &mut Settings| {
        with_ben(settings);
        settings.volumes.iter_mut().for_each(|volume| volume.flags.index.mode = IndexMode::ScanAll);
        settings.volumes[2].flags.index.mode = IndexMode::Off;
    };
    let site = site_with(&[("", "r"), ("none", ""), ("off", "r")], Box::new(on)).await;
    site.put("top/a", b"abc");
    site.engine.start_background_work();
    site.engine.library.wait_until_complete().await;
    let list = async |headers: &[(&str, &str)]| get_as(&site, headers, "indexes").await.json()["indexes"].clone();
    let shown = |all: &Value| {
        let one = |one: &Value| format!("{} {} {}", one["path"], one["state"], one["may_rescan"]).replace('"', "");
        all.as_array().expect("a list").iter().map(one).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(shown(&list(&[]).await), "/ up_to_date false, /off off false");
    assert_eq!(shown(&list(&[ANN]).await), "/ up_to_date true, /none up_to_date true, /off off false");
    assert_eq!(list(&[ANN]).await[0]["files"], 1);
    let rescan = async |headers: &[(&str, &str)], path: &str| {
        post_as(&site, headers, "rescan", &json!({"path": path})).await.json()
    };
    assert_eq!(rescan(&[ANN], "/").await, json!({"volumes": 2}));
    assert_eq!(rescan(&[ANN], "/off").await, json!({"volumes": 0}));
    assert_eq!(rescan(&[BEN], "/").await["code"], "denied");
    assert_eq!(rescan(&[], "/none").await["code"], "denied");
}

/// Starts a request and returns its unread body.
async fn begin(site: &Site, who: &[(&str, &str)], path: &str) -> warp::reply::Response {
    let addr = edge_http::PeerAddr::Ip("192.0.2.7:4000".parse().expect("address"));
    let mut request =
        warp::test::request().method("GET").path(path).extension(edge_http::Peer { addr, local: None, tls: false });
    for (name, value) in who {
        request = request.header(*name, *value);
    }
    request.filter(&site.routes).await.expect("an answer")
}

#[tokio::test]
async fn transfers_are_shown_to_administrators_and_to_their_own_client() {
    let site = site_with(&[("", "rw")], Box::new(with_ben)).await;
    site.put("top/large.bin", &vec![7; 3 << 20]);
    site.put("top/small.bin", b"abc");
    let list = async |headers: &[(&str, &str)]| get_as(&site, headers, "transfers").await.json()["transfers"].clone();
    assert_eq!(list(&[ANN]).await, json!([]));
    let download = begin(&site, &[BEN], "/large.bin").await;
    let small = begin(&site, &[BEN], "/small.bin").await;
    let ann = list(&[ANN]).await;
    let one = &ann[0];
    assert_eq!(ann.as_array().map(Vec::len), Some(1), "{ann}");
    assert_eq!((&one["upload"], &one["path"], &one["who"]), (&json!(false), &json!("/large.bin"), &json!("ben")));
    assert_eq!(
        (&one["own"], &one["address"], &one["bytes_total"]),
        (&json!(false), &json!("192.0.2.7"), &json!(3 << 20))
    );
    assert!(one.get("eta_secs").is_none(), "the rate is not known yet: {one}");
    let ben = list(&[BEN]).await;
    assert_eq!((&ben[0]["own"], ben[0].get("address")), (&json!(true), None));
    assert_eq!(list(&[]).await, json!([]), "others learn nothing");
    drop((download, small));
    assert_eq!(list(&[ANN]).await, json!([]));
}
