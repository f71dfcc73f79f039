//! Rules of volumes, write-only accounts, deduplication modes, cleanup, growing files.

use super::*;
use crate::volume::uploads_of;
use crate::{cleanup, growing_file};
use model::volume::DedupMode;
use model::{Settings, VolumeFlags};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;
use vfs::error::UploadError;

fn site(volumes: &[(&str, &str, &str)], change: impl Fn(&mut VolumeFlags)) -> Site {
    Site::with(volumes, |settings: &mut Settings| settings.volumes.iter_mut().for_each(|v| change(&mut v.flags)))
}

#[tokio::test]
async fn rules_of_a_volume() {
    let site = site(&[("v", "v", "rw *")], |flags| {
        flags.limits.max_size = Some(model::Bytes(2000));
        flags.limits.min_size = Some(model::Bytes(10));
        flags.limits.max_bytes = Some(model::Bytes(5000));
        flags.limits.max_files = Some(4);
        flags.limits.top_only = true;
    });
    let ann = Person::new(&site, "*");
    assert_eq!(kind(ann.upload("v", "big", &Sent::noise(1, 2001)).await), "Size");
    assert_eq!(kind(ann.upload("v", "small", &Sent::noise(1, 9)).await), "Size");
    assert_eq!(kind(ann.upload("v/sub", "x", &Sent::noise(1, 100)).await), "TopFolderOnly");
    assert!(!site.at("v/sub").exists());
    ann.upload("v", "one", &Sent::noise(1, 2000)).await.expect("fits");
    // Announced uploads count.
    ann.ask("v", Sent::noise(2, 2000).ask("two")).await.expect("fits");
    assert_eq!(kind(ann.ask("v", Sent::noise(3, 2000).ask("three")).await), "VolumeBytes");
    ann.upload("v", "three", &Sent::noise(3, 100)).await.expect("fits");
    ann.upload("v", "four", &Sent::noise(4, 100)).await.expect("fits");
    assert_eq!(kind(ann.upload("v", "five", &Sent::noise(5, 100)).await), "VolumeFiles");
    // Resuming does not add a file.
    assert_eq!(ann.ask("v", Sent::noise(2, 2000).ask("two")).await.expect("resumes").missing.len(), 1);
    uploads_of(&ann.uploads.core.snapshot.load().tree.volumes[0].storage).forget(&vpath("one")).expect("forgets");
    ann.upload("v", "five", &Sent::noise(5, 100)).await.expect("there is space again");
}

#[tokio::test]
async fn the_largest_file_is_known_before() {
    let largest = |max_size: Option<u64>, max_bytes: Option<u64>| {
        let site = site(&[("v", "v", "rw *")], |flags| {
            flags.limits.max_size = max_size.map(model::Bytes);
            flags.limits.max_bytes = max_bytes.map(model::Bytes);
        });
        let ann = Person::new(&site, "*");
        ann.uploads.largest_file(&ann.access, &vpath("v/sub"))
    };
    assert_eq!(largest(None, None), None);
    assert_eq!(largest(Some(2000), None), Some(2000));
    assert_eq!(largest(None, Some(5000)), Some(5000));
    assert_eq!(largest(Some(2000), Some(500)), Some(500));
    let site = site(&[("v", "v", "rw *")], |flags| flags.limits.max_size = Some(model::Bytes(2000)));
    let ann = Person::new(&site, "*");
    assert_eq!(ann.uploads.largest_file(&ann.access, &vpath("elsewhere")), None);
    let largest = ann.uploads.largest_file(&ann.access, &vpath("v")).expect("a limit") as usize;
    ann.upload("v", "fits", &Sent::noise(1, largest)).await.expect("what is told is accepted");
    assert_eq!(kind(ann.upload("v", "big", &Sent::noise(2, largest + 1)).await), "Size");
}

#[tokio::test]
async fn full_disks_are_refused_at_the_start() {
    let site = site(&[("v", "v", "rw *")], |flags| flags.limits.min_free = Some(model::Bytes(1 << 60)));
    let ann = Person::new(&site, "*");
    assert_eq!(kind(ann.ask("v", Sent::noise(1, 10).ask("a")).await), "Disk");
}

#[tokio::test]
async fn write_only_accounts_learn_nothing() {
    let site = Site::new(&[("v", "v", "w *, rw ed"), ("open", "open", "rw *")]);
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let secret = Sent::noise(1, 3_000_000);
    ed.upload("v", "secret", &secret).await.expect("uploads");
    let absent = Sent::noise(2, 3_000_000);
    // The replies are the same whether or not the content exists, here and elsewhere.
    for folder in ["v", "open"] {
        for sent in [&secret, &absent] {
            let reply = ann.ask(folder, sent.ask("guess")).await.expect("new");
            assert_eq!((reply.missing.len(), reply.name.as_slice()), (3, &b"guess"[..]), "{folder}");
            // Handled as if the option had not been sent.
            let registry = |folder: &str| ann.access.volume_path(&vpath(folder)).expect("is there").volume;
            let volume = registry(folder);
            let id = uploads_of(&volume.storage).registry().of(&reply.wark).map(|one| one.id).max().expect("is there");
            uploads_of(&volume.storage).registry().remove(id);
        }
        assert!(ann.uploads.find(&ann.access, 3_000_000, &secret.hashes).await.expect("searches").is_empty());
    }
    assert_eq!(ed.uploads.find(&ed.access, 3_000_000, &secret.hashes).await.expect("searches").len(), 1);
    // Unfinished: the upload of another sender is not revealed either, and both can be finished.
    let both = Sent::noise(3, 1_500_000);
    let eds = ed.ask("v", both.ask("both")).await.expect("new");
    ed.send_chunk("v", &eds.wark, &both, &both.hashes[0]).await.expect("chunk");
    let anns = ann.ask("v", both.ask("elsewhere")).await.expect("new");
    assert_eq!(anns.missing.len(), 2);
    for hash in &both.hashes {
        ann.send_chunk("v", &anns.wark, &both, hash).await.expect("chunk");
    }
    let done = ann.ask("v", both.ask("elsewhere")).await.expect("their own");
    assert!(done.missing.is_empty());
    ed.send_chunk("v", &eds.wark, &both, &both.hashes[1]).await.expect("chunk");
    assert_eq!(std::fs::read(site.at("v/elsewhere")).expect("reads"), both.content);
    assert_eq!(std::fs::read(site.at("v/both")).expect("reads"), both.content);
    // An account that may read there is told.
    assert_eq!(kind(ed.ask("v", absent.ask("x")).await.map(|_| ()).and(Err::<(), _>(EngineError::Busy))), "Busy");
}

#[tokio::test]
async fn deduplication_modes() {
    for mode in [DedupMode::Copy, DedupMode::Reflink, DedupMode::Symlink, DedupMode::Hardlink, DedupMode::HardlinkOnly]
    {
        let site = site(&[("v", "v", "rw *")], |flags| flags.dedup = mode);
        let ann = Person::new(&site, "*");
        let sent = Sent::noise(1, 1_200_000);
        ann.upload("v/a", "one", &sent).await.expect("uploads");
        let reply = ann.ask("v/b/c", sent.ask("two")).await.expect("known");
        assert!(reply.missing.is_empty(), "{mode:?}");
        assert_eq!(ann.ask("v/b/c", sent.ask("two")).await.expect("known").name, b"two", "{mode:?}");
        let (one, two) = (site.at("v/a/one"), site.at("v/b/c/two"));
        assert_eq!(std::fs::read(&two).expect("reads"), sent.content);
        let inode = |path| std::fs::symlink_metadata(path).expect("stat").ino();
        match mode {
            DedupMode::Symlink => {
                assert_eq!(std::fs::read_link(&two).expect("is a link"), Path::new("../../a/one"));
            }
            DedupMode::Hardlink | DedupMode::HardlinkOnly => assert_eq!(inode(&one), inode(&two)),
            DedupMode::Copy | DedupMode::Reflink => assert_ne!(inode(&one), inode(&two)),
        }
        assert_eq!(all_in(&site.at("v/b/c")), ["two"]);
        let hits = ann.uploads.find(&ann.access, 1_200_000, &sent.hashes).await.expect("searches");
        assert_eq!(hits.len(), 2, "{mode:?}");
    }
}

#[tokio::test]
async fn volumes_without_deduplication() {
    let refusing = site(&[("v", "v", "rw *")], |flags| flags.no_dupe = true);
    let ann = Person::new(&refusing, "*");
    let sent = Sent::noise(1, 100);
    ann.upload("v", "one", &sent).await.expect("uploads");
    let again = ann.ask("v", sent.ask("two")).await;
    assert!(matches!(again, Err(EngineError::Upload(UploadError::DupeRefused(path))) if path == vpath("v/one")));
    assert!(ann.ask("v", sent.ask("one")).await.expect("the same place").missing.is_empty());
    let taking = site(&[("v", "v", "rw *")], |flags| flags.no_clone = true);
    let ann = Person::new(&taking, "*");
    ann.upload("v", "one", &sent).await.expect("uploads");
    assert_eq!(ann.ask("v", sent.ask("two")).await.expect("new").missing.len(), 1);
    // Across volumes if both allow it.
    let linked = site(&[("v", "v", "rw *"), ("w", "w", "rw *")], |flags| flags.cross_volume_dedup = true);
    let ann = Person::new(&linked, "*");
    ann.upload("v", "one", &sent).await.expect("uploads");
    assert!(ann.ask("w", sent.ask("two")).await.expect("copies").missing.is_empty());
    assert_eq!(std::fs::read(linked.at("w/two")).expect("reads"), sent.content);
}

#[tokio::test]
async fn modification_times_can_be_corrected() {
    let site = Site::new(&[("v", "v", "rw *, rwd ed")]);
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let sent = Sent::noise(1, 100);
    ann.upload("v", "one", &sent).await.expect("uploads");
    let new = Handshake { touch_existing: true, lmod: Some(UnixMillis::from_secs(99)), ..sent.ask("one") };
    for (person, want) in [(&ann, 1_700_000_000), (&ed, 99)] {
        assert_eq!(person.ask("v", new.clone()).await.expect("known").lmod, UnixMillis::from_secs(1_700_000_000));
        assert_eq!(person.ask("v", sent.ask("one")).await.expect("known").lmod, UnixMillis::from_secs(want));
    }
}

#[tokio::test]
async fn a_file_whose_time_was_set_stays_known() {
    let site = Site::new(&[("v", "v", "rwd *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 100);
    ann.upload("v", "one", &sent).await.expect("uploads");
    let ops = vfs::files::ops::FileOps::new(site.core.clone());
    let at = UnixMillis::from_secs(99);
    ops.set_mtime(&ann.access, &vpath("v/one"), at).await.expect("sets");
    let again = ann.ask("v", sent.ask("one")).await.expect("known");
    assert_eq!((again.missing.len(), again.lmod), (0, at));
    let hits = ann.uploads.find(&ann.access, 100, &sent.hashes).await.expect("searches");
    assert_eq!(hits.iter().map(|hit| (hit.path.clone(), hit.modified)).collect::<Vec<_>>(), [(vpath("v/one"), at)]);
    // The content is still known to be whole: it is copied, not sent again.
    assert!(ann.ask("v", sent.ask("two")).await.expect("copies").missing.is_empty());
}

#[tokio::test]
async fn the_space_of_a_limited_volume_is_what_its_limit_leaves() {
    let site = Site::with(&[("v", "v", "rw *")], |settings| {
        settings.volumes[0].flags.limits.max_bytes = Some(model::Bytes(1000));
    });
    let ann = Person::new(&site, "*");
    ann.upload("v", "one", &Sent::noise(1, 300)).await.expect("uploads");
    let listings = vfs::listing::Listings::new(site.core.clone());
    let space = listings.space(&ann.access, &vpath("v")).await.expect("may ask").expect("is told");
    assert_eq!((space.free.0, space.total.0), (700, 1000));
    assert_eq!(ann.ask("v", Sent::noise(2, 200).ask("two")).await.expect("fits").missing.len(), 1);
    let space = listings.space(&ann.access, &vpath("v")).await.expect("may ask").expect("is told");
    assert_eq!(space.free.0, 500, "announced uploads count");
}

#[tokio::test]
async fn nothing_is_written_with_write_nothing() {
    let site = Site::with(&[("v", "v", "rw *")], |settings| settings.behaviour.write_nothing = true);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 1_500_000);
    let reply = ann.ask("v/new", sent.ask("a")).await.expect("new");
    let damaged = ChunkSelection::One(sent.hashes[0], None);
    assert_eq!(kind(ann.send("v", &reply.wark, damaged, Bytes::from(vec![0; 1 << 20])).await), "ChunkCorrupt");
    assert!(ann.upload("v/new", "a", &sent).await.expect("is handled without the option").missing.is_empty());
    assert!(
        ann.ask("v/new", Sent::noise(0, 0).ask("empty"))
            .await
            .expect("is handled without the option")
            .missing
            .is_empty()
    );
    assert!(all_in(&site.at("v")).is_empty());
}

#[tokio::test]
async fn setting_the_clock_drops_no_upload() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(3, 2 << 20);
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    let storage = ann.access.snapshot().tree.volumes[0].storage.clone();
    let (now, hour) = (vfs::clock::now().0, 3_600_000);
    let idle = Duration::from_secs(24 * 3600);
    let missing = async |hours: i64, leap: i64| {
        let now = UnixMillis(now + hours * hour);
        cleanup::adjust_for_clock_leap(uploads_of(&storage), now, leap * hour);
        sweep_all(&storage, now, idle);
        ann.ask("v", sent.ask("a")).await.expect("answers").missing.len()
    };
    assert_eq!(missing(48, 48).await, 1, "two days forward in a moment");
    assert_eq!(missing(-10, -58).await, 1, "and back");
    assert_eq!(missing(10, 0).await, 1, "less than a day later, by the clock of now");
    assert_eq!(missing(60, 0).await, 2, "two days later");
}

#[tokio::test]
async fn expired_files_and_idle_uploads_are_removed() {
    let site = site(&[("v", "v", "rw *")], |flags| flags.lifetime_secs = Some(3600));
    let ann = Person::new(&site, "*");
    let (short, long) = (Sent::noise(1, 100), Sent::noise(2, 100));
    ann.upload_as("v", &short, Handshake { lifetime_secs: Some(60), ..short.ask("short") }).await.expect("uploads");
    ann.upload("v", "long", &long).await.expect("uploads");
    let idle = Sent::noise(3, 2 << 20);
    let wark = ann.ask("v", idle.ask("idle")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &idle, &idle.hashes[0]).await.expect("chunk");
    let storage = ann.access.snapshot().tree.volumes[0].storage.clone();
    let later = |secs: i64| UnixMillis(vfs::clock::now().0 + secs * 1000);
    sweep_all(&storage, later(30), Duration::from_secs(600));
    assert_eq!(names_in(&site.at("v")), ["long", "short"]);
    sweep_all(&storage, later(90), Duration::from_secs(600));
    assert_eq!(names_in(&site.at("v")), ["long"]);
    assert_eq!(ann.ask("v", idle.ask("idle")).await.expect("resumes").missing.len(), 1);
    sweep_all(&storage, later(900), Duration::from_secs(600));
    assert_eq!(all_in(&site.at("v")), [".hist", "long"]);
    assert_eq!(ann.ask("v", idle.ask("idle")).await.expect("new").missing.len(), 2);
    sweep_all(&storage, later(4000), Duration::from_secs(60_000));
    assert!(names_in(&site.at("v")).is_empty());
}

#[tokio::test]
async fn the_same_upload_again_prolongs_the_lifetime_of_its_file() {
    for dedup in [model::volume::DedupMode::Copy, model::volume::DedupMode::Symlink] {
        let site = site(&[("v", "v", "rwd *")], |flags| {
            flags.lifetime_secs = Some(3600);
            flags.dedup = dedup;
        });
        let ann = Person::new(&site, "*");
        let storage = ann.access.snapshot().tree.volumes[0].storage.clone();
        let names = ["longer", "replaced", "shorter", "unlimited"];
        for (name, again) in names.into_iter().zip([Some(600), None, Some(5), Some(0)]) {
            let sent = Sent::noise(name.len() as u64, 100);
            let short = Handshake { lifetime_secs: Some(60), ..sent.ask(name) };
            ann.upload_as("v", &sent, short.clone()).await.expect("uploads");
            let on_conflict = if name == "replaced" { OnConflict::Replace } else { OnConflict::Rename };
            let reply = ann.ask("v", Handshake { lifetime_secs: again, on_conflict, ..short }).await.expect("is here");
            assert!(reply.missing.is_empty() && reply.name == name.as_bytes(), "{name}: {reply:?}");
        }
        let later = |secs: i64| UnixMillis(vfs::clock::now().0 + secs * 1000);
        sweep_all(&storage, later(90), Duration::from_secs(600));
        assert_eq!(names_in(&site.at("v")), ["longer", "replaced", "unlimited"], "{dedup:?}");
        sweep_all(&storage, later(700), Duration::from_secs(600));
        assert_eq!(names_in(&site.at("v")), ["replaced", "unlimited"], "{dedup:?}");
        sweep_all(&storage, later(4000), Duration::from_secs(600));
        assert!(names_in(&site.at("v")).is_empty(), "{dedup:?}");
    }
}

#[tokio::test]
async fn without_a_ledger_partial_files_of_earlier_runs_are_removed() {
    let site = site(&[("v", "v", "rw *")], |flags| flags.no_ledger = true);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 2 << 20);
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    drop(ann);
    let marker = |site: &Site| {
        let folders = std::fs::read_dir(site.at("state/volumes")).expect("the state of volumes without a ledger");
        folders.map(|folder| folder.expect("entry").path().join("running")).find(|path| path.exists())
    };
    let site = site.restarted_after(|site| {
        // The run ended in good order and left a partial file that no run can continue. Another run was killed.
        std::fs::write(marker(site).expect("kept"), "abcdefgh\n").expect("writes");
        site.file("v/d/.up2k-abcdefgh0123.PARTIAL", "x");
        site.file("v/.up2k-stranger.PARTIAL", "another server's");
    });
    let storage = site.core.snapshot.load().tree.volumes[0].storage.clone();
    cleanup::remove_orphans(&storage);
    assert!(all_in(&site.at("v/d")).is_empty());
    assert!(all_in(&site.at("v")).contains(&".up2k-stranger.PARTIAL".to_owned()));
    assert!(!site.at("v/.hist").exists() && marker(&site).is_none(), "nothing is kept in the volume");
}

#[tokio::test]
async fn partial_files_of_a_killed_program_are_removed() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let kept = Sent::noise(1, 2 << 20);
    let ann = Person::new(&site, "*");
    let wark = ann.ask("v", kept.ask("kept")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &kept, &kept.hashes[0]).await.expect("chunk");
    drop(ann);
    let site = site.restarted_after(|site| {
        // Another run was killed here: its marker, and its partial files with and without a row.
        std::fs::write(site.at("v/.hist/running"), "abcdefgh\n").expect("writes");
        site.file("v/d/.up2k-abcdefgh0123.PARTIAL", "x");
        site.file("v/.up2k-abcdefgh4567.PARTIAL", "x");
        site.file("v/.up2k-stranger.PARTIAL", "another server's");
        site.file("v/abcdefgh", "a file");
    });
    let storage = site.core.snapshot.load().tree.volumes[0].storage.clone();
    cleanup::remove_orphans(&storage);
    assert!(all_in(&site.at("v/d")).is_empty());
    let left = all_in(&site.at("v"));
    assert!(left.contains(&".up2k-stranger.PARTIAL".to_owned()) && left.contains(&"abcdefgh".to_owned()));
    assert_eq!(left.iter().filter(|name| name.ends_with(".PARTIAL")).count(), 2, "{left:?}");
    assert!(!site.at("v/.hist/running").exists());
    let ann = Person::new(&site, "*");
    assert_eq!(ann.ask("v", kept.ask("kept")).await.expect("resumes").missing.len(), 1);
}

#[tokio::test]
async fn downloads_of_growing_files() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 4 << 20);
    let wark = ann.ask("v/d", sent.ask("a")).await.expect("new").wark;
    let volume = ann.access.snapshot().tree.volumes[0].clone();
    let name = FileName::new(b"a").expect("is a name");
    let mut growing =
        growing_file::find_growing(&volume, &vpath("d"), &name).expect("opens").expect("is being uploaded");
    assert_eq!((growing.size, growing.lmod), (4 << 20, UnixMillis::from_secs(1_700_000_000)));
    let reader = tokio::spawn(async move {
        let (mut got, mut at) = (Vec::new(), 0);
        while at < growing.size {
            let end = growing.wait_beyond(at).await.expect("arrives");
            let mut part = vec![0; (end - at) as usize];
            assert_eq!(growing.read_at(&mut part, at).expect("reads"), part.len());
            got.extend(part);
            at = end;
        }
        got
    });
    // The same through the download service: whole, and from the middle.
    let reading = vfs::files::read::Reader::new(site.core.clone());
    let mut bodies = Vec::new();
    for range in [0..4 << 20, 3_000_000..3_500_000] {
        let found = reading.open(&ann.access, &vpath("v/d/a"), None).await.expect("is being uploaded");
        let vfs::files::read::Found::File(download) = found else { panic!("a file") };
        assert_eq!((download.size, download.modified), (4 << 20, UnixMillis::from_secs(1_700_000_000)));
        let body = download.stream(range.clone(), vfs::files::read::BodyKind::Buffered);
        bodies.push((
            range,
            tokio::spawn(futures_util::TryStreamExt::try_concat(futures_util::TryStreamExt::map_ok(body, |bytes| {
                bytes.to_vec()
            }))),
        ));
    }
    for at in [1, 0, 3, 2] {
        ann.send_chunk("v", &wark, &sent, &sent.hashes[at]).await.expect("chunk");
        tokio::task::yield_now().await;
    }
    assert_eq!(reader.await.expect("runs"), sent.content);
    for (range, body) in bodies {
        let got = body.await.expect("runs").expect("arrives");
        assert_eq!(got, sent.content[range.start as usize..range.end as usize]);
    }
    assert!(growing_file::find_growing(&volume, &vpath("d"), &name).expect("asks").is_none(), "it has arrived");
    // Canceled: the reader gets an error.
    let gone = Sent::noise(2, 2 << 20);
    ann.ask("v/d", gone.ask("gone")).await.expect("new");
    let name = FileName::new(b"gone").expect("is a name");
    let mut growing =
        growing_file::find_growing(&volume, &vpath("d"), &name).expect("opens").expect("is being uploaded");
    let id = growing.upload;
    uploads_of(&volume.storage).registry().remove(id);
    assert_eq!(kind(growing.wait_beyond(0).await), "Client");
}

#[tokio::test]
async fn links_outlive_their_targets() {
    let site = site(&[("v", "v", "rwmd *")], |flags| flags.dedup = DedupMode::Symlink);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 50_000);
    ann.upload("v/a", "one", &sent).await.expect("uploads");
    for name in ["two", "three"] {
        ann.ask("v/b", sent.ask(name)).await.expect("links");
    }
    let read = |path: &str| std::fs::read(site.at(path)).expect("reads");
    let is_link = |path: &str| std::fs::symlink_metadata(site.at(path)).expect("stat").is_symlink();
    assert!(is_link("v/b/two") && is_link("v/b/three"));
    let ops = vfs::files::ops::FileOps::new(site.core.clone());
    let deleted = ops.delete(&ann.access, &vpath("v/a")).await.expect("deletes");
    assert_eq!((deleted.files, site.at("v/a").exists()), (1, false));
    assert!(!is_link("v/b/two") && is_link("v/b/three"));
    assert_eq!((read("v/b/two"), read("v/b/three")), (sent.content.to_vec(), sent.content.to_vec()));
    ops.move_to(&ann.access, &vpath("v/b/two"), &vpath("v/c"), vfs::files::ops::IfExists::Refuse).await.expect("moves");
    assert_eq!((read("v/c"), read("v/b/three")), (sent.content.to_vec(), sent.content.to_vec()));
    assert_eq!(all_in(&site.at("v/b")), ["three"]);
}

#[tokio::test]
async fn a_link_and_its_target_can_replace_each_other() {
    use vfs::files::ops::{FileOps, IfExists::Replace};
    for (from, to) in [("v/one", "v/two"), ("v/two", "v/one"), ("v/d/three", "v/one"), ("v/one", "v/d/three")] {
        let site = site(&[("v", "v", "rwmd *")], |flags| flags.dedup = DedupMode::Symlink);
        let ann = Person::new(&site, "*");
        let sent = Sent::noise(1, 50_000);
        ann.upload("v", "one", &sent).await.expect("uploads");
        ann.ask("v", sent.ask("two")).await.expect("links");
        ann.ask("v/d", sent.ask("three")).await.expect("links");
        let ops = FileOps::new(site.core.clone());
        ops.move_to(&ann.access, &vpath(from), &vpath(to), Replace).await.expect("moves");
        for path in ["v/one", "v/two", "v/d/three"] {
            let content = std::fs::read(site.at(path)).ok();
            let wanted = (path != from).then(|| sent.content.to_vec());
            assert!(content == wanted, "{path} after {from} moved to {to}");
            assert_eq!(site.at(path).symlink_metadata().is_ok(), path != from, "{path} after {from} moved to {to}");
        }
        // The ledger knows their paths: the last link keeps the content when the target is removed.
        ops.delete(&ann.access, &vpath(to)).await.expect("deletes");
        let last = ["v/one", "v/two", "v/d/three"].into_iter().find(|path| *path != from && *path != to);
        assert_eq!(std::fs::read(site.at(last.expect("one of three"))).expect("reads"), sent.content.to_vec());
    }
}

#[tokio::test]
async fn a_file_can_replace_the_folder_that_holds_a_link_to_it() {
    use vfs::files::ops::{FileOps, IfExists::Replace};
    for (from, to) in [("v/one", "v/d"), ("v/e", "v/d")] {
        let site = site(&[("v", "v", "rwmd *")], |flags| flags.dedup = DedupMode::Symlink);
        let ann = Person::new(&site, "*");
        let sent = Sent::noise(1, 50_000);
        let (above, name) = if from == "v/e" { ("v/e", "one") } else { ("v", "one") };
        ann.upload(above, name, &sent).await.expect("uploads");
        ann.ask("v/d", sent.ask("two")).await.expect("links");
        ann.ask("v", sent.ask("three")).await.expect("links");
        let ops = FileOps::new(site.core.clone());
        ops.move_to(&ann.access, &vpath(from), &vpath(to), Replace).await.expect("moves");
        let moved = if from == "v/e" { "v/d/one" } else { "v/d" };
        for path in [moved, "v/three"] {
            assert!(std::fs::read(site.at(path)).ok() == Some(sent.content.to_vec()), "{path} after {from} to {to}");
        }
        assert!(!site.at(from).exists());
    }
}

#[tokio::test]
async fn uploads_move_with_their_folder() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 2 << 20);
    let wark = ann.ask("v/a/b", sent.ask("x")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    let ops = vfs::files::ops::FileOps::new(site.core.clone());
    ops.move_to(&ann.access, &vpath("v/a"), &vpath("v/z"), vfs::files::ops::IfExists::Refuse).await.expect("moves");
    ann.send_chunk("v", &wark, &sent, &sent.hashes[1]).await.expect("the last");
    assert_eq!(std::fs::read(site.at("v/z/b/x")).expect("reads"), sent.content);
}
