//! Restarts, power loss, full disks: no acknowledged data is lost, and no other data counts.

use super::*;
use model::Event;
use std::sync::Arc;
use store::disk::{Faults, Folder, Op};

#[tokio::test]
async fn a_restart_keeps_what_was_acknowledged() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let sent = Sent::noise(21, 6 << 20);
    let wark = {
        let ann = Person::new(&site, "*");
        let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
        for at in [0, 3, 4] {
            ann.send_chunk("v", &wark, &sent, &sent.hashes[at]).await.expect("chunk");
        }
        wark
    };
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    // Without a new handshake.
    ann.send_chunk("v", &wark, &sent, &sent.hashes[1]).await.expect("chunk");
    let reply = ann.ask("v", sent.ask("a")).await.expect("resumes");
    assert_eq!(reply.missing, [sent.hashes[2], sent.hashes[5]]);
    for hash in &reply.missing {
        ann.send_chunk("v", &wark, &sent, hash).await.expect("chunk");
    }
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    assert!(ann.ask("v", sent.ask("a")).await.expect("known").missing.is_empty());
}

#[tokio::test]
async fn after_a_loss_of_power_chunks_are_hashed_again() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let sent = Sent::noise(22, 5 << 20);
    let ann = Person::new(&site, "*");
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    for hash in &sent.hashes[..4] {
        ann.send_chunk("v", &wark, &sent, hash).await.expect("chunk");
    }
    drop(ann);
    // The second chunk never reached the disk.
    let partial = all_in(&site.at("v")).into_iter().find(|name| name.ends_with(".PARTIAL")).expect("is there");
    let file = std::fs::OpenOptions::new().write(true).open(site.at("v").join(partial)).expect("opens");
    std::os::unix::fs::FileExt::write_all_at(&file, &[0; 4096], (1 << 20) + 4096).expect("writes");
    let site = site.restarted_after(|site| {
        let db = store::db::rusqlite::Connection::open(site.at("v/.hist/potluck.db")).expect("opens");
        db.execute("update progress set boot = 'another'", []).expect("updates");
    });
    let ann = Person::new(&site, "*");
    let reply = ann.ask("v", sent.ask("a")).await.expect("resumes");
    assert_eq!(reply.missing, [sent.hashes[1], sent.hashes[4]]);
    for hash in &reply.missing {
        ann.send_chunk("v", &wark, &sent, hash).await.expect("chunk");
    }
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
}

#[tokio::test]
async fn a_kill_between_name_and_ledger() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let sent = Sent::noise(23, 3 << 20);
    let ann = Person::new(&site, "*");
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    for hash in &sent.hashes[..2] {
        ann.send_chunk("v", &wark, &sent, hash).await.expect("chunk");
    }
    drop(ann);
    let site = site.restarted_after(|site| {
        let partial = all_in(&site.at("v")).into_iter().find(|name| name.ends_with(".PARTIAL")).expect("is there");
        std::fs::write(site.at("v").join(&partial), &sent.content).expect("writes");
        std::fs::rename(site.at("v").join(&partial), site.at("v/a")).expect("renames");
    });
    let ann = Person::new(&site, "*");
    let reply = ann.ask("v", sent.ask("a")).await.expect("complete");
    assert_eq!((reply.missing.len(), reply.name.as_slice()), (0, &b"a"[..]));
    assert_eq!(names_in(&site.at("v")), ["a"]);
}

#[tokio::test]
async fn failing_disks() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let faults = Arc::new(Faults::default());
    let volume = site.core.snapshot.load().tree.volumes[0].clone();
    volume.storage.set_root(Folder::open_root(&site.at("v")).expect("opens").with_faults(faults.clone()));
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(24, 3 << 20);
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");

    let mut events = site.core.events.subscribe();
    faults.no_space_after(500_000);
    for _ in 0..2 {
        assert_eq!(kind(ann.send_chunk("v", &wark, &sent, &sent.hashes[1]).await), "Disk");
    }
    let problems = std::iter::from_fn(|| events.try_recv().ok()).filter(|event| matches!(event, Event::Problem { .. }));
    assert_eq!(problems.count(), 1, "told once");
    assert!(volume.storage.shortage.is_active());
    faults.clear();
    assert!(volume.storage.shortage.has_ended(&volume.storage.root().expect("is there")));
    assert_eq!(ann.ask("v", sent.ask("a")).await.expect("kept").missing, sent.hashes[1..]);
    ann.send_chunk("v", &wark, &sent, &sent.hashes[1]).await.expect("chunk");

    // All chunks are received, but the rename fails: the upload is kept, and the next handshake tries again.
    faults.fail_all(Op::Rename, std::io::ErrorKind::StorageFull);
    assert_eq!(kind(ann.send_chunk("v", &wark, &sent, &sent.hashes[2]).await), "Disk");
    assert_eq!(kind(ann.ask("v", sent.ask("a")).await), "Disk");
    faults.clear();
    assert!(ann.ask("v", sent.ask("a")).await.expect("complete").missing.is_empty());
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);

    // Data that the disk could not sync is not trusted.
    let other = Sent::noise(25, 2 << 20);
    let wark = ann.ask("v", other.ask("b")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &other, &other.hashes[0]).await.expect("chunk");
    faults.fail_all(Op::Sync, std::io::ErrorKind::Other);
    assert_eq!(kind(ann.send_chunk("v", &wark, &other, &other.hashes[1]).await), "Internal");
    faults.clear();
    assert_eq!(ann.ask("v", other.ask("b")).await.expect("again").missing, other.hashes);
    assert_eq!(names_in(&site.at("v")), ["a"]);
}

#[tokio::test]
async fn a_partial_file_removed_by_another_program() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(26, 3 << 20);
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    let partial = all_in(&site.at("v")).into_iter().find(|name| name.ends_with(".PARTIAL")).expect("is there");
    std::fs::remove_file(site.at("v").join(partial)).expect("removes");
    ann.send_chunk("v", &wark, &sent, &sent.hashes[1]).await.expect("chunk");
    let reply = ann.ask("v", sent.ask("a")).await.expect("resumes");
    assert_eq!(reply.missing, [sent.hashes[0], sent.hashes[2]]);
}

/// Returns a volume whose disk fails on demand.
fn site_with_faults() -> (Site, Arc<Faults>) {
    let site = Site::new(&[("v", "v", "rw *")]);
    let faults = Arc::new(Faults::default());
    let volume = site.core.snapshot.load().tree.volumes[0].clone();
    volume.storage.set_root(Folder::open_root(&site.at("v")).expect("opens").with_faults(faults.clone()));
    (site, faults)
}

/// Returns the path of the only partial file in `v`.
fn partial_of(site: &Site) -> std::path::PathBuf {
    let name = all_in(&site.at("v")).into_iter().find(|name| name.ends_with(".PARTIAL")).expect("is there");
    site.at("v").join(name)
}

#[tokio::test]
async fn finishing_never_uses_a_recreated_partial_file() {
    for size in [3000, 2 << 20, (2 << 20) + 77] {
        let (site, faults) = site_with_faults();
        let ann = Person::new(&site, "*");
        let sent = Sent::noise(size as u64, size);
        let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
        let (last, others) = sent.hashes.split_last().expect("has chunks");
        for hash in others {
            ann.send_chunk("v", &wark, &sent, hash).await.expect("chunk");
        }
        faults.fail_all(Op::Rename, std::io::ErrorKind::StorageFull);
        assert_eq!(kind(ann.send_chunk("v", &wark, &sent, last).await), "Disk");
        faults.clear();
        // All chunks are marked as received, and their bytes are gone.
        std::fs::remove_file(partial_of(&site)).expect("removes");
        let reply = ann.ask("v", sent.ask("a")).await.expect("resumes");
        assert_eq!(reply.missing, sent.hashes, "{size} bytes have to be sent again");
        assert!(names_in(&site.at("v")).is_empty(), "nothing is visible");
        ann.upload("v", "a", &sent).await.expect("uploads");
        assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
        assert_eq!(names_in(&site.at("v")), ["a"]);
    }
}

#[tokio::test]
async fn a_failed_placement_releases_the_name() {
    for size in [3000, (2 << 20) + 5] {
        let (site, faults) = site_with_faults();
        let ann = Person::new(&site, "*");
        let sent = Sent::noise(size as u64 + 1, size);
        let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
        let (last, others) = sent.hashes.split_last().expect("has chunks");
        for hash in others {
            ann.send_chunk("v", &wark, &sent, hash).await.expect("chunk");
        }
        // The data is synced, then syncing the folder fails.
        faults.fail_nth(Op::Sync, 2, std::io::ErrorKind::Other);
        ann.send_chunk("v", &wark, &sent, last).await.expect_err("is not safe");
        faults.clear();
        assert!(names_in(&site.at("v")).is_empty(), "nothing is visible");
        ann.upload("v", "a", &sent).await.expect("uploads");
        assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
        assert_eq!(names_in(&site.at("v")), ["a"]);
    }
}

#[tokio::test]
async fn a_partial_file_that_another_program_has_changed_does_not_count() {
    let changes: [fn(&Path); 3] = [
        |partial| std::fs::write(partial, b"").expect("truncates"),
        |partial| {
            let zeros = partial.with_extension("zeros");
            std::fs::File::create(&zeros).and_then(|file| file.set_len(3 << 20)).expect("makes");
            std::fs::rename(zeros, partial).expect("replaces");
        },
        |partial| std::fs::write(partial, vec![0; 4 << 20]).expect("lengthens"),
    ];
    for change in changes {
        let site = Site::new(&[("v", "v", "rw *")]);
        let ann = Person::new(&site, "*");
        let sent = Sent::noise(31, 3 << 20);
        let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
        ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
        change(&partial_of(&site));
        ann.send_chunk("v", &wark, &sent, &sent.hashes[1]).await.expect("chunk");
        let reply = ann.ask("v", sent.ask("a")).await.expect("resumes");
        assert_eq!(reply.missing, [sent.hashes[0], sent.hashes[2]]);
        ann.upload("v", "a", &sent).await.expect("uploads");
        assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
    }
}

#[tokio::test]
async fn one_hash_cannot_have_two_lengths() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let short = Sent::noise(32, 10);
    for chunks in [2_usize, 3, 200] {
        let size = ((chunks as u64 - 1) << 20) + 10;
        let request = Handshake { size, hashes: vec![short.hashes[0]; chunks], ..short.ask("a") };
        assert_eq!(kind(ann.ask("v", request).await), "Request");
    }
    // Equal full chunks are sent once.
    let mut content = noise(33, (3 << 20) + 10);
    content.copy_within(0..1 << 20, 2 << 20);
    let sent = Sent::new(content);
    assert_eq!(ann.ask("v", sent.ask("b")).await.expect("new").missing.len(), 3);
    ann.upload("v", "b", &sent).await.expect("uploads");
    assert_eq!(std::fs::read(site.at("v/b")).expect("reads"), sent.content);
}

#[tokio::test]
async fn a_chunk_must_have_the_length_of_its_range() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    const MIB: usize = 1 << 20;
    let whole = noise(1, MIB);
    // Bodies in place of a whole chunk: a short one, an empty one, one byte less than all.
    for (at, short) in [&b"0123456789"[..], b"", &whole[1..]].into_iter().enumerate() {
        let short = Sent::new(short.to_vec());
        let rest = Sent::noise(2 + at as u64, MIB);
        for order in [[&short, &rest], [&rest, &short]] {
            let hashes = order.map(|one| {
                one.hashes
                    .first()
                    .copied()
                    .unwrap_or_else(|| ChunkHash::from_sha512(&Sha512::digest(&one.content).into()))
            });
            let name = format!("{at}-{}", order[0].content.len());
            let asked = Handshake { size: 2 * MIB as u64, hashes: hashes.to_vec(), ..rest.ask(&name) };
            let reply = ann.ask("v", asked.clone()).await.expect("is new");
            for (one, hash) in order.iter().zip(&hashes) {
                let selection = ChunkSelection::One(*hash, None);
                let sent = ann.send("v", &reply.wark, selection, one.content.clone()).await;
                match one.content.len() {
                    MIB => sent.expect("is whole"),
                    _ => assert_eq!(kind(sent), "ChunkCorrupt", "{name}"),
                }
            }
            let missing = ann.ask("v", asked).await.expect("continues").missing;
            assert_eq!(missing.len(), 1, "{name}");
            assert!(!site.at("v").join(&name).exists());
        }
    }
}
