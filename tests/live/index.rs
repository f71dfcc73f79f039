//! Indexes survive every end of the program, verifications find damage, and administrators see and steer both.

use super::admin::{admin_server, call};
use super::*;
use model::index_flags::IndexMode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::server::{TestServer, binary};

/// Runs the program until names and contents are indexed.
fn index(dir: &Path, more: &[&str]) -> Output {
    let volume = format!("{}::r", dir.join("files").display());
    let state = dir.join("state").display().to_string();
    let mut command = Command::new(binary());
    command.args(["-i", "127.0.0.1", "-p", "0", "--state-folder", &state, "-v", &volume, "-e2dsa"]);
    command.args(["--exit", "idx"]).args(more).env("HOME", dir).stdin(Stdio::null()).output().expect("runs")
}

/// Changes the content of a file, and neither its size nor its time.
fn rot(path: &Path) {
    let time = path.metadata().and_then(|meta| meta.modified()).expect("has a time");
    let mut content = std::fs::read(path).expect("reads");
    content[0] ^= 1;
    std::fs::write(path, content).expect("writes");
    std::fs::File::options().write(true).open(path).and_then(|file| file.set_modified(time)).expect("sets its time");
}

fn search(server: &TestServer, query: &str) -> BTreeSet<String> {
    let body = json!({ "q": query, "n": 7000 }).to_string();
    let reply = server.connect().send("POST", "/?srch", &[("Content-Type", "text/plain")], body.as_bytes());
    let reply = reply.expect("an answer");
    let reply: Value = serde_json::from_slice(&reply.body).expect("is JSON");
    assert_eq!(reply["trunc"], json!(false));
    let paths = reply["hits"].as_array().expect("a list").iter();
    paths.map(|hit| hit["rp"].as_str().expect("a path").to_owned()).collect()
}

#[test]
fn a_scan_that_is_killed_at_any_point_loses_nothing_and_is_finished_by_the_next_run() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let top = dir.path().join("files");
    let mut want = BTreeSet::new();
    for number in 0..3000 {
        let name = format!("{}/{}/f{number}", number % 7, number % 40);
        std::fs::create_dir_all(top.join(&name).parent().expect("has one")).expect("makes folders");
        std::fs::write(top.join(&name), format!("content {number}")).expect("writes");
        want.insert(name);
    }
    let mut server = TestServer::start_in(dir, ["-v", "{root}::r", "-e2dsa"]);
    for round in 0..12 {
        // Each time a little later: while it opens, while it scans, while it hashes, afterwards.
        std::thread::sleep(Duration::from_millis(round * 25));
        server.kill();
        std::fs::write(top.join(format!("new{round}")), "new").expect("writes");
        want.insert(format!("new{round}"));
        server.restart();
    }
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while search(&server, "size > 0") != want && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(search(&server, "size > 0"), want);
    assert_eq!(server.stop(), Some(0));
    let damaged = server.root().join(".hist/index.db.damaged");
    assert!(!damaged.exists(), "a kill damages no database");
}

#[test]
fn verification_reports_updates_and_ends_the_program() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let top = dir.path().join("files");
    std::fs::create_dir(&top).expect("makes a folder");
    for number in 0..20 {
        std::fs::write(top.join(number.to_string()), format!("content {number}")).expect("writes");
    }
    let check = |more: &[&str], code: i32, differs: bool| {
        let out = index(dir.path(), more);
        let log = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(code), "{more:?}: {log}");
        assert_eq!(log.contains("the content of a file differs"), differs, "{more:?}: {log}");
        log
    };
    check(&["-e2v"], 0, false);
    rot(&top.join("7"));
    check(&[], 0, false);
    assert!(check(&["-e2v"], 0, true).contains("/7"));
    for _ in 0..2 {
        assert!(check(&["-e2vp"], 3, true).contains("-e2vp"), "also after a restart");
    }
    check(&["-e2vu"], 0, true);
    check(&["-e2v"], 0, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_see_and_steer_indexes() {
    let live = admin_server(|settings| settings.volumes[0].flags.index.mode = IndexMode::ScanAll).await;
    let top = live.dir.path().join("files");
    (0..30).for_each(|number| std::fs::write(top.join(format!("f{number}")), "x").expect("writes"));
    assert!(Command::new("mkfifo").arg(top.join("pipe")).status().expect("runs").success());
    live.control.wait_until_indexed().await;
    let ask = |name: &str| json!({ "call": name, "mount": "/" });
    let until = async |wanted: &dyn Fn(&Value) -> bool| {
        for _ in 0..600 {
            let index = call(&live, json!({ "call": "indexes" })).await.expect("is known")[0].clone();
            if wanted(&index) {
                return index;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?}", call(&live, json!({ "call": "indexes" })).await);
    };
    let mut notices = live.control.subscribe();
    call(&live, ask("rescan")).await.expect("has an index");
    let index = until(&|index| index["state"]["is"] == "up_to_date" && index["files"] == 30).await;
    assert_eq!((&index["bytes"], &index["to_hash"]), (&json!(30), &json!(0)));
    assert!(index["database_bytes"].as_u64().is_some_and(|bytes| bytes > 1000));
    assert_eq!(index["skipped"], json!([{ "reason": "special", "count": 1 }]));
    let skipped = call(&live, ask("skipped_names")).await.expect("has an index");
    assert_eq!((&skipped[0]["path"], &skipped[0]["reason"]), (&json!("/pipe"), &json!("special")));
    let told = async {
        loop {
            match notices.next().await.expect("the server runs") {
                server::control::Notice::IndexProgress { mount, .. } => return mount,
                _ => continue,
            }
        }
    };
    // Work that ends between two looks at the state is not told: it is repeated until it is.
    let work = async {
        for _ in 0..600 {
            call(&live, ask("rescan")).await.expect("has an index");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        mount = told => assert_eq!(mount, "/"),
        () = work => panic!("no notice of the index"),
    }
    until(&|index| index["state"]["is"] == "up_to_date" && index["to_hash"] == 0).await;

    rot(&top.join("f3"));
    call(&live, ask("verify_contents")).await.expect("has an index");
    let index = until(&|index| index["verification"]["ended_ms"].is_number()).await;
    let verification = &index["verification"];
    assert_eq!((&verification["files"], &verification["differing"]), (&json!(30), &json!(1)));
    let findings = call(&live, ask("findings")).await.expect("has an index");
    assert_eq!((&findings[0]["path"], &findings[0]["kind"]), (&json!("/f3"), &json!("differs")));
    assert!(call(&live, ask("cancel_verification")).await.is_ok());

    let paused = json!({ "call": "pause_index", "mount": "/", "paused": true });
    call(&live, paused).await.expect("has an index");
    until(&|index| index["state"]["is"] == "paused").await;
    std::fs::write(top.join("later"), "later").expect("writes");
    call(&live, json!({ "call": "pause_index", "mount": "/", "paused": false })).await.expect("has an index");
    until(&|index| index["state"]["is"] == "up_to_date" && index["files"] == 31).await;

    for name in ["rescan", "skipped_names", "findings", "verify_contents"] {
        let refused =
            call(&live, json!({ "call": name, "mount": "/other" })).await.expect_err("there is no such share");
        assert_eq!(refused.code, server::control::ErrorCode::NotFound, "{name}");
    }
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_wait_for_transfers_where_settings_ask_for_that() {
    let live = admin_server(|settings| {
        settings.volumes[0].flags.index.mode = IndexMode::ScanAll;
        settings.behaviour.hash_when_idle = true;
    })
    .await;
    let top = live.dir.path().join("files");
    let large = vec![7; 96 << 20];
    std::fs::write(top.join("large"), &large).expect("writes");
    let state = async || call(&live, json!({ "call": "indexes" })).await.expect("is known")[0].clone();
    let until_hashed = async |files: u64| {
        for _ in 0..600 {
            let now = state().await;
            if now["files"] == files && now["to_hash"] == 0 && now["state"]["is"] == "up_to_date" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{}", state().await);
    };
    until_hashed(1).await;
    // A download that is read slowly.
    let mut stream = TcpStream::connect(live.addr()).expect("connects");
    let head = format!("GET /large HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", live.addr());
    stream.write_all(head.as_bytes()).expect("sends");
    let mut piece = vec![0; 1 << 20];
    stream.read_exact(&mut piece).expect("reads");
    std::fs::write(top.join("new"), "new").expect("writes");
    // The name comes at once. Its content is not read while bytes flow.
    let mut is_named = false;
    for _ in 0..70 {
        stream.read_exact(&mut piece).expect("reads");
        let now = state().await;
        is_named |= now["files"] == 2;
        assert!(!is_named || now["to_hash"] == 1, "{now}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(is_named, "{}", state().await);
    std::io::copy(&mut stream, &mut std::io::sink()).expect("reads the rest");
    until_hashed(2).await;
    live.control.stop().await;
}

/// `--exit idx` ends when tags were read and parsers ran, too.
#[test]
fn a_server_that_only_indexes_reads_the_tags() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let top = dir.path().join("files");
    std::fs::create_dir(&top).expect("makes a folder");
    std::fs::write(top.join("t.exe"), "MZ").expect("writes");
    let (parser, ran) = (dir.path().join("slow.py"), dir.path().join("ran"));
    let program = format!("import time\ntime.sleep(1)\nopen({:?}, 'w').close()\nprint('x64')\n", ran.display());
    std::fs::write(&parser, program).expect("writes");
    let parser = format!("arch=an,eexe,{}", parser.display());
    let out = index(dir.path(), &["-e2ts", "-mte", "+arch", "-mtp", &parser]);
    assert!(out.status.success(), "{out:?}");
    assert!(ran.exists(), "{out:?}");
}

/// `--exit idx` tells which index it could not complete.
#[test]
fn a_server_that_only_indexes_tells_what_is_missing() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(dir.path().join("files")).expect("makes a folder");
    let missing = format!("{}:away:r", dir.path().join("missing").display());
    let out = index(dir.path(), &["-v", &missing]);
    let log = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(4), "{out:?}");
    assert!(log.contains("The index of the share '/away' is not complete. Its folder is not there."), "{log}");
    assert!(!String::from_utf8_lossy(&out.stdout).contains("without errors"), "{out:?}");
}
