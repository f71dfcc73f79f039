//! Fault injection: every disk change, every ledger change and every commit fails once, in operations of every kind: on
//! a full disk, on a broken one, and as the last action of a killed program.
//!
//! Acknowledged changes exist, refused ones changed nothing, sums agree with the disk, the next start leaves nothing
//! hidden, and the same operation succeeds when repeated.

use super::sinks::{put, request};
use super::*;
use crate::volume::uploads_of;
use model::volume::DedupMode;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use store::Totals;
use store::disk::{Op, reserved};
use vfs::files::ops::{FileOps, IfExists};

/// Path to content; paths of folders end with a slash.
type State = BTreeMap<String, Vec<u8>>;

/// One operation. Paths begin with a volume: `v`, `w` (on the same disk), `far` (on another disk, if there is one).
#[derive(Clone, Copy, Debug)]
enum Do {
    /// Path, content, bytes.
    Put(&'static str, u64, usize),
    Append(&'static str, u64, usize),
    Save(&'static str, u64, usize),
    /// By up2k: known content becomes a link or a copy.
    Upload(&'static str, u64, usize),
    NewText(&'static str),
    MakeFolder(&'static str),
    Copy(&'static str, &'static str),
    Move(&'static str, &'static str),
    Delete(&'static str),
}
use Do::*;

/// Small bodies stay in memory until they end, large ones do not, and files of several chunks are in the ledger.
const SMALL: usize = 3000;
const LARGE: usize = 100_000;
const CHUNKS: usize = (2 << 20) + 99;

/// Operations that prepare a scene, and the operation under test.
const SCENES: &[(&[Do], Do)] = &[
    (&[], Put("v/a.txt", 1, SMALL)),
    (&[], Put("v/d/a.txt", 1, LARGE)),
    (&[Put("v/a.txt", 1, SMALL)], Put("v/a.txt", 2, SMALL)),
    (&[Put("v/a.txt", 1, SMALL)], Put("v/a.txt", 2, LARGE)),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/b.txt", 1, SMALL)], Put("v/a.txt", 2, SMALL)),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/b.txt", 1, SMALL)], Put("v/b.txt", 2, SMALL)),
    (&[], Append("v/a.txt", 1, SMALL)),
    (&[Put("v/a.txt", 1, SMALL)], Append("v/a.txt", 2, SMALL)),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/d/b.txt", 1, SMALL)], Append("v/d/b.txt", 2, LARGE)),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/d/b.txt", 1, SMALL)], Append("v/a.txt", 2, SMALL)),
    (&[], Save("v/d/a.txt", 1, SMALL)),
    (&[Save("v/a.txt", 1, SMALL)], Save("v/a.txt", 2, SMALL)),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/b.txt", 1, SMALL)], Save("v/b.txt", 2, SMALL)),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/b.txt", 1, SMALL)], Save("v/a.txt", 2, SMALL)),
    (&[], NewText("v/new.txt")),
    (&[], MakeFolder("v/d/e")),
    (&[], Upload("v/a.txt", 1, SMALL)),
    (&[], Upload("v/d/a.txt", 1, CHUNKS)),
    (&[Put("v/a.txt", 2, SMALL)], Upload("v/a.txt", 1, SMALL)),
    (&[Upload("v/a.txt", 2, SMALL)], Upload("v/a.txt", 1, CHUNKS)),
    (&[Upload("v/a.txt", 1, SMALL)], Upload("v/d/b.txt", 1, SMALL)),
    (&[Upload("v/a.txt", 1, SMALL), Put("v/b.txt", 2, SMALL)], Upload("v/b.txt", 1, SMALL)),
    (&[Upload("v/a.txt", 1, CHUNKS)], Upload("v/d/b.txt", 1, CHUNKS)),
    (&[Put("v/a.txt", 1, SMALL)], Copy("v/a.txt", "v/d/b.txt")),
    (&[Put("v/a.txt", 1, SMALL), Put("v/b.txt", 2, SMALL)], Copy("v/a.txt", "v/b.txt")),
    (&[Put("v/t/a.txt", 1, SMALL), Put("v/t/u/b.txt", 2, SMALL)], Copy("v/t", "v/n")),
    (&[Put("v/t/a.txt", 1, SMALL), Put("v/t/u/b.txt", 2, SMALL), Put("v/n/c.txt", 3, SMALL)], Copy("v/t", "v/n")),
    (&[Put("v/t/a.txt", 1, SMALL)], Copy("v/t", "far/t")),
    (&[Put("v/a.txt", 1, SMALL)], Move("v/a.txt", "v/d/b.txt")),
    (&[Put("v/a.txt", 1, SMALL), Put("v/b.txt", 2, SMALL)], Move("v/a.txt", "v/b.txt")),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/d/b.txt", 1, SMALL)], Move("v/a.txt", "v/d/c.txt")),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/d/b.txt", 1, SMALL)], Move("v/d/b.txt", "v/e/c.txt")),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/b.txt", 1, SMALL), Put("v/c.txt", 2, SMALL)], Move("v/b.txt", "v/c.txt")),
    (
        &[Upload("v/a.txt", 1, SMALL), Upload("v/b.txt", 1, SMALL), Put("v/d/c.txt", 2, SMALL)],
        Move("v/b.txt", "v/d/c.txt"),
    ),
    (&[Upload("v/t/a.txt", 1, SMALL), Upload("v/b.txt", 1, SMALL), Put("v/t/c.txt", 2, SMALL)], Move("v/t", "v/u/n")),
    (&[Put("v/t/a.txt", 1, SMALL), Put("v/n/c.txt", 3, SMALL)], Move("v/t", "v/n")),
    (&[Put("v/a.txt", 1, SMALL), Put("v/n/c.txt", 3, SMALL)], Move("v/a.txt", "v/n")),
    (&[Put("v/a.txt", 1, SMALL)], Move("v/a.txt", "w/d/b.txt")),
    (&[Put("v/t/a.txt", 1, SMALL), Put("v/t/u/b.txt", 2, SMALL)], Move("v/t", "w/t")),
    (&[Put("v/a.txt", 1, SMALL)], Move("v/a.txt", "far/b.txt")),
    (&[Put("v/a.txt", 1, SMALL), Put("far/b.txt", 2, SMALL)], Move("v/a.txt", "far/b.txt")),
    (&[Put("v/t/a.txt", 1, SMALL), Put("v/t/u/b.txt", 2, SMALL)], Move("v/t", "far/t")),
    (&[Put("v/a.txt", 1, SMALL)], Delete("v/a.txt")),
    (&[Upload("v/a.txt", 1, SMALL), Upload("v/b.txt", 1, SMALL), Upload("v/c.txt", 1, SMALL)], Delete("v/a.txt")),
    (&[Put("v/t/a.txt", 1, SMALL), Put("v/t/u/b.txt", 2, SMALL)], Delete("v/t")),
];

/// How an injection point fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    Full,
    Broken,
    Kill,
}

/// Returns whether the outcome of an operation may be partial by its nature.
fn may_be_partial(what: Do, failure: Failure) -> bool {
    match what {
        // A tree is deleted entry by entry.
        Delete(_) => true,
        // The kill may come between two steps: the copy on another disk exists and its source still does.
        Move(_, to) => failure == Failure::Kill && to.starts_with("far/"),
        _ => false,
    }
}

struct World {
    site: Site,
    /// The folder of `far`.
    far: tempfile::TempDir,
    volumes: Vec<&'static str>,
}

/// Returns a temporary folder in memory if the system has one.
fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("temp folder")
}

impl World {
    /// Creates the volumes and runs the preparing operations.
    async fn of(mode: DedupMode, (before, what): (&[Do], Do)) -> Self {
        let all = format!("{before:?} {what:?}");
        let volumes: Vec<_> = ["v", "w", "far"].into_iter().filter(|one| all.contains(&format!("\"{one}/"))).collect();
        let far = if volumes.contains(&"far") { tempfile::tempdir().expect("temp folder") } else { memory_folder() };
        let config: Vec<_> = volumes.iter().map(|name| (*name, *name, "rwmd *")).collect();
        let site = Site::in_folder(memory_folder(), &config, |settings| {
            for volume in &mut settings.volumes {
                volume.flags.dedup = mode;
                // With limits every file is counted.
                volume.flags.limits.max_bytes = Some(model::Bytes(1 << 40));
                if volume.mount == vpath("far") {
                    volume.source = far.path().into();
                }
            }
        });
        let world = Self { site, far, volumes };
        // Every volume has its ledger. (A new ledger that cannot be created for a reason other than space lives in
        // memory.)
        for name in ["v/z.txt", "w/z.txt", "far/z.txt"] {
            if world.volumes.iter().any(|volume| name.starts_with(&format!("{volume}/"))) {
                world.run(Put(name, 9, 10)).await.1.expect("nothing fails yet");
            }
        }
        for one in before {
            world.run(*one).await.1.expect("nothing fails yet");
        }
        world
    }

    fn folder(&self, volume: &str) -> std::path::PathBuf {
        if volume == "far" { self.far.path().to_owned() } else { self.site.at(volume) }
    }

    /// Returns all visible entries, and the names of hidden ones.
    fn look(&self) -> (State, Vec<String>) {
        let (mut state, mut hidden) = (State::new(), Vec::new());
        for volume in &self.volumes {
            look_into(&self.folder(volume), volume, &mut state, &mut hidden);
        }
        (state, hidden)
    }

    fn files(&self) -> State {
        self.look().0
    }

    /// Checks that the ledgers' sums agree with the disk. After a kill they may miss the last changes.
    fn check_sums(&self, failure: Option<Failure>, why: &str) {
        // The most files that one operation of these scenes moves or creates.
        let (files, lost) = (self.files(), 3);
        for volume in &self.site.core.snapshot.load().tree.volumes {
            let top = format!("{}/", volume.config.mount.display().trim_matches('/'));
            let here: Vec<_> =
                files.iter().filter(|(path, _)| path.starts_with(&top) && !path.ends_with('/')).collect();
            let bytes = here.iter().map(|(_, bytes)| bytes.len() as u64).sum();
            let recorded = uploads_of(&volume.storage).ledger.totals().expect("counts");
            let paths: Vec<_> = here.iter().map(|(path, _)| path).collect();
            let there = Totals { files: here.len() as u64, bytes };
            match failure {
                Some(Failure::Kill) => assert!(
                    recorded.files <= there.files
                        && recorded.bytes <= there.bytes
                        && recorded.files + lost >= there.files,
                    "{top} {why}: {recorded:?} {paths:?}"
                ),
                _ => assert_eq!(recorded, there, "{top} {why}: {paths:?}"),
            }
        }
    }

    /// Checks that every former content is at its place, elsewhere, in the trash or among earlier versions. It may have been
    /// appended to.
    fn check_nothing_lost(&self, was: &State, why: &str) {
        let mut all = Vec::new();
        for volume in &self.volumes {
            contents_below(&self.folder(volume), &mut all);
        }
        for (path, bytes) in was {
            assert!(all.iter().any(|content| content.starts_with(bytes)), "{path} is lost {why}");
        }
    }

    /// Returns the acknowledged chunks and the result.
    async fn run(&self, what: Do) -> (BTreeSet<ChunkHash>, Result<()>) {
        let person = Person::new(&self.site, "*");
        let ops = FileOps::new(self.site.core.clone());
        let (access, mut kept) = (&person.access, BTreeSet::new());
        let place = |path: &'static str| path.rsplit_once('/').expect("has a folder");
        let done = match what {
            Put(path, seed, size) | Append(path, seed, size) => {
                let append = matches!(what, Append(..));
                let (folder, name) = place(path);
                let asked = SinkRequest { on_conflict: OnConflict::Replace, append, ..request(folder, name) };
                put(&person, asked, &noise(seed, size)).await.map(drop)
            }
            Save(path, seed, size) => {
                ops.save_text(access, &vpath(path), None, noise(seed, size).into()).await.map(drop)
            }
            Upload(path, seed, size) => {
                let ((folder, name), sent) = (place(path), Sent::noise(seed, size));
                upload(&person, folder, name, &sent, &mut kept).await
            }
            NewText(path) => {
                let (folder, name) = place(path);
                ops.new_text(access, &vpath(folder), name.as_bytes()).await.map(drop)
            }
            MakeFolder(path) => {
                let (folder, name) = place(path);
                ops.make_folder(access, &vpath(folder), name.as_bytes()).await.map(drop)
            }
            Copy(from, to) => ops.copy_to(access, &vpath(from), &vpath(to), IfExists::Replace).await,
            Move(from, to) => ops.move_to(access, &vpath(from), &vpath(to), IfExists::Replace).await,
            Delete(path) => ops.delete(access, &vpath(path)).await.map(drop),
        };
        (kept, done)
    }
}

async fn upload(person: &Person, folder: &str, name: &str, sent: &Sent, kept: &mut BTreeSet<ChunkHash>) -> Result<()> {
    let asked = || Handshake { on_conflict: OnConflict::Replace, ..sent.ask(name) };
    let reply = person.ask(folder, asked()).await?;
    for hash in &reply.missing {
        assert!(!kept.contains(hash));
        person.send_chunk(folder, &reply.wark, sent, hash).await?;
        kept.insert(*hash);
    }
    if !reply.missing.is_empty() {
        let end = person.ask(folder, asked()).await?;
        assert!(end.missing.is_empty(), "all chunks were acknowledged, and some are missing");
    }
    Ok(())
}

/// Reads all files below a folder.
fn contents_below(folder: &Path, into: &mut Vec<Vec<u8>>) {
    for name in all_in(folder) {
        let path = folder.join(&name);
        if path.is_symlink() {
            continue;
        }
        match path.is_dir() {
            true => contents_below(&path, into),
            false => into.push(std::fs::read(&path).expect("reads")),
        }
    }
}

fn look_into(folder: &Path, shown: &str, state: &mut State, hidden: &mut Vec<String>) {
    for name in all_in(folder) {
        let (path, shown) = (folder.join(&name), format!("{shown}/{name}"));
        if reserved::is_partial(name.as_bytes()) {
            hidden.push(shown);
        } else if path.is_dir() {
            if !reserved::is_reserved(name.as_bytes()) {
                state.insert(format!("{shown}/"), Vec::new());
                look_into(&path, &shown, state, hidden);
            }
        } else {
            state.insert(shown, std::fs::read(&path).unwrap_or_else(|_| b"is a dangling link".to_vec()));
        }
    }
}

fn shown(state: &State) -> Vec<String> {
    let id = |bytes: &Vec<u8>| bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>();
    state.iter().map(|(path, bytes)| format!("{path} {} {}", bytes.len(), id(bytes))).collect()
}

/// Folders may have been created for an operation that was refused in the end.
fn without_folders(state: &State) -> State {
    state.iter().filter(|(path, _)| !path.ends_with('/')).map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
}

/// Returns whether every file is as before or as intended, and no content that shall stay is lost.
fn is_between(before: &State, now: &State, after: &State) -> bool {
    let as_one = |(path, bytes): (&String, &Vec<u8>)| before.get(path) == Some(bytes) || after.get(path) == Some(bytes);
    let stays = |(_, bytes): (&String, &Vec<u8>)| now.values().any(|other| other == bytes);
    now.iter().all(as_one) && without_folders(after).iter().all(stays)
}

/// Runs one scene with one failing point. Returns whether the point was reached.
async fn strike(
    mode: DedupMode,
    (before, what): (&[Do], Do),
    point: u64,
    failure: Failure,
    after: &State,
    restart: bool,
) -> bool {
    let mut world = World::of(mode, (before, what)).await;
    let was = world.files();
    let faults = world.site.with_faults();
    match failure {
        Failure::Full => faults.fail_point(point, io::ErrorKind::StorageFull),
        Failure::Broken => faults.fail_point(point, io::ErrorKind::Other),
        Failure::Kill => faults.fail_from(point),
    }
    let (kept, answer) = world.run(what).await;
    let struck = faults.failed_op();
    let why =
        format!("{mode:?} {before:?} {what:?}: point {point} {struck:?} {failure:?}, restart {restart}: {answer:?}");
    if failure != Failure::Kill {
        faults.clear();
        world.check_sums(Some(failure), &why);
    }
    let check_state = |world: &World, when: &str| {
        let now = world.files();
        let is_right = match &answer {
            Ok(()) => now == *after,
            // The last request only asks for the result.
            Err(_) if is_whole(what, &kept) => now == *after,
            Err(_) if may_be_partial(what, failure) => is_between(&was, &now, after),
            Err(_) if failure == Failure::Kill => [&was, after].map(without_folders).contains(&without_folders(&now)),
            Err(_) => without_folders(&now) == without_folders(&was),
        };
        assert!(is_right, "{when} {why}\nwas {:#?}\nnow {:#?}\nshall {:#?}", shown(&was), shown(&now), shown(after));
    };
    if failure == Failure::Kill {
        world.site = world.site.killed();
        check_state(&world, "after the kill");
        world.check_nothing_lost(&was, &why);
        world.check_sums(Some(failure), &why);
    } else {
        check_state(&world, "at once");
        if restart {
            world.site = world.site.ended();
            check_state(&world, "after a restart");
        }
    }
    // Files hidden now belong to an unfinished upload.
    let (_, hidden) = world.look();
    if restart || failure == Failure::Kill {
        let goes_on = matches!(what, Upload(..)) && answer.is_err();
        assert!(hidden.is_empty() || goes_on && hidden.len() == 1, "{hidden:?} {why}");
    }
    // Unless the change has happened already: an append would be made twice.
    if answer.is_err() && world.files() != *after {
        let (sent_again, again) = world.run(what).await;
        again.unwrap_or_else(|error| panic!("again: {error:?} {why}"));
        // Data that a sync could not write is not trusted, and sent again.
        if struck != Some(Op::Sync) {
            assert!(kept.is_disjoint(&sent_again), "acknowledged chunks had to be sent again: {why}");
        }
    }
    let now = world.files();
    assert!(now == *after, "again {why}\nnow {:#?}\nshall {:#?}", shown(&now), shown(after));
    world.check_sums(Some(failure), &format!("again {why}"));
    world.site = world.site.ended();
    let (now, left) = world.look();
    assert!(now == *after && left.is_empty(), "at the next start {left:?}, before {hidden:?} {why}");
    world.check_sums(Some(failure), &format!("at the next start {why}"));
    struck.is_some()
}

/// Returns whether all chunks of an upload were acknowledged.
fn is_whole(what: Do, kept: &BTreeSet<ChunkHash>) -> bool {
    matches!(what, Upload(_, seed, size) if Sent::noise(seed, size).hashes.len() == kept.len())
}

/// Returns the number of points.
async fn play(mode: DedupMode, scene: (&[Do], Do)) -> u64 {
    let after = {
        let world = World::of(mode, scene).await;
        world.run(scene.1).await.1.expect("nothing fails");
        world.check_sums(None, "undisturbed");
        world.files()
    };
    let mut points = 0;
    for failure in [Failure::Full, Failure::Broken, Failure::Kill] {
        let mut point = 1;
        // Half of them with a restart between failure and repetition.
        while strike(mode, scene, point, failure, &after, point % 2 == u64::from(failure == Failure::Full)).await {
            point += 1;
        }
        points = points.max(point - 1);
    }
    points
}

/// Returns whether the scene may create links: two uploads have the same content.
fn has_duplicates((before, what): (&[Do], Do)) -> bool {
    let all = || before.iter().chain([&what]);
    let content =
        |one: &Do| matches!(one, Upload(..)).then(|| format!("{one:?}").split_once(',').map(|(_, end)| end.to_owned()));
    let contents: Vec<_> = all().filter_map(content).collect();
    contents.iter().enumerate().any(|(at, one)| contents[..at].contains(one))
}

fn every_point(mode: DedupMode, chosen: impl Fn(Do) -> bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("starts");
    let (mut points, mut failed) = (0, Vec::new());
    let scenes = SCENES.iter().filter(|scene| mode == DedupMode::Copy || has_duplicates(**scene));
    let scenes: Vec<_> = scenes.filter(|scene| chosen(scene.1)).collect();
    for scene in &scenes {
        match catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(mode, **scene)))) {
            Ok(0) => panic!("{scene:?} changes nothing"),
            Ok(here) => points += here,
            // The output shows the panic message.
            Err(_) => failed.push(scene),
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(points > 8 * scenes.len() as u64, "{points} points");
}

/// Returns whether an operation changes names only.
fn is_relocation(what: Do) -> bool {
    matches!(what, Copy(..) | Move(..) | Delete(_))
}

#[test]
fn every_point_of_writes_without_links() {
    every_point(DedupMode::Copy, |what| !is_relocation(what));
}

#[test]
fn every_point_of_relocations_without_links() {
    every_point(DedupMode::Copy, is_relocation);
}

#[test]
fn every_point_with_symbolic_links() {
    every_point(DedupMode::Symlink, |_| true);
}

#[test]
fn every_point_with_hard_links() {
    every_point(DedupMode::Hardlink, |_| true);
}
