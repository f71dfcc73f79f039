//! The program is killed at any moment: acknowledged data survives, and nothing else is visible.

use super::sinks::{put, request};
use super::*;
use proptest::prelude::*;
use vfs::error::UploadError;
use vfs::files::ops::{FileOps, IfExists};

#[derive(Clone, Debug)]
enum Step {
    /// File, chunk.
    Send(usize, usize),
    /// File, chunk, damaged at this byte.
    Damaged(usize, usize, usize),
    /// File, chunk; the connection breaks at this byte.
    Cut(usize, usize, usize),
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = || (0usize..3, 0usize..4);
    let step = prop_oneof![
        8 => place().prop_map(|(file, chunk)| Step::Send(file, chunk)),
        1 => (place(), 0usize..400_000).prop_map(|((file, chunk), at)| Step::Damaged(file, chunk, at)),
        1 => (place(), 0usize..400_000).prop_map(|((file, chunk), at)| Step::Cut(file, chunk, at)),
        2 => Just(Step::Kill),
    ];
    proptest::collection::vec(step, 1..25)
}

/// Copies the state of the disk at this moment, as `kill -9` would leave it: the program is not asked to stop.
fn killed(site: &Site) -> Site {
    let copy = tempfile::tempdir().expect("temp folder");
    fn copy_all(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("mkdir");
        for entry in std::fs::read_dir(from).expect("lists") {
            let (entry, to) = (entry.as_ref().expect("entry"), to.join(entry.as_ref().expect("entry").file_name()));
            match entry.file_type().expect("type").is_dir() {
                true => copy_all(&entry.path(), &to),
                false => drop(std::fs::copy(entry.path(), to).expect("copies")),
            }
        }
    }
    copy_all(&site.at(""), copy.path());
    Site::in_folder(copy, &[("v", "v", "rw *")], |_| {})
}

async fn run(steps: Vec<Step>) {
    let mut site = Site::new(&[("v", "v", "rw *")]);
    // The last file has equal chunks; 3.5 MiB each, so that the last chunk is short.
    let mut content = noise(3, 3_670_016);
    content.copy_within(0..1 << 20, 2 << 20);
    let files = [Sent::noise(1, 3_670_016), Sent::noise(2, 3_670_016), Sent::new(content)];
    let mut here = vec![std::collections::HashSet::new(); files.len()];
    for step in steps {
        let ann = Person::new(&site, "*");
        let (file, chunk) = match step {
            Step::Send(file, chunk) | Step::Damaged(file, chunk, _) | Step::Cut(file, chunk, _) => (file, chunk),
            Step::Kill => {
                drop(ann);
                site = killed(&site);
                continue;
            }
        };
        let (sent, name, hash) = (&files[file], format!("f{file}"), files[file].hashes[chunk]);
        let reply = ann.ask("v", sent.ask(&name)).await.expect("handshake");
        let missing: Vec<_> = sent.hashes.iter().filter(|hash| !here[file].contains(*hash)).collect();
        let mut wanted: Vec<_> = Vec::new();
        missing.into_iter().for_each(|hash| {
            if !wanted.contains(hash) {
                wanted.push(*hash)
            }
        });
        assert_eq!(reply.missing, wanted, "exactly the chunks that were not acknowledged are missing");
        let complete = site.at("v").join(&name).exists();
        assert_eq!(complete, wanted.is_empty(), "visible when whole");
        if wanted.is_empty() {
            assert_eq!(std::fs::read(site.at("v").join(&name)).expect("reads"), sent.content);
            continue;
        }
        let body = sent.chunk(&hash);
        let (at, top, length) = (|at: usize| at % body.len(), vpath("v"), body.len() as u64);
        let lease = ann.uploads.claim(&ann.access, &top, &reply.wark, ChunkSelection::One(hash, None), length).await;
        let lease = match lease {
            Err(EngineError::Upload(UploadError::ChunkKnown(_))) => {
                assert!(here[file].contains(&hash));
                continue;
            }
            lease => lease.expect("claims"),
        };
        match step {
            Step::Send(..) => {
                lease.receive(in_pieces(body)).await.expect("is accepted");
                here[file].insert(hash);
            }
            Step::Damaged(_, _, place) => {
                let mut damaged = body.to_vec();
                damaged[at(place)] ^= 0x10;
                assert_eq!(kind(lease.receive(in_pieces(damaged.into())).await), "ChunkCorrupt");
            }
            Step::Cut(_, _, place) => {
                let place = at(place);
                assert_eq!(kind(lease.receive(cut(body, place)).await), "Client");
            }
            Step::Kill => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn nothing_acknowledged_is_lost(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("starts");
        runtime.block_on(run(steps));
    }
}

/// How the target of a link is removed.
#[derive(Clone, Copy, Debug)]
enum Going {
    Deleted,
    Moved,
    Replaced,
    WithItsFolder,
}

impl Going {
    async fn happen(self, site: &Site) -> Result<()> {
        let (ann, ops) = (Person::new(site, "*"), FileOps::new(site.core.clone()));
        let (file, folder) = (vpath("v/d/a.txt"), vpath("v/d"));
        match self {
            Self::Deleted => ops.delete(&ann.access, &file).await.map(drop),
            Self::Moved => ops.move_to(&ann.access, &file, &vpath("v/e/a.txt"), IfExists::Replace).await,
            Self::Replaced => {
                let replacing = SinkRequest { on_conflict: OnConflict::Replace, ..request("v/d", "a.txt") };
                put(&ann, replacing, b"another").await.map(drop)
            }
            Self::WithItsFolder => ops.delete(&ann.access, &folder).await.map(drop),
        }
    }
}

/// How a link from `v/b.txt` to `v/d/a.txt` is created.
#[derive(Clone, Copy, Debug)]
enum Making {
    New,
    InPlaceOfAnother,
    MovedOntoAnother,
}

impl Making {
    async fn prepare(self, site: &Site, sent: &Sent) {
        let ann = Person::new(site, "*");
        ann.upload("v/d", "a.txt", sent).await.expect("is accepted");
        if !matches!(self, Self::New) {
            ann.upload("v", "b.txt", &Sent::noise(8, 2000)).await.expect("is accepted");
        }
        if matches!(self, Self::MovedOntoAnother) {
            ann.upload("v", "c.txt", sent).await.expect("is linked");
        }
    }

    async fn happen(self, site: &Site, sent: &Sent) -> bool {
        let (ann, ops) = (Person::new(site, "*"), FileOps::new(site.core.clone()));
        let asked = match self {
            Self::New => ann.ask("v", sent.ask("b.txt")).await.map(drop),
            Self::InPlaceOfAnother => {
                ann.ask("v", Handshake { on_conflict: OnConflict::Replace, ..sent.ask("b.txt") }).await.map(drop)
            }
            Self::MovedOntoAnother => {
                ops.move_to(&ann.access, &vpath("v/c.txt"), &vpath("v/b.txt"), IfExists::Replace).await
            }
        };
        asked.is_ok()
    }
}

#[tokio::test]
async fn a_link_made_before_a_kill_outlives_its_target() {
    for making in [Making::New, Making::InPlaceOfAnother, Making::MovedOntoAnother] {
        for going in [Going::Deleted, Going::Moved, Going::Replaced, Going::WithItsFolder] {
            for is_cleaned in [true, false] {
                link_then_kill(making, going, is_cleaned).await;
            }
        }
    }
}

/// Kills the program at every point of `making` in turn; then the target of the link is removed.
async fn link_then_kill(making: Making, going: Going, is_cleaned: bool) {
    let sent = Sent::noise(7, 3000);
    let (mut point, mut interrupted, mut is_reached) = (0, 0, true);
    while is_reached {
        point += 1;
        let site = links::with_links();
        making.prepare(&site, &sent).await;
        // The run that is killed creates only the link.
        let site = site.ended();
        let faults = site.with_faults();
        faults.fail_from(point);
        let is_acknowledged = making.happen(&site, &sent).await;
        is_reached = faults.failed_op().is_some();
        let site = if is_cleaned { site.killed() } else { site.killed_without_cleanup() };
        let why =
            format!("{making:?}, {going:?}, cleaned up {is_cleaned}, point {point}, acknowledged {is_acknowledged}");
        let contents = || ["v/b.txt", "v/c.txt"].map(|path| std::fs::read(site.at(path)).ok());
        let before = contents();
        let is_made = before[0].as_deref() == Some(&sent.content[..]);
        assert!(is_made || !is_acknowledged, "{why}");
        interrupted += u32::from(is_made && !is_acknowledged);
        going.happen(&site).await.unwrap_or_else(|error| panic!("{error:?} {why}"));
        assert!(contents() == before, "{why}");
    }
    assert!(interrupted > 0, "no kill came between a link and its row, {making:?}, {going:?}, {point} points");
}

/// A folder has its new path before the ledger knows it: the next start moves the rows of its files, links in it are
/// kept when their targets are removed, and unfinished uploads can be continued.
#[tokio::test]
async fn records_follow_an_interrupted_folder_move() {
    let (sent, big) = (Sent::noise(7, 3000), Sent::noise(9, 3 << 20));
    for replaces in [false, true] {
        let (mut point, mut interrupted, mut is_reached) = (0, 0, true);
        while is_reached {
            point += 1;
            let site = links::with_links();
            let ann = Person::new(&site, "*");
            for name in ["a.txt", "b.txt"] {
                ann.upload("v/d", name, &sent).await.expect("is accepted");
            }
            if replaces {
                ann.upload("v/e", "old.txt", &Sent::noise(8, 2000)).await.expect("is accepted");
            }
            let wark = ann.ask("v/d", big.ask("big")).await.expect("is new").wark;
            ann.send_chunk("v/d", &wark, &big, &big.hashes[0]).await.expect("is accepted");
            drop(ann);
            let Interrupted { site, is_interrupted, answer } = move_interrupted(site, point).await;
            is_reached = is_interrupted;
            let site = site.killed();
            let (ann, ops) = (Person::new(&site, "*"), FileOps::new(site.core.clone()));
            let why = format!("replaces {replaces}, point {point}, {answer:?}");
            let folder = if site.at("v/d").exists() { "v/d" } else { "v/e" };
            interrupted += u32::from(answer.is_err() && folder == "v/e");
            assert!(answer.is_err() || folder == "v/e", "{why}");
            let reply = ann.ask(folder, big.ask("big")).await.expect("continues");
            assert_eq!(reply.missing.len(), big.hashes.len() - 1, "{why}");
            ops.delete(&ann.access, &vpath(&format!("{folder}/a.txt"))).await.expect("goes");
            let kept = std::fs::read(site.at(&format!("{folder}/b.txt")));
            assert_eq!(kept.ok().as_deref(), Some(&sent.content[..]), "{why}");
        }
        assert!(interrupted > 0, "no kill came between a folder's path and what is known, {replaces}, {point} points");
    }
}

/// A move of the folder `v/d` onto `v/e` that a kill ends.
struct Interrupted {
    site: Site,
    /// Whether the kill came before the end.
    is_interrupted: bool,
    answer: vfs::error::Result<()>,
}

impl Interrupted {
    /// Whether the folder has neither name.
    fn is_hidden(&self) -> bool {
        !self.site.at("v/d").exists() && !self.site.at("v/e/a.txt").exists()
    }
}

/// Moves the folder with failures from change `point` on.
async fn move_interrupted(site: Site, point: u64) -> Interrupted {
    let site = site.ended();
    let faults = site.with_faults();
    faults.fail_from(point);
    let ops = FileOps::new(site.core.clone());
    let answer = ops.move_to(&site.access("*"), &vpath("v/d"), &vpath("v/e"), IfExists::Replace).await;
    Interrupted { site, is_interrupted: faults.failed_op().is_some(), answer }
}

/// Uploads `v/d/a.txt`, `more` into `v/d`, and `v/e/old.txt`; then moves the folder with failures from change `point` on.
async fn replace_interrupted(point: u64, more: &[(&str, Sent)]) -> Interrupted {
    let site = links::with_links();
    let ann = Person::new(&site, "*");
    ann.upload("v/d", "a.txt", &Sent::noise(7, 3000)).await.expect("is accepted");
    for (name, sent) in more {
        ann.upload("v/d", name, sent).await.expect("is accepted");
    }
    ann.upload("v/e", "old.txt", &Sent::noise(8, 2000)).await.expect("is accepted");
    drop(ann);
    move_interrupted(site, point).await
}

/// A folder that waited to replace another one has its name back once the volume is open: no request finds neither.
#[tokio::test]
async fn an_interrupted_folder_move_is_undone_before_the_first_request() {
    let (mut point, mut undone, mut is_reached) = (0, 0, true);
    while is_reached {
        point += 1;
        let moved = replace_interrupted(point, &[]).await;
        let was_hidden = moved.is_hidden();
        let Interrupted { site, is_interrupted, answer } = moved;
        is_reached = is_interrupted;
        let site = site.killed_without_cleanup();
        let there = ["v/d/a.txt", "v/e/a.txt", "v/e/old.txt"].map(|path| site.at(path).exists());
        assert!([[true, false, true], [false, true, false]].contains(&there), "point {point}: {there:?}, {answer:?}");
        undone += u32::from(was_hidden);
    }
    assert!(undone > 0, "no kill came while the folder was waiting, {point} points");
}

/// Another request may create a folder with the name of the one that waits: after a kill both are one.
#[tokio::test]
async fn a_waiting_folder_and_its_new_namesake_become_one() {
    let (mut point, mut merged, mut is_reached) = (0, 0, true);
    while is_reached {
        point += 1;
        let more = ("b.txt", Sent::noise(9, 100));
        let moved = replace_interrupted(point, &[more]).await;
        let was_hidden = moved.is_hidden();
        let Interrupted { site, is_interrupted, answer } = moved;
        is_reached = is_interrupted;
        if was_hidden {
            std::fs::create_dir(site.at("v/d")).expect("makes a folder");
            std::fs::write(site.at("v/d/a.txt"), "new").expect("writes");
        }
        let site = site.killed();
        if was_hidden {
            assert_eq!(names_in(&site.at("v")), ["d", "d (2)", "e"], "point {point}, {answer:?}");
            assert_eq!(names_in(&site.at("v/d")), ["a.txt", "b.txt"]);
            assert_eq!(std::fs::read(site.at("v/d/a.txt")).expect("reads"), b"new");
            assert_eq!(std::fs::read(site.at("v/d (2)/a.txt")).expect("reads"), Sent::noise(7, 3000).content);
        }
        merged += u32::from(was_hidden);
    }
    assert!(merged > 0, "no kill came while the folder was waiting, {point} points");
}

/// Links made by the owner of the disk stay links and follow their targets.
#[cfg(unix)]
#[tokio::test]
async fn foreign_links_are_unchanged_after_a_kill() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    let ann = Person::new(&site, "*");
    ann.upload("v", "a.txt", &Sent::noise(7, 3000)).await.expect("is accepted");
    drop(ann);
    let site = site.ended();
    site.link("a.txt", "v/latest.txt");
    let ann = Person::new(&site, "*");
    ann.upload("v", "b.txt", &Sent::noise(8, 3000)).await.expect("is accepted");
    drop(ann);
    // The program was started some time after the link was made.
    let (note, later) = (site.at("v/.hist/running"), std::time::Duration::from_secs(1));
    let note = std::fs::File::options().write(true).open(note).expect("opens");
    note.set_modified(std::time::SystemTime::now() + later).expect("sets its time");
    let site = site.killed();
    let replacing = SinkRequest { on_conflict: OnConflict::Replace, ..request("v", "a.txt") };
    put(&Person::new(&site, "*"), replacing, b"another").await.expect("replaces");
    assert_eq!(std::fs::read(site.at("v/latest.txt")).expect("reads"), b"another");
}
