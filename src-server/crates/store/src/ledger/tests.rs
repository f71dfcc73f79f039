//! What was entered comes back, also from a copy of the files of a program that was killed.

use super::*;
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, ChunkHash, UnixMillis, Upload, Wark, WhenTaken};
use std::path::Path;

fn path(text: &str) -> VPath {
    VPath::parse(text.as_bytes()).expect("parses")
}
fn name(text: &str) -> FileName {
    FileName::new(text.as_bytes()).expect("is a name")
}
fn hash(seed: u8) -> ChunkHash {
    ChunkHash::from_bytes([seed; 33])
}

pub(super) fn file(folder: &str, file: &str, seed: u8) -> FileRow {
    let hashes = vec![hash(seed)];
    FileRow {
        folder: path(folder),
        name: name(file),
        size: Bytes(10),
        lmod: UnixMillis(-5),
        wark: Some(Wark::of_content("salt", Bytes(10), &hashes)),
        hashes,
        address: "::1".into(),
        account: "ed".into(),
        uploaded_at: UnixMillis(1000 + i64::from(seed)),
        expires_at: (seed > 100).then_some(UnixMillis(i64::from(seed))),
        seen: Seen { boot: "b".into(), ino: u64::MAX, mtime_ns: -7 },
    }
}

fn unfinished(id: i64, chunks: usize) -> UnfinishedRow {
    let size = Bytes((chunks as u64) << 20);
    let hashes: Vec<_> = (0..chunks).map(|i| hash(i as u8)).collect();
    UnfinishedRow {
        id,
        upload: Upload {
            wark: Wark::of_content("salt", size, &hashes),
            folder: path("in"),
            name: name("x.bin"),
            plan: ChunkPlan::new(size, Generation::G2),
            have: vec![false; chunks],
            hashes,
            lmod: UnixMillis(77),
            when_taken: WhenTaken::ReplaceOlder,
            account: "*".into(),
            address: "10.0.0.1".into(),
            started: UnixMillis(5),
            lifetime_secs: Some(60),
        },
        asked_name: name("asked"),
        random: true,
        partial: crate::disk::reserved::partial_name("abc"),
        touched: UnixMillis(6),
        boot: boot_id().into(),
    }
}

fn at(folder: &Path) -> Ledger {
    Ledger::open(VolumeState::Folder(folder.to_owned())).expect("opens")
}

/// What would be found after `kill -9` now.
fn after_kill(state: &Path) -> (tempfile::TempDir, Ledger) {
    let copy = tempfile::tempdir().expect("temp folder");
    for entry in std::fs::read_dir(state).expect("lists") {
        let entry = entry.expect("entry");
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copies");
    }
    let ledger = at(copy.path());
    (copy, ledger)
}

#[test]
fn nothing_is_made_before_the_first_write() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let state = tmp.path().join(".hist");
    let ledger = at(&state);
    assert_eq!(ledger.file_at(&path(""), &name("a")).expect("reads"), None);
    assert_eq!(ledger.unfinished().expect("reads"), []);
    assert_eq!(ledger.totals().expect("counts"), Totals::default());
    assert_eq!(ledger.forget(&path("a")).expect("nothing to do").wait().expect("at once"), 0);
    ledger.moved(&path("a"), &path("b")).expect("nothing to do").wait().expect("at once");
    assert!(!state.exists());
    ledger.put_file(file("", "a", 1)).expect("queues").wait().expect("writes");
    assert!(state.join("potluck.db").exists());
}

#[test]
fn files_are_found_moved_and_forgotten() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let ledger = at(tmp.path());
    for (folder, file_name, seed) in
        [("", "a", 1), ("d", "a", 1), ("d/e", "b", 2), ("dd", "c", 3), ("d", "old", 101), ("d0", "x", 4)]
    {
        ledger.finish(file(folder, file_name, seed), None).expect("queues").wait().expect("writes");
    }
    assert_eq!(ledger.file_at(&path("d/e"), &name("b")).expect("reads"), Some(file("d/e", "b", 2)));
    let twins = ledger.files_with(&file("", "a", 1).wark.expect("has one"), 10).expect("reads");
    assert_eq!(twins, [file("", "a", 1), file("d", "a", 1)]);
    assert_eq!(ledger.totals().expect("counts"), Totals { files: 6, bytes: 60 });
    ledger.put_file(FileRow { size: Bytes(15), ..file("", "a", 1) }).expect("queues").wait().expect("writes");
    assert_eq!(ledger.totals().expect("counts"), Totals { files: 6, bytes: 65 });
    assert_eq!(ledger.expired(UnixMillis(101), 9).expect("reads"), [file("d", "old", 101)]);
    assert_eq!(ledger.expired(UnixMillis(100), 9).expect("reads"), []);
    assert_eq!(ledger.uploaded_by(&"ed".into(), "other", UnixMillis(1003), 9).expect("reads").len(), 3);
    assert_eq!(ledger.uploaded_by(&"*".into(), "::1", UnixMillis(0), 9).expect("reads"), []);

    ledger.moved(&path("d"), &path("new/d")).expect("queues").wait().expect("writes");
    assert_eq!(ledger.file_at(&path("new/d/e"), &name("b")).expect("reads"), Some(file("new/d/e", "b", 2)));
    assert!(ledger.file_at(&path("dd"), &name("c")).expect("reads").is_some(), "a neighbour stays");
    assert!(ledger.file_at(&path("d0"), &name("x")).expect("reads").is_some(), "a neighbour stays");
    ledger.moved(&path("new/d/a"), &path("dd/c")).expect("queues").wait().expect("writes");
    assert_eq!(ledger.file_at(&path("dd"), &name("c")).expect("reads"), Some(file("dd", "c", 1)));
    assert_eq!(ledger.totals().expect("counts").files, 5, "what was overwritten is gone");
    assert_eq!(ledger.forget(&path("new")).expect("queues").wait().expect("writes"), 2);
    assert_eq!(ledger.totals().expect("counts").files, 3);
    assert_eq!(ledger.forget(&VPath::root()).expect("queues").wait().expect("writes"), 3);
}

#[test]
fn what_is_found_belongs_to_nobody() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let ledger = at(tmp.path());
    let mine = |seed| FileRow { expires_at: Some(UnixMillis(5)), ..file("", "a", seed) };
    let there = || ledger.file_at(&path(""), &name("a")).expect("reads").expect("is known");
    let found = |seed| ledger.put_file(mine(seed)).expect("queues").wait().expect("writes");
    let nobodys = |seed| FileRow {
        account: "*".into(),
        address: String::new(),
        uploaded_at: UnixMillis(0),
        expires_at: None,
        ..mine(seed)
    };
    found(1);
    assert_eq!(there(), nobodys(1));
    assert_eq!(ledger.totals().expect("counts"), Totals { files: 1, bytes: 10 });

    ledger.finish(mine(2), None).expect("queues").wait().expect("writes");
    assert_eq!(there(), mine(2));
    let seen = Seen { boot: "now".into(), ino: 3, mtime_ns: 4 };
    let again = FileRow { lmod: UnixMillis(9), seen: seen.clone(), account: "eve".into(), ..mine(2) };
    ledger.put_file(again).expect("queues").wait().expect("writes");
    assert_eq!(there(), FileRow { lmod: UnixMillis(9), seen, ..mine(2) }, "the same content keeps its people");
    found(3);
    assert_eq!(there(), nobodys(3), "other content is another file");

    ledger.finish(FileRow { wark: None, ..mine(4) }, None).expect("queues").wait().expect("writes");
    found(4);
    assert_eq!(there(), mine(4), "hashed later");
    ledger.put_file(FileRow { size: Bytes(11), ..mine(4) }).expect("queues").wait().expect("writes");
    assert_eq!(there(), FileRow { size: Bytes(11), ..nobodys(4) });
    assert_eq!(ledger.totals().expect("counts"), Totals { files: 1, bytes: 11 });
}

#[test]
fn unfinished_uploads_survive_a_kill() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let ledger = at(tmp.path());
    let mut row = unfinished(7, 20);
    ledger.begin(row.clone()).expect("queues").wait().expect("writes");
    let (_copy, second) = after_kill(tmp.path());
    assert_eq!(second.unfinished().expect("reads"), std::slice::from_ref(&row));
    for at in [3, 0, 19] {
        row.upload.have[at] = true;
        row.touched = UnixMillis(100 + at as i64);
        ledger.progress(7, &row.upload.have, row.touched).expect("queues").wait().expect("writes");
        let (_copy, second) = after_kill(tmp.path());
        assert_eq!(second.unfinished().expect("reads"), std::slice::from_ref(&row));
    }
    ledger.finish(file("in", "x.bin", 9), Some(7)).expect("queues").wait().expect("writes");
    let (_copy, second) = after_kill(tmp.path());
    assert_eq!(second.unfinished().expect("reads"), []);
    assert!(second.file_at(&path("in"), &name("x.bin")).expect("reads").is_some());
}

#[test]
fn a_damaged_database_is_put_aside() {
    let tmp = tempfile::tempdir().expect("temp folder");
    std::fs::write(tmp.path().join("potluck.db"), [7; 9000]).expect("writes");
    let ledger = at(tmp.path());
    ledger.put_file(file("", "a", 1)).expect("queues").wait().expect("writes");
    assert!(tmp.path().join("potluck.db.damaged").exists());
}

#[test]
fn without_a_place_it_lives_in_memory() {
    let tmp = tempfile::tempdir().expect("temp folder");
    std::fs::write(tmp.path().join("file"), "x").expect("writes");
    for state in [VolumeState::Memory, VolumeState::Folder(tmp.path().join("file/below"))] {
        let ledger = Ledger::open(state).expect("opens");
        ledger.put_file(file("", "a", 1)).expect("queues").wait().expect("writes");
        assert!(ledger.file_at(&path(""), &name("a")).expect("reads").is_some());
    }
}
