//! Operations on lists: one element that cannot be done keeps none of the others back, and the answer names it.

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
    assert!(!reply.text().contains("<b>"), "names are text");
    assert!(!there("a") && !there("b"));

    let reply = delete(&server, r#"["/c", "/locked/x", "/d"]"#);
    assert!(matches!(reply.status, 401 | 403), "{} {}", reply.status, reply.text());
    assert!(reply.text().contains("/locked/x") && reply.text().contains("deleted 2 files"), "{}", reply.text());
    assert!(!there("c") && !there("d"));
}
