//! What is not in the index is listed with its reason, and tried again.

use super::World;
use crate::BackgroundWork as _;
use crate::{IndexState, Next, SkipReason};
use model::index_flags::IndexMode;
use std::io::ErrorKind;
use store::disk::Op;
use vfs::testing::vpath;

fn skipped(world: &World) -> Vec<(String, SkipReason)> {
    let all = world.library.skipped(&vpath("v")).expect("has an index");
    let mut all: Vec<_> = all.into_iter().map(|one| (one.path, one.reason)).collect();
    all.sort();
    all
}

async fn index_only(world: &mut World) {
    while world.indexers[0].step().await.expect("works") == Next::Step {}
}

#[cfg(unix)]
#[tokio::test]
async fn names_that_do_not_belong_in_the_index_are_listed() {
    let mut world = World::with(&[("v", "v", "r. *"), ("v/inner", "v/inner", "r. *")], |settings| {
        settings.volumes[0].flags.index.exclude = Some("secret|\\.tmp$".into());
    });
    for path in ["v/a", "v/x.tmp", "v/secret/deep/file", "v/inner/b", "v/.hist/own"] {
        world.write(path, "x");
    }
    assert!(std::process::Command::new("mkfifo").arg(world.path("v/pipe")).status().expect("runs").success());
    let _socket = std::os::unix::net::UnixListener::bind(world.path("v/socket")).expect("binds");
    for (target, link) in
        [("missing", "v/dangling"), ("/etc", "v/out"), ("self", "v/self"), ("a", "v/ok"), (".", "v/loop")]
    {
        std::os::unix::fs::symlink(target, world.path(link)).expect("links");
    }
    // 17 folders with names of 250 bytes.
    let script =
        "cd \"$1\"; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do mkdir \"$2\"; cd \"$2\"; done; echo > file";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(world.path("v")).arg("n".repeat(250));
    assert!(shell.status().expect("runs").success());
    // 130 levels: a request can name 128, with that of the volume.
    world.write(&format!("v/{}file", "l/".repeat(130)), "x");
    world.write(&format!("v/{}file", "l/".repeat(126)), "x");
    world.settle().await;
    assert_eq!(world.find("*", "name = file and path like v/l*").await, [format!("/v/{}file", "l/".repeat(126))]);
    use SkipReason::{Excluded, Link, Special};
    let own = |path: &str, reason| (path.to_owned(), reason);
    let mut found = skipped(&world);
    found.retain(|(path, _)| !path.contains("nnn") && !path.starts_with("/l/"));
    let want = [
        own("/dangling", Link),
        own("/out", Link),
        own("/pipe", Special),
        own("/secret", Excluded),
        own("/self", Link),
        own("/socket", Special),
        own("/x.tmp", Excluded),
    ];
    assert_eq!(found, want);
    assert!(skipped(&world).iter().any(|(path, reason)| path.contains("nnn") && *reason == SkipReason::TooDeep));
    let status = world.library.statuses().await.expect("is known").remove(0);
    assert_eq!(status.state, IndexState::UpToDate);
    assert!(skipped(&world).contains(&own(&format!("/{}l", "l/".repeat(127)), SkipReason::TooDeep)));
    let count = |reason| status.skipped.iter().find(|(one, _)| *one == reason).map(|(_, count)| *count);
    assert_eq!((count(Link), count(Special), count(Excluded)), (Some(3), Some(2), Some(2)));
    // The list follows the disk.
    std::fs::remove_file(world.path("v/pipe")).expect("removes");
    std::fs::remove_file(world.path("v/dangling")).expect("removes");
    world.write("v/dangling", "now a file");
    world.settle_until("name = dangling", &["/v/dangling"]).await;
    world.library.rescan(&vpath("v")).expect("is demanded");
    world.settle().await;
    assert!(!skipped(&world).iter().any(|(path, _)| path == "/pipe" || path == "/dangling"));
    // A name of 17 levels is too long for the program that removes the temporary folder, too.
    assert!(std::process::Command::new("rm").arg("-rf").arg(world.path("v")).status().expect("runs").success());
}

#[tokio::test]
async fn files_that_cannot_be_read_are_tried_again_at_each_scan() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    ["a", "b"].iter().for_each(|name| world.write(&format!("v/{name}"), name));
    index_only(&mut world).await;
    let faults = world.site.with_faults();
    faults.fail_all(Op::Open, ErrorKind::PermissionDenied);
    while world.hasher.step(Default::default()).await.expect("works") == Next::Step {}
    let unreadable = [("/a".to_owned(), SkipReason::Unreadable), ("/b".to_owned(), SkipReason::Unreadable)];
    assert_eq!(skipped(&world), unreadable);
    let stats = |world: &World| world.index(|own| own.open().expect("opens").stats()).expect("reads");
    assert_eq!((stats(&world).unreadable, stats(&world).to_hash), (2, 0));
    let newest = world.library.skipped(&vpath("v")).expect("has an index");
    assert!(newest[0].error.as_ref().is_some_and(|error| error.contains("denied")), "{newest:?}");
    // Still not readable; then it is.
    for (is_failing, left) in [(true, 2), (false, 0)] {
        faults.clear();
        world.library.rescan(&vpath("v")).expect("is demanded");
        index_only(&mut world).await;
        assert_eq!(stats(&world).to_hash, 2, "a scan makes them be read again");
        if is_failing {
            faults.fail_all(Op::Open, ErrorKind::PermissionDenied);
        }
        while world.hasher.step(Default::default()).await.expect("works") == Next::Step {}
        assert_eq!((stats(&world).unreadable, skipped(&world).len()), (left, left as usize));
    }
    // A start is one, too, also where nothing is scanned.
    world.site.change(|settings| settings.volumes[0].flags.index.mode = IndexMode::Changes);
    world.write("v/c", "c");
    world.look_at("c");
    world.settle_until("name = c", &["/v/c"]).await;
    world.index(|own| {
        let index = own.open().expect("opens");
        let file = index.files_after(0, 10).expect("reads").pop().expect("is there");
        index.change_by_rules(vec![(file, store::index::RuleChange::Hash)]).expect("queues").wait().expect("writes");
    });
    world.site.set_faults(Some(&faults));
    faults.fail_all(Op::Open, ErrorKind::PermissionDenied);
    while world.hasher.step(Default::default()).await.expect("works") == Next::Step {}
    assert_eq!(stats(&world).unreadable, 1);
    let mut world = world.restarted_after(|_| {});
    world.settle().await;
    assert_eq!((stats(&world).unreadable, stats(&world).to_hash), (0, 0));
}

#[tokio::test]
async fn a_file_that_always_changes_is_left_alone_and_holds_up_nothing() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    world.write("v/calm", "calm");
    world.write("v/log", "0");
    index_only(&mut world).await;
    for attempt in 0..crate::changing::ATTEMPTS_MAX {
        assert!(!skipped(&world).iter().any(|(_, reason)| *reason == SkipReason::Changing), "after {attempt}");
        // It changes after the indexer has seen it, each time.
        world.write("v/log", "x".repeat(10 + attempt as usize));
        world.hasher.step(Default::default()).await.expect("works");
        world.look_at("log");
        index_only(&mut world).await;
    }
    assert_eq!(skipped(&world), [("/log".to_owned(), SkipReason::Changing)]);
    while world.hasher.step(Default::default()).await.expect("works") == Next::Step {}
    let stats = |world: &World| world.index(|own| own.open().expect("opens").stats()).expect("reads");
    assert_eq!(stats(&world).to_hash, 1, "it is not read, though it is at rest now");
    assert!(world.index(|own| own.state().is_hashed));
    world.library.rescan(&vpath("v")).expect("is demanded");
    world.settle().await;
    assert_eq!((stats(&world).to_hash, skipped(&world).len()), (0, 0));
}
