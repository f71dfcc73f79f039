//! A damaged database, a full disk, a missing disk and odd files end neither the index nor the server.

use super::World;
use crate::BackgroundWork as _;
use crate::{IndexState, Next};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use store::disk::{Faults, Op};
use vfs::testing::vpath;

async fn state(world: &World) -> IndexState {
    world.library.statuses().await.expect("is known").remove(0).state
}

async fn index_only(world: &mut World) {
    while world.indexers[0].step().await.expect("works") == Next::Step {}
}

#[tokio::test]
async fn a_full_disk_stops_the_index_until_there_is_space() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    world.write("v/before", "x");
    world.settle().await;
    let faults = Arc::new(Faults::default());
    world.index(|own| own.open().expect("opens").set_faults(faults.clone()));
    faults.fail_all(Op::Commit, ErrorKind::StorageFull);
    (0..50).for_each(|number| world.write(&format!("v/{number}"), number.to_string()));
    world.library.rescan(&vpath("v")).expect("is demanded");
    assert!(matches!(world.indexers[0].step().await, Ok(Next::Wait(_))), "it waits, and does not end");
    assert!(matches!(state(&world).await, IndexState::Failed(why) if why.contains("full")));
    assert_eq!(world.find("*", "size > 0").await, ["/v/before"], "searches go on");
    // It goes on by itself: nothing but time demands the next step.
    faults.clear();
    world.settle().await;
    assert_eq!(world.find("*", "size > 0").await.len(), 51);
    // While contents are hashed, too.
    world.write("v/late", "late");
    world.look_at("late");
    index_only(&mut world).await;
    faults.fail_all(Op::Commit, ErrorKind::StorageFull);
    assert!(matches!(world.hasher.step(Arc::default()).await, Ok(Next::Wait(_))));
    assert!(matches!(state(&world).await, IndexState::Failed(_)));
    faults.clear();
    world.settle().await;
    assert_eq!(state(&world).await, IndexState::UpToDate);
}

#[tokio::test]
async fn damage_in_the_middle_of_a_scan_is_mended() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    (0..3000).for_each(|number| world.write(&format!("v/{}/{number}", number % 40), number.to_string()));
    world.settle().await;
    // All connections are open, and the scan is under way.
    (0..40).for_each(|number| world.write(&format!("v/{number}/new"), "new"));
    let path = world.path("v/.hist/index.db");
    let connection = store::db::rusqlite::Connection::open(&path).expect("opens");
    connection.execute_batch("pragma wal_checkpoint(truncate)").expect("moves everything into the file");
    drop(connection);
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[4096..].fill(0xff);
    std::fs::write(&path, bytes).expect("writes");
    world.library.rescan(&vpath("v")).expect("is demanded");
    for _ in 0..4 {
        world.settle().await;
    }
    assert!(world.path("v/.hist/index.db.damaged").exists());
    let stats = world.index(|own| own.open().expect("opens").stats()).expect("reads");
    assert_eq!((stats.totals.files, stats.to_hash), (3040, 0));
    assert_eq!(state(&world).await, IndexState::UpToDate);
    // The database before is not overwritten by the new one when others find the same damage later.
    let damaged = std::fs::metadata(world.path("v/.hist/index.db.damaged")).expect("is there").len();
    let error = store::StoreError::with_kind(store::ErrorKind::Corrupt, "read", "index.db", "malformed");
    world.index(|own| own.replace_if_damaged(&error));
    assert_eq!(std::fs::metadata(world.path("v/.hist/index.db.damaged")).expect("is there").len(), damaged);
}

#[tokio::test]
async fn a_disk_that_is_unplugged_does_not_empty_its_index() {
    let state_folder = tempfile::tempdir().expect("a folder");
    let mut world = World::with(&[("v", "v", "r. *")], |settings| {
        settings.behaviour.hist = Some(state_folder.path().to_owned());
    });
    (0..60).for_each(|number| world.write(&format!("v/{}/{number}", number % 6), "x"));
    world.settle().await;
    let files = |world: &World| world.index(|own| own.open().expect("opens").stats()).expect("reads").totals.files;
    assert_eq!(files(&world), 60);
    // Gone, then an empty folder in its place, then another disk there: noticed by changes, by a scan.
    let (top, away) = (world.path("v"), world.path("away"));
    std::fs::rename(&top, &away).expect("moves");
    for is_recreated in [false, true] {
        if is_recreated {
            std::fs::create_dir(&top).expect("makes");
        }
        std::fs::remove_file(away.join("0/0")).ok();
        ["0/0", "1", "2/2"].iter().for_each(|path| world.look_at(path));
        world.settle().await;
        world.library.rescan(&vpath("v")).expect("is demanded");
        world.settle().await;
        assert_eq!(files(&world), 60);
    }
    let waits = state(&world).await;
    assert!(matches!(waits, IndexState::Failed(_) | IndexState::WaitingForDisk), "{waits:?}");
    std::fs::remove_dir(&top).expect("removes");
    std::fs::rename(&away, &top).expect("moves back");
    world.site.core.snapshot.load().tree.volumes[0].storage.reopen();
    let mut world = world.restarted_after(|_| {});
    world.settle().await;
    assert_eq!((files(&world), state(&world).await), (59, IndexState::UpToDate));
}

#[tokio::test]
async fn times_of_every_century_are_kept() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    let at = |secs: i64| match u64::try_from(secs) {
        Ok(secs) => UNIX_EPOCH + Duration::from_secs(secs),
        Err(_) => UNIX_EPOCH - Duration::from_secs(secs.unsigned_abs()),
    };
    // 1901, 1938, one second before 1970, 2038, 2106, 2200, and a time before the present index: a clock that jumped.
    let times = [-2_147_483_648, -1_000_000_000, -1, 2_147_483_648, 4_294_967_296, 7_258_118_400, 1];
    for (number, secs) in times.into_iter().enumerate() {
        world.write(&format!("v/{number}"), "x");
        let file = std::fs::File::options().write(true).open(world.path(&format!("v/{number}"))).expect("opens");
        file.set_modified(at(secs)).expect("sets");
    }
    world.settle().await;
    assert_eq!(world.find("*", "date < 1970").await, ["/v/0", "/v/1", "/v/2"]);
    assert_eq!(world.find("*", "date >= 2106").await, ["/v/4", "/v/5"]);
    assert_eq!(world.find("*", "date > 2038 and date < 2107").await, ["/v/3", "/v/4"]);
    let before = world.index(|own| own.open().expect("opens").files_after(0, 100)).expect("reads");
    // Nothing seems to have changed afterwards.
    let mut world = world.restarted_after(|_| {});
    world.settle().await;
    assert_eq!(world.index(|own| own.open().expect("opens").files_after(0, 100)).expect("reads"), before);
}

#[tokio::test]
async fn a_folder_of_100_000_files_is_indexed() {
    let mut world = World::with(&[("v", "v", "r. *")], |settings| {
        settings.volumes[0].flags.index.no_hash = Some(".".into());
    });
    std::fs::create_dir_all(world.path("v/all")).expect("makes");
    (0..100_000).for_each(|number| std::fs::write(world.path(&format!("v/all/f{number}")), "").expect("writes"));
    world.settle().await;
    let stats = |world: &World| world.index(|own| own.open().expect("opens").stats()).expect("reads");
    assert_eq!(stats(&world).totals.files, 100_000);
    assert_eq!(world.find("*", "name = f99999").await, ["/v/all/f99999"]);
    // A second scan reads the folder and writes nothing.
    let before = stats(&world);
    world.library.rescan(&vpath("v")).expect("is demanded");
    assert!(world.settle().await <= 2);
    assert_eq!(stats(&world), before);
}
