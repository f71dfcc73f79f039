//! Symlinks made by deduplication keep their content when their target is removed.

use super::sinks::{put, request};
use super::*;
use model::trash_flags::TrashFlags;
use model::volume::DedupMode;
use store::disk::Op;
use vfs::files::ops::{FileOps, IfExists};

/// Returns a volume that makes equal files symlinks to the first one.
pub(super) fn with_links() -> Site {
    let tmp = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("temp folder");
    Site::in_folder(tmp, &[("v", "v", "rwmd *")], |settings| settings.volumes[0].flags.dedup = DedupMode::Symlink)
}

#[tokio::test]
async fn files_that_remain_after_a_partial_removal_keep_their_content() {
    let sent = Sent::noise(7, 3000);
    let names = ["a", "b/b", "c", "d/d"];
    let mut losses_of_the_original = 0;
    // One file is removed and the others cannot be; each in turn, in the order in which the folder lists them.
    for goes in 1..=4 {
        let site = with_links();
        // In the trash they would keep it anyway.
        site.change(|settings| settings.volumes[0].flags.trash = TrashFlags::OFF);
        let ann = Person::new(&site, "*");
        for name in names {
            let (folder, name) =
                name.rsplit_once('/').map_or(("v".to_owned(), name), |(folder, name)| (format!("v/{folder}"), name));
            ann.upload(&folder, name, &sent).await.expect("is accepted");
        }
        let faults = site.with_faults();
        (1..=6).filter(|nth| *nth != goes).for_each(|nth| faults.fail_nth(Op::Remove, nth, std::io::ErrorKind::Other));
        let emptied = FileOps::new(site.core.clone()).delete(&ann.access, &vpath("v")).await;
        assert!(emptied.is_err(), "{emptied:?}");
        let left: Vec<_> =
            names.into_iter().filter(|name| site.at("v").join(name).symlink_metadata().is_ok()).collect();
        losses_of_the_original += u32::from(!left.contains(&"a"));
        for name in left {
            let read = std::fs::read(site.at("v").join(name)).ok();
            assert_eq!(read.as_deref(), Some(&sent.content[..]), "{name} after removal {goes}");
        }
    }
    assert!(losses_of_the_original > 0);
}

/// A new file takes a free name without a lock: the row of that file must stay when the change that freed the name is
/// recorded afterwards, or a later replacement would not keep the links to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_row_of_a_new_file_outlives_the_removal_of_its_predecessor() {
    let site = with_links();
    let (ann, ops) = (Person::new(&site, "*"), FileOps::new(site.core.clone()));
    let known = || {
        uploads_of(&ann.access.snapshot().tree.volumes[0].storage)
            .ledger
            .file_at(&vpath(""), &FileName::new(b"x").expect("is a name"))
    };
    let mut taken = 0;
    for round in 0..150_u64 {
        let (first, second) = (Sent::noise(2 * round, 2000), Sent::noise(2 * round + 1, 3000));
        ann.upload("v", "x", &first).await.expect("is accepted");
        let away = async {
            match round % 3 {
                0 => ops.delete(&ann.access, &vpath("v/x")).await.map(drop),
                1 => ops.move_to(&ann.access, &vpath("v/x"), &vpath("v/y"), IfExists::Replace).await,
                _ => ann.uploads.unpost(&ann.access, &vpath("v/x")).await,
            }
        };
        // Repeated until the name is free.
        let anew = async {
            loop {
                let stored = put(&ann, request("v", "x"), &second.content).await.expect("is stored");
                match stored.name.display() {
                    name if name == "x" => return,
                    name => std::fs::remove_file(site.at("v").join(name)).expect("removes"),
                }
            }
        };
        let (gone, ()) = tokio::join!(away, anew);
        gone.expect("goes");
        let row = known().expect("reads").unwrap_or_else(|| panic!("nothing is known in round {round}"));
        assert_eq!(row.size.0, 3000, "round {round}");
        taken += u32::from(site.at("v/y").exists());
        ops.delete(&ann.access, &vpath("v/x")).await.expect("goes");
        assert!(known().expect("reads").is_none(), "round {round}");
    }
    assert!(taken > 0);
}

/// Uploads as clients do: an upload that met a change of its folder is requested again, until nothing is missing.
async fn upload_until_stored(sender: &Person, folder: &str, name: &str, sent: &Sent) {
    let mut last = None;
    for _ in 0..1000 {
        let answer = sender.upload(folder, name, sent).await;
        if answer.as_ref().is_ok_and(|reply| reply.missing.is_empty()) {
            return;
        }
        last = Some(answer);
        tokio::task::yield_now().await;
    }
    panic!("{name} cannot be stored in {folder}: {last:?}");
}

/// A link text is relative to the folder of the link, so that folder must not move until the link exists.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn links_into_a_moving_folder_keep_their_content() {
    let site = with_links();
    let (ann, ops) = (Person::new(&site, "*"), FileOps::new(site.core.clone()));
    let sent = Sent::noise(7, 3000);
    ann.upload("v", "original", &sent).await.expect("is accepted");
    let mut links = 0;
    for round in 0..100 {
        put(&ann, request("v/d", &format!("there{round}")), b"x").await.expect("is stored");
        let (from, to) = (vpath("v/d"), vpath("v/deep/er/e"));
        let away = ops.move_to(&ann.access, &from, &to, IfExists::Replace);
        let names: Vec<String> = (0..4).map(|at| format!("{round}-{at}")).collect();
        let uploads = names.iter().map(|name| upload_until_stored(&ann, "v/d", name, &sent));
        let (gone, _) = tokio::join!(away, futures_util::future::join_all(uploads));
        gone.expect("moves");
        for name in names {
            let places = ["v/d", "v/deep/er/e"].map(|folder| site.at(folder).join(&name));
            let place = places.iter().find(|place| place.symlink_metadata().is_ok());
            let place = place.unwrap_or_else(|| panic!("{name} was stored and is gone"));
            links += u32::from(place.is_symlink());
            let content = std::fs::read(place).ok();
            assert!(content.as_deref() == Some(&sent.content[..]), "{place:?}");
        }
        let _none_there = ops.delete(&ann.access, &vpath("v/d")).await;
    }
    assert!(links > 0);
}
