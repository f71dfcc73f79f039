//! Resumable uploads of the IETF and tus, byte by byte (docs/http-api.md "Resumable uploads").

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::{Value, json};
use support::TestServer;
use support::http::Response;
use support::up2k::Source;

const MIB: usize = 1 << 20;
/// Header fields of a request.
type Fields<'a> = &'a [(&'a str, &'a str)];

const PARTIAL: (&str, &str) = ("Content-Type", "application/partial-upload");

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 31 / 7) as u8).collect()
}

fn send(server: &TestServer, method: &str, target: &str, headers: Fields<'_>, body: &[u8]) -> Response {
    server.connect().send(method, target, headers, body).expect("a reply")
}

/// Returns the path and query of the address of an upload.
fn address(reply: &Response) -> String {
    let address = reply.header("location").expect("an address");
    format!("/{}", address.splitn(4, '/').nth(3).expect("a path"))
}

fn begin(server: &TestServer, target: &str, length: usize, first: &[u8]) -> String {
    let headers = [("Upload-Complete", "?0"), ("Upload-Length", &*length.to_string())];
    let reply = send(server, "PUT", target, &headers, first);
    assert_eq!((reply.status, reply.header("upload-complete")), (201, Some("?0")), "{}", reply.text());
    assert_eq!(reply.header("upload-offset"), Some(&*first.len().to_string()));
    address(&reply)
}

fn append(server: &TestServer, target: &str, offset: usize, complete: &str, body: &[u8]) -> Response {
    let headers = [("Upload-Complete", complete), ("Upload-Offset", &*offset.to_string()), PARTIAL];
    send(server, "PATCH", target, &headers, body)
}

fn offset(server: &TestServer, target: &str) -> usize {
    let reply = send(server, "HEAD", target, &[], b"");
    assert_eq!((reply.status, reply.header("cache-control")), (204, Some("no-store")));
    reply.header("upload-offset").expect("an offset").parse().expect("a number")
}

#[test]
fn a_file_arrives_in_several_requests() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let data = bytes(3 * MIB + 5);
    let at = begin(&server, "/a%20b/c.bin", data.len(), &data[..10]);
    let part = append(&server, &at, 10, "?0", &data[10..MIB + 77]);
    assert_eq!((part.status, part.header("upload-offset")), (204, Some(&*(MIB + 77).to_string())));
    let head = send(&server, "HEAD", &at, &[], b"");
    assert_eq!(head.header("upload-length"), Some(&*data.len().to_string()));
    assert_eq!(head.header("upload-limit"), Some("min-size=0, max-age=86400"));
    assert!(!server.root().join("a b/c.bin").exists());

    let wrong = append(&server, &at, 9, "?1", &data[9..]);
    assert_eq!((wrong.status, wrong.header("content-type")), (409, Some("application/problem+json")));
    let problem: Value = serde_json::from_str(&wrong.text()).expect("JSON");
    assert_eq!((&problem["expected-offset"], &problem["provided-offset"]), (&json!(MIB + 77), &json!(9)));
    assert_eq!(wrong.header("upload-offset"), Some(&*(MIB + 77).to_string()));

    let end = append(&server, &at, MIB + 77, "?1", &data[MIB + 77..]);
    assert_eq!((end.status, end.header("upload-complete")), (201, Some("?1")), "{}", end.text());
    assert!(end.text().trim_end().ends_with("/a%20b/c.bin"), "{}", end.text());
    assert_eq!(std::fs::read(server.root().join("a b/c.bin")).expect("reads"), data);
    // A client that has not seen the answer asks again.
    let head = send(&server, "HEAD", &at, &[], b"");
    assert_eq!((head.status, head.header("upload-complete")), (204, Some("?1")));
    assert_eq!(append(&server, &at, data.len(), "?1", b"").status, 201);
}

/// Sends a whole file by PUT, and closes the connection after `sent` bytes. Returns what the server had said by then.
fn put_and_break(server: &TestServer, target: &str, version: &str, data: &[u8], sent: usize) -> String {
    let mut stream = TcpStream::connect(server.addr).expect("connects");
    let head = format!(
        "PUT {target} HTTP/1.1\r\nHost: {}\r\nUpload-Complete: ?1\r\nUpload-Draft-Interop-Version: {version}\r\n\
         Content-Length: {}\r\n\r\n",
        server.addr,
        data.len()
    );
    stream.write_all(head.as_bytes()).expect("sends");
    stream.write_all(&data[..sent]).expect("sends");
    stream.shutdown(Shutdown::Write).expect("closes");
    let mut said = Vec::new();
    stream.read_to_end(&mut said).expect("the server ends the connection");
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn an_interrupted_request_is_continued_where_it_ended() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let data = bytes(2 * MIB + 9);
    for version in ["5", "6", "8"] {
        let target = format!("/v{version}.bin");
        let said = put_and_break(&server, &target, version, &data, MIB + 1000);
        let (interim, _) = said.split_once("\r\n\r\n").expect("an interim response");
        assert!(interim.starts_with("HTTP/1.1 104 Upload Resumption Supported\r\n"), "{said}");
        assert!(interim.contains(&format!("upload-draft-interop-version: {version}")), "{said}");
        let place = interim.lines().find_map(|line| line.strip_prefix("location: ")).expect("an address");
        let at = format!("/{}", place.splitn(4, '/').nth(3).expect("a path"));
        assert_eq!(offset(&server, &at), MIB + 1000);
        assert_eq!(append(&server, &at, MIB + 1000, "?1", &data[MIB + 1000..]).status, 201);
        assert_eq!(std::fs::read(server.root().join(&target[1..])).expect("reads"), data);
    }
    // Clients of versions that mean something else get no interim response.
    for version in ["3", "9", "x"] {
        let said = put_and_break(&server, "/other.bin", version, &data, MIB);
        assert!(!said.contains(" 104 "), "{said}");
    }
}

#[test]
fn what_cannot_be_resumed_is_stored_or_refused_at_once() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let whole = ("Upload-Complete", "?1");
    for (name, data) in [("empty", &b""[..]), ("small", b"abc")] {
        let reply = send(&server, "PUT", &format!("/{name}"), &[whole], data);
        assert_eq!((reply.status, reply.header("upload-complete")), (201, Some("?1")));
        assert_eq!(std::fs::read(server.root().join(name)).expect("reads"), data);
    }
    let digest = ("Repr-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:");
    let part = ("Upload-Complete", "?0");
    let refused: [(&str, Fields<'_>, u16); 5] = [
        ("PUT", &[whole, digest], 400),
        ("PUT", &[part, digest, ("Upload-Length", "9")], 400),
        ("PUT", &[part], 411),
        ("PUT", &[part, ("Upload-Length", "-3")], 411),
        ("PUT", &[whole, ("Upload-Length", "9")], 400),
    ];
    for (method, headers, status) in refused {
        assert_eq!(send(&server, method, "/x", headers, b"abc").status, status, "{headers:?}");
        assert!(!server.root().join("x").exists());
    }
    // Fields of other types count as missing: an ordinary upload.
    let reply = send(&server, "PUT", "/plain", &[("Upload-Complete", "yes")], b"abc");
    assert_eq!((reply.status, reply.header("upload-complete")), (201, None));
}

#[test]
fn requests_for_an_upload_that_make_no_sense_change_nothing() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let data = bytes(5000);
    let at = begin(&server, "/a.bin", data.len(), &data[..100]);
    let kind = PARTIAL;
    let refused: [(&str, Fields<'_>, usize, u16); 7] = [
        ("PATCH", &[("Upload-Complete", "?1"), ("Upload-Offset", "100")], 4900, 415),
        ("PATCH", &[("Upload-Complete", "?1"), kind], 4900, 400),
        ("PATCH", &[("Upload-Offset", "100"), kind], 4900, 400),
        ("PATCH", &[("Upload-Complete", "?1"), ("Upload-Offset", "100"), kind], 4899, 400),
        ("PATCH", &[("Upload-Complete", "?0"), ("Upload-Offset", "100"), kind], 4901, 400),
        ("PATCH", &[("Upload-Complete", "?0"), ("Upload-Offset", "100"), ("Upload-Length", "1"), kind], 10, 400),
        ("POST", &[("Content-Type", "application/octet-stream")], 10, 405),
    ];
    for (method, headers, size, status) in refused {
        let reply = send(&server, method, &at, headers, &vec![1; size]);
        assert_eq!(reply.status, status, "{headers:?}: {}", reply.text());
        assert_eq!(offset(&server, &at), 100, "{headers:?}");
    }
    let unknown = at.replace("upload=", "upload=A");
    for target in [&*unknown, "/?upload=", "/?upload=%00", &format!("/?upload={}", "A".repeat(44))] {
        assert_eq!(send(&server, "HEAD", target, &[], b"").status, 404, "{target}");
        assert_eq!(append(&server, target, 0, "?0", b"x").status, 404, "{target}");
        assert_eq!(send(&server, "DELETE", target, &[], b"").status, 404, "{target}");
    }
    assert_eq!(send(&server, "DELETE", &at, &[], b"").status, 204);
    assert_eq!(send(&server, "HEAD", &at, &[], b"").status, 404);
    let left = std::fs::read_dir(server.root()).expect("lists").filter_map(Result::ok);
    let left: Vec<_> = left.map(|entry| entry.file_name()).filter(|name| name != ".hist").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn rights_hold_for_every_request() {
    let accounts = ["-a", "ann:pw-ann", "-a", "bob:pw-bob", "-v", "{root}::rw,ann:w,bob:r"];
    let server = TestServer::start(accounts);
    let [ann, bob] = [("PW", "pw-ann"), ("PW", "pw-bob")];
    let part = [("Upload-Complete", "?0"), ("Upload-Length", "10")];
    assert!([401, 403].contains(&send(&server, "PUT", "/a", &part, b"").status));
    let at = address(&send(&server, "PUT", "/a", &[&part[..], &[ann]].concat(), b"12345"));
    assert!([401, 403].contains(&send(&server, "HEAD", &at, &[], b"").status));
    let body = [("Upload-Complete", "?1"), ("Upload-Offset", "5"), PARTIAL];
    assert!([401, 403].contains(&send(&server, "PATCH", &at, &body, b"67890").status));
    assert_eq!(send(&server, "PATCH", &at, &[&body[..], &[ann]].concat(), b"67890").status, 201);
    // What has become of it is told to its sender alone.
    assert_eq!(send(&server, "HEAD", &at, &[bob], b"").status, 404);
    assert_eq!(send(&server, "HEAD", &at, &[ann], b"").status, 204);
    // A page of another site cannot begin one.
    let foreign = [&part[..], &[("Origin", "http://example.com")]].concat();
    assert_eq!(send(&server, "PUT", "/b", &[&foreign[..], &[("Cookie", "cppwd=pw-ann")]].concat(), b"").status, 403);
}

#[test]
fn tus_uploads_continue_and_end() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let data = bytes(MIB + 9);
    let version = ("Tus-Resumable", "1.0.0");
    let length = ("Upload-Length", &*data.len().to_string());
    let name = ("Upload-Metadata", "filename w7gudHh0,filetype dGV4dA==");
    let begun = send(&server, "POST", "/in/", &[version, length, name], b"");
    assert_eq!((begun.status, begun.header("tus-resumable")), (201, Some("1.0.0")));
    let at = address(&begun);
    let kind = ("Content-Type", "application/offset+octet-stream");
    let first = send(&server, "PATCH", &at, &[version, kind, ("Upload-Offset", "0")], &data[..MIB]);
    assert_eq!((first.status, first.header("upload-offset")), (204, Some(&*MIB.to_string())));
    let head = send(&server, "HEAD", &at, &[version], b"");
    assert_eq!((head.status, head.header("upload-offset")), (200, Some(&*MIB.to_string())));
    assert_eq!(send(&server, "PATCH", &at, &[version, kind, ("Upload-Offset", "1")], &data[1..]).status, 409);
    let old = [("Tus-Resumable", "0.2.2"), kind, ("Upload-Offset", "1")];
    assert_eq!(send(&server, "PATCH", &at, &old, &data[1..]).status, 412);
    // Clients that can send GET and POST only.
    let verb = [version, kind, ("Upload-Offset", &*MIB.to_string()), ("X-HTTP-Method-Override", "PATCH")];
    let last = send(&server, "POST", &at, &verb, &data[MIB..]);
    assert_eq!((last.status, last.header("upload-offset")), (204, Some(&*data.len().to_string())));
    assert_eq!(std::fs::read(server.root().join("in/ø.txt")).expect("reads"), data);

    let with_body = [version, kind, ("Upload-Length", "3"), ("Upload-Metadata", "filename YQ==")];
    let whole = send(&server, "POST", "/in/", &with_body, b"abc");
    assert_eq!((whole.status, whole.header("upload-offset")), (201, Some("3")));
    assert_eq!(std::fs::read(server.root().join("in/a")).expect("reads"), b"abc");
    let empty =
        send(&server, "POST", "/in/", &[version, ("Upload-Length", "0"), ("Upload-Metadata", "filename Yg==")], b"");
    assert_eq!(empty.status, 201);
    assert_eq!(std::fs::read(server.root().join("in/b")).expect("reads"), b"");
    let gone = address(&send(&server, "POST", "/in/", &[version, length], b""));
    assert_eq!(send(&server, "DELETE", &gone, &[version], b"").status, 204);
    assert_eq!(send(&server, "HEAD", &gone, &[version], b"").status, 404);
    assert_eq!(send(&server, "POST", "/in/", &[version, ("Upload-Defer-Length", "1")], b"").status, 400);
    let options = send(&server, "OPTIONS", "/", &[], b"");
    assert_eq!(options.header("tus-extension"), Some("creation,creation-with-upload,termination"));
    assert_eq!(options.header("upload-limit"), Some("min-size=0"));
}

#[test]
fn up2k_and_ietf_continue_each_others_uploads() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let file = Source::new("a.bin", bytes(5 * MIB));
    let at = begin(&server, "/a.bin", file.data.len(), &file.data[..2 * MIB + 3]);
    let asked = json!({"name": file.name, "size": file.data.len(), "lmod": 1_700_000_000, "hash": file.hashes});
    let handshake = || -> Value {
        let kind = [("Content-Type", "text/plain")];
        send(&server, "POST", "/", &kind, asked.to_string().as_bytes()).json()
    };
    let reply = handshake();
    assert_eq!(reply["hash"], json!(file.hashes[2..]), "two chunks are here");
    let wark = reply["wark"].as_str().expect("a wark").to_owned();
    let kind = ("Content-Type", "application/octet-stream");
    let chunk = [kind, ("X-Up2k-Hash", &*file.hashes[2].to_string()), ("X-Up2k-Wark", &wark)];
    assert_eq!(send(&server, "POST", "/", &chunk, &file.data[2 * MIB..3 * MIB]).status, 200);
    // By the address of the upload, and by the identity that up2k has given to it.
    assert_eq!(offset(&server, &at), 3 * MIB);
    assert_eq!(append(&server, &at, 3 * MIB, "?0", &file.data[3 * MIB..4 * MIB + 1]).status, 204);
    let by_wark = format!("/?upload={wark}");
    assert_eq!(offset(&server, &by_wark), 4 * MIB + 1);
    assert_eq!(append(&server, &by_wark, 4 * MIB + 1, "?1", &file.data[4 * MIB + 1..]).status, 201);
    assert_eq!(handshake()["hash"], json!([]));
    assert_eq!(std::fs::read(server.root().join("a.bin")).expect("reads"), file.data);
}
