//! The index follows the server's own changes, those of other programs, and restarts.

use super::World;
use crate::SearchRequest;
use model::index_flags::IndexMode;
use model::query::Query;
use vfs::files::ops::IfExists;
use vfs::testing::vpath;

#[tokio::test]
async fn changes_by_the_server_are_followed() {
    let mut world = World::new(&[("v", "v", "rwmd. *")]);
    (0..300).for_each(|number| world.write(&format!("v/a/b/{number}"), number.to_string()));
    world.write("v/other", "x");
    world.settle().await;
    assert_eq!(world.find("*", "path like v/a*").await.len(), 300);
    let access = world.site.access("*");
    world.ops.move_to(&access, &vpath("v/a"), &vpath("v/n/moved"), IfExists::Refuse).await.expect("moves");
    world.ops.copy_to(&access, &vpath("v/n/moved/b/7"), &vpath("v/n/7"), IfExists::Refuse).await.expect("copies");
    world.ops.delete(&access, &vpath("v/other")).await.expect("deletes");
    world.settle().await;
    assert_eq!(world.find("*", "path like v/n/moved/b").await.len(), 300);
    assert_eq!(world.find("*", "name = 7").await, ["/v/n/7", "/v/n/moved/b/7"]);
    assert_eq!(world.find("*", "path = v").await, [""; 0]);
    world.ops.copy_to(&access, &vpath("v/n"), &vpath("v/m"), IfExists::Refuse).await.expect("copies");
    world.ops.delete(&access, &vpath("v/n")).await.expect("deletes");
    world.settle().await;
    assert_eq!(world.find("*", "size > 0").await.len(), 301);
    assert_eq!(world.find("*", "path like v/n*").await, [""; 0]);
    let totals = world.site.core.snapshot.load().tree.volumes[0].storage.totals_in(&vpath("m"));
    let moved = totals.get(&b"moved"[..]).expect("is known");
    assert_eq!(
        (totals.len(), moved.files, moved.bytes),
        (1, 300, (0..300).map(|n: u64| n.to_string().len() as u64).sum())
    );
}

#[tokio::test]
async fn changes_by_other_programs_are_followed() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    world.write("v/a/one", "1");
    world.settle().await;
    world.write("v/a/two", "22");
    world.settle_until("name = two", &["/v/a/two"]).await;
    std::fs::rename(world.path("v/a"), world.path("v/b")).expect("moves");
    world.settle_until("size > 0", &["/v/b/one", "/v/b/two"]).await;
    std::fs::create_dir_all(world.path("v/new/deep")).expect("makes folders");
    world.write("v/new/deep/three", "333");
    world.settle_until("name = three", &["/v/new/deep/three"]).await;
    std::fs::remove_dir_all(world.path("v/b")).expect("removes");
    world.settle_until("size > 0", &["/v/new/deep/three"]).await;
    world.write("v/new/deep/three", "4444");
    world.settle_until("size = 0.000003815", &["/v/new/deep/three"]).await;
}

#[tokio::test]
async fn a_restart_finds_what_changed_meanwhile_and_forgets_nothing() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    (0..50).for_each(|number| world.write(&format!("v/{}/{number}", number % 5), "x"));
    assert!(world.settle().await < 50);
    let mut world = world.restarted_after(|top| {
        std::fs::write(top.join("v/3/new"), "new").expect("writes");
        std::fs::remove_dir_all(top.join("v/1")).expect("removes");
    });
    assert_eq!(world.find("*", "size > 0").await.len(), 40, "before the scan: what still exists of what was known");
    world.settle().await;
    assert_eq!(world.find("*", "size > 0").await.len(), 41);
    // A disk that is not there does not empty the index.
    let top = world.path("v");
    std::fs::rename(&top, world.path("away")).expect("moves");
    world.site.core.snapshot.load().tree.volumes[0].storage.reopen();
    crate::volume::index_of(&world.site.core.snapshot.load().tree.volumes[0].storage).expect("has one").demand_scan();
    world.settle().await;
    std::fs::rename(world.path("away"), &top).expect("moves back");
    let world = world.restarted_after(|_| {});
    assert_eq!(world.find("*", "size > 0").await.len(), 41);
}

#[cfg(unix)]
#[tokio::test]
async fn unusual_entries_end_no_scan() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    world.write("v/real/file", "x");
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, world.path(at)).expect("links");
    link("real/file", "v/link");
    link("missing", "v/dangling");
    link("..", "v/real/loop");
    link("/etc/passwd", "v/outside");
    link("self", "v/self");
    let name = std::ffi::OsStr::new("bytes \u{fffd}");
    std::fs::write(world.path("v").join(name), "x").expect("writes");
    let raw = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"raw \xff.txt");
    std::fs::write(world.path("v").join(raw), "x").expect("writes");
    assert!(std::process::Command::new("mkfifo").arg(world.path("v/pipe")).status().expect("runs").success());
    let _socket = std::os::unix::net::UnixListener::bind(world.path("v/socket")).expect("binds");
    let old = std::fs::File::options().write(true).open(world.path("v/real/file")).expect("opens");
    old.set_modified(std::time::UNIX_EPOCH - std::time::Duration::from_secs(1 << 31)).expect("sets");
    let deep: String = (0..30).map(|level| format!("d{level}/")).collect();
    world.write(&format!("v/{deep}bottom"), "x");
    world.settle().await;
    let found = world.find("*", "size > 0").await;
    assert_eq!(
        found,
        ["/v/bytes \u{fffd}", &format!("/v/{deep}bottom"), "/v/link", "/v/raw \u{fffd}.txt", "/v/real/file"]
    );
    assert_eq!(world.find("*", "date < 1902").await, ["/v/link", "/v/real/file"]);
    assert_eq!(world.find("*", "name like raw*").await, ["/v/raw \u{fffd}.txt"]);
}

#[tokio::test]
async fn an_indexer_ends_with_its_volume_and_with_the_setting() {
    let world = World::with(&[("v", "v", "r *"), ("off", "off", "r *")], |settings| {
        settings.volumes[1].flags.index.mode = IndexMode::Off;
    });
    assert_eq!(world.indexers.len(), 1);
    assert!(world.library.new_indexers().is_empty(), "each volume has one");
    drop(world.indexers);
    assert_eq!(world.library.new_indexers().len(), 1);
    assert!(!world.site.folder().join("off/.hist/index.db").exists());
}

#[tokio::test]
async fn a_damaged_index_is_made_anew() {
    let mut world = World::new(&[("v", "v", "r. *")]);
    (0..900).for_each(|number| world.write(&format!("v/{}/{number}", number % 20), number.to_string()));
    world.settle().await;
    let damage = |top: &std::path::Path, from: usize| {
        let path = top.join("v/.hist/index.db");
        let mut bytes = std::fs::read(&path).expect("reads");
        assert!(bytes.len() > 100_000 && !path.with_extension("db-wal").exists(), "it was closed in good order");
        bytes[from..].fill(0xff);
        std::fs::write(&path, bytes).expect("writes");
    };
    // At the start, where opening shows it, and in the pages of tables, where reading does.
    for from in [0, 4096] {
        world = world.restarted_after(|top| damage(top, from));
        for _ in 0..4 {
            world.settle().await;
            // Where the scan reads no damaged page, a search does.
            let request = SearchRequest::new(Query::Everything, 1000);
            world.library.search(&world.site.access("*"), request).await.expect("is no error");
        }
        assert_eq!(world.find("*", "size > 0").await.len(), 900, "damaged from byte {from}");
        assert!(world.path("v/.hist/index.db.damaged").exists());
        std::fs::remove_file(world.path("v/.hist/index.db.damaged")).expect("removes");
    }
}

#[tokio::test]
async fn waiting_for_an_index_ends_also_without_its_disk() {
    let mut world = World::new(&[("v", "v", "r *"), ("w", "w", "r *")]);
    std::fs::remove_dir(world.path("w")).expect("removes");
    world.site.core.snapshot.load().tree.volumes[1].storage.reopen();
    world.settle().await;
    world.library.wait_until_complete().await;
}
