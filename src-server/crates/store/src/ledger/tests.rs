//! Rows that were committed are found again, also in a copy of the files of a program that was killed.

use super::*;
use crate::error::ErrorKind;
use crate::state_location::StateLocation;
use crate::totals::Totals;
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, ChunkHash, FileName, OnConflict, UnixMillis, Upload, VPath, Wark};
use rusqlite::Connection;
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
        verified: VerifiedState { boot: "b".into(), ino: u64::MAX, mtime_ns: -7 },
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
            on_conflict: OnConflict::ReplaceOlder,
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
        ino: Some(u64::MAX - 3),
        tail: 5,
    }
}

fn at(folder: &Path) -> Ledger {
    Ledger::open(StateLocation::Folder(folder.to_owned())).expect("opens")
}

/// Opens the ledger that a restart after `kill -9` at this moment would find.
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
fn nothing_is_created_before_the_first_write() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let state = tmp.path().join(".hist");
    let ledger = at(&state);
    assert_eq!(ledger.file_at(&path(""), &name("a")).expect("reads"), None);
    assert_eq!(ledger.unfinished_uploads().expect("reads"), []);
    assert_eq!(ledger.totals().expect("counts"), Totals::default());
    assert_eq!(ledger.forget(&path("a")).expect("nothing to do").wait().expect("at once"), 0);
    ledger.move_rows(&path("a"), &path("b")).expect("nothing to do").wait().expect("at once");
    assert!(!state.exists());
    ledger.put_file(file("", "a", 1)).expect("queues").wait().expect("writes");
    assert!(state.join("potluck.db").exists());
}

#[test]
fn files_are_found_moved_and_removed() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let ledger = at(tmp.path());
    for (folder, file_name, seed) in
        [("", "a", 1), ("d", "a", 1), ("d/e", "b", 2), ("dd", "c", 3), ("d", "old", 101), ("d0", "x", 4)]
    {
        ledger.finish_upload(file(folder, file_name, seed), None).expect("queues").wait().expect("writes");
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
    let newest = ledger.newest(2).expect("reads");
    assert!(newest.len() == 2 && newest[0].uploaded_at >= newest[1].uploaded_at, "{newest:?}");
    assert!(ledger.newest(9).expect("reads").iter().all(|row| row.uploaded_at <= newest[0].uploaded_at));

    ledger.move_rows(&path("d"), &path("new/d")).expect("queues").wait().expect("writes");
    assert_eq!(ledger.file_at(&path("new/d/e"), &name("b")).expect("reads"), Some(file("new/d/e", "b", 2)));
    assert!(ledger.file_at(&path("dd"), &name("c")).expect("reads").is_some(), "a neighbour stays");
    assert!(ledger.file_at(&path("d0"), &name("x")).expect("reads").is_some(), "a neighbour stays");
    ledger.move_rows(&path("new/d/a"), &path("dd/c")).expect("queues").wait().expect("writes");
    assert_eq!(ledger.file_at(&path("dd"), &name("c")).expect("reads"), Some(file("dd", "c", 1)));
    assert_eq!(ledger.totals().expect("counts").files, 5, "what was overwritten is gone");
    assert_eq!(ledger.forget(&path("new")).expect("queues").wait().expect("writes"), 2);
    assert_eq!(ledger.totals().expect("counts").files, 3);
    assert_eq!(ledger.forget(&VPath::root()).expect("queues").wait().expect("writes"), 3);
}

#[test]
fn found_files_have_no_uploader() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let ledger = at(tmp.path());
    let mine = |seed| FileRow { expires_at: Some(UnixMillis(5)), ..file("", "a", seed) };
    let there = || ledger.file_at(&path(""), &name("a")).expect("reads").expect("is known");
    let found = |seed| ledger.put_file(mine(seed)).expect("queues").wait().expect("writes");
    let without_uploader = |seed| FileRow {
        account: "*".into(),
        address: String::new(),
        uploaded_at: UnixMillis(0),
        expires_at: None,
        ..mine(seed)
    };
    found(1);
    assert_eq!(there(), without_uploader(1));
    assert_eq!(ledger.totals().expect("counts"), Totals { files: 1, bytes: 10 });

    ledger.finish_upload(mine(2), None).expect("queues").wait().expect("writes");
    assert_eq!(there(), mine(2));
    let verified = VerifiedState { boot: "now".into(), ino: 3, mtime_ns: 4 };
    let again = FileRow { lmod: UnixMillis(9), verified: verified.clone(), account: "eve".into(), ..mine(2) };
    ledger.put_file(again).expect("queues").wait().expect("writes");
    assert_eq!(there(), FileRow { lmod: UnixMillis(9), verified, ..mine(2) }, "the same content keeps its uploader");
    found(3);
    assert_eq!(there(), without_uploader(3), "other content is another file");

    ledger.finish_upload(FileRow { wark: None, ..mine(4) }, None).expect("queues").wait().expect("writes");
    found(4);
    assert_eq!(there(), mine(4), "hashed later");
    ledger.put_file(FileRow { size: Bytes(11), ..mine(4) }).expect("queues").wait().expect("writes");
    assert_eq!(there(), FileRow { size: Bytes(11), ..without_uploader(4) });
    assert_eq!(ledger.totals().expect("counts"), Totals { files: 1, bytes: 11 });
}

#[test]
fn unfinished_uploads_survive_a_kill() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let ledger = at(tmp.path());
    let mut row = unfinished(7, 20);
    ledger.begin_upload(row.clone()).expect("queues").wait().expect("writes");
    let (_copy, second) = after_kill(tmp.path());
    assert_eq!(second.unfinished_uploads().expect("reads"), std::slice::from_ref(&row));
    for at in [3, 0, 19] {
        row.upload.have[at] = true;
        row.touched = UnixMillis(100 + at as i64);
        row.tail = 0;
        ledger.save_progress(7, &row.upload.have, row.ino, row.touched).expect("queues").wait().expect("writes");
        let (_copy, second) = after_kill(tmp.path());
        assert_eq!(second.unfinished_uploads().expect("reads"), std::slice::from_ref(&row));
    }
    ledger.finish_upload(file("in", "x.bin", 9), Some(7)).expect("queues").wait().expect("writes");
    let (_copy, second) = after_kill(tmp.path());
    assert_eq!(second.unfinished_uploads().expect("reads"), []);
    assert!(second.file_at(&path("in"), &name("x.bin")).expect("reads").is_some());
}

#[test]
fn a_damaged_database_is_renamed_and_replaced() {
    let tmp = tempfile::tempdir().expect("temp folder");
    std::fs::write(tmp.path().join("potluck.db"), [7; 9000]).expect("writes");
    let ledger = at(tmp.path());
    ledger.put_file(file("", "a", 1)).expect("queues").wait().expect("writes");
    assert!(tmp.path().join("potluck.db.damaged").exists());
}

#[test]
fn without_a_state_folder_the_ledger_is_in_memory() {
    let tmp = tempfile::tempdir().expect("temp folder");
    std::fs::write(tmp.path().join("file"), "x").expect("writes");
    for state in [StateLocation::Memory, StateLocation::Folder(tmp.path().join("file/below"))] {
        let ledger = Ledger::open(state).expect("opens");
        ledger.put_file(file("", "a", 1)).expect("queues").wait().expect("writes");
        assert!(ledger.file_at(&path(""), &name("a")).expect("reads").is_some());
    }
}

/// The wark of the row that [`file`] makes for a seed.
fn wark(seed: u8) -> Wark {
    file("", "a", seed).wark.expect("is hashed")
}

#[test]
fn every_query_finds_staged_rows() {
    type Query = fn(&Ledger) -> bool;
    let queries: [(&str, Query); 7] = [
        ("path", |ledger| ledger.file_at(&path("d"), &name("a")).expect("reads") == Some(file("d", "a", 101))),
        ("content", |ledger| ledger.files_with(&wark(101), 9).expect("reads") == [file("d", "a", 101)]),
        ("old content", |ledger| ledger.files_with(&wark(7), 9).expect("reads").is_empty()),
        ("sender", |ledger| ledger.uploaded_by(&"ed".into(), "::1", UnixMillis(0), 9).expect("reads").len() == 1),
        ("expiry", |ledger| ledger.expired(UnixMillis(999), 9).expect("reads") == [file("d", "a", 101)]),
        ("totals", |ledger| ledger.totals().expect("counts") == Totals { files: 1, bytes: 10 }),
        ("forget", |ledger| ledger.forget(&path("d")).expect("queues").wait().expect("writes") == 1),
    ];
    for (which, is_found) in queries {
        for after_a_kill in [false, true] {
            let tmp = tempfile::tempdir().expect("temp folder");
            let mut ledger = at(tmp.path());
            for seed in [7, 101] {
                // The first row is indexed when the second arrives.
                ledger.flush().expect("moves");
                ledger.finish_upload(file("d", "a", seed), None).expect("queues").wait().expect("writes");
            }
            let _copy;
            if after_a_kill {
                (_copy, ledger) = after_kill(tmp.path());
            }
            assert!(is_found(&ledger), "{which}, after a kill: {after_a_kill}");
        }
    }
}

#[test]
fn few_rows_are_staged_and_unrelated_queries_leave_them_staged() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let ledger = at(tmp.path());
    let staged = || -> i64 {
        ledger
            .write(|connection| connection.query_row("select count(*) from arrival", [], |row| row.get(0)))
            .expect("queues")
            .wait()
            .expect("counts")
    };
    let arrive = |at: usize, seed| {
        ledger.finish_upload(file("d", &format!("f{at}"), seed), None).expect("queues").wait().expect("writes");
    };
    let mut most = 0;
    for number in 0..9_000 {
        arrive(number, (number % 50) as u8);
        most = most.max(if number % 1000 == 999 || (8_185..8_200).contains(&number) { staged() } else { 0 });
    }
    assert!((8_000..=8192).contains(&most), "{most} staged");
    arrive(9_000, 60);
    let before = staged();
    assert!(before > 0);
    assert_eq!(ledger.file_at(&path("d"), &name("no")).expect("reads"), None);
    assert_eq!(ledger.files_with(&wark(61), 9).expect("reads"), []);
    assert_eq!(staged(), before);
    assert_eq!(ledger.files_with(&wark(60), 9).expect("reads").len(), 1);
    assert_eq!(staged(), 0);
    assert_eq!(ledger.totals().expect("counts").files, 9_001);
}

/// The database may not grow by a single page, so staged rows cannot be flushed.
#[test]
fn on_a_full_disk_queries_find_rows_that_cannot_be_flushed() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let ledger = at(tmp.path());
    let arrive = |row: FileRow| ledger.finish_upload(row, None).expect("queues").wait().expect("writes");
    let rows = |of: u8| (0..2_000).map(move |number| file("d", &format!("f{number}"), of));
    rows(1).take(200).for_each(arrive);
    assert_eq!(ledger.totals().expect("counts").files, 200);
    // 200 files are uploaded again and the others for the first time; one of them twice more, with an expiry date.
    rows(2).for_each(arrive);
    [3, 104].into_iter().for_each(|seed| arrive(file("d", "f299", seed)));
    let pages = |most: &'static str| {
        let set = move |connection: &Connection| connection.query_row(most, [], |row| row.get::<_, i64>(0));
        ledger.write(set).expect("queues").wait().expect("sets")
    };
    pages("pragma max_page_count = 1");
    let ask = || {
        let found = |seed: u8| ledger.files_with(&wark(seed), 9_999).expect("reads").len();
        let there = |at: &str| ledger.file_at(&path("d"), &name(at)).expect("reads").map(|row| row.wark);
        let ended: Vec<_> =
            ledger.expired(UnixMillis(9_999), 99).expect("reads").iter().map(|r| r.name.clone()).collect();
        ([1, 2, 3, 104].map(found), ["f0", "f250", "f299", "no"].map(there), ended)
    };
    let want =
        ([0, 1_999, 0, 1], [Some(Some(wark(2))), Some(Some(wark(2))), Some(Some(wark(104))), None], vec![name("f299")]);
    assert_eq!(ledger.flush().map_err(|error| error.kind()), Err(ErrorKind::NoSpace));
    assert_eq!(ask(), want);
    pages("pragma max_page_count = 100000");
    ledger.flush().expect("there is room");
    assert_eq!(ask(), want);
    assert_eq!(ledger.totals().expect("counts").files, 2_000);
}

/// Applies random changes to a ledger and to a map in memory, and compares them after each.
#[test]
fn the_last_change_counts_in_any_order_of_changes() {
    use std::collections::BTreeMap;
    for seed in 0..4_u64 {
        let tmp = tempfile::tempdir().expect("temp folder");
        let (mut ledger, mut copies) = (at(tmp.path()), Vec::new());
        let mut known: BTreeMap<(&str, String), FileRow> = BTreeMap::new();
        let mut state = seed * 977 + 1;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for step in 0..300 {
            let (folder, file_name) = (["", "d", "d/e", "x"][random(4) as usize], format!("f{}", random(6)));
            let row = file(folder, &file_name, random(9) as u8);
            let place = (folder, file_name.clone());
            match random(12) {
                0..6 => {
                    ledger.finish_upload(row.clone(), None).expect("queues").wait().expect("writes");
                    known.insert(place, row);
                }
                6 => {
                    ledger.finish_upload(row.clone(), Some(step)).expect("queues").wait().expect("writes");
                    known.insert(place, row);
                }
                7 => {
                    ledger.forget(&row.folder.join(&row.name)).expect("queues").wait().expect("writes");
                    known.remove(&place);
                }
                8 => {
                    let target = FileRow { folder: path("x"), name: name("moved"), ..row.clone() };
                    ledger
                        .move_rows(&row.folder.join(&row.name), &path("x/moved"))
                        .expect("queues")
                        .wait()
                        .expect("writes");
                    let gone = known.remove(&place);
                    known.remove(&("x", "moved".into()));
                    known.extend(gone.map(|old| {
                        (("x", "moved".into()), FileRow { folder: target.folder, name: target.name, ..old })
                    }));
                }
                9 => assert_eq!(ledger.totals().expect("counts").files, known.len() as u64, "seed {seed}, step {step}"),
                10 => {
                    let (copy, next) = after_kill(copies.last().map_or(tmp.path(), tempfile::TempDir::path));
                    copies.push(copy);
                    ledger = next;
                }
                _ => {
                    let wark = row.wark.expect("is hashed");
                    let mut found = ledger.files_with(&wark, 99).expect("reads");
                    let mut want: Vec<_> = known.values().filter(|row| row.wark == Some(wark)).cloned().collect();
                    let by_place = |row: &FileRow| (row.folder.as_bytes().to_vec(), row.name.as_bytes().to_vec());
                    found.sort_by_key(by_place);
                    want.sort_by_key(by_place);
                    assert_eq!(found, want, "seed {seed}, step {step}");
                }
            }
            let there = ledger.file_at(&path(folder), &name(&file_name)).expect("reads");
            assert_eq!(there.as_ref(), known.get(&(folder, file_name)), "seed {seed}, step {step}");
        }
    }
}
