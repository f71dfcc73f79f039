//! Writers at random, a few at once, with full disks and restarts between: what they were told is what is there.
//!
//! The model is a map of names to bytes. The changes of a round run at once; afterwards some order of them, each whole, must
//! explain both the answers and the disk: what was acknowledged happened, what was refused did not.
//! `POTLUCK_SCHEDULES` sets how many schedules are run.

use super::sinks::{put, request};
use super::*;
use crate::files::ops::{FileOps, IfExists};
use model::volume::DedupMode;
use proptest::prelude::*;
use std::collections::BTreeMap;
use store::disk::{Faults, Folder};

const NAMES: [&str; 4] = ["a.txt", "b.txt", "d/a.txt", "d/c.txt"];

type State = BTreeMap<usize, Vec<u8>>;

#[derive(Clone, Debug)]
enum Change {
    /// Name, content.
    Put(usize, u8),
    Append(usize, u8),
    Save(usize, u8),
    /// By chunks: known content becomes a link or a copy.
    Upload(usize, u8),
    Copy(usize, usize),
    Move(usize, usize),
    Remove(usize),
}

#[derive(Clone, Debug)]
enum Step {
    AtOnce(Vec<Change>),
    /// The same on a disk with room for so many bytes.
    Full(Vec<Change>, u64),
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

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || proptest::collection::vec(change(), 1..4);
    let step = prop_oneof![
        8 => some().prop_map(Step::AtOnce),
        1 => (some(), 0u64..4000).prop_map(|(changes, room)| Step::Full(changes, room)),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..8)
}

fn content(number: u8) -> Vec<u8> {
    noise(u64::from(number) + 50, 700 + usize::from(number))
}

/// What a change alone does; `None`: it is refused.
fn applied(state: &State, change: &Change) -> Option<State> {
    let mut state = state.clone();
    match change {
        Change::Put(name, number) | Change::Save(name, number) | Change::Upload(name, number) => {
            state.insert(*name, content(*number));
        }
        Change::Append(name, number) => state.entry(*name).or_default().extend(content(*number)),
        // A link to an equal file may become a file of its own.
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
    }
    Some(state)
}

/// Whether some order of the acknowledged changes leads from `before` to `after`.
fn is_explained(before: &State, after: &State, told: &[&Change]) -> bool {
    if told.is_empty() {
        return before == after;
    }
    (0..told.len()).any(|first| {
        let rest: Vec<&Change> = told.iter().enumerate().filter(|(at, _)| *at != first).map(|(_, one)| *one).collect();
        applied(before, told[first]).is_some_and(|next| is_explained(&next, after, &rest))
    })
}

async fn run(person: &Person, change: Change) -> Result<()> {
    let ops = FileOps { core: person.uploads.core.clone() };
    let at = |name: usize| vpath("v").append(&vpath(NAMES[name]));
    let place = |name: usize| NAMES[name].rsplit_once('/').map_or(("v", NAMES[name]), |(_, name)| ("v/d", name));
    match change {
        Change::Put(name, number) | Change::Append(name, number) => {
            let (folder, file) = place(name);
            let wish = SinkRequest {
                when_taken: WhenTaken::Replace,
                append: matches!(change, Change::Append(..)),
                ..request(folder, file)
            };
            put(person, wish, &content(number)).await.map(drop)
        }
        Change::Save(name, number) => {
            ops.save_text(&person.access, &at(name), None, content(number).into()).await.map(drop)
        }
        Change::Upload(name, number) => {
            let ((folder, file), sent) = (place(name), Sent::new(content(number)));
            let wish = Handshake { when_taken: WhenTaken::Replace, ..sent.ask(file) };
            person.upload_as(folder, &sent, wish).await.map(drop)
        }
        Change::Copy(from, to) => ops.copy_to(&person.access, &at(from), &at(to), IfExists::Replace).await,
        Change::Move(from, to) => ops.move_to(&person.access, &at(from), &at(to), IfExists::Replace).await,
        Change::Remove(name) => ops.delete(&person.access, &at(name)).await.map(drop),
    }
}

fn on_disk(site: &Site) -> State {
    let read = |name: &&str| std::fs::read(site.at("v").join(name)).ok();
    NAMES.iter().enumerate().filter_map(|(at, name)| Some((at, read(name)?))).collect()
}

fn strangers(site: &Site) -> Vec<String> {
    let mut names = all_in(&site.at("v"));
    names.extend(all_in(&site.at("v/d")));
    names.retain(|name| !["a.txt", "b.txt", "c.txt", "d", ".hist"].contains(&name.as_str()));
    names
}

async fn follow(mode: DedupMode, steps: Vec<Step>) {
    let mut site = Site::with(&[("v", "v", "rwmd *")], |settings| settings.volumes[0].flags.dedup = mode);
    std::fs::create_dir(site.at("v/d")).expect("mkdir");
    let mut state = State::new();
    // What a full disk stopped goes on later: uploads by chunks keep their partial file.
    let mut is_stopped = false;
    for step in steps {
        let (changes, room) = match step {
            Step::AtOnce(changes) => (changes, None),
            Step::Full(changes, room) => (changes, Some(room)),
            Step::Restart => {
                site = site.restarted();
                crate::uploads::sweep::remove_orphans(&site.core.live.load().tree.volumes[0].backing);
                assert_eq!(on_disk(&site), state, "after a restart");
                let strangers = strangers(&site);
                let counts = |name: &&String| !(is_stopped && name.ends_with(".PARTIAL"));
                assert_eq!(strangers.iter().filter(counts).count(), 0, "after a restart: {strangers:?}");
                continue;
            }
        };
        let backing = site.core.live.load().tree.volumes[0].backing.clone();
        let folder = || Folder::open_root(&site.at("v")).expect("opens");
        if let Some(room) = room {
            let faults = Arc::new(Faults::default());
            faults.no_space_after(room);
            is_stopped = true;
            backing.set_root(folder().with_faults(faults));
        }
        let running: Vec<_> = changes
            .iter()
            .map(|change| {
                let (person, change) = (Person::new(&site, "*"), change.clone());
                tokio::spawn(async move { run(&person, change).await })
            })
            .collect();
        let mut answers = Vec::new();
        for one in running {
            answers.push(one.await.expect("no panic"));
        }
        backing.set_root(folder());
        let told: Vec<&Change> =
            changes.iter().zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|(c, _)| c).collect();
        let now = on_disk(&site);
        let sizes = |state: &State| state.iter().map(|(name, bytes)| (NAMES[*name], bytes.len())).collect::<Vec<_>>();
        assert!(
            is_explained(&state, &now, &told),
            "{:?} -> {:?} by {changes:?}: {answers:?}",
            sizes(&state),
            sizes(&now)
        );
        if room.is_none() {
            assert_eq!(strangers(&site).iter().filter(|name| !name.ends_with(".PARTIAL")).count(), 0, "{changes:?}");
        }
        state = now;
    }
}

fn cases() -> u32 {
    std::env::var("POTLUCK_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(250)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn some_order_of_what_was_acknowledged_explains_what_is_there(mode in 0usize..3, steps in steps()) {
        let mode = [DedupMode::Copy, DedupMode::Symlink, DedupMode::Hardlink][mode];
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("starts");
        runtime.block_on(follow(mode, steps));
    }
}
