//! A folder with symlinks, pipes and sockets is moved to another file system as a whole, or not at all.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use support::{TestServer, skip};

/// Starts a server with a second volume `/far` on another file system.
fn server() -> Option<(TestServer, tempfile::TempDir)> {
    let far = tempfile::tempdir_in("/dev/shm").ok()?;
    let server = TestServer::start(["-v", "{root}::rwmd", "-v", &format!("{}:far:rwmd", far.path().display())]);
    let device = |path: &Path| fs::metadata(path).expect("a folder").dev();
    if device(far.path()) == device(&server.root()) {
        skip::note("a second file system at /dev/shm");
        return None;
    }
    Some((server, far))
}

#[test]
fn links_move_as_links() {
    let Some((server, far)) = server() else { return };
    let root = server.root();
    fs::create_dir_all(root.join("f/sub")).expect("folders");
    fs::write(root.join("f/real"), "content").expect("a file");
    for (text, name) in [("real", "f/link"), ("nowhere", "f/dangling"), ("../real", "f/sub/up"), ("sub", "f/folder")] {
        std::os::unix::fs::symlink(text, root.join(name)).expect("a link");
    }
    let reply = server.connect().send("POST", "/f?move=/far/g", &[], b"").expect("a reply");
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert!(!root.join("f").exists());
    for name in ["real", "link", "sub/up"] {
        assert_eq!(fs::read_to_string(far.path().join("g").join(name)).expect(name), "content");
    }
    for (name, text) in [("dangling", "nowhere"), ("folder", "sub")] {
        assert_eq!(fs::read_link(far.path().join("g").join(name)).expect(name), Path::new(text));
    }
}

#[test]
fn entries_that_cannot_move_are_named_and_nothing_is_moved() {
    let Some((server, far)) = server() else { return };
    let root = server.root();
    for (kind, folder) in [("pipe", "p"), ("socket", "s")] {
        fs::create_dir_all(root.join(folder).join("sub")).expect("folders");
        fs::write(root.join(folder).join("file"), "content").expect("a file");
        let special = root.join(folder).join("sub").join(kind);
        match kind {
            "pipe" => assert!(Command::new("mkfifo").arg(&special).status().expect("it starts").success()),
            _ => drop(UnixListener::bind(&special).expect("a socket")),
        }
        let reply = server.connect().send("POST", &format!("/{folder}?move=/far/{folder}"), &[], b"").expect("a reply");
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert!(reply.text().contains(&format!("sub/{kind}")), "{}", reply.text());
        assert!(root.join(folder).join("file").exists() && special.symlink_metadata().is_ok());
        assert!(fs::read_dir(far.path()).expect("a folder").next().is_none(), "nothing is left there");
        // Within one file system a move is a rename, and deleting removes everything.
        let reply = server.connect().send("POST", &format!("/{folder}?move=/{folder}2"), &[], b"").expect("a reply");
        assert_eq!(reply.status, 201, "{}", reply.text());
        let reply = server.connect().send("DELETE", &format!("/{folder}2"), &[], b"").expect("a reply");
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(!root.join(format!("{folder}2")).exists());
    }
}
