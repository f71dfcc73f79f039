//! A symlink that leads out of every volume does not exist, unless its volume has the flag `outlinks`; then it can be
//! read, and only read, through every request that reads.

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
fn links_out_do_not_exist_by_default() {
    let server = server("");
    for path in ["/song", "/folder/", "/folder/album/one.txt", "/secret", "/old"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn links_out_can_be_read_with_the_flag() {
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
    // Files inside a volume keep the rights of that volume, and the server's own files are never served.
    for path in ["/secret", "/old", "/folder/.hist/old.txt"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn nothing_is_written_through_links_out() {
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
    assert_eq!(fs::read_dir(&out).expect("a folder").count(), 3, "nothing was added");
    // The symlink itself belongs to the volume.
    let reply = server.connect().send("DELETE", "/song", &[], b"").expect("a reply");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(out.join("song.txt").exists() && !server.root().join("song").exists());
}

#[test]
fn a_volume_below_the_target_of_a_link_keeps_its_rights() {
    let dir = tempfile::tempdir().expect("a folder");
    for folder in ["files", "out/private/deep"] {
        fs::create_dir_all(dir.path().join(folder)).expect("folders");
    }
    fs::write(dir.path().join("out/song.txt"), "out/song.txt").expect("a file");
    for name in ["out/private/secret.txt", "out/private/deep/secret.txt"] {
        fs::write(dir.path().join(name), "not for everyone").expect("a file");
    }
    symlink(dir.path().join("out"), dir.path().join("files/folder")).expect("a link");
    let args = ["-a", "ed:pw", "-v", "{root}::rwmd:c,outlinks", "-v", "{dir}/out/private:private:r,ed"];
    let server = TestServer::start_in(dir, args);
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for path in ["/?tar", "/folder/?tar", "/folder/?ls", "/folder/private/?ls"] {
        let body = server.get(path).body;
        assert!(!holds(&body, "not for everyone") && !holds(&body, "secret.txt"), "{path}");
    }
    assert_ne!(server.get("/folder/private/secret.txt").status, 200);
    let tar = server.get("/folder/?tar").body;
    assert!(holds(&tar, "out/song.txt"), "a file outside of all volumes is included");
    let reply = server.connect().send("COPY", "/folder", &[("Destination", "/copy")], b"").expect("a reply");
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert!(server.root().join("copy/song.txt").exists());
    assert!(!server.root().join("copy/private").exists(), "a copy includes only files that its account may read");
}
