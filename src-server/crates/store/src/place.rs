//! How any file becomes visible, and when it may be called safe.
//!
//! One thread per file system takes everything that was handed in and turns a wheel; one sync serves all:
//!
//! ```text
//! turn n:   sync ┬─ data of what was handed in since the last turn
//!                └─ names and ledger of what became visible in the last turn ──► answered: safe
//!           then: rename what was just synced, enter it in the ledger ─────────► waits for turn n+1
//! ```
//!
//! So a name never shows data that a loss of power could take back, an answer is never given before name and ledger
//! are on the disk, and under load each file costs a part of a sync instead of three. Few files are synced one by one
//! (`fdatasync`), so that a small one does not wait for all that others have written; more of them by one `syncfs`.

use crate::db::Pending;
use crate::disk::{Clobber, Folder, Kind, Meta, Node, OpenFile};
use crate::error::{ErrorKind, StoreError};
use crate::ledger::Ledger;
use crate::partial::Partial;
use model::{FileName, UnixMillis, VPath, WhenTaken};
use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Up to this many files are synced one by one.
const FEW: usize = 3;
/// Most files of one turn.
const TURN: usize = 512;
/// How many other names are tried when one is taken.
const TRIES: u32 = 20;

/// What shall become visible.
pub enum Content {
    /// A file that has arrived.
    Partial(Arc<Partial>),
    /// A symbolic link with this text.
    Symlink(Vec<u8>),
    /// A second name for the file that has this name in that folder.
    HardLink(Folder, FileName),
}

/// A file on its way to being visible.
pub struct Placement {
    /// What.
    pub content: Content,
    /// Where.
    pub folder: Folder,
    /// Under which name.
    pub name: FileName,
    /// What if that name is taken.
    pub when_taken: WhenTaken,
    /// Makes another name for `Rename`.
    pub other_name: Box<dyn FnMut() -> FileName + Send>,
    /// Time of last change that it shall have.
    pub mtime: UnixMillis,
    /// Enters it in the ledger: the name it got, and what the disk says about it.
    #[allow(clippy::type_complexity)]
    pub enter: Box<dyn FnOnce(&FileName, &Meta) -> Result<Pending<()>, StoreError> + Send>,
    /// The ledger to sync before the answer.
    pub ledger: Arc<Ledger>,
    /// Called when it is safe, or with why it is not. On the placer's thread: should be short.
    pub done: Box<dyn FnOnce(Result<Placed, StoreError>) + Send>,
}

/// A file that is visible and safe.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The name it got.
    pub name: FileName,
    /// What the disk says about it.
    pub meta: Meta,
}

/// See the module. Cheap to clone; the threads end when the last clone is dropped, after what was handed in.
#[derive(Clone, Default)]
pub struct Placer {
    wheels: Arc<Wheels>,
}

#[derive(Default)]
struct Wheels {
    /// By number of the file system.
    running: Mutex<HashMap<u64, Wheel>>,
}

struct Wheel {
    queue: Sender<Placement>,
    thread: JoinHandle<()>,
}

impl Drop for Wheels {
    fn drop(&mut self) {
        let running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, Wheel { queue, thread }) in running {
            drop(queue);
            // The last clone may be in an answer that runs on the thread itself.
            if thread.thread().id() != std::thread::current().id() {
                let _panicked = thread.join();
            }
        }
    }
}

impl Placer {
    /// Hands in. The answer comes through `done`, always.
    pub fn place(&self, placement: Placement) {
        let device = match placement.folder.meta() {
            Ok(meta) => meta.dev,
            Err(error) => return (placement.done)(Err(error)),
        };
        let mut running = self.wheels.running.lock().unwrap_or_else(PoisonError::into_inner);
        let wheel = match running.entry(device) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => match start() {
                Ok(wheel) => entry.insert(wheel),
                Err(error) => {
                    drop(running);
                    return (placement.done)(Err(StoreError::new("start", "the thread that places files", error)));
                }
            },
        };
        if let Err(mpsc::SendError(placement)) = wheel.queue.send(placement) {
            // The thread died of a fault of the program; the next try gets a new one.
            running.remove(&device);
            drop(running);
            let gone = StoreError::with_kind(ErrorKind::Other, "place", "a file", "the thread for it has stopped");
            (placement.done)(Err(gone));
        }
    }
}

fn start() -> std::io::Result<Wheel> {
    let (queue, handed_in) = mpsc::channel();
    let thread = std::thread::Builder::new().name("placer".into()).spawn(move || turn(&handed_in))?;
    Ok(Wheel { queue, thread })
}

/// Visible, and waiting for the next sync.
struct Visible {
    folder: Folder,
    ledger: Arc<Ledger>,
    entered: Result<Pending<()>, StoreError>,
    placed: Placed,
    done: Box<dyn FnOnce(Result<Placed, StoreError>) + Send>,
}

fn turn(handed_in: &Receiver<Placement>) {
    let mut visible: Vec<Visible> = Vec::new();
    loop {
        let mut fresh: Vec<Placement> = Vec::new();
        if visible.is_empty() {
            match handed_in.recv() {
                Ok(placement) => fresh.push(placement),
                Err(_) => return,
            }
        }
        fresh.extend(std::iter::from_fn(|| handed_in.try_recv().ok()).take(TURN - fresh.len()));
        let mut fresh = with_times(fresh);
        // The ledger's commits ran while this thread turned round; they must be in the file before it is synced.
        let visible_now = entered(std::mem::take(&mut visible));
        let (data, names) = sync(&fresh, &visible_now);
        for (item, outcome) in visible_now.into_iter().zip(names) {
            (item.done)(outcome.map(|()| item.placed));
        }
        for (placement, outcome) in fresh.drain(..).zip(data) {
            match outcome {
                Ok(()) => visible.extend(show(placement)),
                Err(error) => (placement.done)(Err(error)),
            }
        }
    }
}

/// Sets the times of partial files, so that the sync covers them.
fn with_times(placements: Vec<Placement>) -> Vec<Placement> {
    let mut ready = Vec::with_capacity(placements.len());
    for placement in placements {
        let set = match &placement.content {
            Content::Partial(partial) => partial.set_mtime(placement.mtime),
            _ => Ok(()),
        };
        match set {
            Ok(()) => ready.push(placement),
            Err(error) => (placement.done)(Err(error)),
        }
    }
    ready
}

/// Waits for the ledger's commits; answers those that failed.
fn entered(visible: Vec<Visible>) -> Vec<Visible> {
    let mut ready = Vec::with_capacity(visible.len());
    for mut item in visible {
        let none = Err(StoreError::with_kind(ErrorKind::Other, "enter", "a file", "waited for already"));
        match std::mem::replace(&mut item.entered, none).and_then(Pending::wait) {
            Ok(()) => ready.push(item),
            Err(error) => (item.done)(Err(error)),
        }
    }
    ready
}

type Outcomes = Vec<Result<(), StoreError>>;

fn sync(fresh: &[Placement], visible: &[Visible]) -> (Outcomes, Outcomes) {
    let partials = fresh.iter().filter(|placement| matches!(placement.content, Content::Partial(_))).count();
    if partials + visible.len() > FEW {
        let folder = fresh.first().map(|p| &p.folder).or(visible.first().map(|v| &v.folder));
        if let Some(folder) = folder
            && folder.sync_filesystem().is_ok()
        {
            // A ledger may be on another file system (`--hist`); on the same one there is nothing left to write.
            let device = folder.meta().map(|meta| meta.dev).ok();
            let names = each_once(visible, |item| &item.ledger, |ledger| ledger.sync_unless_on(device));
            return (fresh.iter().map(|_| Ok(())).collect(), names);
        }
        // One by one, to learn whose failure it is.
    }
    let data = fresh.iter().map(|placement| match &placement.content {
        Content::Partial(partial) => sync_data(partial),
        _ => Ok(()),
    });
    let data = data.collect();
    let ledgers = each_once(visible, |item| &item.ledger, |ledger| ledger.sync());
    let names = visible.iter().zip(ledgers).map(|(item, ledger)| ledger.and_then(|()| item.folder.sync())).collect();
    (data, names)
}

fn sync_data(partial: &Partial) -> Result<(), StoreError> {
    if let Some(faults) = partial.folder().faults() {
        faults.check(crate::disk::Op::Sync).map_err(|source| partial.failed("sync", source))?;
    }
    partial.file().sync_data().map_err(|source| partial.failed("sync", source))
}

/// Syncs every ledger of the list once and gives each item its outcome.
fn each_once(
    visible: &[Visible],
    of: impl Fn(&Visible) -> &Arc<Ledger>,
    sync: impl Fn(&Ledger) -> Result<(), StoreError>,
) -> Outcomes {
    let mut seen: Vec<(&Arc<Ledger>, bool)> = Vec::new();
    let mut outcomes = Vec::with_capacity(visible.len());
    for item in visible {
        let ledger = of(item);
        let known = seen.iter().find(|(other, _)| Arc::ptr_eq(other, ledger)).map(|(_, fine)| *fine);
        outcomes.push(match known {
            Some(true) => Ok(()),
            _ => {
                let outcome = sync(ledger);
                seen.push((ledger, outcome.is_ok()));
                outcome
            }
        });
    }
    outcomes
}

/// Gives the file its name and enters it in the ledger; answers at once if that cannot be.
fn show(mut placement: Placement) -> Option<Visible> {
    match name_it(&mut placement) {
        Ok(placed) => {
            let entered = (placement.enter)(&placed.name, &placed.meta);
            Some(Visible { folder: placement.folder, ledger: placement.ledger, entered, placed, done: placement.done })
        }
        Err(error) => {
            (placement.done)(Err(error));
            None
        }
    }
}

fn name_it(placement: &mut Placement) -> Result<Placed, StoreError> {
    let mut name = placement.name.clone();
    for _ in 0..TRIES {
        match attempt(placement, &name) {
            Ok(meta) => return Ok(Placed { name, meta }),
            Err(error) if error.kind() == ErrorKind::Exists && placement.when_taken != WhenTaken::Skip => {
                name = (placement.other_name)();
            }
            Err(error) => return Err(error),
        }
    }
    let taken = "all names that were tried are taken";
    Err(StoreError::with_kind(ErrorKind::Exists, "place", placement.folder.log_path(&VPath::root()), taken))
}

fn attempt(placement: &Placement, name: &FileName) -> Result<Meta, StoreError> {
    let folder = &placement.folder;
    // Only the name that was asked for is ever replaced, never one that was made up.
    let clobber = if *name == placement.name { clobber(placement, name)? } else { Clobber::Never };
    match &placement.content {
        Content::Partial(partial) => {
            // Before the rename: afterwards somebody may have changed it already.
            let meta = meta_of(partial)?;
            partial.folder().rename(partial.name(), folder, name, clobber)?;
            Ok(meta)
        }
        Content::Symlink(target) => {
            replaceable(folder, name, clobber)?;
            folder.symlink(target, name)?;
            let _only_decoration = folder.set_mtime(name, placement.mtime);
            of_link(folder, name)
        }
        Content::HardLink(source, source_name) => {
            replaceable(folder, name, clobber)?;
            source.hard_link(source_name, folder, name)?;
            of_link(folder, name)
        }
    }
}

fn meta_of(partial: &Partial) -> Result<Meta, StoreError> {
    partial.folder().stat(partial.name())?.ok_or_else(|| {
        let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
        StoreError::new("stat", partial.folder().log_path(&VPath::root().join(partial.name())), gone)
    })
}

fn of_link(folder: &Folder, name: &FileName) -> Result<Meta, StoreError> {
    let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
    folder.stat(name)?.ok_or_else(|| StoreError::new("stat", folder.log_path(&VPath::root().join(name)), gone()))
}

/// Whether what has the name may be replaced. Only files and links ever are.
fn clobber(placement: &Placement, name: &FileName) -> Result<Clobber, StoreError> {
    if matches!(placement.when_taken, WhenTaken::Rename | WhenTaken::Skip) {
        return Ok(Clobber::Never);
    }
    Ok(match placement.folder.stat(name)? {
        None => Clobber::Never,
        Some(old) if !matches!(old.kind, Kind::File | Kind::Link) => Clobber::Never,
        Some(old) if placement.when_taken == WhenTaken::ReplaceOlder && old.mtime() >= placement.mtime => {
            Clobber::Never
        }
        Some(_) => Clobber::Replace,
    })
}

/// Links cannot be renamed over something in one step; what has the name goes first.
fn replaceable(folder: &Folder, name: &FileName, clobber: Clobber) -> Result<(), StoreError> {
    match clobber {
        Clobber::Never => Ok(()),
        Clobber::Replace => folder.remove_file(name),
    }
}

/// Opens a file for reading, by name.
///
/// # Errors
/// `NotFound`, `Link`, `IsAFolder`.
pub fn open_file(folder: &Folder, name: &FileName) -> Result<OpenFile, StoreError> {
    let path = VPath::root().join(name);
    match folder.open(&path)? {
        Node::File(open) => Ok(open),
        Node::Folder(..) => {
            Err(StoreError::with_kind(ErrorKind::IsAFolder, "open", folder.log_path(&path), "a folder"))
        }
    }
}

#[cfg(test)]
mod tests;
