//! copyparty's own uploader, `u2c.py`: a tree is uploaded completely, a second run sends nothing, search finds every
//! file, and the downloaded tree is the same.
//!
//! `POTLUCK_TEST_SCALE=full` uses 10,000 files and one of 4 GiB; the default is a tenth of the files and a smaller one.

use std::fs;
use std::path::Path;
use std::process::Command;

use support::proxy::Proxy;
use support::{TestServer, data, skip};

use crate::{fetch, run};

/// Returns the number of small files, and the size of the large one in MiB.
fn scale() -> (usize, usize) {
    if std::env::var("POTLUCK_TEST_SCALE").is_ok_and(|v| v == "full") { (10_000, 4096) } else { (1_000, 200) }
}

fn u2c(args: &[&str]) -> Option<String> {
    let (python, u2c) = skip::need_u2c()?;
    let output = run(Command::new(python).arg(u2c).args(["-ns", "--t-hs", "20"]).args(args));
    Some(String::from_utf8_lossy(&output).into_owned())
}

/// Creates small files in folders, awkward names, an empty file, and one file of many chunks.
fn make_tree(folder: &Path) -> usize {
    let (count, mib) = scale();
    data::tree(folder, count, 4096);
    fs::write(folder.join("smile 😀 & # %41.txt"), "unicode").expect("a file");
    fs::write(folder.join("empty"), "").expect("a file");
    let large = fs::File::create(folder.join("large.bin")).expect("a file");
    let mut large = std::io::BufWriter::new(large);
    for i in 0..mib {
        std::io::Write::write_all(&mut large, &data::noise(1_000_000 + i as u64, 1 << 20)).expect("room on the disk");
    }
    count + 3
}

fn round_trip(connections: &str) {
    if skip::need_u2c().is_none() {
        return;
    }
    let server = TestServer::writable();
    let source = server.dir.path().join("source");
    let count = make_tree(&source);
    let from = format!("{}/", source.display());
    u2c(&[connections, &server.url(""), &from]);
    let sums = data::sums(&source);
    assert_eq!(sums.len(), count);
    data::assert_sums(&sums, &server.root());

    let proxy = Proxy::start(server.addr);
    let url = format!("http://{}/", proxy.addr);
    u2c(&[connections, &url, &from]);
    data::assert_sums(&sums, &server.root());
    // One handshake of some hundred bytes per file; the hash list of the large file is the longest.
    let most = count as u64 * 1_000 + 200_000;
    assert!(proxy.sent() < most, "the second run sent {} bytes for {count} files", proxy.sent());

    let found = u2c(&["-s", connections, &server.url(""), &from]).expect("u2c.py is here");
    // The empty file has no contents to search for.
    let lost = found.lines().filter(|l| l.contains("NOT found") && !l.ends_with("/empty"));
    let lost: Vec<_> = lost.take(3).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let hits = found.lines().filter(|l| l.starts_with("found: ")).count();
    assert!(hits >= count - 1, "{hits} of {count} found");

    fetch::file_by_file(&server, &sums);
    fetch::as_tar(&server, &sums);
}

#[test]
fn one_connection_uploads_a_tree_once() {
    round_trip("-j1");
}

#[test]
fn eight_connections_upload_a_tree_once() {
    round_trip("-j8");
}

#[test]
fn a_missing_file_is_not_found() {
    let server = TestServer::writable();
    let stranger = server.dir.path().join("stranger");
    fs::write(&stranger, "never uploaded").expect("a file");
    let Some(found) = u2c(&["-s", &server.url(""), stranger.to_str().expect("plain")]) else { return };
    assert!(found.contains("NOT found"), "{found}");
}

#[test]
fn a_password_in_the_header_allows_writing() {
    let server = TestServer::start(["-a", "ed:s3cret", "-v", "{root}::rw,ed", "-e2dsa"]);
    let source = server.dir.path().join("note.txt");
    fs::write(&source, "from ed").expect("a file");
    if u2c(&["-a", "s3cret", &server.url("sub/"), source.to_str().expect("plain")]).is_none() {
        return;
    }
    assert_eq!(fs::read(server.root().join("sub/note.txt")).expect("it is there"), b"from ed");
}
