//! Hostile and malformed requests get a 4xx with one plain sentence, or the connection ends. The server keeps running,
//! and nothing of their contents is visible.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;
use support::TestServer;
use support::form::{FORM, field, file, form};
use support::http::{Conn, Response};
use support::up2k::Source;

pub(crate) fn server() -> TestServer {
    TestServer::start(["-v", "{root}::rwmd", "-e2d", "--s-thead", "2", "--s-tbody", "2", "--idle-timeout", "2"])
}

/// Sends bytes at once, without closing. Returns the answer, or what was received until the server closed the
/// connection.
pub(crate) fn raw(server: &TestServer, request: &[u8]) -> Option<Response> {
    let mut conn = server.connect();
    // The server may close the connection before it has read everything.
    let _ = conn.write(request);
    conn.receive(false).ok()
}

/// Asserts that the server answers other clients and has stored nothing.
pub(crate) fn assert_unaffected(server: &TestServer, what: &str) {
    let listing = server.connect().send("GET", "/?ls&dots", &[], b"").unwrap_or_else(|e| panic!("after {what}: {e}"));
    assert_eq!(listing.status, 200, "after {what}");
    let listing = listing.json();
    assert_eq!((&listing["files"], &listing["dirs"]), (&json!([]), &json!([])), "after {what}");
}

/// Asserts that a reply is a refusal: 4xx, or 501 for unknown HTTP features, with one sentence that names no internals.
pub(crate) fn assert_refused(what: &str, reply: Option<&Response>) {
    let Some(reply) = reply else { return };
    let sensible = (400..500).contains(&reply.status) || matches!(reply.status, 501 | 505);
    assert!(sensible, "{what}: {} {}", reply.status, reply.text());
    let text = reply.text();
    assert!(text.len() < 4000, "{what}: {} bytes of explanation", text.len());
    for inner in ["panicked", "src/", ".rs:", "Error {", "Os {", "Some(", "hyper"] {
        assert!(!text.contains(inner), "{what}: {text}");
    }
}

/// Asserts that a reply was received and is a refusal.
pub(crate) fn assert_answered_with_refusal(what: &str, reply: Option<&Response>) {
    assert!(reply.is_some(), "{what}: no answer");
    assert_refused(what, reply);
    let text = reply.expect("there is one").text();
    assert!(text.trim().len() > 5, "{what}: says nothing ({text:?})");
}

pub(crate) const HOST: &str = "Host: 127.0.0.1\r\n";

/// Requests whose end is ambiguous. The second request in each must not be answered.
#[test]
fn nothing_is_smuggled() {
    let server = server();
    let inner = "GET /?ls HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Inner: 1\r\n\r\n";
    for (what, head) in [
        ("length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        ("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        ("a list of lengths", "Content-Length: 5, 6\r\n\r\nhello"),
        ("a signed length", "Content-Length: +5\r\n\r\nhello"),
        ("a negative length", "Content-Length: -5\r\n\r\nhello"),
        ("a hexadecimal length", "Content-Length: 0x5\r\n\r\nhello"),
        ("an endless length", "Content-Length: 99999999999999999999999\r\n\r\nhello"),
        ("no length", "Content-Length: \r\n\r\nhello"),
        ("a blank in the length", "Content-Length: 1 0\r\n\r\nhello"),
        ("a blank before the colon", "Content-Length : 5\r\n\r\nhello"),
        ("a tab before the colon", "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
        ("a folded line", "X-Folded: a\r\n b\r\nContent-Length: 5\r\n\r\nhello"),
        ("a folded coding", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        ("a line without colon", "Nonsense\r\nContent-Length: 5\r\n\r\nhello"),
        ("a bare LF in the head", "X-A: b\nContent-Length: 5\r\n\r\nhello"),
        ("a head of bare LFs", "Content-Length: 5\n\nhello"),
        ("a bare CR in the head", "X-A: b\rContent-Length: 5\r\n\r\nhello"),
        ("a NUL in the head", "X-A: b\0\r\nContent-Length: 5\r\n\r\nhello"),
        ("another coding", "Transfer-Encoding: gzip\r\n\r\nhello"),
        ("a coding twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        ("a coding in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        ("a coding that looks alike", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("a coding with a vertical tab", "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
        ("chunks before another coding", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        ("a bare LF after a chunk size", "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"),
        ("a bare LF after a chunk", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n"),
        ("a chunk longer than it says", "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"),
        ("a signed chunk size", "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"),
        ("a negative chunk size", "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"),
        ("a prefixed chunk size", "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
        ("an overflowing chunk size", "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        ("a wrapping chunk size", "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"),
        ("an empty chunk size", "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n"),
        ("a chunk size that is a word", "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"),
        ("a LF in a chunk extension", "Transfer-Encoding: chunked\r\n\r\n5;a=\nb\r\nhello\r\n0\r\n\r\n"),
    ] {
        for target in ["PUT /smuggled HTTP/1.1", "POST / HTTP/1.1"] {
            let mut request = format!("{target}\r\n{HOST}Content-Type: text/plain\r\n{head}").into_bytes();
            request.extend(inner.as_bytes());
            let mut conn = server.connect();
            let _ = conn.write(&request);
            let first = conn.receive(false).ok();
            assert_answered_with_refusal(what, first.as_ref());
            let second = conn.receive(false);
            assert!(second.is_err(), "{what}: the connection stayed open: {second:?}");
            assert_unaffected(&server, what);
        }
    }
}

#[test]
fn malformed_heads() {
    let server = server();
    let long = "x".repeat(200_000);
    let many: String = (0..2000).map(|n| format!("X-{n}: y\r\n")).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no HTTP", b"hello\r\n\r\n".to_vec()),
        ("binary noise", support::data::noise(1, 4096)),
        ("a verb alone", b"GET\r\n\r\n".to_vec()),
        ("an old version", b"GET /\r\n\r\n".to_vec()),
        ("an odd version", format!("GET / HTTP/9.9\r\n{HOST}\r\n").into_bytes()),
        ("two blanks", format!("GET  / HTTP/1.1\r\n{HOST}\r\n").into_bytes()),
        ("a long address", format!("GET /{long} HTTP/1.1\r\n{HOST}\r\n").into_bytes()),
        ("a long query", format!("GET /?{long} HTTP/1.1\r\n{HOST}\r\n").into_bytes()),
        ("a long header", format!("GET / HTTP/1.1\r\n{HOST}X-Long: {long}\r\n\r\n").into_bytes()),
        ("a long cookie", format!("GET / HTTP/1.1\r\n{HOST}Cookie: cppwd={long}\r\n\r\n").into_bytes()),
        ("many headers", format!("GET / HTTP/1.1\r\n{HOST}{many}\r\n").into_bytes()),
        ("two hosts", format!("GET / HTTP/1.1\r\n{HOST}Host: evil.org\r\n\r\n").into_bytes()),
        ("NUL in the address", b"GET /a\0b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec()),
        ("NUL in the path", format!("GET /a%00b HTTP/1.1\r\n{HOST}\r\n").into_bytes()),
        ("a tunnel", b"CONNECT evil.org:443 HTTP/1.1\r\nHost: evil.org:443\r\n\r\n".to_vec()),
        ("another verb", format!("BREW / HTTP/1.1\r\n{HOST}\r\n").into_bytes()),
        ("TRACE", format!("TRACE / HTTP/1.1\r\n{HOST}\r\n").into_bytes()),
        ("no end of the first line", vec![b'A'; 300_000]),
        ("a deep path", format!("GET {} HTTP/1.1\r\n{HOST}\r\n", "/d".repeat(5000)).into_bytes()),
        ("a long name", format!("PUT /{} HTTP/1.1\r\n{HOST}Content-Length: 1\r\n\r\nx", "n".repeat(300)).into_bytes()),
    ];
    for (what, request) in cases {
        let reply = raw(&server, &request);
        assert_answered_with_refusal(what, reply.as_ref());
        assert_unaffected(&server, what);
    }
    // A TLS record without a continuation.
    assert_refused("half a TLS handshake", raw(&server, b"\x16\x03\x01\x00\x05hello").as_ref());
    assert_unaffected(&server, "half a TLS handshake");
    let parameters: String = (0..5000).map(|n| format!("a{n}=b&")).collect();
    let reply = raw(&server, format!("GET /?{parameters} HTTP/1.1\r\n{HOST}\r\n").as_bytes()).expect("an answer");
    assert!(reply.status < 500, "many parameters: {}", reply.status);
    for range in [
        "bytes=",
        "bytes=-",
        "bytes=5-1",
        "bytes=99999999999999999999-",
        "bytes=-99999999999999999999",
        "chars=0-1",
        "bytes=0-0,-",
        "bytes=a-b",
    ] {
        let reply = server.connect().send("GET", "/", &[("Range", range)], b"").expect("an answer");
        assert!(reply.status < 500, "{range}: {}", reply.status);
    }
}

/// For every way to upload: an incomplete body is refused or dropped, and nothing of it is stored.
#[test]
fn truncated_bodies() {
    let server = server();
    let data = support::data::noise(9, 3_000_000);
    let whole_form = form(&[field("act", b"bput"), file(b"cut.bin", &data)]);
    let source = Source::new("cut.bin", data.clone());
    let answer = source.handshake(&mut server.connect(), "/").expect("a reply").expect("accepted");
    let chunk = source.chunk(&answer.missing[0]).expect("a chunk").to_vec();
    let chunk_head = format!(
        "Content-Type: application/octet-stream\r\nX-Up2k-Wark: {}\r\nX-Up2k-Hash: {}\r\n",
        answer.wark, answer.missing[0]
    );
    let form_head = format!("{}: {}\r\n", FORM.0, FORM.1);
    let json = json!({"name": "cut.bin", "size": 1, "lmod": 1, "hash": [support::up2k::hash(b"x")]}).to_string();
    let cases: Vec<(&str, &str, &str, &[u8])> = vec![
        ("PUT", "PUT /cut.bin", "", &data),
        ("?raw", "POST /cut.bin?raw", "", &data),
        ("PUT to a folder", "PUT /", "", &data),
        ("form", "POST /", &form_head, &whole_form),
        ("chunk", "POST /", &chunk_head, &chunk),
        ("handshake", "POST /", "Content-Type: text/plain\r\n", json.as_bytes()),
        ("message", "POST /", "Content-Type: application/x-www-form-urlencoded\r\n", b"msg=hello and more of it"),
        ("delete list", "POST /?delete", "Content-Type: application/json\r\n", br#"["/a","/b","/c"]"#),
    ];
    for (what, first, head, body) in cases {
        for framing in ["length", "chunked"] {
            let mut request = format!("{first} HTTP/1.1\r\n{HOST}{head}").into_bytes();
            let half = &body[..body.len() / 2];
            if framing == "length" {
                request.extend(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                request.extend(half);
            } else {
                request.extend(format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len()).as_bytes());
                request.extend(half);
            }
            // The sending side is shut down: the answer can still be read.
            let mut stream = TcpStream::connect(server.addr).expect("the server accepts");
            stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
            let _ = stream.write_all(&request);
            let _ = stream.shutdown(Shutdown::Write);
            let mut reply = Vec::new();
            let _ = stream.read_to_end(&mut reply);
            let reply = String::from_utf8_lossy(&reply);
            assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 4"), "{what}, {framing}: {reply}");
            assert_unaffected(&server, what);
        }
    }
    // The interrupted chunk can be sent again by any client.
    let end = source.upload(&mut server.connect(), "/").expect("the upload is resumed");
    assert_eq!(end.name, "cut.bin");
    assert!(server.get("/cut.bin").body == data);
}

#[test]
fn malformed_forms() {
    let server = server();
    let post = |kind: &str, body: &[u8]| server.connect().send("POST", "/", &[("Content-Type", kind)], body);
    let multipart = FORM.1;
    let act = |act: &[u8]| field("act", act);
    let unending = {
        let mut body = form(&[act(b"bput"), file(b"cut.bin", b"data")]);
        body.truncate(body.len() - 14);
        body
    };
    let long_name = [b'n'; 70_000].to_vec();
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("no boundary", "multipart/form-data", form(&[act(b"bput")])),
        ("an empty boundary", "multipart/form-data; boundary=", form(&[act(b"bput")])),
        ("another boundary", "multipart/form-data; boundary=other", form(&[act(b"bput")])),
        ("nothing", multipart, Vec::new()),
        ("no parts", multipart, b"------parts--\r\n".to_vec()),
        ("no end", multipart, unending),
        ("no act", multipart, form(&[field("name", b"x")])),
        ("an unknown act", multipart, form(&[act(b"reboot")])),
        ("a long act", multipart, form(&[act(&[b'a'; 100_000])])),
        ("an empty act", multipart, form(&[act(b"")])),
        ("a part without a head", multipart, b"------parts\r\n\r\nx\r\n------parts--\r\n".to_vec()),
        ("a part with a broken head", multipart, b"------parts\r\nnonsense\r\n\r\nx\r\n------parts--\r\n".to_vec()),
        ("an endless head of a part", multipart, [b"------parts\r\nX: ".as_slice(), &[b'y'; 300_000]].concat()),
        ("mkdir without a name", multipart, form(&[act(b"mkdir")])),
        ("mkdir of nothing", multipart, form(&[act(b"mkdir"), field("name", b"")])),
        ("mkdir of a long name", multipart, form(&[act(b"mkdir"), field("name", &long_name)])),
        ("mkdir of NUL", multipart, form(&[act(b"mkdir"), field("name", b"a\0b")])),
        ("mkdir of the server's own", multipart, form(&[act(b"mkdir"), field("name", b".hist")])),
        ("a text without time", multipart, form(&[act(b"tput"), field("body", b"x")])),
        (
            "a text with a word for time",
            multipart,
            form(&[act(b"tput"), field("lastmod", b"soon"), field("body", b"x")]),
        ),
        ("a text without body", multipart, form(&[act(b"tput"), field("lastmod", b"-1")])),
        ("a selection of nothing", multipart, form(&[act(b"zip")])),
        ("a message that is too long", "application/x-www-form-urlencoded", vec![b'a'; 1 << 20]),
        ("an unknown media type", "application/x-nonsense", b"x".to_vec()),
        ("a type that is none", "%%%", b"x".to_vec()),
    ];
    for (what, kind, body) in cases {
        let reply = post(kind, &body);
        assert_answered_with_refusal(what, reply.ok().as_ref());
        assert_unaffected(&server, what);
    }
    let unnamed: Vec<Vec<u8>> = std::iter::once(act(b"bput")).chain((0..3000).map(|_| field("x", b"y"))).collect();
    let reply = post(multipart, &form(&unnamed)).expect("a reply");
    assert!(reply.status < 500, "many parts: {}", reply.status);
    assert_unaffected(&server, "many parts");
    let body = form(&[act(b"bput"), file(b"", b"x"), field("f", b"no name")]);
    let reply = post(multipart, &body).expect("a reply");
    assert!(reply.status < 500, "files without a name: {}", reply.status);
    assert_unaffected(&server, "files without a name");
    let reply = post(multipart, &form(&[act(b"login"), field("cppwd", &[b'p'; 60_000])])).expect("a reply");
    assert!(reply.status < 500 && reply.status != 201, "a long password: {}", reply.status);
    let body = form(&[act(b"bput"), file(&[b'n'; 5000], b"x")]);
    let reply = post(multipart, &body).expect("a reply");
    assert!(reply.status < 500, "a file with a long name: {}", reply.text());
}

/// A client that sends too slowly is disconnected at every stage; other clients do not wait for it.
#[test]
fn slow_senders_are_cut_off() {
    let server = server();
    let stages: [(&str, &[u8]); 4] = [
        ("silence", b""),
        ("half a head", b"GET / HTTP/1.1\r\nHost: 127"),
        ("half a body", b"PUT /slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nsome"),
        ("half a chunk", b"PUT /slow HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nsome"),
    ];
    let start = Instant::now();
    let mut streams: Vec<_> = stages
        .iter()
        .map(|(what, bytes)| {
            let mut stream = TcpStream::connect(server.addr).expect("the server accepts");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
            stream.write_all(bytes).expect("sent");
            (*what, stream)
        })
        .collect();
    assert_unaffected(&server, "slow senders, while they wait");
    for (what, stream) in &mut streams {
        let mut reply = Vec::new();
        match stream.read_to_end(&mut reply) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => panic!("{what}: the server still waits"),
            _ => {}
        }
        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 408"), "{what}: {reply}");
    }
    assert!(start.elapsed() < Duration::from_secs(30), "all of them end in time");
    assert_unaffected(&server, "slow senders");
}

/// A client that keeps its connection after an error gets the answer to its next request, not to leftovers of the
/// refused body.
#[test]
fn a_refused_body_is_no_request() {
    let server = TestServer::start(["-v", "{root}::r"]);
    let body = b"GET /?ls HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(100);
    let mut conn = Conn::open(server.addr).expect("the server accepts");
    let refused = conn.send("PUT", "/x", &[], &body).expect("a refusal");
    assert_eq!(refused.status, 401);
    match conn.send("GET", "/?ls=t", &[("X-Second", "1")], b"") {
        Ok(reply) => assert!(reply.text().contains("# acct"), "the answer to the second request: {}", reply.text()),
        Err(_) => assert_unaffected(&server, "a closed connection"),
    }
}
