//! Checksums for programs: `?sha512`, `?manifest`, and the digests that clients ask for (RFC 9530).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::ChunkHash;
use ring::digest::{Algorithm, SHA256, SHA512, digest};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};
use support::TestServer;
use support::data;

fn value(name: &str, algorithm: &'static Algorithm, content: &[u8]) -> String {
    format!("{name}=:{}:", STANDARD.encode(digest(algorithm, content)))
}

#[test]
fn digests_are_those_of_the_file_and_of_what_is_sent() {
    let server = TestServer::start(["-v", "{root}::r"]);
    let content = data::noise(7, 3_000_000);
    fs::write(server.root().join("f"), &content).expect("a file");
    let ask =
        |method: &str, headers: &[(&str, &str)]| server.connect().send(method, "/f", headers, b"").expect("a reply");
    let whole = value("sha-512", &SHA512, &content);
    for method in ["GET", "HEAD"] {
        let reply = ask(method, &[("Want-Repr-Digest", "sha-256=1, sha-512=3")]);
        assert_eq!(reply.header("repr-digest"), Some(whole.as_str()));
        assert_eq!(reply.header("content-digest"), None);
    }
    let both =
        [("Want-Repr-Digest", "sha-512=3"), ("Want-Content-Digest", "sha-256=3"), ("Range", "bytes=1000-1999999")];
    let part = ask("GET", &both);
    assert_eq!(part.status, 206);
    assert_eq!(part.body, content[1000..2_000_000]);
    assert_eq!(part.header("repr-digest"), Some(whole.as_str()));
    assert_eq!(part.header("content-digest"), Some(value("sha-256", &SHA256, &content[1000..2_000_000]).as_str()));
    for plain in
        [&[][..], &[("Want-Repr-Digest", "sha-256=0")], &[("Want-Repr-Digest", "md5=5")], &[("Want-Repr-Digest", "?")]]
    {
        assert_eq!(ask("GET", plain).header("repr-digest"), None);
    }
    let several = ask("GET", &[("Want-Content-Digest", "sha-256=3"), ("Range", "bytes=0-1,5-6")]);
    assert_eq!((several.status, several.header("content-digest")), (206, None));
    let refused = ask("GET", &[("Want-Repr-Digest", "sha-256=3"), ("Range", "bytes=9000000-")]);
    assert_eq!((refused.status, refused.header("repr-digest")), (416, None));
}

#[test]
fn sha512sum_checks_a_folder() {
    let server = TestServer::start(["-v", "{root}::r"]);
    let root = server.root();
    data::tree(&root.join("deep"), 40, 5000);
    for (name, content) in
        [("plain", "1"), ("with blank", "2"), ("back\\slash", "3"), ("line\nbreak", "4"), ("-x", "5"), ("ä€", "")]
    {
        fs::write(root.join(name), content).expect("a file");
    }
    let list = server.get("/?sha512");
    assert_eq!(list.status, 200);
    assert_eq!(list.text().lines().count(), 46);
    let check = |folder: &std::path::Path, list: &[u8]| {
        let path = folder.join(".sums");
        fs::write(&path, list).expect("the list");
        let output =
            Command::new("sha512sum").args(["--check", "--strict", "--quiet", ".sums"]).current_dir(folder).output();
        fs::remove_file(path).expect("the list");
        output.expect("sha512sum").status.success()
    };
    assert!(check(&root, &list.body));
    fs::write(root.join("back\\slash"), "other").expect("a file");
    assert!(!check(&root, &list.body), "a check that cannot fail");
    let one = server.get("/with%20blank?sha512");
    assert!(check(&root, &one.body));
    assert!(one.header("content-disposition").is_some_and(|value| value.contains("with blank.sha512")));
    assert_eq!(server.connect().send("HEAD", "/?sha512", &[], b"").expect("a reply").body, b"");
}

#[test]
fn a_manifest_has_the_hashes_of_chunks() {
    let server =
        TestServer::start(["-v", "{root}::r", "-v", "{dir}/in:in:w", "-v", "{dir}/s:secret:r,ann", "-a", "ann:pw"]);
    let content = data::noise(9, 2_500_000);
    fs::create_dir(server.root().join("a b")).expect("a folder");
    fs::write(server.root().join("a b/film"), &content).expect("a file");
    fs::write(server.root().join("empty"), "").expect("a file");
    let lines: Vec<serde_json::Value> =
        server.get("/?manifest").text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let file = |path: &str| {
        lines.iter().map(|line| &line["file"]).find(|file| file["path"] == path).expect("the file").clone()
    };
    let film = file("a%20b/film");
    assert_eq!((film["size"].as_u64(), film["chunk_size"].as_u64()), (Some(2_500_000), Some(1 << 20)));
    let hash = |chunk: &[u8]| {
        ChunkHash::from_sha512(digest(&SHA512, chunk).as_ref().try_into().expect("64 bytes")).to_string()
    };
    let want: Vec<_> = content.chunks(1 << 20).map(hash).collect();
    assert_eq!(film["chunks"], serde_json::json!(want));
    let etag = server.get("/a%20b/film").header("etag").expect("a tag").to_owned();
    assert_eq!(format!("\"{}\"", film["etag"].as_str().expect("a tag")), etag);
    assert_eq!(file("empty")["chunks"], serde_json::json!([]));
    let end = &lines.last().expect("an end")["end"];
    assert_eq!((end["files"].as_u64(), end["failed"].as_u64()), (Some(2), Some(0)));
    assert_eq!(server.get("/a%20b/film?manifest").text().lines().count(), 2);
    // Who may not read learns nothing.
    for path in ["/in/?manifest", "/in/?sha512", "/secret/?manifest", "/none?sha512"] {
        assert!(!server.get(path).text().contains("\"file\""), "{path}");
    }
}

#[test]
fn a_client_that_leaves_ends_the_work() {
    let server = TestServer::start(["-v", "{root}::r"]);
    let file = fs::File::create(server.root().join("large")).expect("a file");
    file.set_len(64 << 30).expect("a large file");
    let status = || server.connect().send("HEAD", "/large?sha512", &[], b"").expect("a reply").status;
    let wait_for = |wanted: u16| {
        let until = Instant::now() + Duration::from_secs(20);
        while status() != wanted {
            assert!(Instant::now() < until, "no {wanted}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let mut two: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for connection in &mut two {
        connection.write(b"GET /large?sha512 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").expect("sent");
    }
    wait_for(429);
    drop(two);
    wait_for(200);
}
