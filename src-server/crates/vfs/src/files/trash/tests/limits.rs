//! What alone is larger than the trash costs no other item, and leaves after an hour; dotfiles are listed only for those
//! accounts that may see them.

use super::*;

/// Moves the entries whose record contains `text` into the past.
fn age(trash: &Path, text: &str, ms: i64) {
    for entry in on_disk(trash) {
        let record = entry.join("record.json");
        let json = std::fs::read_to_string(&record).expect("reads");
        let seen = json.split("\"seen\":").nth(1).and_then(|rest| rest.split([',', '}']).next()).expect("has a time");
        let earlier = seen.parse::<i64>().expect("a number") - ms;
        if json.contains(text) {
            std::fs::write(&record, json.replace(&format!("\"seen\":{seen}"), &format!("\"seen\":{earlier}")))
                .expect("writes");
        }
    }
}

async fn limited() -> World {
    World::of(Site::with(&[("v", "v", "rwmd *, rwmd ed")], |settings| {
        settings.volumes[0].flags.trash = TrashFlags { days: 30, max: TrashMax::Size(Bytes(2500)) };
    }))
}

#[tokio::test]
async fn what_is_larger_than_the_trash_costs_nothing_else() {
    let world = limited().await;
    let (site, access) = (&world.site, world.site.access("*"));
    let delete = async |path: &str, size: usize| {
        site.file(path, "x".repeat(size));
        let deleted = world.ops.delete(&site.access("ed"), &vpath(path)).await.expect("deletes");
        tokio::time::sleep(Duration::from_millis(2)).await;
        (deleted.trash.expect("is in the trash"), deleted.kept_secs)
    };
    assert_eq!(delete("v/first", 1000).await.1, None);
    let (huge, kept_secs) = delete("v/huge", 3000).await;
    assert_eq!(kept_secs, Some(3600));
    site.file("v/folder/a", "x".repeat(2000));
    site.file("v/folder/b", "x".repeat(2000));
    let folder = world.ops.delete(&access, &vpath("v/folder")).await.expect("deletes");
    assert_eq!(folder.kept_secs, Some(3600));
    // A replaced version.
    site.file("v/text", "x".repeat(3000));
    site.file("v/new", "new");
    world.ops.move_to(&access, &vpath("v/new"), &vpath("v/text"), IfExists::Replace).await.expect("moves");
    world.clean_up().await;
    assert_eq!(world.sees("*", "v").await, "/v/first /v/folder /v/huge /v/text");
    assert_eq!(world.size().map(|size| size.occupied), Some(1000 + 3000 + 4000 + 3000), "all of it is counted");
    world.trash.undo(&site.access("ed"), huge).await.expect("undoes");
    assert_eq!(world.read("v/huge").len(), 3000);
    delete("v/huge", 3000).await;

    // An hour later they go by themselves; what remains fills up as always.
    let trash = site.at("v/.hist/trash");
    age(&trash, "huge", 3_599_000);
    world.clean_up().await;
    assert_eq!(world.sees("*", "v").await, "/v/first /v/folder /v/huge /v/text");
    for name in ["huge", "folder", "text"] {
        age(&trash, name, 3_600_000);
    }
    world.clean_up().await;
    assert_eq!(world.sees("*", "v").await, "/v/first");
    delete("v/second", 1000).await;
    delete("v/third", 1000).await;
    world.clean_up().await;
    assert_eq!(world.sees("*", "v").await, "/v/second /v/third", "the oldest goes");
}

#[tokio::test]
async fn a_trash_that_is_switched_off_keeps_nothing_for_an_hour() {
    let world = limited().await;
    world.site.file("v/huge", "x".repeat(3000));
    world.delete(&world.site.access("*"), "v/huge").await;
    world.site.change(|settings| settings.volumes[0].flags.trash.max = TrashMax::Percent(0));
    world.clean_up().await;
    assert_eq!(world.sees("*", "v").await, "");
}

#[tokio::test]
async fn on_a_full_disk_the_largest_goes_first_and_never_more_than_needed() {
    use crate::volumes::trash::shortage::Purgeable;
    let world = limited().await;
    let (site, access) = (&world.site, world.site.access("*"));
    for (path, size) in [("v/a", 1000), ("v/b", 1000), ("v/huge", 1 << 22)] {
        site.file(path, "x".repeat(size));
        world.delete(&access, path).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let snapshot = site.core.snapshot.load_full();
    let storage = &snapshot.tree.volumes[0].storage;
    let root = storage.root().expect("is open");
    let device = root.meta().expect("has one").dev;
    let purgeable = || {
        let volume = (storage.state.trash.clone(), store::disk::Folder::clone(&root), TrashMax::Size(Bytes(2500)));
        // A folder that is mounted twice counts once.
        Purgeable::on_device([volume.clone(), volume], device)
    };
    assert_eq!(purgeable().bytes(), 2000 + (1 << 22));
    assert!(!purgeable().purge_until(u64::MAX), "all of it would not be enough");
    assert_eq!(world.sees("*", "v").await, "/v/a /v/b /v/huge");
    let free = root.free_space().expect("is known").free.0;
    assert!(purgeable().purge_until(free + (1 << 20)));
    assert_eq!(world.sees("*", "v").await, "/v/a /v/b");
}

#[tokio::test]
async fn deleted_dotfiles_are_listed_for_those_who_may_see_them() {
    let world = World::new(&[("v", "v", "rwmd *, rwmd. dot")]);
    let (site, access) = (&world.site, world.site.access("*"));
    for path in ["v/.secret", "v/.d/in", "v/plain"] {
        site.file(path, "x");
    }
    let id = world.delete(&access, "v/.secret").await;
    world.delete(&access, "v/.d/in").await;
    world.delete(&access, "v/plain").await;
    assert_eq!(world.sees("*", "v").await, "/v/plain");
    assert_eq!(world.sees("dot", "v").await, "/v/.d/in /v/.secret /v/plain");
    let versions =
        async |who: &str| world.trash.versions(&site.access(who), &vpath("v/.secret")).await.expect("lists").len();
    assert_eq!((versions("*").await, versions("dot").await), (0, 1));
    world.trash.undo(&access, id).await.expect("the account that deleted it undoes that");
    assert_eq!(world.read("v/.secret"), "x");
}

#[tokio::test]
async fn above_volumes_a_list_says_the_longest_time() {
    let world = World::of(Site::with(&[("a", "a", "rwmd *"), ("b", "b", "rwmd *"), ("c", "c", "r *")], |settings| {
        for (volume, days) in settings.volumes.iter_mut().zip([5, 9, 99]) {
            volume.flags.trash.days = days;
        }
    }));
    let days =
        async |folder: &str| world.trash.list(&world.site.access("*"), &vpath(folder)).await.expect("lists").days;
    assert_eq!((days("").await, days("a").await, days("b").await), (9, 5, 9));
}
