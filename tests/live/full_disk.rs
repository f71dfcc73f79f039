//! On a full disk everything that was acknowledged is kept, through a kill and through a stop, and uploads resume
//! without a restart once there is free space.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use support::http::{Conn, Response};
use support::server::{TestServer, binary};
use support::up2k::{Answer, Source};
use support::{data, skip};

const SMALL: u64 = 20;
/// Environment variable for the half of the test that may mount.
const INSIDE: &str = "POTLUCK_TEST_NAMESPACE";

#[test]
fn a_full_disk_loses_nothing_acknowledged() {
    let Some(unshare) = skip::need("unshare") else { return };
    let me = std::env::current_exe().expect("a test knows its own path");
    let inside = ["full_disk::on_a_disk_of_its_own", "--exact", "--ignored", "--nocapture"];
    let mut command = Command::new(unshare);
    command.args(["--mount", "--map-root-user"]).arg(me).args(inside);
    let status = command.env(INSIDE, "1").env("POTLUCK_SERVER", binary()).status();
    assert!(status.expect("it starts").success());
}

#[test]
#[ignore = "mounts a disk: run by the test above, in a namespace"]
fn on_a_disk_of_its_own() {
    assert!(std::env::var_os(INSIDE).is_some(), "only in a namespace of its own");
    let disk = tempfile::tempdir().expect("a temporary folder");
    for is_killed in [true, false] {
        let run = |program: &str, args: &[&str]| {
            let status = Command::new(program).args(args).arg(disk.path()).status();
            assert!(status.expect("it starts").success(), "{program} {args:?}");
        };
        run("mount", &["-t", "tmpfs", "-o", "size=12m", "none"]);
        fill_disk_during_uploads(disk.path(), is_killed);
        run("umount", &[]);
    }
}

fn fill_disk_during_uploads(disk: &Path, is_killed: bool) {
    let dir = tempfile::tempdir_in(disk).expect("a folder");
    fs::create_dir(dir.path().join("files")).expect("a folder to serve");
    let mut server = TestServer::start_in(dir, ["-v", "{root}::rwmd"]);
    let small: Vec<_> = (0..SMALL).map(|at| Source::new(format!("s{at}"), data::noise(at, 3_000))).collect();
    let large = Source::new("large", data::noise(99, 3 << 20));
    let first = large.hashes[0].clone();

    let mut conn = server.connect();
    let answer = handshake_result(&large, &mut conn).expect("begins");
    assert_eq!(answer.missing.len(), 3);
    assert_eq!(large.send_chunk(&mut conn, &answer, &first).expect("a reply").status, 200);
    for source in &small {
        source.upload(&mut conn, "/").expect("a reply");
    }
    drop(conn);
    if !is_killed {
        assert_eq!(server.stop(), Some(0));
    }
    let filler = disk.join("filler");
    fill_disk(&filler);
    server.restart();

    let mut conn = server.connect();
    let is_full = |reply: &Response| reply.status == 500 && reply.text().contains("HDD is full");
    assert!(server.get("/s7").body == small[7].data, "reading still works");
    assert_eq!(handshake_result(&small[3], &mut conn).expect("is known").missing, [""; 0]);
    let new = handshake_result(&Source::new("new", data::noise(7, 5 << 20)), &mut conn);
    assert!(new.as_ref().is_err_and(is_full), "{new:?}");
    let sent = large.send_chunk(&mut conn, &answer, &large.hashes[1]).expect("a reply");
    assert!(is_full(&sent), "{} {}", sent.status, sent.text());

    fs::remove_file(filler).expect("makes room");
    let mut conn = server.connect();
    let answer = handshake_result(&large, &mut conn).expect("goes on");
    assert_eq!(answer.missing, large.hashes[1..], "killed: {is_killed}");
    assert_eq!(large.send_chunk(&mut conn, &answer, &large.hashes[1]).expect("a reply").status, 200);
    server.restart();

    let mut conn = server.connect();
    assert_eq!(handshake_result(&large, &mut conn).expect("goes on").missing, large.hashes[2..], "killed: {is_killed}");
    large.upload(&mut conn, "/").expect("a reply");
    assert!(server.get("/large").body == large.data);
    for source in &small {
        assert_eq!(handshake_result(source, &mut conn).expect("is known").missing, [""; 0], "{}", source.name);
    }
    assert_eq!(server.stop(), Some(0));
}

fn handshake_result(source: &Source, conn: &mut Conn) -> Result<Answer, Response> {
    source.handshake(conn, "/").expect("a reply")
}

/// Writes until not one more byte fits.
fn fill_disk(at: &Path) {
    let mut file = File::create(at).expect("makes a file");
    for size in [1 << 16, 1 << 10] {
        let block = vec![b'x'; size];
        while file.write(&block).is_ok() {}
    }
}
