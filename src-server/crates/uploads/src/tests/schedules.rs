//! Random concurrent writes, moves and removals, with full disks, kills and restarts between: replies and disk must
//! agree.
//!
//! The model is a map of names to bytes. The changes of a round run concurrently; afterwards some order of them, each
//! whole, must explain both the replies and the disk: acknowledged changes happened, refused ones did not, and changes
//! interrupted by a kill happened or not. `POTLUCK_SCHEDULES` sets how many schedules are run.

use super::sinks::{put, request};
use super::*;
use crate::volume::uploads_of;
use model::volume::DedupMode;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};
use store::disk::Faults;
use vfs::files::ops::{FileOps, IfExists};

const NAMES: [&str; 6] = ["a.txt", "b.txt", "d/a.txt", "d/c.txt", "e/a.txt", "e/c.txt"];
/// Names in each folder, by the number of the name in the other folder.
const FOLDERS: [(&str, [usize; 2]); 2] = [("d", [2, 3]), ("e", [4, 5])];

type State = BTreeMap<usize, Vec<u8>>;

#[derive(Clone, Debug)]
enum Change {
    /// Name, content.
    Put(usize, u8),
    Append(usize, u8),
    Save(usize, u8),
    /// By up2k: known content becomes a link or a copy.
    Upload(usize, u8),
    Copy(usize, usize),
    Move(usize, usize),
    Remove(usize),
    /// Moves the folder with this number over the other one.
    MoveFolder(usize),
    CopyFolder(usize),
    RemoveFolder(usize),
}

#[derive(Clone, Debug)]
enum Step {
    AtOnce(Vec<Change>),
    /// The same on a disk with that many free bytes.
    Full(Vec<Change>, u64),
    /// The same in a program that is killed before its disk change with this number.
    Killed(Vec<Change>, u64),
    Restart,
}

fn change() -> impl Strategy<Value = Change> {
    let name = || 0..NAMES.len();
    let content = || 0u8..3;
    prop_oneof![
        3 => (name(), content()).prop_map(|(name, content)| Change::Put(name, content)),
        4 => (name(), content()).prop_map(|(name, content)| Change::Append(name, content)),
        2 => (name(), content()).prop_map(|(name, content)| Change::Save(name, content)),
        4 => (name(), content()).prop_map(|(name, content)| Change::Upload(name, content)),
        2 => (name(), name()).prop_map(|(from, to)| Change::Copy(from, to)),
        3 => (name(), name()).prop_map(|(from, to)| Change::Move(from, to)),
        2 => name().prop_map(Change::Remove),
    ]
}

/// Changes that run concurrently.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let folder = || 0..FOLDERS.len();
    let with_folders = prop_oneof![
        5 => change(),
        1 => folder().prop_map(Change::MoveFolder),
        1 => folder().prop_map(Change::RemoveFolder),
    ];
    prop_oneof![
        12 => proptest::collection::vec(with_folders, 1..4),
        // The files of a folder are copied one after the other: concurrent changes are in the copy or not.
        1 => folder().prop_map(|from| vec![Change::CopyFolder(from)]),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => changes().prop_map(Step::AtOnce),
        1 => (changes(), 0u64..4000).prop_map(|(changes, room)| Step::Full(changes, room)),
        2 => (changes(), 1u64..25).prop_map(|(changes, point)| Step::Killed(changes, point)),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..8)
}

fn content(number: u8) -> Vec<u8> {
    noise(u64::from(number) + 50, 700 + usize::from(number))
}

/// Returns the effect of one change; `None`: it is refused.
fn applied(state: &State, change: &Change) -> Option<State> {
    let mut state = state.clone();
    match change {
        Change::Put(name, number) | Change::Save(name, number) | Change::Upload(name, number) => {
            state.insert(*name, content(*number));
        }
        Change::Append(name, number) => state.entry(*name).or_default().extend(content(*number)),
        // A link to an equal file may become a file.
        Change::Copy(from, to) if from == to => drop(state.get(from)?),
        Change::Copy(from, to) | Change::Move(from, to) => {
            let bytes = state.get(from).filter(|_| from != to)?.clone();
            if matches!(change, Change::Move(..)) {
                state.remove(from);
            }
            state.insert(*to, bytes);
        }
        Change::Remove(name) => {
            state.remove(name)?;
        }
        // A folder may exist without files; if the change succeeded, it did.
        Change::MoveFolder(from) | Change::CopyFolder(from) => {
            for (from, to) in FOLDERS[*from].1.into_iter().zip(FOLDERS[1 - from].1) {
                state.remove(&to);
                if let Some(bytes) = state.get(&from).cloned() {
                    state.insert(to, bytes);
                }
                if matches!(change, Change::MoveFolder(_)) {
                    state.remove(&from);
                }
            }
        }
        Change::RemoveFolder(folder) => FOLDERS[*folder].1.iter().for_each(|name| drop(state.remove(name))),
    }
    Some(state)
}

/// Returns the partial effects that a kill may leave of a change, besides none and all.
fn parts(change: &Change) -> Vec<Change> {
    match change {
        Change::RemoveFolder(folder) => FOLDERS[*folder].1.into_iter().map(Change::Remove).collect(),
        // A link exists at both paths for a moment.
        Change::Move(from, to) => vec![Change::Copy(*from, *to)],
        _ => Vec::new(),
    }
}

/// Returns whether some order of the acknowledged changes, with any of the interrupted ones among them, leads from
/// `before` to `after`.
fn is_explained(before: &State, after: &State, acknowledged: &[Change], interrupted: &[Change]) -> bool {
    let all: Vec<&Change> = acknowledged.iter().chain(interrupted).collect();
    let required = (1u64 << acknowledged.len()) - 1;
    let (mut left, mut seen) = (vec![(before.clone(), 0u64)], HashSet::new());
    while let Some((state, used)) = left.pop() {
        if used & required == required && state == *after {
            return true;
        }
        let next = (0..all.len()).filter(|at| used & (1 << at) == 0);
        let next = next.filter_map(|at| Some((applied(&state, all[at])?, used | 1 << at)));
        left.extend(next.filter(|step| seen.insert(step.clone())));
    }
    false
}

async fn run(person: &Person, change: Change) -> Result<()> {
    let ops = FileOps::new(person.uploads.core.vfs.clone());
    let at = |name: usize| vpath("v").append(&vpath(NAMES[name]));
    let place = |name: usize| match NAMES[name].rsplit_once('/') {
        Some(("d", name)) => ("v/d", name),
        Some((_, name)) => ("v/e", name),
        None => ("v", NAMES[name]),
    };
    let folder = |number: usize| vpath("v").append(&vpath(FOLDERS[number].0));
    match change {
        Change::Put(name, number) | Change::Append(name, number) => {
            let (folder, file) = place(name);
            let asked = SinkRequest {
                on_conflict: OnConflict::Replace,
                append: matches!(change, Change::Append(..)),
                ..request(folder, file)
            };
            put(person, asked, &content(number)).await.map(drop)
        }
        Change::Save(name, number) => {
            ops.save_text(&person.access, &at(name), None, content(number).into()).await.map(drop)
        }
        Change::Upload(name, number) => {
            let ((folder, file), sent) = (place(name), Sent::new(content(number)));
            let asked = Handshake { on_conflict: OnConflict::Replace, ..sent.ask(file) };
            upload(person, folder, &sent, asked).await
        }
        Change::Copy(from, to) => ops.copy_to(&person.access, &at(from), &at(to), IfExists::Replace).await,
        Change::Move(from, to) => ops.move_to(&person.access, &at(from), &at(to), IfExists::Replace).await,
        Change::Remove(name) => ops.delete(&person.access, &at(name)).await.map(drop),
        Change::MoveFolder(from) => {
            ops.move_to(&person.access, &folder(from), &folder(1 - from), IfExists::Replace).await
        }
        Change::CopyFolder(from) => {
            ops.copy_to(&person.access, &folder(from), &folder(1 - from), IfExists::Replace).await
        }
        Change::RemoveFolder(number) => ops.delete(&person.access, &folder(number)).await.map(drop),
    }
}

/// Uploads as a client does: until nothing is missing.
async fn upload(person: &Person, folder: &str, sent: &Sent, mut asked: Handshake) -> Result<()> {
    loop {
        let reply = person.ask(folder, asked.clone()).await?;
        if reply.missing.is_empty() {
            return Ok(());
        }
        for hash in &reply.missing {
            person.send_chunk(folder, &reply.wark, sent, hash).await?;
        }
        asked.name = reply.name;
    }
}

fn on_disk(site: &Site) -> State {
    let read = |name: &&str| std::fs::read(site.at("v").join(name)).ok();
    NAMES.iter().enumerate().filter_map(|(at, name)| Some((at, read(name)?))).collect()
}

fn strangers(site: &Site) -> Vec<String> {
    let folders = ["v", "v/d", "v/e"].map(|folder| site.at(folder));
    let mut names: Vec<_> = folders.iter().filter(|folder| folder.is_dir()).flat_map(|folder| all_in(folder)).collect();
    names.retain(|name| !["a.txt", "b.txt", "c.txt", "d", "e", ".hist"].contains(&name.as_str()));
    names
}

/// Runs changes concurrently; returns the acknowledged ones and the others.
async fn run_concurrently(site: &Site, changes: &[Change]) -> (Vec<Change>, Vec<Change>, String) {
    let start = |change: &Change| {
        let (person, change) = (Person::new(site, "*"), change.clone());
        tokio::spawn(async move { run(&person, change).await })
    };
    let running: Vec<_> = changes.iter().map(start).collect();
    let (mut acknowledged, mut refused, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for (one, change) in running.into_iter().zip(changes) {
        let answer = one.await.expect("no panic");
        if answer.is_ok() { &mut acknowledged } else { &mut refused }.push(change.clone());
        answers.push(answer);
    }
    (acknowledged, refused, format!("{answers:?}"))
}

/// Returns refused changes that may have happened, or in part. A folder that gets a file while it is removed stays,
/// without its earlier files. An upload is refused in one of several steps; the last chunk completes it, and may come
/// from another upload of the same content.
fn begun(refused: &[Change]) -> Vec<Change> {
    let uploads = refused.iter().filter(|change| matches!(change, Change::Upload(..))).cloned();
    let removals = refused.iter().filter(|change| matches!(change, Change::RemoveFolder(_)));
    removals.flat_map(parts).chain(uploads).collect()
}

/// A file that is being received moves with its folder and ends at its new path, whatever happens there meanwhile; it replaces
/// nothing there.
fn moved_with_folder(changes: &[Change]) -> Vec<Change> {
    let moves = |from: usize| changes.iter().any(|one| matches!(one, Change::MoveFolder(folder) if *folder == from));
    let other_place = |change: &Change| {
        let (Change::Upload(name, number) | Change::Put(name, number) | Change::Append(name, number)) = change else {
            return None;
        };
        let from = FOLDERS.iter().position(|(_, names)| names.contains(name))?;
        let at = FOLDERS[from].1.iter().position(|one| one == name)?;
        moves(from).then(|| Change::Upload(FOLDERS[1 - from].1[at], *number))
    };
    changes.iter().filter_map(other_place).collect()
}

/// Returns the number of unfinished uploads: one stopped by a full disk or a kill keeps its partial file.
fn unfinished(site: &Site) -> usize {
    uploads_of(&site.core.snapshot.load().tree.volumes[0].storage).registry().all().count()
}

async fn follow(mode: DedupMode, steps: Vec<Step>) {
    let tmp = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("temp folder");
    let mut site = Site::in_folder(tmp, &[("v", "v", "rwmd *")], |settings| settings.volumes[0].flags.dedup = mode);
    std::fs::create_dir(site.at("v/d")).expect("mkdir");
    let (mut state, mut faults) = (State::new(), Arc::<Faults>::default());
    for step in steps {
        let (acknowledged, mut interrupted, changes, answers) = match &step {
            Step::Restart => {
                site = site.ended();
                faults = Arc::default();
                (Vec::new(), Vec::new(), Vec::new(), String::new())
            }
            Step::AtOnce(changes) => {
                let (acknowledged, refused, answers) = run_concurrently(&site, changes).await;
                (acknowledged, begun(&refused), changes.clone(), answers)
            }
            Step::Full(changes, room) => {
                site.set_faults(Some(&faults));
                faults.no_space_after(*room);
                let (acknowledged, refused, answers) = run_concurrently(&site, changes).await;
                faults.clear();
                site.set_faults(None);
                (acknowledged, begun(&refused), changes.clone(), answers)
            }
            Step::Killed(changes, point) => {
                site.set_faults(Some(&faults));
                faults.fail_from(*point);
                let (acknowledged, interrupted, answers) = run_concurrently(&site, changes).await;
                site = site.killed();
                faults = Arc::default();
                (acknowledged, interrupted, changes.clone(), answers)
            }
        };
        interrupted.extend(interrupted.clone().iter().flat_map(parts));
        // An upload sends or copies the content again whenever another change has removed the file before its last request.
        let uploads = changes.iter().filter(|one| matches!(one, Change::Upload(..)));
        let again = uploads.flat_map(|one| std::iter::repeat_n(one.clone(), changes.len()));
        interrupted.extend(again);
        interrupted.extend(moved_with_folder(&changes));
        let now = on_disk(&site);
        let sizes = |state: &State| state.iter().map(|(name, bytes)| (NAMES[*name], bytes.len())).collect::<Vec<_>>();
        assert!(
            is_explained(&state, &now, &acknowledged, &interrupted),
            "{:?} -> {:?} by {step:?}: {answers}",
            sizes(&state),
            sizes(&now)
        );
        let strangers = strangers(&site);
        assert!(strangers.iter().all(|name| name.ends_with(".PARTIAL")), "{strangers:?} {changes:?}");
        // Files of refused uploads are removed in the background; the next start leaves none.
        if matches!(step, Step::Restart | Step::Killed(..)) {
            assert!(strangers.len() <= unfinished(&site), "{strangers:?} {changes:?}");
        }
        state = now;
    }
}

fn cases() -> u32 {
    std::env::var("POTLUCK_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn some_order_of_the_acknowledged_changes_explains_the_disk(mode in 0usize..3, steps in steps()) {
        let mode = [DedupMode::Copy, DedupMode::Symlink, DedupMode::Hardlink][mode];
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("starts");
        runtime.block_on(follow(mode, steps));
    }
}
