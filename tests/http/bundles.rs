//! Bundles: each part is answered as if it had been sent alone (docs/up2k.md "Bundles").

use serde_json::{Value, json};
use support::TestServer;
use support::http::Response;
use support::up2k::Source;

const KIND: (&str, &str) = ("Content-Type", "application/x-up2k-bundle");

fn send(server: &TestServer, folder: &str, list: &Value, contents: &[&[u8]]) -> Response {
    let mut body = list.to_string().into_bytes();
    body.push(b'\n');
    contents.iter().for_each(|bytes| body.extend_from_slice(bytes));
    server.connect().send("POST", folder, &[KIND], &body).expect("a reply")
}

/// Sends a bundle that is understood; returns the status and the text of each part.
fn answers(server: &TestServer, folder: &str, list: &Value, contents: &[&[u8]]) -> Vec<(u64, String)> {
    let reply = send(server, folder, list, contents);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let all = reply.json();
    let text = |answer: &Value| answer["text"].as_str().expect("a text").to_owned();
    all.as_array().expect("a list").iter().map(|one| (one["status"].as_u64().expect("a status"), text(one))).collect()
}

fn handshake(below: &str, file: &Source) -> Value {
    json!({"in": below, "handshake":
        {"name": file.name, "size": file.data.len(), "lmod": 1_700_000_000, "hash": file.hashes}})
}

fn chunk(below: &str, file: &Source, wark: &str) -> Value {
    json!({"in": below, "wark": wark, "hash": file.hashes[0], "size": file.data.len()})
}

fn wark((status, text): &(u64, String)) -> String {
    assert_eq!(*status, 200, "{text}");
    let reply: Value = serde_json::from_str(text).expect("JSON");
    reply["wark"].as_str().expect("a wark").to_owned()
}

fn files(count: usize) -> Vec<Source> {
    (0..count).map(|i| Source::new(format!("{i}.txt"), format!("text number {i}").into_bytes())).collect()
}

#[test]
fn many_files_arrive_in_three_requests() {
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    let files = files(100);
    let below = |i: usize| if i.is_multiple_of(2) { "" } else { "a%20b/c/" };
    let list: Value = files.iter().enumerate().map(|(i, file)| handshake(below(i), file)).collect();
    let begun = answers(&server, "/", &list, &[]);
    let chunks: Value =
        files.iter().zip(&begun).enumerate().map(|(i, (file, a))| chunk(below(i), file, &wark(a))).collect();
    let contents: Vec<&[u8]> = files.iter().map(|file| file.data.as_slice()).collect();
    for (status, text) in answers(&server, "/", &chunks, &contents) {
        assert_eq!((status, text.as_str()), (200, "thank"));
    }
    for answer in answers(&server, "/", &list, &[]) {
        let reply: Value = serde_json::from_str(&answer.1).expect("JSON");
        assert_eq!(reply["hash"], json!([]), "complete");
    }
    for (i, file) in files.iter().enumerate() {
        let path = format!("{}{}", below(i).replace("%20", " "), file.name);
        assert_eq!(std::fs::read(server.root().join(path)).expect("the file"), file.data);
    }
}

/// A handshake that carries the content of its file.
fn whole(below: &str, file: &Source) -> Value {
    let mut part = handshake(below, file);
    part["size"] = json!(file.data.len());
    part
}

#[test]
fn a_handshake_that_carries_its_content_completes_the_file() {
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    let files = files(100);
    let contents: Vec<&[u8]> = files.iter().map(|file| file.data.as_slice()).collect();
    let list: Value = files.iter().map(|file| whole("new/", file)).collect();
    let received = |expected: bool| {
        let all = send(&server, "/", &list, &contents).json();
        for (answer, file) in all.as_array().expect("a list").iter().zip(&files) {
            assert_eq!((&answer["status"], answer["received"] == true), (&json!(200), expected), "{answer}");
            let reply: Value = serde_json::from_str(answer["text"].as_str().expect("a text")).expect("JSON");
            assert_eq!((&reply["hash"], &reply["name"]), (&json!([]), &json!(file.name)));
            assert_eq!(std::fs::read(server.root().join("new").join(&file.name)).expect("the file"), file.data);
        }
    };
    received(true);
    received(false);
}

#[test]
fn content_in_a_handshake_is_verified_and_named_like_any_other() {
    let server = TestServer::start(["-v", "{root}:open:rw", "-v", "{dir}/locked:read:r"]);
    let [good, other, damaged] = ["good.txt", "other", "damaged.txt"].map(|name| Source::new(name, name.into()));
    std::fs::write(server.root().join("good.txt"), b"there").expect("written");
    let mut random = whole("open/", &other);
    random["handshake"]["rand"] = json!(true);
    let mut short = whole("open/", &good);
    short["size"] = json!(3);
    let list = json!([whole("open/", &good), whole("open/", &damaged), whole("read/", &good), random, short]);
    let all = answers(&server, "/", &list, &[&good.data, b"Damaged.txt", &good.data, &other.data, b"goo"]);
    let statuses: Vec<u64> = all.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 400, 403, 200, 400], "{all:?}");
    assert!(all[1].1.starts_with("<pre>your chunk got corrupted"), "{}", all[1].1);
    let name = |at: usize| {
        let reply: Value = serde_json::from_str(&all[at].1).expect("JSON");
        assert_eq!(reply["hash"], json!([]));
        reply["name"].as_str().expect("a name").to_owned()
    };
    assert_ne!(name(0), "good.txt", "the name is taken");
    assert_eq!(std::fs::read(server.root().join(name(0))).expect("the file"), good.data);
    assert_eq!(std::fs::read(server.root().join("good.txt")).expect("the file"), b"there");
    assert_eq!(std::fs::read(server.root().join(name(3))).expect("the file"), other.data);
    assert!(name(3) != "other" && !server.root().join("damaged.txt").exists());
}

#[test]
fn a_refused_part_has_the_answer_of_a_request_of_its_own() {
    let server = TestServer::start(["-v", "{root}:open:rw", "-v", "{dir}/locked:read:r"]);
    let [good, taken, damaged] = ["good.txt", "taken.txt", "damaged.txt"].map(|name| Source::new(name, name.into()));
    let mut other = handshake("open/", &Source::new("taken.txt", b"other".to_vec()));
    std::fs::write(server.root().join("taken.txt"), b"there").expect("written");
    other["handshake"]["replace"] = json!("skip");
    let list = json!([
        handshake("open/", &good),
        other,
        handshake("read/", &taken),
        handshake("a%00b/", &good),
        {"in": "open/", "wark": "x".repeat(44), "hash": good.hashes[0]},
        {"in": "open/"},
        {"in": "open/", "handshake": {"name": "a/b", "size": 0, "lmod": 1, "hash": []}},
        {"in": "open/", "handshake": {"srch": 1, "name": "a", "size": 0, "hash": []}},
        handshake("open/", &damaged),
    ]);
    let all = answers(&server, "/", &list, &[]);
    let statuses: Vec<u64> = all.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 409, 403, 400, 400, 400, 400, 400, 200], "{all:?}");
    assert!(all[1].1.starts_with("<pre>upload rejected"), "{}", all[1].1);
    assert!(all[2].1.starts_with("<pre>you don't have write-access"), "{}", all[2].1);
    assert!(all[4].1.starts_with("<pre>unknown wark"), "{}", all[4].1);
    let chunks = json!([chunk("open/", &good, &wark(&all[0])), chunk("open/", &damaged, &wark(&all[8]))]);
    let sent = answers(&server, "/", &chunks, &[&good.data, b"Damaged.txt"]);
    assert_eq!((sent[0].0, sent[0].1.as_str()), (200, "thank"));
    assert!(sent[1].0 == 400 && sent[1].1.starts_with("<pre>your chunk got corrupted"), "{sent:?}");
    assert!(server.root().join("good.txt").exists() && !server.root().join("damaged.txt").exists());
}

#[test]
fn a_bundle_that_is_not_understood_changes_nothing() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let file = Source::new("a.txt", b"abc".to_vec());
    let many: Value = (0..257).map(|_| handshake("", &file)).collect();
    for (what, list, contents, status) in [
        ("too few bytes", json!([handshake("", &file), {"wark": "w", "hash": "h", "size": 5}]), &b"abcd"[..], 400),
        ("too many bytes", json!([handshake("", &file)]), b"x", 400),
        ("a size beyond memory", json!([handshake("", &file), {"size": u64::MAX}, {"size": 2}]), b"x", 400),
        ("too many parts", many, b"", 400),
        ("no list", handshake("", &file), b"", 422),
        ("a number", json!([handshake("", &file), 5]), b"", 422),
        ("a negative size", json!([handshake("", &file), {"size": -1}]), b"", 422),
    ] {
        let reply = send(&server, "/", &list, &[contents]);
        assert_eq!(reply.status, status, "{what}: {}", reply.text());
    }
    let large = vec![b'x'; 10 << 20];
    assert_eq!(send(&server, "/", &json!([{"size": large.len()}]), &[&large]).status, 413);
    let unfinished = server.connect().send("POST", "/", &[KIND], b"[]").expect("a reply");
    assert_eq!(unfinished.status, 400, "a list without an end");
    let foreign = [KIND, ("Origin", "http://elsewhere.example")];
    let body = format!("{}\n", json!([handshake("", &file)]));
    assert_eq!(server.connect().send("POST", "/", &foreign, body.as_bytes()).expect("a reply").status, 403);
    let left: Vec<_> = std::fs::read_dir(server.root()).expect("listed").flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|name| name.to_string_lossy().starts_with('.')), "{left:?}");
}
