//! A refusal of the operating system does not depend on the client: the answer is 403 with a sentence, never a request
//! to sign in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use support::up2k::Source;
use support::{TestServer, data, form};

#[test]
fn files_and_folders_that_the_server_may_not_access() {
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
    let Some(server) = TestServer::start_as_unprivileged_user(dir, ["-v", "{root}::rwmd"]) else { return };
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
            assert!(!reply.text().contains(".up2k"), "{method} {path} names a hidden file: {}", reply.text());
        }
    }
    let page = [("User-Agent", "Mozilla/5.0"), ("Accept", "text/html")];
    let reply = server.connect().send("GET", "/secret", &page, b"").expect("a reply");
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("permissions") && !reply.text().contains("cppwd"), "{}", reply.text());
}

#[test]
fn uploads_are_refused_before_their_body() {
    let dir = tempfile::tempdir().expect("a folder");
    let files = dir.path().join("files");
    fs::create_dir_all(files.join("open")).expect("folders");
    fs::create_dir_all(files.join("read-only/inside")).expect("folders");
    for (name, mode) in [("open", 0o777), ("read-only/inside", 0o555), ("read-only", 0o555), ("", 0o755)] {
        fs::set_permissions(files.join(name), fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let Some(mut server) =
        TestServer::start_as_unprivileged_user(dir, ["-v", "{root}::rwmd", "-v", "{root}/open:blind:w"])
    else {
        return;
    };
    let mut conn = server.connect();
    let refused = |reply: support::http::Response, what: &str| {
        assert_eq!(reply.status, 403, "{what}: {}", reply.text());
        assert!(reply.text().contains("permissions"), "{what}: {}", reply.text());
    };
    let (small, large) = (Source::new("a", data::noise(1, 100)), Source::new("b", data::noise(2, 3 << 20)));
    let empty = Source::new("c", Vec::new());
    // The first and the second time; in the folder, below it, and in one that would have to be created.
    for folder in ["/read-only/", "/read-only/", "/read-only/inside/", "/read-only/new/"] {
        for source in [&small, &large, &empty] {
            let answer = source.handshake(&mut conn, folder).expect("an answer");
            refused(answer.expect_err("cannot end well"), &format!("{folder}{}", source.name));
        }
        let put = conn.send("PUT", &format!("{folder}put"), &[], b"x").expect("a reply");
        refused(put, &format!("PUT {folder}"));
        let body = form::form(&[form::field("act", b"bput"), form::file(b"f", b"x")]);
        let posted = conn.send("POST", folder, &[form::FORM], &body).expect("a reply");
        refused(posted, &format!("form {folder}"));
    }
    // Contents that are stored already and would be copied or linked.
    for source in [&small, &large] {
        source.upload(&mut conn, "/open/").expect("uploads");
        for folder in ["/read-only/", "/read-only/inside/"] {
            let answer = source.handshake(&mut conn, folder).expect("an answer");
            refused(answer.expect_err("cannot end well"), &format!("known, {folder}{}", source.name));
        }
    }
    // The administrator fixes the permissions, and the upload is resumed.
    let (inside, path) = (server.root().join("read-only/inside"), "/read-only/inside/");
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o777)).expect("a mode");
    let late = Source::new("late", data::noise(3, 3 << 20));
    late.upload(&mut conn, path).expect("uploads");
    assert_eq!(fs::read(inside.join("late")).expect("reads"), late.data);
    assert_eq!(server.stop(), Some(0));
}
