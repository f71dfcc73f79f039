//! Symlinks lead only to files that the account may access anyway; special files are not served; races change neither.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use support::form::{FORM, field, file, form};
use support::up2k::Source;

use crate::paths::{SECRET, assert_secrets_kept, send, world, world_with};

/// Creates symlinks of every kind in /pub.
fn links(top: &Path) {
    let to = |name: &str, target: &Path| symlink(target, top.join("pub").join(name)).expect("a link");
    to("l-inside", Path::new("f.txt"));
    to("l-inside-dir", Path::new("sub"));
    to("l-open", &top.join("open/f.txt"));
    to("l-open-dir", &top.join("open"));
    to("l-open-rel", Path::new("../open/f.txt"));
    to("l-priv", &top.join("priv/secret.txt"));
    to("l-priv-dir", &top.join("priv"));
    to("l-out", &top.join("outside/secret.txt"));
    to("l-out-dir", &top.join("outside"));
    to("l-out-rel", Path::new("../outside"));
    to("l-etc", Path::new("/etc/passwd"));
    to("l-root", Path::new("/"));
    to("l-proc", Path::new("/proc/self/root"));
    to("l-dangling", &top.join("outside/new.txt"));
    to("l-dangling-in", Path::new("not-there"));
    to("l-loop", Path::new("l-loop"));
    to("l-loop-a", Path::new("l-loop-b"));
    to("l-loop-b", Path::new("l-loop-a"));
    to("l-up", Path::new(".."));
    to("l-self", Path::new("."));
    to("sub/l-out", Path::new("../../outside/secret.txt"));
    to("chain", Path::new("l-out-dir"));
}

const FORBIDDEN: &[&str] = &[
    "l-priv",
    "l-priv-dir",
    "l-out",
    "l-out-dir",
    "l-out-rel",
    "l-etc",
    "l-root",
    "l-proc",
    "l-dangling",
    "l-dangling-in",
    "l-loop",
    "l-loop-a",
    "l-up",
    "sub/l-out",
    "chain",
    "l-priv-dir/secret.txt",
    "l-out-dir/secret.txt",
    "l-out-rel/sub",
    "l-root/etc/passwd",
    "l-up/outside/secret.txt",
    "l-up/pub_backup/secret.txt",
    "l-proc/etc/passwd",
    "chain/secret.txt",
    "l-inside-dir/l-out",
    "l-self/l-out",
];

#[test]
fn links_out_do_not_exist() {
    let server = world_with(links);
    for path in FORBIDDEN {
        for suffix in ["", "?raw", "?ls", "?zip", "?tar", "/", "/?ls", "?dl"] {
            let target = format!("/pub/{path}{suffix}");
            let reply = send(&server, "GET", &target, &[], b"");
            assert_secrets_kept(&server, &target, &reply);
            assert_eq!(reply.status, 404, "{target}: {}", reply.text());
        }
        assert_eq!(send(&server, "HEAD", &format!("/pub/{path}"), &[], b"").status, 404, "HEAD {path}");
        let range = send(&server, "GET", &format!("/pub/{path}"), &[("Range", "bytes=0-3")], b"");
        assert_eq!(range.status, 404, "range of {path}");
        let copy = send(&server, "POST", &format!("/pub/{path}?copy=/pub/stolen"), &[], b"");
        assert_secrets_kept(&server, path, &copy);
        assert_eq!(copy.status, 404, "copy of {path}: {}", copy.text());
    }
    for target in
        ["/pub/?ls&dots", "/pub/?ls=t", "/pub/", "/pub/?b", "/pub/?tar", "/pub/?zip", "/pub/?tree=.", "/pub/?tree="]
    {
        let reply = send(&server, "GET", target, &[], b"");
        assert_secrets_kept(&server, target, &reply);
        let text = reply.text();
        for name in FORBIDDEN.iter().filter(|name| !name.contains('/')) {
            let shown = [format!("{name}\""), format!("{name}/\""), format!("{name}\n"), format!("{name}\0")];
            assert!(!shown.iter().any(|shown| text.contains(shown)), "{target} shows {name}");
        }
    }
    let body = form(&[field("act", b"zip"), field("files", FORBIDDEN.join("\n").as_bytes())]);
    for kind in ["zip", "tar"] {
        assert_secrets_kept(
            &server,
            "a selection of links",
            &send(&server, "POST", &format!("/pub/?{kind}"), &[FORM], &body),
        );
    }
}

/// A symlink to a file that the account may read behaves like that file.
#[test]
fn links_to_readable_files_work() {
    let server = world_with(links);
    for (path, text) in [
        ("l-inside", "public"),
        ("l-open", "opened"),
        ("l-open-rel", "opened"),
        ("l-open-dir/f.txt", "opened"),
        ("l-open-dir/sub/f.txt", "opened below"),
        ("l-self/f.txt", "public"),
    ] {
        let reply = send(&server, "GET", &format!("/pub/{path}"), &[], b"");
        assert_eq!((reply.status, reply.text().as_str()), (200, text), "{path}");
    }
    let listing = send(&server, "GET", "/pub/?ls", &[], b"").text();
    assert!(listing.contains("\"l-open\"") && listing.contains("\"l-open-dir/\""), "{listing}");
    // Rights of both ends apply: a symlink in /pub does not allow what /open forbids.
    for (method, target) in [("PUT", "/pub/l-open-dir/new.txt"), ("DELETE", "/pub/l-open-dir/f.txt")] {
        let status = send(&server, method, target, &[], b"x").status;
        assert!((400..500).contains(&status), "{method} {target}: {status}");
    }
    assert!(server.dir.path().join("open/f.txt").exists() && !server.dir.path().join("open/new.txt").exists());
    // The account ed may read more, so the same symlink exists for it.
    let reply = send(&server, "GET", "/pub/l-priv", &[("PW", "edpw")], b"");
    assert_eq!((reply.status, reply.text().as_str()), (200, SECRET));
}

/// Nothing is written through a symlink that leads out, whether or not its target exists; deleting it deletes the
/// symlink.
#[test]
fn nothing_is_written_through_links() {
    let server = world_with(links);
    for name in ["l-dangling", "l-out", "l-priv", "l-etc", "l-dangling-in", "l-loop"] {
        for headers in [&[][..], &[("Replace", "1")]] {
            let what = format!("PUT /pub/{name}");
            let reply = send(&server, "PUT", &format!("/pub/{name}"), headers, b"written");
            assert_secrets_kept(&server, &what, &reply);
        }
        for query in ["", "?replace"] {
            let body = form(&[field("act", b"bput"), file(name.as_bytes(), b"written")]);
            assert_secrets_kept(&server, name, &send(&server, "POST", &format!("/pub/{query}"), &[FORM], &body));
        }
        let source = Source::new(name, format!("written as {name}").into_bytes());
        let asked = source.ask(&mut server.connect(), "/pub/", json!({"replace": true})).expect("a reply");
        if let Ok(answer) = asked {
            for hash in &answer.missing {
                let reply = source.send_chunk(&mut server.connect(), &answer, hash).expect("a reply");
                assert_secrets_kept(&server, name, &reply);
            }
        }
        let tput = form(&[field("act", b"tput"), field("lastmod", b"-1"), field("body", b"text")]);
        assert_secrets_kept(&server, name, &send(&server, "POST", &format!("/pub/{name}"), &[FORM], &tput));
        let copy =
            send(&server, "COPY", "/pub/f.txt", &[("Destination", &format!("/pub/{name}")), ("Overwrite", "T")], b"");
        assert_secrets_kept(&server, name, &copy);
    }
    for folder in ["l-out-dir", "l-priv-dir", "chain", "l-up", "l-root/tmp", "l-dangling"] {
        let what = format!("into /pub/{folder}");
        assert_secrets_kept(&server, &what, &send(&server, "PUT", &format!("/pub/{folder}/new.txt"), &[], b"x"));
        let body = form(&[field("act", b"bput"), file(b"new.txt", b"x")]);
        assert_secrets_kept(&server, &what, &send(&server, "POST", &format!("/pub/{folder}/"), &[FORM], &body));
        let body = form(&[field("act", b"mkdir"), field("name", b"new")]);
        assert_secrets_kept(&server, &what, &send(&server, "POST", &format!("/pub/{folder}/"), &[FORM], &body));
        let moved = send(&server, "POST", &format!("/pub/f.txt?copy=/pub/{folder}/new.txt"), &[], b"");
        assert_secrets_kept(&server, &what, &moved);
        assert_secrets_kept(&server, &what, &send(&server, "DELETE", &format!("/pub/{folder}/secret.txt"), &[], b""));
        let renamed = send(&server, "POST", &format!("/pub/{folder}/secret.txt?move=/pub/mine"), &[], b"");
        assert_secrets_kept(&server, &what, &renamed);
    }
    for name in ["l-out-dir", "l-priv-dir", "l-up", "l-root", "l-out", "chain", "l-loop"] {
        assert_secrets_kept(&server, name, &send(&server, "DELETE", &format!("/pub/{name}"), &[], b""));
    }
    assert_secrets_kept(&server, "all of it", &send(&server, "DELETE", "/pub/sub", &[], b""));
}

/// Opening a FIFO blocks until its other end is opened, and a device may do anything: neither is served as a file.
#[test]
fn special_files_do_not_block() {
    let server = world();
    let fifo = server.dir.path().join("pub/fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo starts");
    assert!(made.success());
    let device = server.dir.path().join("pub/null");
    let made = Command::new("mknod").arg(&device).args(["c", "1", "3"]).stderr(std::process::Stdio::null()).status();
    let specials: &[&str] = if made.is_ok_and(|status| status.success()) { &["fifo", "null"] } else { &["fifo"] };
    let _socket = std::os::unix::net::UnixListener::bind(server.dir.path().join("pub/sock")).expect("a socket");
    for name in specials.iter().chain(&["sock"]) {
        for target in [format!("/pub/{name}"), format!("/pub/{name}?raw"), format!("/pub/{name}?zip")] {
            let reply = send(&server, "GET", &target, &[], b"");
            assert_eq!(reply.status, 404, "GET {target}");
        }
        assert_eq!(send(&server, "HEAD", &format!("/pub/{name}"), &[], b"").status, 404);
        let put = send(&server, "PUT", &format!("/pub/{name}"), &[("Replace", "1")], b"x");
        assert!(put.status < 500, "PUT over {name}: {}", put.text());
        let copy = send(&server, "POST", &format!("/pub/{name}?copy=/pub/copied-{name}"), &[], b"");
        assert!((400..500).contains(&copy.status), "copy of {name}: {}", copy.text());
    }
    for target in ["/pub/?ls", "/pub/?tar", "/pub/?zip", "/pub/"] {
        assert_eq!(send(&server, "GET", target, &[], b"").status, 200, "{target}");
    }
    let listing = send(&server, "GET", "/pub/?ls", &[], b"").text();
    assert!(!listing.contains("\"sock\""), "a socket is not listed: {listing}");
}

/// A folder is replaced by a symlink to the outside and back, repeatedly, while clients request its contents.
#[test]
fn a_folder_swapped_for_a_link() {
    let server = world();
    let top = server.dir.path().to_path_buf();
    let swapped = top.join("pub/swap");
    fs::create_dir(&swapped).expect("a folder");
    fs::write(swapped.join("secret.txt"), "harmless").expect("a file");
    symlink(top.join("outside"), top.join("pub/link")).expect("a link");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                // A request may create the folder in between; then it is removed.
                let turns = [("swap", "was"), ("link", "swap"), ("swap", "link"), ("was", "swap")];
                for (from, to) in turns.map(|(from, to)| (top.join("pub").join(from), top.join("pub").join(to))) {
                    while let Err(error) = fs::rename(&from, &to) {
                        assert!(from.symlink_metadata().is_ok(), "{}: {error}", from.display());
                        // It may have been removed already.
                        let _ = fs::remove_dir_all(&to);
                    }
                }
            }
        });
        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut conn = server.connect();
            for turn in 0..150 {
                let get = conn.send("GET", "/pub/swap/secret.txt", &[], b"");
                if let Ok(reply) = get {
                    assert!(!reply.text().contains(SECRET), "turn {turn}: a link was followed");
                } else {
                    conn = server.connect();
                }
                for (method, target) in [
                    ("GET", "/pub/swap/?tar".to_owned()),
                    ("GET", "/pub/?tar".to_owned()),
                    ("PUT", format!("/pub/swap/new{turn}.txt")),
                    ("DELETE", format!("/pub/swap/new{turn}.txt")),
                    ("POST", format!("/pub/swap/secret.txt?copy=/pub/copies/{turn}")),
                ] {
                    if turn % 5 == 0 || method == "PUT" {
                        let Ok(reply) = server.connect().send(method, &target, &[], b"x") else { continue };
                        assert!(!reply.text().contains(SECRET), "{method} {target}");
                    }
                }
            }
        }));
        stop.store(true, Ordering::Relaxed);
        asked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    let outside: Vec<_> =
        fs::read_dir(top.join("outside")).expect("a folder").map(|e| e.expect("an entry").file_name()).collect();
    assert_eq!(outside.len(), 2, "something was written through the link: {outside:?}");
    for copy in fs::read_dir(top.join("pub/copies")).into_iter().flatten().flatten() {
        assert_eq!(fs::read_to_string(copy.path()).ok().as_deref(), Some("harmless"), "a copy through the link");
    }
    let end = send(&server, "GET", "/pub/f.txt", &[], b"");
    assert_eq!(end.text(), "public", "the server still runs");
}
