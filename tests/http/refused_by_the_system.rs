//! What the operating system refuses to the server is no question of who asks: 403 in words, and nobody is told to sign in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use support::TestServer;

#[test]
fn files_and_folders_that_the_server_may_not_touch() {
    let dir = tempfile::tempdir().expect("a folder");
    let files = dir.path().join("files");
    fs::create_dir_all(files.join("closed/inside")).expect("folders");
    fs::create_dir(files.join("read-only")).expect("a folder");
    for name in ["secret", "read-only/a"] {
        fs::write(files.join(name), "x").expect("a file");
    }
    for (name, mode) in [("secret", 0), ("closed", 0), ("read-only", 0o555), ("", 0o755)] {
        fs::set_permissions(files.join(name), fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let Some(server) = TestServer::start_as_nobody(dir, ["-v", "{root}::rwmd"]) else { return };
    for (method, path, headers) in [
        ("GET", "/secret", &[][..]),
        ("HEAD", "/secret", &[]),
        ("GET", "/closed/", &[]),
        ("GET", "/closed/?ls", &[]),
        ("PUT", "/read-only/b", &[]),
        ("DELETE", "/read-only/a", &[]),
        ("MOVE", "/read-only/a", &[("Destination", "/read-only/c")]),
        ("COPY", "/read-only/a", &[("Destination", "/read-only/c")]),
        ("COPY", "/secret", &[("Destination", "/copy")]),
    ] {
        let reply = server.connect().send(method, path, headers, b"").expect("a reply");
        assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text());
        assert_eq!(reply.header("www-authenticate"), None, "{method} {path}");
        if method != "HEAD" {
            assert!(reply.text().contains("permissions"), "{method} {path}: {}", reply.text());
        }
    }
    let page = [("User-Agent", "Mozilla/5.0"), ("Accept", "text/html")];
    let reply = server.connect().send("GET", "/secret", &page, b"").expect("a reply");
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("permissions") && !reply.text().contains("cppwd"), "{}", reply.text());
}
