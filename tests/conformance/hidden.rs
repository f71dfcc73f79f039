//! A client with write permission only learns nothing about existing files: not by listings, reads, collisions,
//! duplicates or errors.

use crate::client::{Client, Refusal, WriteOptions, clients};
use serde_json::Value;
use support::TestServer;
use support::form::{FORM, field, form};
use support::http::Response;
use support::up2k::Source;

/// A server with `/drop`: everyone may write, ed may also read. It holds `there.bin` and the folder `attic`.
fn server_with_upload_only_folder() -> TestServer {
    let server = crate::start(["-a", "ed:hunter1", "-v", "{root}:drop:w:rwmd,ed", "-e2d"]);
    for mut ed in clients(&server).into_iter().take(1) {
        ed.login("hunter1");
        ed.write(b"drop", b"there.bin", b"secret", WriteOptions::default()).expect("a file");
        ed.mkdir(b"drop", b"attic").expect("a folder");
        ed.write(b"drop/attic", b"in.bin", b"other secret", WriteOptions::default()).expect("a file");
    }
    server
}

/// Returns the parts of an answer that must not depend on whether the path exists: the requested name and dates
/// removed.
fn comparable(reply: &Response, name: &str) -> (u16, Vec<(String, String)>, String) {
    let clean = |text: &str| text.replace(name, "NAME");
    let headers = reply
        .headers
        .iter()
        .filter(|(key, _)| key != "date" && key != "content-length")
        .map(|(key, value)| (key.clone(), clean(value)))
        .collect();
    (reply.status, headers, clean(&reply.text()))
}

/// Every request about a path gets the same answer for an existing and for a missing path.
#[test]
fn existing_and_missing_names_get_equal_answers() {
    let server = server_with_upload_only_folder();
    type Request = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
    let requests: &[Request] = &[
        ("GET", "", &[]),
        ("HEAD", "", &[]),
        ("GET", "", &[("Range", "bytes=0-1")]),
        ("GET", "?raw", &[]),
        ("GET", "?ls", &[]),
        ("GET", "?tree=.", &[]),
        ("GET", "?zip", &[]),
        ("GET", "?tar", &[]),
        ("GET", "?v", &[]),
        ("GET", "?dl", &[]),
        ("GET", "?k=aaaaaaaa", &[]),
        ("GET", "/", &[]),
        ("GET", "/x", &[]),
        ("DELETE", "", &[]),
        ("POST", "?delete", &[]),
        ("POST", "?move=/drop/new", &[]),
        ("POST", "?copy=/drop/new", &[]),
        ("MOVE", "", &[("Destination", "/drop/new")]),
        ("COPY", "", &[("Destination", "/drop/new")]),
    ];
    for agent in ["test", "Mozilla/5.0", "curl/8"] {
        for (method, suffix, headers) in requests {
            let headers = [headers, &[("User-Agent", agent)] as &[_]].concat();
            let ask = |path: &str| {
                let reply = server.connect().send(method, &format!("/drop/{path}{suffix}"), &headers, b"");
                comparable(&reply.expect("a reply"), path)
            };
            assert_eq!(ask("there.bin"), ask("other.bin"), "{method} file{suffix} as {agent}");
            let shown = ask("there.bin").2;
            assert!(!shown.contains("secret"), "{method} {suffix}: {shown}");
        }
    }
}

#[test]
fn lists_are_empty() {
    let server = server_with_upload_only_folder();
    for mut client in clients(&server) {
        assert_eq!(client.list(b"drop"), Ok(Vec::new()), "{}", client.protocol());
        assert_eq!(client.read(b"drop/there.bin"), Err(Refusal::Denied), "{}", client.protocol());
        assert_eq!(client.read_range(b"drop/there.bin", 0, 1), Err(Refusal::Denied), "{}", client.protocol());
    }
    for page in ["/drop/", "/drop/?ls=t", "/drop/?ls=v", "/drop/?b", "/drop/?tree=.", "/?ls", "/?tree=", "/?h"] {
        let reply = server.get(page);
        let text = reply.text();
        assert!(!text.contains("there.bin") && !text.contains("attic"), "{page}: {text}");
    }
}

/// The name under which the server reports a stored file does not depend on existing files.
#[test]
fn collisions_are_not_revealed() {
    let server = server_with_upload_only_folder();
    for mut client in clients(&server) {
        let protocol = client.protocol();
        let taken = client.write(b"drop", b"there.bin", b"mine 1", WriteOptions::default()).expect("accepted");
        let free = client.write(b"drop", b"free1.bin", b"mine 2", WriteOptions::default()).expect("accepted");
        let (taken, free) = (String::from_utf8_lossy(&taken).into_owned(), String::from_utf8_lossy(&free).into_owned());
        let shape = |path: &str, stem: &str| {
            let rest = path.trim_start_matches("drop/").strip_prefix(stem).unwrap_or("?").to_owned();
            rest.chars().map(|c| if c.is_ascii_alphanumeric() { 'x' } else { c }).collect::<String>()
        };
        assert_eq!(shape(&taken, "there").len(), shape(&free, "free1").len(), "{protocol}: {taken} and {free}");
        // The same holds for a request to replace.
        let replace = WriteOptions { replace: true, ..WriteOptions::default() };
        let taken = client.write(b"drop", b"there.bin", b"mine 3", replace).expect("accepted");
        let taken = String::from_utf8_lossy(&taken).into_owned();
        assert_eq!(shape(&taken, "there").len(), shape(&free, "free1").len(), "{protocol}: {taken}");

        client.login("hunter1");
        assert_eq!(client.read(b"drop/there.bin").expect("ed reads"), b"secret", "{protocol}: untouched");
    }
}

#[test]
fn skip_does_not_reveal_files() {
    let server = server_with_upload_only_folder();
    let ask = |name: &str| {
        let source = Source::new(name, format!("mine {name}").into_bytes());
        let asked = source.ask(&mut server.connect(), "/drop/", serde_json::json!({"replace": "skip"}));
        asked.expect("a reply").map(|answer| answer.missing.len()).map_err(|reply| reply.status)
    };
    assert_eq!(ask("there.bin"), ask("other.bin"));
}

/// Knowing the hashes of a file without read permission neither shows that it exists nor gives a copy.
#[test]
fn known_content_is_asked_for_like_any_other() {
    let server = server_with_upload_only_folder();
    let handshake = |name: &str, data: &[u8]| {
        let source = Source::new(name, data.to_vec());
        source.handshake(&mut server.connect(), "/drop/").expect("a reply").expect("accepted")
    };
    for (name, data) in [("there.bin", b"secret" as &[u8]), ("guess.bin", b"other secret")] {
        let answer = handshake(name, data);
        assert_eq!(answer.missing.len(), 1, "{name}: the server asks for the bytes");
    }
    let answer = handshake("unknown.bin", b"never seen");
    assert_eq!(answer.missing.len(), 1);
    // A search by hashes finds only files that the client may read: none.
    let mut hit = Source::new("x", b"secret".to_vec());
    hit.name = "x".into();
    let body = serde_json::json!({"srch": 1, "name": "x", "size": 6, "lmod": 1, "hash": hit.hashes}).to_string();
    let reply = server.connect().send("POST", "/drop/", &[("Content-Type", "text/plain")], body.as_bytes());
    let reply: Value = reply.expect("a reply").json();
    assert_eq!(reply["hits"], serde_json::json!([]));
}

#[test]
fn mkdir_does_not_reveal_files() {
    let server = server_with_upload_only_folder();
    let make = |name: &str| {
        let body = form(&[field("act", b"mkdir"), field("name", name.as_bytes())]);
        let reply = server.connect().send("POST", "/drop/", &[FORM], &body).expect("a reply");
        comparable(&reply, name)
    };
    assert_eq!(make("attic"), make("new"), "mkdir of an existing folder");
    assert_eq!(make("there.bin"), make("that.bin"), "mkdir of an existing file");
    let text = |name: &str| {
        let body = form(&[field("act", b"new_md"), field("name", name.as_bytes())]);
        comparable(&server.connect().send("POST", "/drop/", &[FORM], &body).expect("a reply"), name)
    };
    assert_eq!(text("notes.md"), text("notes.md"), "a text that exists");
    for mut client in clients(&server) {
        let protocol = client.protocol();
        let into = |client: &mut dyn Client, folder: &str| {
            client
                .write(format!("drop/{folder}").as_bytes(), b"n.bin", folder.as_bytes(), WriteOptions::default())
                .map(drop)
        };
        assert_eq!(into(&mut *client, "attic"), into(&mut *client, "new 2"), "{protocol}: into folders");
    }
}

/// Clients without read permission cannot upload the texts that the server shows beside listings.
#[test]
fn texts_of_the_folder_cannot_be_planted() {
    let server = server_with_upload_only_folder();
    for mut client in clients(&server) {
        for name in [".prologue.html", ".epilogue.html", "README.md", "readme.md", "preadme.md"] {
            let data = format!("planted by {} as {name}", client.protocol());
            client.write(b"drop", name.as_bytes(), data.as_bytes(), WriteOptions::default()).expect("accepted");
        }
        let mut ed = clients(&server).swap_remove(0);
        ed.login("hunter1");
        for entry in ed.list(b"drop").expect("a listing") {
            let name = String::from_utf8_lossy(&entry.name).to_lowercase();
            let shown = [".prologue.html", ".epilogue.html", "readme.md", "preadme.md"].contains(&&*name);
            assert!(!shown, "{}: {name} is shown to others", client.protocol());
        }
    }
}
