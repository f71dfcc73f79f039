//! The trash and uploads: links of deduplication in it keep their content, and uploads into a deleted folder begin again.

use super::links::with_links;
use super::*;
use std::path::PathBuf;
use vfs::files::ops::FileOps;
use vfs::files::trash::Trash;

/// Every file in the trash of the volume `v`.
fn files_in_trash(at: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => found.extend(files_in_trash(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

#[tokio::test]
async fn links_in_the_trash_keep_their_content() {
    let sent = Sent::noise(3, 5000);
    for order in [["v/a", "v/d"], ["v/d", "v/a"]] {
        let site = with_links();
        let ann = Person::new(&site, "*");
        ann.upload("v", "a", &sent).await.expect("is accepted");
        ann.upload("v/d", "b", &sent).await.expect("is accepted");
        ann.upload("v/d", "c", &sent).await.expect("is accepted");
        assert!(site.at("v/d/b").is_symlink());
        let (ops, trash) = (FileOps::new(site.core.clone()), Trash::new(site.core.clone()));
        let mut ids = Vec::new();
        for path in order {
            let deleted = ops.delete(&ann.access, &vpath(path)).await.expect("deletes");
            ids.push(deleted.trash.expect("is in the trash"));
        }
        assert!(!site.at("v/a").exists() && !site.at("v/d").exists());
        // The folder first, then the file: each without the other.
        for path in ["v/d/b", "v/d/c", "v/a"] {
            let id = ids[order.iter().position(|deleted| path.starts_with(deleted)).expect("was deleted")];
            if !site.at(path).exists() {
                trash.undo(&ann.access, id).await.expect("undoes");
            }
            assert_eq!(std::fs::read(site.at(path)).ok().as_deref(), Some(&sent.content[..]), "{path} {order:?}");
        }
    }
}

#[tokio::test]
async fn an_upload_into_a_deleted_folder_begins_again_and_leaves_nothing_in_the_trash() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    let (ann, sent) = (Person::new(&site, "*"), Sent::noise(4, (2 << 20) + 99));
    let reply = ann.ask("v/d", sent.ask("large")).await.expect("begins");
    ann.send_chunk("v/d", &reply.wark, &sent, &reply.missing[0]).await.expect("is accepted");
    site.file("v/d/beside", "x");
    let ops = FileOps::new(site.core.clone());
    let deleted = ops.delete(&ann.access, &vpath("v/d")).await.expect("deletes");
    let left: Vec<_> = files_in_trash(&site.at("v/.hist/trash"));
    assert!(!left.iter().any(|path| path.to_string_lossy().contains("PARTIAL")), "{left:?}");
    assert_eq!(deleted.files, 1);
    // The chunk that was acknowledged before is asked for again.
    let again = ann.upload("v/d", "large", &sent).await.expect("begins again");
    assert_eq!(again.missing, reply.missing[..1]);
    ann.upload("v/d", "large", &sent).await.expect("goes on");
    assert!(std::fs::read(site.at("v/d/large")).ok().as_deref() == Some(&sent.content[..]), "is whole");
    let trash = Trash::new(site.core.clone());
    let undone = trash.undo(&ann.access, deleted.trash.expect("is in the trash")).await.expect("undoes");
    assert_eq!(undone.paths, [vpath("v/d (2)")], "beside the new one");
    assert_eq!(all_in(&site.at("v/d (2)")), ["beside"]);
}

#[tokio::test]
async fn what_comes_back_counts_towards_the_limits_of_the_volume() {
    let site = Site::with(&[("v", "v", "rwmd *")], |settings| {
        settings.volumes[0].flags.limits.max_bytes = Some(model::Bytes(10_000));
    });
    let (ann, ops, trash) = (Person::new(&site, "*"), FileOps::new(site.core.clone()), Trash::new(site.core.clone()));
    ann.upload("v", "a", &Sent::noise(1, 6000)).await.expect("is accepted");
    let id = ops.delete(&ann.access, &vpath("v/a")).await.expect("deletes").trash.expect("is in the trash");
    ann.upload("v", "b", &Sent::noise(2, 6000)).await.expect("the trash does not count");
    let refused = trash.undo(&ann.access, id).await;
    assert!(matches!(refused, Err(EngineError::NoSpace(_))), "{refused:?}");
    ops.delete(&ann.access, &vpath("v/b")).await.expect("deletes");
    trash.undo(&ann.access, id).await.expect("is still there");
    assert!(ann.upload("v", "c", &Sent::noise(3, 6000)).await.is_err(), "it counts again");
}

#[tokio::test]
async fn nothing_is_purged_for_an_upload_that_is_refused_anyway() {
    let site = Site::with(&[("v", "v", "rwmd *")], |settings| {
        settings.volumes[0].flags.limits.max_bytes = Some(model::Bytes(5000));
    });
    let (ann, ops, trash) = (Person::new(&site, "*"), FileOps::new(site.core.clone()), Trash::new(site.core.clone()));
    // The disk lacks space, and what is in the trash would suffice.
    site.file("v/large", "");
    std::fs::File::options()
        .write(true)
        .open(site.at("v/large"))
        .and_then(|file| file.set_len(1 << 40))
        .expect("grows");
    ops.delete(&ann.access, &vpath("v/large")).await.expect("deletes");
    site.change(|settings| {
        let root = store::disk::Folder::open_root(&settings.volumes[0].source).expect("opens");
        let free = root.free_space().expect("is known").free;
        settings.volumes[0].flags.limits.min_free = Some(model::Bytes(free.0 + (1 << 30)));
    });
    let ann = Person::new(&site, "*");
    let refused = ann.upload("v", "a", &Sent::noise(1, 6000)).await.map(|_| ());
    assert!(matches!(refused, Err(EngineError::NoSpace(NoSpace::VolumeBytes))), "{refused:?}");
    assert_eq!(trash.list(&ann.access, &vpath("v")).await.expect("lists").entries.len(), 1);
}
