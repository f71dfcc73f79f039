//! Changes of many entries by one request of the page API: progress, conflicts, undoing, and what is left when the client
//! leaves.

use crate::site::{Answer, Site, site, site_with};
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");
const ANN: (&str, &str) = ("pw", "sesame");

async fn post_as(site: &Site, headers: &[(&str, &str)], name: &str, body: &Value) -> Answer {
    let headers = [headers, &[JSON]].concat();
    site.send("POST", &format!("/.potluck/api/v1/{name}"), &headers, body.to_string().as_bytes()).await
}

async fn post(site: &Site, name: &str, body: Value) -> Answer {
    post_as(site, &[], name, &body).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Returns the kinds of the lines, with paths and codes.
fn told(answer: &Answer) -> String {
    let mut done = 0;
    // Lines about bytes come by the clock.
    let mut is_news = |line: &&Value| {
        let is_about_bytes = line["kind"] == "progress" && line["done"] == done;
        done = line["done"].as_u64().unwrap_or(done);
        done += u64::from(line["kind"] == "conflict" || line["kind"] == "failed");
        !is_about_bytes
    };
    let tell = |line: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = text(&line["kind"]);
        match kind.as_str() {
            "progress" => format!("{}->{}", text(&line["path"]), text(&line["to"])),
            "conflict" | "failed" => format!("{kind} {} {}", text(&line["path"]), text(&line["error"]["code"])),
            "end" => format!("{}+{}+{}", line["done"], line["failed"], line["skipped"]),
            _ => kind,
        }
    };
    lines(answer).iter().filter(|line| is_news(line)).map(tell).collect::<Vec<_>>().join(", ")
}

fn undo_of(answer: &Answer) -> String {
    lines(answer)[0]["undo"].as_str().expect("known early").to_owned()
}

/// Lists all files below the top folder with their content.
fn tree(site: &Site) -> Vec<String> {
    fn walk(at: &std::path::Path, prefix: &str, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(at).expect("lists").map(|entry| entry.expect("an entry")) {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if name == ".hist" {
                continue;
            }
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{name}/"), into);
            } else {
                into.push(format!("{name}={}", std::fs::read_to_string(entry.path()).expect("reads")));
            }
        }
    }
    let mut all = Vec::new();
    walk(&site.folder.path().join("top"), "", &mut all);
    all.sort();
    all
}

async fn with_files() -> Site {
    let site = site(&[("", "rwmd"), ("seen", "r"), ("none", "")]).await;
    for (path, text) in [("a", "1"), ("b c", "2"), ("d/e", "3"), ("t/a", "old"), ("t/x", "4")] {
        site.put(&format!("top/{path}"), text.as_bytes());
    }
    site.put("seen/s", b"5");
    site.put("none/n", b"6");
    site
}

#[tokio::test]
async fn many_are_deleted_and_come_back_together() {
    let site = with_files().await;
    let before = tree(&site);
    let body = json!({"paths": ["/a", "/b%20c", "/d", "/missing", "/seen/s", "/none/n", "/%00"]});
    let answer = post(&site, "delete-many", body).await;
    assert_eq!(
        told(&answer),
        "begin, /a->, /b%20c->, /d->, failed /missing not_found, failed /seen/s denied, failed /none/n denied, \
         failed /%00 bad_path, 3+4+0"
    );
    assert_eq!(answer.header("x-accel-buffering"), "no");
    let all = lines(&answer);
    assert_eq!((&all[0]["total"], &all[1]["done"], &all[1]["total"]), (&json!(7), &json!(1), &json!(7)));
    assert_eq!(all.last().expect("an end")["undo"], all[0]["undo"]);
    assert_eq!(tree(&site), ["t/a=old", "t/x=4"]);
    let undo = json!({"undo": undo_of(&answer)});
    assert_eq!(post_as(&site, &[ANN], "undo", &undo).await.json()["code"], "not_in_trash", "it is another's");
    let undone = post(&site, "undo", undo.clone()).await.json();
    assert_eq!(undone, json!({"paths": ["/a", "/b%20c", "/d"], "left": 0}));
    assert_eq!(tree(&site), before);
    assert_eq!(post(&site, "undo", undo).await.json()["code"], "not_in_trash");
    let none = post(&site, "delete-many", json!({"paths": []})).await;
    assert_eq!((told(&none).as_str(), lines(&none)[1].get("undo")), ("begin, 0+0+0", None));
}

#[tokio::test]
async fn conflicts_show_both_and_can_be_decided() {
    let site = with_files().await;
    let body = |if_exists: &str| json!({"from": ["/a", "/d"], "to": "/t", "if_exists": if_exists});
    let asked = post(&site, "copy-many", json!({"from": ["/a", "/d"], "to": "/t"})).await;
    assert_eq!(told(&asked), "begin, conflict /a exists, /d->/t/d, 1+1+0");
    let conflict = &lines(&asked)[1];
    assert_eq!(
        (&conflict["to"], &conflict["source"]["size"], &conflict["existing"]["size"]),
        (&json!("/t/a"), &json!(1), &json!(3))
    );
    assert_eq!((&conflict["existing"]["kind"], conflict["existing"]["modified_ms"].is_i64()), (&json!("file"), true));
    assert_eq!(told(&post(&site, "copy-many", body("skip")).await), "begin, /a->, /d->, 0+0+2");
    let kept = post(&site, "copy-many", body("keep_both")).await;
    assert_eq!(told(&kept), "begin, /a->/t/a%20%282%29, /d->/t/d%20%282%29, 2+0+0");
    let replaced = post(&site, "move-many", json!({"from": ["/a"], "to": "/t", "if_exists": "replace"})).await;
    assert_eq!(told(&replaced), "begin, /a->/t/a, 1+0+0");
    assert_eq!(tree(&site), ["b c=2", "d/e=3", "t/a (2)=1", "t/a=1", "t/d (2)/e=3", "t/d/e=3", "t/x=4"]);
    for answer in [&replaced, &kept, &asked] {
        assert_eq!(post(&site, "undo", json!({"undo": undo_of(answer)})).await.json()["left"], 0);
    }
    assert_eq!(tree(&site), ["a=1", "b c=2", "d/e=3", "t/a=old", "t/x=4"]);
}

#[tokio::test]
async fn an_undo_in_part_says_how_much_is_left() {
    let site = with_files().await;
    let answer = post(&site, "move-many", json!({"from": ["/a", "/b%20c"], "to": "/new"})).await;
    assert_eq!(told(&answer), "begin, /a->/new/a, /b%20c->/new/b%20c, 2+0+0");
    site.put("top/a", b"taken");
    let undone = post(&site, "undo", json!({"undo": undo_of(&answer)})).await.json();
    assert_eq!(undone, json!({"paths": ["/b%20c"], "left": 1}));
    std::fs::remove_file(site.folder.path().join("top/a")).expect("removes");
    let rest = post(&site, "undo", json!({"undo": undo_of(&answer)})).await.json();
    assert_eq!(rest, json!({"paths": ["/a"], "left": 0}));
}

#[tokio::test]
async fn rights_hold_for_each_entry() {
    let site = with_files().await;
    let moved = post(&site, "move-many", json!({"from": ["/seen/s", "/none/n", "/a"], "to": "/t2"})).await;
    assert_eq!(told(&moved), "begin, failed /seen/s denied, failed /none/n denied, /a->/t2/a, 1+2+0");
    let copied = post(&site, "copy-many", json!({"from": ["/seen/s", "/none/n", "/"], "to": "/t2"})).await;
    assert_eq!(told(&copied), "begin, /seen/s->/t2/s, failed /none/n denied, failed / bad_path, 1+2+0");
    let into = post(&site, "copy-many", json!({"from": ["/t"], "to": "/seen"})).await;
    assert_eq!(told(&into), "begin, failed /t denied, 0+1+0");
    let itself = post(&site, "move-many", json!({"from": ["/t/x", "/t"], "to": "/t"})).await;
    assert_eq!(told(&itself), "begin, /t/x->, failed /t into_itself, 0+1+1");
    // A sender who may not list learns no names: the copy gets one that cannot be guessed.
    let site = site_with(&[("", "r"), ("in", "w")], Box::new(|_| {})).await;
    site.put("top/a", b"1");
    site.put("in/a", b"secret");
    let blind = post(&site, "copy-many", json!({"from": ["/a"], "to": "/in", "if_exists": "keep_both"})).await;
    assert!(told(&blind).starts_with("begin, /a->/in/a"), "{}", told(&blind));
    assert!(!blind.text().contains("(2)") && !blind.text().contains("existing"), "{}", blind.text());
}

#[tokio::test]
async fn what_is_switched_off_is_refused_for_each() {
    let off = |settings: &mut model::Settings| {
        let behaviour = &mut settings.behaviour;
        (behaviour.no_delete, behaviour.no_move, behaviour.no_copy) = (true, true, true);
    };
    let site = site_with(&[("", "rwmd")], Box::new(off)).await;
    site.put("top/a", b"1");
    for (name, body) in [
        ("delete-many", json!({"paths": ["/a"]})),
        ("move-many", json!({"from": ["/a"], "to": "/t"})),
        ("copy-many", json!({"from": ["/a"], "to": "/t"})),
    ] {
        assert_eq!(told(&post(&site, name, body).await), "begin, failed /a switched_off, 0+1+0", "{name}");
    }
}

#[tokio::test]
async fn requests_are_bounded_and_checked() {
    let site = with_files().await;
    let many: Vec<String> = (0..10_001).map(|n| format!("/{n}")).collect();
    for (name, body, want) in [
        ("delete-many", json!({"paths": many}), (413, "too_long")),
        ("delete-many", json!({"path": "/a"}), (400, "bad_request")),
        ("delete-many", json!({"paths": ["/a"], "force": true}), (400, "bad_request")),
        ("copy-many", json!({"from": ["/a"], "to": "/%00"}), (400, "bad_path")),
        ("copy-many", json!({"from": ["/a"], "to": "/t", "if_exists": "burn"}), (400, "bad_request")),
    ] {
        let answer = post(&site, name, body).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (want.0, Some(want.1)), "{name}");
    }
    let foreign = [("host", "vm"), ("origin", "http://evil.org")];
    assert_eq!(post_as(&site, &foreign, "delete-many", &json!({"paths": ["/a"]})).await.status, 403);
    assert_eq!(site.get("/.potluck/api/v1/delete-many").await.status, 405);
    assert!(tree(&site).contains(&"a=1".to_owned()));
}

/// A client that leaves ends the copy: nothing is left of it, and what was done before stays.
#[tokio::test]
async fn a_client_that_leaves_ends_the_work() {
    use http_body::Body as _;
    let site = site(&[("", "rwmd")]).await;
    site.put("top/first", b"1");
    site.put("top/last", b"2");
    for number in 0..600 {
        site.put(&format!("top/large/{number}"), &[7; 4096]);
    }
    let body = json!({"from": ["/first", "/large", "/last"], "to": "/t"}).to_string();
    let peer = edge_http::Peer {
        addr: edge_http::PeerAddr::Ip("192.0.2.7:4000".parse().expect("address")),
        local: None,
        tls: false,
    };
    let request = warp::test::request()
        .method("POST")
        .path("/.potluck/api/v1/copy-many")
        .header(JSON.0, JSON.1)
        .extension(peer)
        .body(body);
    let response = request.filter(&site.routes).await.expect("an answer");
    let mut body = Box::pin(response.into_body());
    let mut next = async || {
        let frame = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await.expect("a frame").expect("is sent");
        serde_json::from_slice::<Value>(frame.data_ref().expect("data")).expect("a line")
    };
    let (begin, first) = (next().await, next().await);
    assert_eq!((&begin["kind"], &first["to"]), (&json!("begin"), &json!("/t/first")));
    drop(body);
    // The work ends within moments; until then its copy has a hidden name.
    let (mut seen, mut unchanged) = (Vec::new(), 0);
    while unchanged < 20 {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        let now = tree(&site).into_iter().filter(|name| name.starts_with("t/")).collect::<Vec<_>>();
        unchanged = if now == seen { unchanged + 1 } else { 0 };
        seen = now;
    }
    let copied = seen.iter().filter(|name| name.starts_with("t/large/")).count();
    assert!(copied == 0 || copied == 600, "a copy is there as a whole or not at all: {copied}");
    let others: Vec<_> = seen.iter().filter(|name| !name.starts_with("t/large/")).collect();
    assert_eq!(others, ["t/first=1"], "no part of a copy is left, and nothing was begun after the client had left");
    assert_eq!(post(&site, "undo", json!({"undo": begin["undo"]})).await.json()["left"], 0);
    assert!(!tree(&site).iter().any(|name| name.starts_with("t/")), "what was done is undone");
}

#[tokio::test]
async fn what_was_deleted_without_a_trash_is_not_offered_to_be_undone() {
    let off = |settings: &mut model::Settings| settings.volumes[0].flags.trash = model::trash_flags::TrashFlags::OFF;
    let site = site_with(&[("", "rwmd")], Box::new(off)).await;
    for name in ["a", "b"] {
        site.put(&format!("top/{name}"), b"x");
    }
    let gone = post(&site, "delete-many", json!({"paths": ["/a"]})).await;
    assert_eq!(
        lines(&gone).last().map(|end| (end["done"].clone(), end["undo"].clone())),
        Some((json!(1), Value::Null))
    );
    assert_eq!(post(&site, "undo", json!({"undo": undo_of(&gone)})).await.json()["code"], "not_in_trash");
    // A move is kept by no trash, and undone all the same.
    site.put("top/folder/c", b"x");
    let moved = post(&site, "move-many", json!({"from": ["/b"], "to": "/folder"})).await;
    assert_eq!(lines(&moved).last().map(|end| end["undo"].clone()), Some(json!(undo_of(&moved))));
}
