//! Uploads that are announced and never sent cost little, reserve little, and are dropped soon.

use super::*;
use crate::cleanup;
use crate::volume::uploads_of;
use model::{Settings, VolumeFlags};
use std::time::Duration;
use vfs::clock::now;
use vfs::error::{NoSpace, TooMany};
use vfs::volumes::storage::VolumeStorage;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn site(change: impl Fn(&mut VolumeFlags)) -> Site {
    let volumes = [("v", "v", "rw *, rw ed"), ("w", "w", "rw *, rw ed")];
    Site::with(&volumes, |settings: &mut Settings| settings.volumes.iter_mut().for_each(|v| change(&mut v.flags)))
}

fn storage(person: &Person) -> Arc<VolumeStorage> {
    person.access.snapshot().tree.volumes[0].storage.clone()
}

/// Makes all unfinished uploads look that old.
fn age(person: &Person, age: Duration) {
    let uploads = &storage(person);
    let uploads = uploads_of(uploads);
    let mut registry = uploads.registry();
    let ids: Vec<i64> = registry.all().map(|one| one.id).collect();
    for id in ids {
        let one = registry.get_mut(id).expect("is there");
        one.upload.started.0 -= age.as_millis() as i64;
        one.touched.0 -= age.as_millis() as i64;
    }
}

fn rows(person: &Person) -> usize {
    uploads_of(&storage(person)).ledger.unfinished_uploads().expect("reads").len()
}

/// Returns a handshake with hashes of a file that does not exist.
fn fantasy(seed: u64, size: u64) -> Handshake {
    let plan = ChunkPlan::new(model::Bytes(size), Generation::G2);
    let hash = |at: u64| {
        let mut bytes = [1; 33];
        bytes[..8].copy_from_slice(&at.to_le_bytes());
        bytes[8..16].copy_from_slice(&seed.to_le_bytes());
        ChunkHash::from_bytes(bytes)
    };
    Handshake { size, hashes: (0..plan.count()).map(hash).collect(), ..Sent::noise(1, 1).ask(&format!("f{seed}")) }
}

#[tokio::test]
async fn the_ledger_learns_of_an_upload_with_its_first_chunk() {
    let site = site(|_| ());
    let (ann, sent) = (Person::new(&site, "*"), Sent::noise(1, 3 << 20));
    let reply = ann.ask("v", sent.ask("a")).await.expect("new");
    assert_eq!(rows(&ann), 0, "announced only");
    ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[1]).await.expect("chunk");
    assert_eq!(rows(&ann), 1);
    let other = Sent::noise(2, 3 << 20);
    let announced = ann.ask("v", other.ask("b")).await.expect("new");
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    assert_eq!(ann.ask("v", sent.ask("a")).await.expect("continues").missing.len(), 2);
    // An announced upload without chunks is unknown after a restart, and announced again.
    let late = ann.send_chunk("v", &announced.wark, &other, &other.hashes[0]).await;
    assert_eq!(kind(late), "UnknownWark");
    assert!(ann.upload("v", "b", &other).await.expect("uploads").missing.is_empty());
    assert!(ann.upload("v", "a", &sent).await.expect("uploads").missing.is_empty());
    assert_eq!(rows(&ann), 0);
}

#[tokio::test]
async fn announcements_end_after_ten_minutes_and_uploads_do_not() {
    let site = site(|_| ());
    let ann = Person::new(&site, "*");
    let (begun, announced, pieces) = (Sent::noise(1, 3 << 20), Sent::noise(2, 3 << 20), Sent::noise(3, 100));
    let reply = ann.ask("v", begun.ask("begun")).await.expect("new");
    ann.send_chunk("v", &reply.wark, &begun, &begun.hashes[0]).await.expect("chunk");
    let gone = ann.ask("v", announced.ask("announced")).await.expect("new");
    ann.ask("v", pieces.ask("small")).await.expect("new");
    let storage = storage(&ann);
    let after = |minutes: i64| UnixMillis(now().0 + minutes * 60_000);
    sweep_all(&storage, after(9), DAY);
    assert_eq!(uploads_of(&storage).registry().all().count(), 3);
    sweep_all(&storage, after(11), DAY);
    assert_eq!(uploads_of(&storage).registry().all().count(), 1);
    assert!(!uploads_of(&storage).is_name_reserved(&vpath(""), &FileName::new(b"announced").expect("is a name")));
    // A client that comes back is told to send the handshake again, and the file arrives.
    let late = ann.send_chunk("v", &gone.wark, &announced, &announced.hashes[0]).await;
    assert_eq!(kind(late), "UnknownWark");
    for (name, sent) in [("announced", &announced), ("begun", &begun), ("small", &pieces)] {
        assert!(ann.upload("v", name, sent).await.expect("uploads").missing.is_empty(), "{name}");
        assert_eq!(std::fs::read(site.at("v").join(name)).expect("reads"), sent.content, "{name}");
    }
    assert_eq!((rows(&ann), ann.uploads.core.upload_state.unfinished_limit.total()), (0, 0));
}

#[tokio::test]
async fn a_sender_at_its_limit_does_not_stop_others() {
    let site = site(|_| ());
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let mut taken = 0;
    let refused = loop {
        match ann.ask("v", fantasy(taken, 100)).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, EngineError::TooMany(TooMany::Unfinished { by_all_clients: false })), "{refused:?}");
    assert_eq!(taken, 4096);
    assert_eq!(kind(ann.ask("w", fantasy(taken, 100)).await), "Unfinished", "another volume is no way around");
    assert_eq!(rows(&ann), 0);
    ed.upload("v", "ed", &Sent::noise(1, 3 << 20)).await.expect("another sender continues");
    // Canceling one upload allows one more.
    ann.uploads.abandon(&ann.access, &vpath("v/f0"), None).await.expect("cancels");
    ann.ask("v", fantasy(taken, 100)).await.expect("one more is allowed");
    assert_eq!(kind(ann.ask("v", fantasy(taken + 1, 100)).await), "Unfinished");
    sweep_all(&storage(&ann), UnixMillis(now().0 + 11 * 60_000), DAY);
    assert_eq!(ann.uploads.core.upload_state.unfinished_limit.total(), 0);
}

#[tokio::test]
async fn uploads_of_an_earlier_run_are_counted() {
    let site = site(|_| ());
    let (ann, sent) = (Person::new(&site, "*"), Sent::noise(1, 3 << 20));
    let reply = ann.ask("v", sent.ask("a")).await.expect("new");
    ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[1]).await.expect("chunk");
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    let begun = &ann.uploads.core.upload_state.unfinished_limit;
    for _ in 0..2 {
        cleanup::count_existing(begun, uploads_of(&storage(&ann)));
        assert_eq!(begun.total(), 1);
    }
    ann.upload("v", "a", &sent).await.expect("uploads");
    assert_eq!(begun.total(), 0);
}

#[tokio::test]
async fn stale_announcements_release_the_limits_of_a_volume() {
    let site = site(|flags| flags.limits.max_bytes = Some(model::Bytes(10 << 20)));
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    for seed in 0..9 {
        ann.ask("v", fantasy(seed, 1 << 20)).await.expect("fits");
    }
    let begun = Sent::noise(50, 1 << 20);
    let reply = ann.ask("v", begun.ask("begun")).await.expect("fits");
    let file = Sent::noise(99, 3 << 20);
    assert_eq!(kind(ed.ask("v", file.ask("file")).await), "VolumeBytes", "they may still arrive");
    age(&ann, Duration::from_secs(90));
    assert_eq!(kind(ann.ask("v", fantasy(20, 1 << 20)).await), "VolumeBytes", "own announcements are not dropped");
    assert_eq!(kind(ed.ask("v", fantasy(21, 11 << 20)).await), "VolumeBytes", "that would never fit");
    assert_eq!(ann.uploads.core.upload_state.unfinished_limit.total(), 10, "so none was dropped");
    assert!(ed.upload("v", "file", &file).await.expect("they are dropped").missing.is_empty());
    // Only as many as needed are dropped, oldest first, and uploads with data stay.
    assert_eq!(ann.uploads.core.upload_state.unfinished_limit.total(), 7);
    let late = ann.send_chunk("v", &reply.wark, &begun, &begun.hashes[0]).await;
    let answer = late.map_or_else(|error| kind(Err::<(), _>(error)), |()| "kept".into());
    assert!(["kept", "UnknownWark"].contains(&answer.as_str()), "{answer}");
}

#[tokio::test]
async fn stale_announcements_release_the_number_of_files() {
    let site = site(|flags| flags.limits.max_files = Some(2));
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let sending = Sent::noise(1, 3 << 20);
    let reply = ann.ask("v", sending.ask("sending")).await.expect("fits");
    ann.send_chunk("v", &reply.wark, &sending, &sending.hashes[0]).await.expect("chunk");
    ann.ask("v", fantasy(2, 100)).await.expect("fits");
    assert_eq!(kind(ed.ask("v", fantasy(3, 100)).await), "VolumeFiles");
    age(&ann, Duration::from_secs(90));
    ed.upload("v", "file", &Sent::noise(4, 100)).await.expect("the announcement is dropped");
    assert_eq!(kind(ed.ask("v", fantasy(5, 100)).await), "VolumeFiles", "the upload with data is not");
    assert!(ann.upload("v", "sending", &sending).await.expect("continues").missing.is_empty());
}

#[tokio::test]
async fn disk_space_is_reserved_once() {
    let site = site(|_| ());
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let free = store::disk::Folder::open_root(&site.at("v")).and_then(|folder| folder.free_space()).expect("measures");
    let most = free.free.0 / 5 * 3;
    ann.ask("v", fantasy(1, most)).await.expect("fits");
    // The same disk behind another volume, and behind the same one.
    for folder in ["v", "w"] {
        let refused = ed.ask(folder, fantasy(2, most)).await;
        assert!(
            matches!(refused, Err(EngineError::NoSpace(NoSpace::Reserved { needed, .. })) if needed.0 == most),
            "{refused:?}"
        );
    }
    ed.upload("w", "small", &Sent::noise(3, 3 << 20)).await.expect("there is space for that");
    assert_eq!(kind(ed.ask("w", fantasy(4, free.free.0 * 2)).await), "Disk", "never");
    // No byte of it arrived for a minute.
    age(&ann, Duration::from_secs(90));
    assert_eq!(kind(ann.ask("w", fantasy(5, most)).await), "Reserved", "own announcements are not dropped");
    ed.ask("w", fantasy(2, most)).await.expect("it is dropped");
    assert_eq!(ann.uploads.core.upload_state.unfinished_limit.total(), 1);
}

#[tokio::test]
async fn received_bytes_are_no_longer_reserved() {
    let site = site(|_| ());
    let (ann, sent) = (Person::new(&site, "*"), Sent::noise(1, (5 << 20) / 2));
    let device = store::disk::Folder::open_root(&site.at("v")).and_then(|folder| folder.meta()).expect("stat").dev;
    let reserved = || crate::space_reservations::reserved_bytes(&ann.access, device);
    let reply = ann.ask("v", sent.ask("a")).await.expect("new");
    let mut seen = vec![reserved()];
    for hash in &sent.hashes {
        ann.send_chunk("v", &reply.wark, &sent, hash).await.expect("chunk");
        seen.push(reserved());
    }
    // The rest of an upload is counted in whole chunks.
    assert_eq!(seen, [5 << 19, 2 << 20, 1 << 20, 0]);
}

#[tokio::test]
async fn a_reserved_name_makes_no_second_copy() {
    let site = site(|_| ());
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let first = Handshake { ..Sent::noise(1, 3000).ask("report.pdf") };
    ann.ask("v", first).await.expect("reserved the name");
    // The client asks for its original name each time.
    let sent = Sent::noise(2, 3000);
    for _ in 0..3 {
        let reply = ed.upload("v", "report.pdf", &sent).await.expect("uploads");
        assert_eq!((reply.name.as_slice(), reply.missing.len()), (&b"report (2).pdf"[..], 0));
    }
    assert_eq!(names_in(&site.at("v")), ["report (2).pdf"]);
}

#[tokio::test]
async fn a_complete_file_is_confirmed_while_the_same_content_is_sent_elsewhere() {
    let site = site(|flags| flags.no_clone = true);
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let sent = Sent::noise(1, 3000);
    assert!(ann.upload("v", "a.bin", &sent).await.expect("uploads").missing.is_empty());
    assert_eq!(ed.ask("v", sent.ask("b.bin")).await.expect("is new").missing.len(), 1);
    assert!(ann.ask("v", sent.ask("a.bin")).await.expect("is here").missing.is_empty());
    assert_eq!(kind(ann.ask("v", sent.ask("c.bin")).await), "PartialElsewhere");
}
