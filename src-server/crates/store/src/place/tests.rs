//! Files become visible only when complete, taken names are never overwritten by accident, failures keep the partial
//! file.

use super::*;
use crate::disk::{Faults, Op, reserved};
use crate::ledger::{FileRow, VerifiedState};
use crate::state_location::StateLocation;
use model::Bytes;
use std::io;
use std::sync::mpsc::{self, Receiver};

struct Bench {
    _tmp: tempfile::TempDir,
    folder: Folder,
    ledger: Arc<Ledger>,
    placer: Placer,
}

fn name(text: &str) -> FileName {
    FileName::new(text.as_bytes()).expect("is a name")
}

impl Bench {
    fn new(faults: Option<Arc<Faults>>) -> Self {
        let tmp = tempfile::tempdir().expect("temp folder");
        let mut folder = Folder::open_root(tmp.path()).expect("opens");
        if let Some(faults) = faults {
            folder = folder.with_faults(faults);
        }
        let ledger = Arc::new(Ledger::open(StateLocation::Folder(tmp.path().join(".hist"))).expect("opens"));
        Self { _tmp: tmp, folder, ledger, placer: Placer::default() }
    }

    fn partial(&self, token: &str, content: &[u8]) -> Arc<Partial> {
        let partial = Partial::create(&self.folder, &reserved::partial_name(token), 0o644).expect("creates");
        partial.write_at(content, 0).expect("writes");
        Arc::new(partial)
    }

    fn send(
        &self,
        content: Content,
        to: &str,
        on_conflict: OnConflict,
        mtime: i64,
    ) -> Receiver<Result<Placed, StoreError>> {
        let (answer, outcome) = mpsc::channel();
        let done = move |placed| answer.send(placed).expect("the test waits");
        self.send_with(content, to, on_conflict, mtime, done, &|| false);
        outcome
    }

    fn send_with(
        &self,
        content: Content,
        to: &str,
        on_conflict: OnConflict,
        mtime: i64,
        done: impl FnOnce(Result<Placed, StoreError>) + Send + 'static,
        next_arrival: &dyn Fn() -> bool,
    ) {
        let (ledger, base) = (self.ledger.clone(), to.to_owned());
        let size = match &content {
            Content::Partial(partial) => partial.length().expect("stats"),
            Content::Symlink(_) | Content::HardLink(..) => 0,
        };
        let placement = Placement {
            size,
            hidden_names: Some(HiddenNames {
                link: name(&format!(".up2k-{to}.PARTIAL")),
                replaced: name(&format!(".up2k-{to}-former.PARTIAL")),
            }),
            content,
            folder: self.folder.clone(),
            name: name(to),
            on_conflict,
            next_name: Box::new(move |_, tries| name(&format!("{base}-{}", tries + 1))),
            mtime: UnixMillis::from_secs(mtime),
            record: Box::new(move |name, meta| {
                ledger.put_file(FileRow {
                    folder: VPath::root(),
                    name: name.clone(),
                    size: Bytes(meta.size),
                    lmod: meta.mtime(),
                    wark: None,
                    hashes: vec![],
                    address: String::new(),
                    account: "*".into(),
                    uploaded_at: UnixMillis(1),
                    expires_at: None,
                    verified: VerifiedState::default(),
                })
            }),
            unrecord: Box::new(|_| {}),
            ledger: self.ledger.clone(),
            done: Box::new(done),
        };
        self.placer.place(placement, next_arrival);
    }

    fn place(&self, token: &str, to: &str, on_conflict: OnConflict, mtime: i64) -> Result<String, ErrorKind> {
        let partial = self.partial(token, token.as_bytes());
        let outcome = self.send(Content::Partial(partial), to, on_conflict, mtime).recv().expect("answers");
        outcome.map(|placed| placed.name.display()).map_err(|error| error.kind())
    }

    fn read(&self, file: &str) -> String {
        use std::io::Read;
        let mut text = String::new();
        open_file(&self.folder, &name(file)).expect("opens").file.read_to_string(&mut text).expect("reads");
        text
    }
}

#[test]
fn files_pushed_while_a_batch_gathers_join_it() {
    let bench = Bench::new(None);
    let (answer, outcomes) = mpsc::channel();
    let asked = std::cell::Cell::new(0);
    let send = |number: usize, next_arrival: &dyn Fn() -> bool| {
        let (answer, folder) = (answer.clone(), bench.folder.clone());
        // When the first result is delivered, all files of the batch are visible.
        let done = move |placed: Result<Placed, StoreError>| {
            let visible = (0..9).filter(|at| folder.stat(&name(&format!("f{at}"))).is_ok_and(|meta| meta.is_some()));
            answer.send((placed.is_ok(), visible.count())).expect("the test waits");
        };
        let partial = bench.partial(&format!("p{number}"), b"x");
        let to = format!("f{number}");
        bench.send_with(Content::Partial(partial), &to, OnConflict::Rename, 1, done, next_arrival);
    };
    let next_arrival = || {
        asked.set(asked.get() + 1);
        send(asked.get(), &|| unreachable!("only the leader asks"));
        true
    };
    send(0, &next_arrival);
    let results: Vec<_> = outcomes.iter().take(MIN_BATCH).collect();
    assert_eq!(results, [(true, MIN_BATCH); MIN_BATCH], "one batch, and no file is left over");
    assert_eq!(asked.get(), MIN_BATCH - 1);
}

#[test]
fn only_the_file_whose_sync_fails_reports_an_error() {
    for is_reliable in [true, false] {
        let faults = Arc::new(Faults::default());
        let bench = Bench::new(Some(faults.clone()));
        let device = bench.folder.meta().expect("asks").dev;
        bench.placer.running().entry(device).or_default().queue.lock().syncfs =
            SyncfsPolicy::with_reliability(is_reliable);
        let (answer, outcomes) = mpsc::channel();
        let send = |number: u32, next_arrival: &dyn Fn() -> bool| {
            let answer = answer.clone();
            let partial = Content::Partial(bench.partial(&format!("p{number}"), b"x"));
            let done = move |placed: Result<Placed, StoreError>| {
                answer.send((number, placed.map(drop).map_err(|error| error.op))).expect("the test waits");
            };
            bench.send_with(partial, &format!("f{number}"), OnConflict::Rename, 1, done, next_arrival);
        };
        let last = MIN_BATCH as u32 - 1;
        let left = std::cell::Cell::new(last);
        let next_arrival = || {
            left.set(left.get() - 1);
            send(left.get(), &|| false);
            left.get() > 0
        };
        // `syncfs` is tried first where it is reliable; then each file is synced alone, and the first of them fails.
        faults.fail_nth(Op::Sync, 1, io::ErrorKind::Other);
        if is_reliable {
            faults.fail_nth(Op::Sync, 2, io::ErrorKind::Other);
        }
        send(last, &next_arrival);
        let mut results: Vec<_> = outcomes.iter().take(if is_reliable { MIN_BATCH } else { 1 }).collect();
        results.sort_unstable();
        let all: Vec<_> = (0..last).map(|number| (number, Ok(()))).chain([(last, Err("sync"))]).collect();
        assert_eq!(results, all[all.len() - results.len()..], "{is_reliable}");
        let visible = |number: u32| bench.folder.stat(&name(&format!("f{number}"))).expect("asks").is_some();
        assert!(!visible(last) && (0..last).all(|number| visible(number) == is_reliable));
    }
}

#[test]
fn taken_names_are_handled_as_requested() {
    let bench = Bench::new(None);
    assert_eq!(bench.place("one", "a", OnConflict::Rename, 100), Ok("a".into()));
    assert_eq!(bench.place("two", "a", OnConflict::Rename, 100), Ok("a-1".into()));
    assert_eq!(bench.place("three", "a", OnConflict::Skip, 100), Err(ErrorKind::Exists));
    assert_eq!(bench.place("four", "a", OnConflict::ReplaceOlder, 100), Ok("a-2".into()));
    assert_eq!(bench.place("five", "a", OnConflict::ReplaceOlder, 101), Ok("a".into()));
    assert_eq!(bench.read("a"), "five");
    assert_eq!(bench.place("six", "a", OnConflict::Replace, 1), Ok("a".into()));
    assert_eq!(bench.read("a"), "six");
    let meta = bench.folder.stat(&name("a")).expect("asks").expect("is there");
    assert_eq!(meta.mtime(), UnixMillis::from_secs(1));
    // A folder is never replaced.
    bench.folder.make_folder(&name("d"), 0o755).expect("makes");
    assert_eq!(bench.place("seven", "d", OnConflict::Replace, 1), Ok("d-1".into()));
    assert!(bench.ledger.file_at(&VPath::root(), &name("d-1")).expect("reads").is_some());
}

#[test]
fn files_placed_by_many_threads_are_all_there() {
    let bench = Bench::new(None);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let bench = &bench;
            scope.spawn(move || {
                for i in 0..20 {
                    // All threads want the same few names.
                    let token = format!("{thread}x{i}");
                    bench.place(&token, &format!("f{thread}-{}", i % 5), OnConflict::Rename, 5).expect("placed");
                }
            });
        }
    });
    let entries = bench.folder.entries().expect("lists");
    assert_eq!(entries.iter().filter(|entry| !reserved::is_reserved(entry.name.as_bytes())).count(), 320);
    assert_eq!(bench.ledger.totals().expect("counts").files, 320);
}

#[test]
fn links_are_placed_too() {
    let bench = Bench::new(None);
    bench.place("one", "a", OnConflict::Rename, 100).expect("placed");
    let soft = bench.send(Content::Symlink(b"a".to_vec()), "soft", OnConflict::Rename, 7).recv().expect("answers");
    assert_eq!(soft.expect("placed").meta.kind, Kind::Link);
    let hard = Content::HardLink(bench.folder.clone(), name("a"));
    bench.send(hard, "hard", OnConflict::Rename, 7).recv().expect("answers").expect("placed");
    assert_eq!(bench.read("hard"), "one");
}

#[test]
fn failures_are_reported_and_keep_the_partial_file() {
    let faults = Arc::new(Faults::default());
    let bench = Bench::new(Some(faults.clone()));
    for (op, kind, want) in [
        (Op::Rename, io::ErrorKind::StorageFull, ErrorKind::NoSpace),
        (Op::Sync, io::ErrorKind::Other, ErrorKind::Other),
    ] {
        let token = format!("{op:?}");
        let partial = bench.partial(&token, b"x");
        faults.fail_all(op, kind);
        let outcome =
            bench.send(Content::Partial(partial.clone()), "f", OnConflict::Rename, 1).recv().expect("answers");
        assert_eq!(outcome.map(|_| ()).map_err(|error| error.kind()), Err(want));
        faults.clear();
        assert!(bench.folder.stat(partial.name()).expect("asks").is_some());
        assert!(bench.folder.stat(&name("f")).expect("asks").is_none());
    }
}
