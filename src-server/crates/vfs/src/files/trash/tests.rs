//! What is deleted or replaced comes back whole, once, and only for those who may delete it.

use super::*;
use crate::access::Access;
use crate::error::{Denial, EngineError, Result};
use crate::files::condition::Condition;
use crate::files::ops::restore::IfTaken;
use crate::files::ops::{FileOps, IfExists, Relocation};
use crate::testing::{Site, error_name, vpath};
use crate::volumes::trash::entry_id::{EntryId, ItemId};
use crate::volumes::trash::layout::Counts;
use crate::volumes::trash::record::Cause;
use model::trash_flags::{TrashFlags, TrashMax};
use model::{Bytes, VPath};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

mod limits;

struct World {
    site: Site,
    ops: FileOps,
    trash: Trash,
}

impl World {
    fn new(volumes: &[(&str, &str, &str)]) -> Self {
        Self::of(Site::new(volumes))
    }

    fn of(site: Site) -> Self {
        Self { ops: FileOps::new(site.core.clone()), trash: Trash::new(site.core.clone()), site }
    }

    async fn delete(&self, access: &Access, path: &str) -> EntryId {
        self.ops.delete(access, &vpath(path)).await.expect("deletes").trash.expect("is in the trash")
    }

    /// Former paths of what `who` sees, sorted.
    async fn sees(&self, who: &str, folder: &str) -> String {
        match self.trash.list(&self.site.access(who), &vpath(folder)).await {
            Ok(list) => {
                let mut all: Vec<_> = list.entries.iter().map(|entry| entry.path.display()).collect();
                all.sort();
                all.join(" ")
            }
            Err(error) => format!("error {}", error_name(&error)),
        }
    }

    async fn clean_up(&self) {
        for (storage, flags) in self.trash.storages() {
            self.trash.clean_up(&storage, flags, Arc::default()).await.expect("cleans up");
        }
    }

    fn size(&self) -> Option<Counts> {
        Trash::size(&self.site.core.snapshot.load().tree.volumes[0].storage)
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.site.at(path)).unwrap_or_else(|error| format!("{path}: {error}"))
    }
}

fn shown(result: Result<VPath>) -> String {
    match result {
        Ok(path) => path.display(),
        Err(EngineError::Denied(Denial::Right { missing, .. })) => format!("denied {missing}"),
        Err(error) => error_name(&error),
    }
}

/// All entries of a trash on disk.
fn on_disk(trash: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(trash).map(|all| all.flatten().map(|entry| entry.path()).collect::<Vec<_>>());
    let is_entry = |path: &PathBuf| {
        EntryId::parse(&path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()).is_some()
    };
    all.unwrap_or_default().into_iter().filter(is_entry).collect()
}

#[tokio::test]
async fn a_folder_comes_back_with_everything_in_it_and_its_dates() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new(&[("v", "v", "rwmd *")]);
    let (site, access) = (&world.site, world.site.access("*"));
    site.file("v/d/a.txt", "a");
    site.file("v/d/.hidden/b", "b");
    site.link("a.txt", "v/d/link");
    site.link("../outside", "v/d/dangling");
    std::fs::write(site.at("v/d").join(std::ffi::OsStr::from_bytes(b"caf\xe9\n")), "odd").expect("writes");
    std::fs::write(site.at("v/d").join("x".repeat(255)), "long").expect("writes");
    rustix_fifo(&site.at("v/d/pipe"));
    let deep = (0..40).fold(String::from("v/d"), |path, _| path + "/e") + "/end";
    site.file(&deep, "deep");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for path in ["v/d/a.txt", "v/d"] {
        std::fs::File::open(site.at(path)).and_then(|file| file.set_modified(old)).expect("sets");
    }
    let before = snapshot(&site.at("v/d"));
    let id = world.delete(&access, "v/d").await;
    assert!(!site.at("v/d").exists());
    assert_eq!(world.sees("*", "v").await, "/v/d");
    let list = world.trash.list(&access, &vpath("v")).await.expect("lists");
    let entry = &list.entries[0];
    assert_eq!((entry.is_folder, entry.files, entry.cause, list.days), (true, 8, Cause::Deleted, 30));
    assert_eq!(shown(world.trash.restore(&access, entry.id).await), "/v/d");
    assert_eq!(snapshot(&site.at("v/d")), before);
    assert_eq!(world.sees("*", "v").await, "");
    assert!(on_disk(&site.at("v/.hist/trash")).is_empty(), "nothing is left of the entry");
    assert_eq!(shown(world.trash.restore(&access, id.item(0)).await), "Trashed");
}

/// Makes a pipe.
fn rustix_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().expect("runs");
    assert!(made.success());
}

/// Every entry below a folder with its kind, content and time.
fn snapshot(top: &Path) -> BTreeMap<PathBuf, (String, Vec<u8>, SystemTime)> {
    fn walk(at: &Path, into: &mut BTreeMap<PathBuf, (String, Vec<u8>, SystemTime)>) {
        let meta = at.symlink_metadata().expect("stat");
        let content = match meta.file_type() {
            kind if kind.is_file() => std::fs::read(at).expect("reads"),
            kind if kind.is_symlink() => at.read_link().expect("reads").into_os_string().into_encoded_bytes(),
            _ => Vec::new(),
        };
        into.insert(at.into(), (format!("{:?}", meta.file_type()), content, meta.modified().expect("has a time")));
        if meta.is_dir() {
            std::fs::read_dir(at).expect("lists").for_each(|entry| walk(&entry.expect("entry").path(), into));
        }
    }
    let mut all = BTreeMap::new();
    walk(top, &mut all);
    all
}

#[tokio::test]
async fn names_that_are_taken_and_folders_that_are_gone() {
    let world = World::new(&[("v", "v", "rwmd *")]);
    let (site, access) = (&world.site, world.site.access("*"));
    site.file("v/d/e/a.txt", "old");
    let id = world.delete(&access, "v/d/e/a.txt").await;
    site.file("v/d/e/a.txt", "new");
    site.file("v/d/e/a (2).txt", "newer");
    assert_eq!(shown(world.trash.restore(&access, id.item(0)).await), "/v/d/e/a (3).txt");
    assert_eq!((world.read("v/d/e/a.txt"), world.read("v/d/e/a (3).txt")), ("new".into(), "old".into()));
    let id = world.delete(&access, "v/d/e/a (3).txt").await;
    world.delete(&access, "v/d").await;
    assert_eq!(shown(world.trash.restore(&access, id.item(0)).await), "/v/d/e/a (3).txt", "its folders are made again");
    let id = world.delete(&access, "v/d/e/a (3).txt").await;
    world.delete(&access, "v/d").await;
    site.file("v/d", "is a file");
    assert_eq!(shown(world.trash.restore(&access, id.item(0)).await), "NotAFolder");
    std::fs::remove_file(site.at("v/d")).expect("removes");
    std::fs::create_dir(site.at("out")).expect("mkdir");
    site.link("../out", "v/d");
    assert_eq!(shown(world.trash.restore(&access, id.item(0)).await), "NotAFolder", "symlinks are not followed");
    std::fs::remove_file(site.at("v/d")).expect("removes");
    assert_eq!(shown(world.trash.restore(&access, id.item(0)).await), "/v/d/e/a (3).txt");
}

#[tokio::test]
async fn only_those_who_may_delete_there_see_and_restore_and_fewer_purge() {
    let world = World::new(&[("v", "v", "rw *, rd del, d blind, rda adm, rwmd own"), ("w", "w", "rd del, r own")]);
    let site = &world.site;
    for file in ["v/a", "v/b", "w/c"] {
        site.file(file, file);
    }
    world.delete(&site.access("del"), "v/a").await;
    let own = world.delete(&site.access("own"), "v/b").await.item(0);
    world.delete(&site.access("del"), "w/c").await;
    for (who, folder, sees) in [
        ("del", "v", "/v/a /v/b"),
        ("del", "", "/v/a /v/b /w/c"),
        ("del", "v/a", "/v/a"),
        ("blind", "v", "/v/a /v/b"),
        ("adm", "", "/v/a /v/b"),
        ("own", "", "/v/a /v/b"),
        ("own", "w", "error Right"),
        ("*", "v", "error Right"),
        ("*", "", "error Right"),
        ("del", "nowhere", "error Right"),
    ] {
        assert_eq!(world.sees(who, folder).await, sees, "{who} {folder}");
    }
    let (restore, purge) = (
        async |who: &str, id: ItemId| shown(world.trash.restore(&site.access(who), id).await),
        async |who: &str, id: ItemId| match world.trash.purge(&site.access(who), id).await {
            Ok(()) => "purged".to_owned(),
            Err(error) => shown(Err(error)),
        },
    );
    assert_eq!((restore("*", own).await, purge("*", own).await), ("Trashed".into(), "Trashed".into()));
    assert_eq!((purge("del", own).await, purge("blind", own).await), ("denied admin".into(), "denied admin".into()));
    assert_eq!(restore("blind", own).await, "/v/b", "without the right to write");
    let own = world.delete(&site.access("own"), "v/b").await.item(0);
    assert_eq!((purge("own", own).await, purge("own", own).await), ("purged".into(), "Trashed".into()));
    let list = world.trash.list(&site.access("adm"), &vpath("v")).await.expect("lists");
    assert_eq!((list.entries[0].account.as_str(), list.entries[0].address.as_deref()), ("del", Some("127.0.0.1")));
    let list = world.trash.list(&site.access("own"), &vpath("v")).await.expect("lists");
    assert_eq!((list.entries[0].address.as_deref(), list.entries[0].may_purge), (None, false));
    assert_eq!(world.trash.empty(&site.access("own"), &vpath("v")).await.expect("empties"), 0);
    assert_eq!(world.trash.empty(&site.access("adm"), &vpath("")).await.expect("empties"), 1);
    assert_eq!(world.sees("del", "").await, "/w/c");
    assert_eq!(std::fs::read_dir(site.at("v/.hist/trash/purge")).expect("lists").count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_at_once_one_restores_or_purges() {
    let world = World::new(&[("v", "v", "rwmda *")]);
    let (site, access) = (&world.site, world.site.access("*"));
    for round in 0..60 {
        site.file("v/f", format!("{round}"));
        let id = world.delete(&access, "v/f").await.item(0);
        let (one, other, purged) =
            tokio::join!(world.trash.restore(&access, id), world.trash.restore(&access, id), async {
                if round % 2 == 0 { world.trash.purge(&access, id).await.is_ok() } else { false }
            },);
        let winners = [one.is_ok(), other.is_ok(), purged].into_iter().filter(|won| *won).count();
        assert_eq!(winners, 1, "{one:?} {other:?} {purged}");
        assert_eq!(site.at("v/f").exists(), !purged);
        assert!(!site.at("v/f (2)").exists());
    }
    assert_eq!(world.sees("*", "v").await, "");
}

#[tokio::test]
async fn replaced_files_become_versions_and_come_back_in_place_or_beside() {
    let world = World::of(Site::with(&[("v", "v", "rwmd ed, rw few")], |settings| {
        settings.volumes[0].flags.text_versions = None;
    }));
    let (site, access) = (&world.site, world.site.access("ed"));
    site.file("v/a.txt", "one");
    site.file("v/b.txt", "two");
    world.ops.copy_to(&access, &vpath("v/b.txt"), &vpath("v/a.txt"), IfExists::Replace).await.expect("copies");
    site.file("v/c.txt", "three");
    world.ops.move_to(&access, &vpath("v/c.txt"), &vpath("v/a.txt"), IfExists::Replace).await.expect("moves");
    world.ops.save_text(&access, &vpath("v/a.txt"), None, "four".into()).await.expect("saves");
    let versions = async || {
        let all = world.trash.versions(&access, &vpath("v/a.txt")).await.expect("lists");
        all.into_iter().map(|version| (version.id, version.size)).collect::<Vec<_>>()
    };
    let all = versions().await;
    assert_eq!(all.iter().map(|(_, size)| *size).sum::<u64>(), 3 + 3 + 5);
    let one = world.trash.versions(&access, &vpath("v/a.txt")).await.expect("lists");
    assert!(one.iter().all(|version| version.trashed.as_ref().is_some_and(|entry| entry.cause == Cause::Replaced)));
    let three = all.iter().find(|(_, size)| *size == 5).map(|(id, _)| id.clone()).expect("is there");
    let restored = world
        .trash
        .restore_version(&access, &vpath("v/a.txt"), three.clone(), IfTaken::Replace)
        .await
        .expect("restores");
    assert_eq!((restored.display().as_str(), world.read("v/a.txt").as_str()), ("/v/a.txt", "three"));
    let now = versions().await;
    assert_eq!(now.iter().map(|(_, size)| *size).sum::<u64>(), 3 + 3 + 4, "what was there is a version now");
    assert!(!now.iter().any(|(id, _)| *id == three));
    let (two, _) = now[0].clone();
    let beside = world.trash.restore_version(&access, &vpath("v/a.txt"), two, IfTaken::Beside).await;
    assert_eq!(shown(beside), "/v/a (2).txt");
    assert_eq!(world.read("v/a.txt"), "three");
    let (left, _) = versions().await[0].clone();
    let wrong = world.trash.restore_version(&access, &vpath("v/b.txt"), left.clone(), IfTaken::Beside).await;
    assert_eq!(shown(wrong), "Trashed", "of another file");
    let few = world.trash.restore_version(&site.access("few"), &vpath("v/a.txt"), left, IfTaken::Replace).await;
    assert_eq!(shown(few), "Trashed", "without the right to delete");
}

#[tokio::test]
async fn the_history_of_texts_is_among_the_versions() {
    let world = World::new(&[("v", "v", "rw ed, r reader")]);
    let (site, access) = (&world.site, world.site.access("ed"));
    site.file("v/t.md", "zero");
    for text in ["one", "two"] {
        world.ops.save_text(&access, &vpath("v/t.md"), None, text.into()).await.expect("saves");
    }
    let all = world.trash.versions(&access, &vpath("v/t.md")).await.expect("lists");
    assert_eq!(all.iter().map(|version| version.size).collect::<Vec<_>>(), [3, 4]);
    let id = all[1].id.clone();
    assert_eq!(VersionId::parse(&id.to_string()), Some(id.clone()));
    world.trash.restore_version(&access, &vpath("v/t.md"), id, IfTaken::Replace).await.expect("restores");
    assert_eq!(world.read("v/t.md"), "zero");
    assert_eq!(world.trash.versions(&access, &vpath("v/t.md")).await.expect("lists").len(), 3);
    let denied = world.trash.versions(&site.access("reader"), &vpath("v/t.md")).await.map(|_| vpath(""));
    assert_eq!(shown(denied), "denied delete");
    let gone = world.trash.restore_version(&access, &vpath("v/t.md"), VersionId::Text(1), IfTaken::Replace).await;
    assert_eq!(shown(gone), "Trashed");
}

#[tokio::test]
async fn deletes_and_moves_are_undone() {
    let world = World::new(&[("v", "v", "rwmd *, rwmd ed"), ("w", "w", "rwmd *")]);
    let (site, access) = (&world.site, world.site.access("*"));
    for file in ["v/a", "v/d/b", "v/d/c", "w/x"] {
        site.file(file, file);
    }
    let id = world.delete(&access, "v").await;
    assert_eq!(std::fs::read_dir(site.at("v")).expect("lists").count(), 1, "only the state");
    assert_eq!(world.trash.undo(&access, id).await.expect("undoes").paths.len(), 2);
    assert_eq!((world.read("v/a"), world.read("v/d/c")), ("v/a".into(), "v/d/c".into()));
    let relocation = |from: &str, to: &str| Relocation {
        from: vpath(from),
        to: vpath(to),
        if_exists: IfExists::Replace,
        condition: Condition::default(),
    };
    for (from, to) in [("v/a", "v/d/c"), ("v/d", "v/e"), ("v/a", "w/x"), ("v/d", "w/y"), ("v/d", "w/x")] {
        let before = snapshot_of(site);
        let id = world.ops.move_undoable(&access, relocation(from, to)).await.expect("moves");
        assert!(!site.at(from).exists() && site.at(to).exists());
        assert!(world.trash.undo(&site.access("ed"), id).await.is_err(), "another account");
        world.trash.undo(&access, id).await.expect("undoes");
        assert_eq!(snapshot_of(site), before, "{from} {to}");
        assert!(matches!(world.trash.undo(&access, id).await, Err(EngineError::Gone(_))), "once");
    }
    let id = world.ops.move_undoable(&access, relocation("v/a", "v/f")).await.expect("moves");
    site.file("v/a", "taken");
    assert!(world.trash.undo(&access, id).await.is_err());
    std::fs::remove_file(site.at("v/a")).expect("removes");
    world.trash.undo(&access, id).await.expect("undoes after all");
    assert_eq!(world.read("v/a"), "v/a");
}

/// The visible files of both volumes.
fn snapshot_of(site: &Site) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = ["v", "w"].into_iter().flat_map(|volume| snapshot(&site.at(volume)));
    let visible = all.filter(|(path, (kind, ..))| {
        kind.contains("is_file: true") && !path.components().any(|part| part.as_os_str() == ".hist")
    });
    visible.map(|(path, (_, content, _))| (path, content)).collect()
}

#[tokio::test]
async fn the_oldest_goes_when_there_is_too_much() {
    let world = World::of(Site::with(&[("v", "v", "rwmd *")], |settings| {
        settings.volumes[0].flags.trash = TrashFlags { days: 30, max: TrashMax::Size(Bytes(2500)) };
    }));
    let (site, access) = (&world.site, world.site.access("*"));
    for name in ["a", "b", "c"] {
        site.file(&format!("v/{name}/file"), "x".repeat(1000));
        world.delete(&access, &format!("v/{name}")).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(world.size(), None, "not counted yet");
    world.clean_up().await;
    assert_eq!(world.sees("*", "v").await, "/v/b /v/c");
    assert_eq!(world.size(), Some(Counts { files: 2, folders: 2, size: 2000, occupied: 2000 }));
    let id = world.trash.list(&access, &vpath("v")).await.expect("lists").entries[0].id;
    world.trash.restore(&access, id).await.expect("restores");
    assert_eq!(world.size(), Some(Counts { files: 1, folders: 1, size: 1000, occupied: 1000 }));
    site.change(|settings| settings.volumes[0].flags.trash = TrashFlags::OFF);
    world.clean_up().await;
    assert_eq!((world.sees("*", "v").await, world.size()), (String::new(), Some(Counts::default())));
    world.ops.delete(&site.access("*"), &vpath("v/c")).await.expect("deletes");
    assert!(!site.at("v/c").exists() && on_disk(&site.at("v/.hist/trash")).is_empty(), "for good");
}

/// A listing shows sizes of files; the limit of the trash counts what would become free.
#[tokio::test]
async fn files_with_several_hard_links_are_shown_whole() {
    let world = World::new(&[("v", "v", "rwmda *")]);
    let (site, access) = (&world.site, world.site.access("*"));
    site.file("v/a/one", "x".repeat(3000));
    for (folder, name) in [("b", "two"), ("c", "three")] {
        std::fs::create_dir(site.at("v").join(folder)).expect("mkdir");
        std::fs::hard_link(site.at("v/a/one"), site.at("v").join(folder).join(name)).expect("links");
    }
    let id = world.delete(&access, "v/a").await;
    world.delete(&access, "v/b/two").await;
    let sizes = async || {
        let list = world.trash.list(&access, &vpath("v")).await.expect("lists").entries;
        let mut sizes: Vec<_> = list.iter().map(|entry| (entry.path.display(), entry.size)).collect();
        sizes.sort();
        sizes
    };
    let want = [("/v/a".to_owned(), 3000), ("/v/b/two".to_owned(), 3000)];
    assert_eq!(sizes().await, want);
    world.clean_up().await;
    assert_eq!(world.size(), Some(Counts { files: 2, folders: 1, size: 6000, occupied: 2000 }));
    // What an earlier version counted.
    let counted = site.at("v/.hist/trash").join(id.to_string()).join("0.size");
    std::fs::write(counted, "1 1 1000").expect("writes");
    assert_eq!(sizes().await, want);
}

#[tokio::test]
async fn damaged_and_strange_entries_harm_nothing() {
    let world = World::new(&[("v", "v", "rwmda *")]);
    let (site, access) = (&world.site, world.site.access("*"));
    for name in ["a", "b", "c", "d"] {
        site.file(&format!("v/{name}"), name);
    }
    let (a, b, c) =
        (world.delete(&access, "v/a").await, world.delete(&access, "v/b").await, world.delete(&access, "v/c").await);
    let trash = site.at("v/.hist/trash");
    std::fs::write(trash.join(a.to_string()).join("record.json"), "{").expect("writes");
    let escape = std::fs::read_to_string(trash.join(b.to_string()).join("record.json")).expect("reads");
    std::fs::write(trash.join(b.to_string()).join("record.json"), escape.replace("\"b\"", "\"../../out\""))
        .expect("writes");
    std::fs::create_dir(trash.join("not an entry")).expect("mkdir");
    std::fs::write(trash.join("file"), "x").expect("writes");
    site.link("/etc", &format!("v/.hist/trash/{}", EntryId::new(model::UnixMillis(5))));
    std::fs::create_dir(trash.join(EntryId::new(model::UnixMillis(6)).to_string())).expect("mkdir");
    assert_eq!(world.sees("*", "v").await, "/v/c /v/out", "a path never leaves the volume");
    world.clean_up().await;
    assert!(trash.join(a.to_string()).join("0").exists(), "without a readable record it stays until there is too much");
    assert_eq!(shown(world.trash.restore(&access, b.item(0)).await), "/v/out");
    assert_eq!(shown(world.trash.restore(&access, c.item(1)).await), "Trashed");
    assert_eq!(shown(world.trash.restore(&access, c.item(0)).await), "/v/c");
    assert!(Path::new("/etc/passwd").exists());
    std::fs::remove_dir_all(&trash).expect("removes");
    std::fs::write(&trash, "in the way").expect("writes");
    let deleted = world.ops.delete(&access, &vpath("v/d")).await.expect("deletes");
    assert_eq!((deleted.files, deleted.lost, deleted.trash), (1, 1, None), "for good, since there can be no trash");
    site.file("v/e/f/g", "g");
    let emptied = world.ops.delete(&access, &vpath("v")).await.expect("deletes");
    assert!(emptied.lost >= 3 && emptied.lost == emptied.files + emptied.folders, "{emptied:?}");
    site.change(|settings| settings.volumes[0].flags.trash = TrashFlags::OFF);
    site.file("v/h", "h");
    let wanted = world.ops.delete(&site.access("*"), &vpath("v/h")).await.expect("deletes");
    assert_eq!((wanted.files, wanted.lost), (1, 0), "nothing else was expected");
}

#[tokio::test]
async fn a_trash_is_hidden_and_deletes_inside_it_are_refused() {
    let world = World::new(&[("v", "", "rwmda. *")]);
    let (site, access) = (&world.site, world.site.access("*"));
    site.file("v/a", "a");
    let id = world.delete(&access, "a").await;
    for path in [".hist", ".hist/trash", &format!(".hist/trash/{id}/0"), &format!(".HIST/trash/{id}/0")] {
        assert!(world.ops.delete(&access, &vpath(path)).await.is_err(), "{path}");
        let moved = world.ops.move_to(&access, &vpath(path), &vpath("x"), IfExists::Refuse).await;
        assert!(moved.is_err(), "{path}");
        let copied = world.ops.copy_to(&access, &vpath(path), &vpath("x"), IfExists::Refuse).await;
        assert!(copied.is_err(), "{path}");
    }
    assert_eq!(world.sees("*", "").await, "/a");
}

#[tokio::test]
async fn deep_trees_are_purged() {
    let world = World::new(&[("v", "v", "rwmda *")]);
    let (site, access) = (&world.site, world.site.access("*"));
    // Deeper than folders are entered at once.
    let deep = (0..350).fold(String::from("v/d"), |path, _| path + "/e");
    site.file(&(deep + "/end"), "deep");
    let id = world.delete(&access, "v/d").await;
    world.trash.purge(&access, id.item(0)).await.expect("purges");
    assert_eq!(std::fs::read_dir(site.at("v/.hist/trash/purge")).expect("lists").count(), 0);
}
