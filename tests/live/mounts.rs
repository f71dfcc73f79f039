//! File systems that are mounted and unmounted while the server runs.

use super::search::{find, finds};
use super::*;
use model::index_flags::IndexMode;
use std::path::Path;
use std::process::Command;
use support::skip;

/// Environment variable for the half of the test that may mount.
const INSIDE: &str = "POTLUCK_TEST_NAMESPACE";

#[test]
fn file_systems_come_and_go_while_the_server_runs() {
    let Some(unshare) = skip::need("unshare") else { return };
    let me = std::env::current_exe().expect("a test knows its own path");
    let mut command = Command::new(unshare);
    command.args(["--mount", "--map-root-user"]).arg(me);
    command.args(["mounts::in_a_namespace", "--exact", "--ignored", "--nocapture"]);
    assert!(command.env(INSIDE, "1").status().expect("it starts").success());
}

fn run(program: &str, args: &[&str], at: &Path) {
    let status = Command::new(program).args(args).arg(at).status();
    assert!(status.expect("it starts").success(), "{program} {args:?}");
}

fn mount(at: &Path) {
    run("mount", &["-t", "tmpfs", "none"], at);
}

fn write(path: &Path) {
    std::fs::create_dir_all(path.parent().expect("has a parent")).expect("makes folders");
    std::fs::write(path, "x").expect("writes");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts disks: run by the test above, in a namespace"]
async fn in_a_namespace() {
    assert!(std::env::var_os(INSIDE).is_some(), "only in a namespace of its own");
    what_is_mounted_below_a_volume_is_indexed_unless_forbidden().await;
    a_disk_that_is_unmounted_keeps_its_index().await;
}

async fn what_is_mounted_below_a_volume_is_indexed_unless_forbidden() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let other = volume(&dir, "other", "other");
    let live = Live::start_in(dir, StartOptions::default(), |settings| {
        settings.volumes.push(other);
        settings.volumes[1].flags.index.one_file_system = true;
        settings.volumes.iter_mut().for_each(|volume| volume.flags.index.mode = IndexMode::ScanAll);
    })
    .await;
    let (stick, foreign) = (live.dir.path().join("files/usb"), live.dir.path().join("other/usb"));
    [&stick, &foreign].into_iter().for_each(|at| std::fs::create_dir(at).expect("makes a folder"));
    live.control.wait_until_indexed().await;
    [&stick, &foreign].into_iter().for_each(|at| mount(at));
    [&stick, &foreign].into_iter().for_each(|at| write(&at.join("deep/a.txt")));
    finds(&live, "name like *.txt", &["usb/deep/a.txt"]).await;
    [&stick, &foreign].into_iter().for_each(|at| write(&at.join("deep/b.txt")));
    [&stick, &foreign].into_iter().for_each(|at| write(&at.join("new/c.txt")));
    finds(&live, "name like *.txt", &["usb/deep/a.txt", "usb/deep/b.txt", "usb/new/c.txt"]).await;
    write(&live.dir.path().join("other/own.txt"));
    finds(&live, "name = own.txt", &["other/own.txt"]).await;
    assert_eq!(find(&live, "path like other/*").len(), 0, "xdev forbids it");
    [&stick, &foreign].into_iter().for_each(|at| run("umount", &[], at));
    for _ in 0..300 {
        if indexed_files(&live).await == [0, 1] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(indexed_files(&live).await, [0, 1], "what is not there any more is not in the index");
    mount(&stick);
    write(&stick.join("again.txt"));
    finds(&live, "name = again.txt", &["usb/again.txt"]).await;
    live.control.stop().await;
    run("umount", &[], &stick);
}

/// Returns the number of files in each index, ordered by mount point.
async fn indexed_files(live: &Live) -> Vec<u64> {
    let indexes = live.control.indexes().await.expect("are known");
    indexes.iter().map(|index| index.files).collect()
}

async fn a_disk_that_is_unmounted_keeps_its_index() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (disk, kept) = (dir.path().join("files"), dir.path().join("kept"));
    [&disk, &kept].into_iter().for_each(|at| std::fs::create_dir(at).expect("makes a folder"));
    mount(&kept);
    write(&kept.join("a.txt"));
    run("mount", &["--bind", kept.to_str().expect("is UTF-8")], &disk);
    let hist = dir.path().join("hist");
    let live = Live::start_in(dir, StartOptions::default(), |settings| {
        settings.behaviour.hist = Some(hist);
        settings.volumes[0].flags.index.mode = IndexMode::ScanAll;
    })
    .await;
    live.control.wait_until_indexed().await;
    assert_eq!(find(&live, "name = a.txt").len(), 1);
    // The server holds the folder open, as a program of the user may.
    run("umount", &["--lazy"], &disk);
    for _ in 0..300 {
        if get(live.addr(), "/?ls").0 != 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_ne!(get(live.addr(), "/?ls").0, 200, "the empty mount point is not the disk");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(indexed_files(&live).await, [1]);
    run("mount", &["--bind", kept.to_str().expect("is UTF-8")], &disk);
    finds(&live, "name = a.txt", &["a.txt"]).await;
    live.control.stop().await;
    [&disk, &kept].into_iter().for_each(|at| run("umount", &["--lazy"], at));
}
