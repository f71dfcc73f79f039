//! The page API of a real server: a large folder arrives line by line and complete, also compressed and in parts, errors have
//! codes, and what one client changes another one sees.

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::TestServer;
use support::http::Response;

const API: &str = "/.potluck/api/v1/";

fn get(server: &TestServer, target: &str) -> Response {
    server.connect().send("GET", &format!("{API}{target}"), &[], b"").expect("a reply")
}

fn post(server: &TestServer, name: &str, body: &Value) -> Response {
    let kind = [("Content-Type", "application/json")];
    server.connect().send("POST", &format!("{API}{name}"), &kind, body.to_string().as_bytes()).expect("a reply")
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn name(line: &Value) -> &str {
    line["name"].as_str().expect("a name")
}

const FILES: usize = 20_000;

fn large() -> TestServer {
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    for n in 0..FILES {
        std::fs::write(server.root().join(format!("file-{n:05}.txt")), "x").expect("a file");
    }
    server
}

#[test]
fn a_large_folder_is_streamed_complete() {
    let server = large();
    let whole = get(&server, "folder?path=/");
    assert_eq!((whole.status, whole.header("transfer-encoding")), (200, Some("chunked")));
    let rows = lines(&whole.text());
    assert_eq!((rows.len(), &rows[0]["files"]), (FILES + 2, &json!(FILES)));
    assert_eq!(rows.last().expect("an end"), &json!({"kind": "end", "rows": FILES}));
    let mut names: Vec<&str> = rows[1..=FILES].iter().map(name).collect();
    assert!(names.is_sorted());
    names.dedup();
    assert_eq!(names.len(), FILES);

    let part = lines(&get(&server, "folder?path=/&sort=-name&offset=19990&limit=100").text());
    assert_eq!((part.len(), name(&part[1]), name(&part[10])), (12, "file-00009.txt", "file-00000.txt"));

    // Clients in the network get it compressed, each piece at once.
    let far = [("Accept-Encoding", "gzip"), ("X-Forwarded-For", "192.0.2.7")];
    let gzipped = server.connect().send("GET", &format!("{API}folder?path=/"), &far, b"").expect("a reply");
    assert_eq!(gzipped.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&gzipped.body[..]).read_to_string(&mut text).expect("valid gzip");
    assert_eq!(lines(&text)[1..], rows[1..]);
    assert!(gzipped.body.len() * 4 < text.len());
}

#[test]
fn a_client_that_leaves_gives_its_rows_back() {
    let server = large();
    for _ in 0..200 {
        // More rows than one address may hold at once, if they were kept.
        let mut conn = server.connect();
        let request = format!("GET {API}folder?path=/ HTTP/1.1\r\nHost: {}\r\n\r\n", server.addr);
        conn.write(request.as_bytes()).expect("sent");
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    while get(&server, "folder?path=/&limit=1").status != 200 {
        assert!(Instant::now() < deadline, "the rows of clients that left are kept");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn changes_are_seen_by_others() {
    let server = TestServer::start(["-a", "ed:edpw", "-v", "{root}::r:rwmd,ed", "--admins", "ed"]);
    std::fs::write(server.root().join("a b.txt"), "text").expect("a file");
    let denied = post(&server, "delete", &json!({"path": "/a%20b.txt"}));
    assert_eq!((denied.status, denied.json()["code"].as_str()), (403, Some("denied")));
    assert!(denied.header("www-authenticate").is_none(), "no dialog of the browser");
    let headers = [("PW", "edpw"), ("Content-Type", "application/json")];
    let ed = |name: &str, body: Value| {
        let target = format!("{API}{name}");
        server.connect().send("POST", &target, &headers, body.to_string().as_bytes()).expect("a reply")
    };
    assert_eq!(ed("make-folder", json!({"path": "/d"})).status, 201);
    assert_eq!(ed("move", json!({"from": "/a%20b.txt", "to": "/d/c.txt"})).status, 204);
    assert_eq!(server.get("/d/c.txt").body, b"text");
    assert_eq!(lines(&get(&server, "folder?path=/d").text())[1]["size"], 4);
    assert_eq!(ed("rename", json!({"path": "/d/c.txt", "name": "e.txt"})).status, 204);
    assert!(server.root().join("d/e.txt").exists());
    let deleted = ed("delete", json!({"path": "/d"})).json();
    assert_eq!((&deleted["files"], &deleted["folders"]), (&json!(1), &json!(1)), "{deleted}");
    let undo = deleted["undo"].as_str().expect("can be undone");
    assert_eq!(ed("undo", json!({ "undo": undo })).status, 200);
    assert!(server.root().join("d/e.txt").exists());
    let session = server.connect().send("GET", &format!("{API}session"), &headers[..1], b"").expect("a reply").json();
    assert_eq!((&session["account"]["name"], &session["is_admin"]), (&json!("ed"), &json!(true)));
}

/// What a share link shows, and nothing beside it, is what its visitors see.
#[test]
fn rights_are_those_of_every_protocol() {
    let dir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
    for folder in ["files", "in", "hid"] {
        std::fs::create_dir(dir.path().join(folder)).expect("a folder");
    }
    let volumes = ["{root}::r,ed", "{dir}/in:in:w", "{dir}/hid:hid:g"].map(|volume| ["-v", volume]).concat();
    let server = TestServer::start_in(dir, [vec!["-a", "ed:edpw"], volumes].concat());
    std::fs::write(server.root().join("seen.txt"), "x").expect("a file");
    let visible = lines(&get(&server, "folder?path=/").text());
    let names: Vec<&str> = visible[1..visible.len() - 1].iter().map(name).collect();
    assert_eq!(names, ["in"], "volumes that the visitor can see, and no files");
    assert_eq!(get(&server, "entry?path=/seen.txt").json()["code"], "denied");
    assert_eq!(get(&server, "folder?path=/hid").json()["code"], "denied");
    let volumes = get(&server, "volumes").json();
    assert_eq!(volumes["volumes"].as_array().map(Vec::len), Some(1), "{volumes}");
}
