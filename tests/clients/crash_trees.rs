//! `kill -9` while folders are copied, replaced, moved to another file system and archived: afterwards each name has
//! the complete old folder or the complete new one, and no hidden files are left.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use support::http::Conn;
use support::{TestServer, data};

/// Files in each tree, in folders of ten.
const FILES: usize = 40;
const KILLS: usize = 12;

/// Writes the tree called `name`; its files contain the name of the tree.
fn write_tree(top: &Path, name: &str) {
    for number in 0..FILES {
        let path = top.join(file_of(number));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("mkdir");
        std::fs::write(path, content(name, number)).expect("write");
    }
}

fn file_of(number: usize) -> String {
    format!("{}/{number}.bin", number / 10)
}

fn content(name: &str, number: usize) -> Vec<u8> {
    let seed = number as u64 + if name == "a" { 0 } else { 1000 };
    data::noise(seed, 30_000 + number)
}

/// Returns the name of the tree if it is complete and nothing else is beside it.
fn complete_tree(top: &Path) -> Option<&'static str> {
    let is = |name: &&str| {
        (0..FILES).all(|number| std::fs::read(top.join(file_of(number))).is_ok_and(|got| got == content(name, number)))
    };
    (everything_below(top).len() == FILES + FILES / 10).then(|| ["a", "b"].into_iter().find(is)).flatten()
}

/// Returns all names below a folder, without the ledger's folder.
fn everything_below(top: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name() == ".hist" {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            }
            found.push(entry.path());
        }
    }
    found
}

/// Replaces trees by others until the server is killed.
fn work(addr: SocketAddr) -> io::Result<()> {
    let mut conn = Conn::open(addr)?;
    for round in 0.. {
        let source = if round % 2 == 0 { "/src/a" } else { "/src/b" };
        for (verb, from, to) in [
            ("COPY", source, "/copied"),
            ("COPY", source, "/moving"),
            ("MOVE", "/moving", "/moved"),
            ("COPY", source, "/leaving"),
            ("MOVE", "/leaving", "/far/arrived"),
        ] {
            let reply = conn.send(verb, from, &[("Destination", to), ("Overwrite", "T")], b"")?;
            assert_eq!(reply.status, 201, "{verb} {from} {to}: {}", reply.text());
        }
    }
    Ok(())
}

/// Downloads archives of trees until the server is killed.
fn pack(addr: SocketAddr) -> io::Result<()> {
    let mut formats = ["tar", "zip", "tar=gz"].into_iter().cycle();
    loop {
        let kind = formats.next().expect("never ends");
        let reply = Conn::open(addr)?.send("GET", &format!("/src?{kind}"), &[], b"")?;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

#[test]
fn killed_during_changes_of_trees() {
    // A second file system, if there is one.
    let far = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    let far_volume = format!("{}:far:rwmd", far.path().display());
    let mut server = TestServer::start(["-v", "{root}::rwmd", "-v", &far_volume]);
    let root = server.root();
    ["a", "b"].iter().for_each(|name| write_tree(&root.join("src").join(name), name));
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut seen = BTreeSet::new();
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..KILLS {
        let addr = server.addr;
        let pause = Duration::from_millis(random.u64(5..400));
        std::thread::scope(|scope| {
            let threads = [scope.spawn(move || work(addr)), scope.spawn(move || pack(addr))];
            std::thread::sleep(pause);
            server.kill();
            for thread in threads {
                // The end of the connection is intended; a refusal panics.
                let _ended = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
        check_trees(&root, far.path(), &mut seen);
        server.restart();
        wait_until_no_hidden_files(&root, far.path());
        check_trees(&root, far.path(), &mut seen);
    }
    assert_eq!(server.stop(), Some(0));
}

/// `seen`: names that had a tree before; they must always have a tree afterwards.
fn check_trees(root: &Path, far: &Path, seen: &mut BTreeSet<PathBuf>) {
    for name in ["a", "b"] {
        assert_eq!(complete_tree(&root.join("src").join(name)), Some(name));
    }
    for top in [root.join("copied"), root.join("moved"), far.join("arrived")] {
        match complete_tree(&top) {
            Some(_) => drop(seen.insert(top)),
            None => {
                assert!(!top.exists() && !seen.contains(&top), "{} is neither the old tree nor the new", top.display())
            }
        }
    }
    let moving = root.join("moving");
    assert!(!moving.exists() || complete_tree(&moving).is_some(), "an incomplete tree was copied");
    // A tree that moves to another file system is removed here only after it is complete there.
    let leaving = root.join("leaving");
    let is_safe = || complete_tree(&leaving).is_some() || seen.contains(&far.join("arrived"));
    assert!(!leaving.exists() || is_safe(), "a tree is lost during its move");
}

/// Cleanup of files left by a killed server runs in parallel with the first requests, so this waits for it.
fn wait_until_no_hidden_files(root: &Path, far: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let all = [everything_below(root), everything_below(far)].concat();
        let hidden = all.into_iter().find(|path| path.to_string_lossy().contains(".up2k-"));
        let Some(path) = hidden else { return };
        assert!(Instant::now() < deadline, "{} is not removed", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}
