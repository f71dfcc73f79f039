//! Operations on lists: one element that fails does not prevent the others, and the answer names it.

use support::TestServer;
use support::http::Response;

fn delete(server: &TestServer, list: &str) -> Response {
    let kind = [("Content-Type", "application/json")];
    server.connect().send("POST", "/?delete", &kind, list.as_bytes()).expect("a reply")
}

#[test]
fn the_rest_of_a_list_is_deleted() {
    let server = TestServer::start(["-v", "{root}::rwmd", "-v", "{dir}/locked:locked:r"]);
    let there = |name: &str| server.root().join(name).exists();
    for name in ["a", "b", "c", "d"] {
        std::fs::write(server.root().join(name), name).expect("a file");
    }
    let reply = delete(&server, r#"["/a", "/missing", "/b", "/<b>bold", "/also missing"]"#);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.text().starts_with("deleted 2 files"), "{}", reply.text());
    for name in ["/missing", "/&lt;b&gt;bold", "/also missing"] {
        assert!(reply.text().contains(name), "{}", reply.text());
    }
    assert!(!reply.text().contains("<b>"), "names are escaped");
    assert!(!there("a") && !there("b"));

    let reply = delete(&server, r#"["/c", "/locked/x", "/d"]"#);
    assert!(matches!(reply.status, 401 | 403), "{} {}", reply.status, reply.text());
    assert!(reply.text().contains("/locked/x") && reply.text().contains("deleted 2 files"), "{}", reply.text());
    assert!(!there("c") && !there("d"));
}

/// Whatever its media type, the elements of a body are deleted and nothing else: if the list were ignored, the folder
/// itself would be.
#[test]
fn a_list_is_never_ignored() {
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    let there = |name: &str| server.root().join("q").join(name).exists();
    std::fs::create_dir(server.root().join("q")).expect("a folder");
    let list = br#"["/q/a"]"#;
    for kind in
        ["", "application/x-www-form-urlencoded", "text/json", "application/octet-stream", "multipart/form-data"]
    {
        for target in ["/q/?delete", "/?delete"] {
            std::fs::write(server.root().join("q/a"), "a").expect("a file");
            std::fs::write(server.root().join("q/keep"), "b").expect("a file");
            let header = [("Content-Type", kind)];
            let headers = if kind.is_empty() { &[][..] } else { &header[..] };
            let reply = server.connect().send("POST", target, headers, list).expect("a reply");
            assert!(there("keep"), "{kind}: {} {}", reply.status, reply.text());
            assert_eq!(reply.status, 200, "{kind}: {}", reply.text());
            assert!(!there("a"), "{kind}");
        }
    }
    for (method, kind, body, status) in [
        ("DELETE", "application/json", &list[..], 400),
        ("POST", "application/json", b"[\"/q/keep\"", 422),
        ("POST", "application/json", b"/q/keep", 422),
        ("POST", "application/octet-stream", b"/q/keep", 415),
        ("POST", "", b"/q/keep", 415),
    ] {
        let target = if method == "POST" { "/q/?delete" } else { "/q/" };
        let reply = server.connect().send(method, target, &[("Content-Type", kind)], body).expect("a reply");
        assert_eq!(reply.status, status, "{method} {kind}: {}", reply.text());
        assert!(there("keep"), "{method} {kind}");
    }
    // The buttons of pages without script.
    let form = [("Content-Type", "multipart/form-data; boundary=B")];
    let reply = server.connect().send("POST", "/q/keep?delete", &form, b"--B--\r\n").expect("a reply");
    assert!(reply.status == 200 && !there("keep"), "{}", reply.text());
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = server.connect().send("POST", "/q/?delete", &form, b"").expect("a reply");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(!server.root().join("q").exists());
}
