//! A link that leads out of every volume does not exist, unless its volume says `outlinks`; then it can be read, and only
//! read, through every way to read.

use std::fs;
use std::os::unix::fs::symlink;
use support::TestServer;

fn server(flags: &str) -> TestServer {
    let dir = tempfile::tempdir().expect("a folder");
    let (files, out) = (dir.path().join("files"), dir.path().join("out"));
    fs::create_dir_all(out.join("album")).expect("folders");
    fs::create_dir_all(out.join(".hist")).expect("folders");
    fs::create_dir_all(dir.path().join("private")).expect("folders");
    fs::create_dir(&files).expect("a folder");
    for name in ["out/song.txt", "out/album/one.txt", "out/.hist/old.txt", "private/secret.txt"] {
        fs::write(dir.path().join(name), name).expect("a file");
    }
    for (to, name) in [("song.txt", "song"), ("", "folder"), (".hist/old.txt", "old")] {
        symlink(out.join(to), files.join(name)).expect("a link");
    }
    symlink(dir.path().join("private/secret.txt"), files.join("secret")).expect("a link");
    TestServer::start_in(
        dir,
        ["-a", "ed:pw", "-v", &format!("{{root}}::rwmd{flags}"), "-v", "{dir}/private:private:r,ed"],
    )
}

#[test]
fn they_do_not_exist_by_default() {
    let server = server("");
    for path in ["/song", "/folder/", "/folder/album/one.txt", "/secret", "/old"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn they_can_be_read_where_the_volume_says_so() {
    let server = server(":c,outlinks");
    assert!(server.log().contains("outlinks"), "the start warns: {}", server.log());
    for (path, text) in [
        ("/song", "out/song.txt"),
        ("/folder/song.txt", "out/song.txt"),
        ("/folder/album/one.txt", "out/album/one.txt"),
    ] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.text().as_str()), (200, text), "{path}");
    }
    let listed = server.get("/?ls").text();
    assert!(listed.contains("song") && listed.contains("folder"), "{listed}");
    assert!(server.get("/folder/?ls").text().contains("album"));
    let tar = server.get("/?tar").body;
    assert!(tar.windows(17).any(|window| window == b"out/album/one.txt"), "an archive has the content");
    // What is in a volume has the rights of that volume, and the server's own files are nobody's.
    for path in ["/secret", "/old", "/folder/.hist/old.txt"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn nothing_is_written_through_them() {
    let server = server(":c,outlinks");
    let out = server.dir.path().join("out");
    for (method, path, headers) in [
        ("PUT", "/folder/new.txt", &[][..]),
        ("PUT", "/folder/sub/new.txt", &[]),
        ("DELETE", "/folder/song.txt", &[]),
        ("MOVE", "/folder/song.txt", &[("Destination", "/moved.txt")]),
        ("PUT", "/folder/song.txt", &[("Replace", "1")]),
        ("PUT", "/folder/song.txt?apnd", &[]),
    ] {
        let reply = server.connect().send(method, path, headers, b"x").expect("a reply");
        assert!((400..500).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text());
    }
    assert_eq!(fs::read_to_string(out.join("song.txt")).expect("is there"), "out/song.txt");
    assert_eq!(fs::read_dir(&out).expect("a folder").count(), 3, "nothing new");
    // The link itself belongs to the volume.
    let reply = server.connect().send("DELETE", "/song", &[], b"").expect("a reply");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(out.join("song.txt").exists() && !server.root().join("song").exists());
}
