//! A deleted folder of 10,000 files comes back whole, also after the server was killed; disks inside a volume keep their own
//! trash, and folders that contain them are not deleted or moved; a full disk takes what is in the trash before it refuses an
//! upload.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use support::server::{TestServer, binary};
use support::up2k::Source;
use support::{data, skip};

/// Environment variable for the half of the tests that may mount.
const INSIDE: &str = "POTLUCK_TEST_NAMESPACE";

fn trash_of(server: &TestServer, folder: &str) -> Vec<Value> {
    server.get(&format!("{folder}?trash")).json()["trash"].as_array().cloned().unwrap_or_default()
}

fn undo(server: &TestServer, id: &str) -> Value {
    let reply = server.connect().send("POST", &format!("/?undo={id}"), &[], b"").expect("an answer");
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn delete(server: &TestServer, path: &str) -> String {
    let reply = server.connect().send("DELETE", path, &[], b"").expect("an answer");
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.header("x-undo").unwrap_or_default().to_owned()
}

#[test]
fn a_deleted_folder_of_ten_thousand_files_comes_back_whole() {
    let mut server = TestServer::start(["-v", "{root}::rwmda", "-e2dsa"]);
    data::tree(&server.root().join("big"), 10_000, 100);
    let before = data::sums(&server.root().join("big"));
    let id = delete(&server, "/big");
    assert!(!server.root().join("big").exists());
    let item = &trash_of(&server, "/")[0];
    assert_eq!((item["n"].as_u64(), item["vp"].as_str()), (Some(10_000), Some("/big/")), "{item}");
    server.kill();
    server.restart();
    assert_eq!(undo(&server, &id)["restored"][0], "/big");
    data::assert_sums(&before, &server.root().join("big"));
    assert_eq!(trash_of(&server, "/"), [Value::Null; 0]);
}

#[test]
fn disks_inside_a_volume_and_full_disks() {
    let Some(unshare) = skip::need("unshare") else { return };
    let me = std::env::current_exe().expect("a test knows its own path");
    let inside = ["trash::on_disks_of_their_own", "--exact", "--ignored", "--nocapture"];
    let mut command = Command::new(unshare);
    command.args(["--mount", "--map-root-user"]).arg(me).args(inside);
    let status = command.env(INSIDE, "1").env("POTLUCK_SERVER", binary()).status();
    assert!(status.expect("it starts").success());
}

fn mount(at: &Path, size: &str) {
    fs::create_dir_all(at).expect("a folder");
    let options = format!("size={size}");
    let status = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(at).status();
    assert!(status.expect("it starts").success());
}

#[test]
#[ignore = "mounts disks: run by the test above, in a namespace"]
fn on_disks_of_their_own() {
    assert!(std::env::var_os(INSIDE).is_some(), "only in a namespace of its own");
    a_disk_inside_a_volume_keeps_its_own_trash();
    a_full_disk_takes_what_is_in_the_trash();
}

fn a_disk_inside_a_volume_keeps_its_own_trash() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let files = dir.path().join("files");
    fs::create_dir(&files).expect("a folder to serve");
    mount(&files.join("d/disk"), "8m");
    for (path, text) in [("d/disk/inner/a", "on the disk"), ("d/beside", "beside it")] {
        fs::create_dir_all(files.join(path).parent().expect("has a folder")).expect("a folder");
        fs::write(files.join(path), text).expect("writes");
    }
    let mut server = TestServer::start_kept(dir.path().into(), ["-v", "{root}::rwmda"]);
    let id = delete(&server, "/d/disk/inner");
    assert!(files.join("d/disk/.hist/trash").join(&id).exists(), "on the same disk");
    server.kill();
    server.restart();
    assert_eq!(trash_of(&server, "/").len(), 1, "it is found again");
    assert_eq!(undo(&server, &id)["restored"][0], "/d/disk/inner");

    // What contains the mount point, or is it, stays as it is.
    fs::create_dir_all(files.join("other/inner")).expect("a folder");
    let replace = [("destination", "/d"), ("overwrite", "T")];
    for (method, path, headers) in [
        ("DELETE", "/d", &[][..]),
        ("DELETE", "/d/disk", &[]),
        ("DELETE", "/", &[]),
        ("MOVE", "/d", &[("destination", "/e")]),
        ("MOVE", "/d/disk", &[("destination", "/e")]),
        ("MOVE", "/other", &replace),
        ("COPY", "/other", &replace),
    ] {
        let reply = server.connect().send(method, path, headers, b"").expect("an answer");
        let text = reply.text();
        assert!(reply.status == 409 && text.contains("/d/disk") && text.contains("unmount"), "{method} {path}: {text}");
    }
    assert_eq!(server.get("/d/disk/inner/a").text(), "on the disk");
    assert_eq!(server.get("/d/beside").text(), "beside it");
    assert_eq!(trash_of(&server, "/"), [Value::Null; 0], "nothing was deleted");
    // What is on it and around it is deleted as always.
    for path in ["/d/disk/inner", "/d/beside", "/other"] {
        delete(&server, path);
    }
    assert_eq!(server.stop(), Some(0));
    let mut server = TestServer::start_kept(dir.path().into(), ["-v", "{root}::rwmda", "--no-trash"]);
    let reply = server.connect().send("DELETE", "/d", &[], b"").expect("an answer");
    assert_eq!(reply.status, 409, "without a trash, too: {}", reply.text());
    assert_eq!(server.stop(), Some(0));
    let status = Command::new("umount").arg(files.join("d/disk")).status();
    assert!(status.expect("it starts").success());
}

fn a_full_disk_takes_what_is_in_the_trash() {
    let disk = tempfile::tempdir().expect("a temporary folder");
    mount(disk.path(), "24m");
    let dir = tempfile::tempdir_in(disk.path()).expect("a folder");
    fs::create_dir(dir.path().join("files")).expect("a folder to serve");
    let mut server = TestServer::start_in(dir, ["-v", "{root}::rwmda", "--trash-max", "100%"]);
    for name in ["old", "new"] {
        fs::write(server.root().join(name), data::noise(1, 6 << 20)).expect("writes");
        delete(&server, &format!("/{name}"));
    }
    assert_eq!(trash_of(&server, "/").len(), 2);
    let large = Source::new("large", data::noise(2, 14 << 20));
    large.upload(&mut server.connect(), "/").expect("is accepted");
    assert!(server.get("/large").body == large.data);
    assert!(server.log().contains("its disk is full") && server.log().contains("files/old"), "{}", server.log());
    let left = trash_of(&server, "/");
    assert_eq!((left.len(), left[0]["vp"].as_str()), (1, Some("/new")), "the oldest went: {left:?}");
    // What is purged becomes free once a program that still reads it is done, which the upload waits for.
    delete(&server, "/large");
    let entry = fs::read_dir(server.root().join(".hist/trash")).expect("is there").flatten().map(|entry| entry.path());
    let held: Vec<_> = entry.filter_map(|entry| fs::File::open(entry.join("0")).ok()).collect();
    assert!(!held.is_empty());
    let reader = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(700));
        drop(held);
    });
    let second = Source::new("second", data::noise(4, 16 << 20));
    second.upload(&mut server.connect(), "/").expect("is accepted");
    reader.join().expect("ends");
    delete(&server, "/second");
    // What is larger than the disk with an empty trash is refused, and purges nothing.
    let huge = Source::new("huge", data::noise(3, 30 << 20));
    let refused = huge.handshake(&mut server.connect(), "/").expect("an answer").expect_err("is too large");
    assert!(refused.text().contains("HDD is full"), "{}", refused.text());
    assert_eq!(trash_of(&server, "/").len(), 1);
    assert_eq!(server.stop(), Some(0));
    let status = Command::new("umount").arg(disk.path()).status();
    assert!(status.expect("it starts").success());
}
