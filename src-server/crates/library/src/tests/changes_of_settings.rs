//! After a change of settings the index is what it would be, had it been made under them.

use super::World;
use model::index_flags::{IndexFlags, IndexMode};
use std::collections::BTreeMap;
use store::index::ContentId;

const FILES: [&str; 6] = ["v/a.log", "v/b.txt", "v/logs/c.txt", "v/logs/deep/d.txt", "v/empty", "v/logs/empty"];

/// Returns the content of each file in the index.
fn rows(world: &World) -> BTreeMap<String, Option<ContentId>> {
    let files = world.index(|own| own.open().expect("opens").files_after(0, 1000)).expect("reads");
    files.into_iter().map(|file| (file.folder.join(&file.name).display(), file.content)).collect()
}

fn make(flags: &IndexFlags) -> World {
    let world = World::with(&[("v", "v", "r. *")], |settings| settings.volumes[0].flags.index = flags.clone());
    for path in FILES {
        world.write(path, if path.ends_with("empty") { "" } else { path });
        // Identities of contents that are not read have the time in them.
        let file = std::fs::File::options().write(true).open(world.path(path)).expect("opens");
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)).expect("sets");
    }
    world
}

fn flags(no_hash: Option<&str>, exclude: Option<&str>) -> IndexFlags {
    IndexFlags {
        mode: IndexMode::ScanAll,
        no_hash: no_hash.map(str::to_owned),
        exclude: exclude.map(str::to_owned),
        ..IndexFlags::default()
    }
}

#[tokio::test]
async fn rows_are_hashed_again_and_forgotten() {
    let all = [
        flags(None, None),
        flags(Some("."), None),
        flags(Some("\\.log$"), None),
        flags(None, Some("/v/logs$")),
        flags(Some("txt"), Some("deep")),
    ];
    for after in &all {
        let mut fresh = make(after);
        fresh.settle().await;
        let want = rows(&fresh);
        assert!(want.len() >= 3 && want.values().all(Option::is_some), "{want:?}");
        for before in &all {
            // While the program runs.
            let mut world = make(before);
            world.settle().await;
            assert_eq!(rows(&world) == want, before == after);
            world.site.change(|settings| settings.volumes[0].flags.index = after.clone());
            assert!(world.library.new_indexers().is_empty());
            world.settle().await;
            assert_eq!(rows(&world), want, "from {before:?} to {after:?}");
            // After a restart.
            world.site.change(|settings| settings.volumes[0].flags.index = before.clone());
            let mut world = world.restarted_after(|_| {});
            world.settle().await;
            world.site.change(|settings| settings.volumes[0].flags.index = after.clone());
            let mut world = world.restarted_after(|_| {});
            world.settle().await;
            assert_eq!(rows(&world), want, "from {before:?} to {after:?}");
        }
    }
}

#[tokio::test]
async fn an_index_without_scans_forgets_and_hashes_too() {
    let mut world = make(&flags(None, None));
    world.settle().await;
    let changed = |no_hash, exclude| IndexFlags { mode: IndexMode::Changes, ..flags(no_hash, exclude) };
    world.site.change(|settings| settings.volumes[0].flags.index = changed(Some("txt$"), Some("deep")));
    world.settle().await;
    let (mut fresh, after) = (make(&flags(Some("txt$"), Some("deep"))), rows(&world));
    fresh.settle().await;
    assert_eq!(after, rows(&fresh));
    let stats = world.index(|own| own.open().expect("opens").stats()).expect("reads");
    assert_eq!((stats.totals.files, stats.folders), (5, 2), "also the folder is forgotten");
}

#[tokio::test]
async fn another_salt_makes_all_hashes_anew() {
    let mut world = make(&flags(Some("log"), None));
    world.settle().await;
    let before = rows(&world);
    world.site.change(|settings| settings.behaviour.wark_salt = "other".into());
    world.settle().await;
    let after = rows(&world);
    assert_eq!(before.len(), after.len());
    for (path, content) in &after {
        assert!(content.is_some() && *content != before[path], "{path}");
    }
}
