//! How any file becomes visible, and when it may be called safe.
//!
//! ```text
//! caller's thread   time, data of a large file on the disk
//!       │ hand in
//! one at a time per file system, a turn:   data of small files on the disk ─► rename each ─► ledger rows
//!                                          ─► ONE sync of names and ledger ─► answers
//!       what is handed in meanwhile waits for the next turn and shares its sync
//! ```
//!
//! The first who hands something in has the turn on its own thread, and further ones for a few milliseconds; a thread of
//! the file system goes on from there. So a lone file pays for no change of threads, and a flood keeps nobody.
//!
//! If the row or the sync fails after the rename, the name is taken back before the answer, and what it has replaced has it
//! again: what failed is never left visible, neither instead of an older file nor beside what a retry makes.
//!
//! So a name never shows data that a loss of power could take back, and an answer is never given before name and ledger
//! are on the disk. The data of a large file is synced by its caller, so that a small one does not wait for it; that of
//! several small ones, and several names, by one `syncfs` where that is sound and quick (`whole`), else one by one.

mod syncfs_batch;

use crate::db::Pending;
use crate::disk::{Folder, Kind, Meta, Node, OnExisting, OpenFile, ReplacedFile};
use crate::error::{ErrorKind, StoreError};
use crate::ledger::Ledger;
use crate::partial::Partial;
use model::{FileName, OnConflict, UnixMillis, VPath};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use syncfs_batch::SyncfsPolicy;

/// Up to this many folders are synced one by one.
const MAX_SINGLE_SYNCS: usize = 3;
/// Most files of one turn.
const MAX_BATCH: usize = 512;
/// How long a caller has turns for others, too.
const CALLER_TIME: Duration = Duration::from_millis(4);
/// A sync that takes longer is worth a second thread.
const SLOW_SYNC: Duration = Duration::from_micros(300);
/// Files that a turn waits for, as long as they only have to be fetched. With more of them, few clients wait in step.
const MIN_BATCH: usize = 2;
/// How many other names are tried when one is taken.
const MAX_NAMES: u32 = 20;

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
    pub on_conflict: OnConflict,
    /// Makes another name for `Rename`: in this folder, after that many others were found taken.
    #[allow(clippy::type_complexity)]
    pub next_name: Box<dyn FnMut(&Folder, u32) -> FileName + Send>,
    /// Time of last change that it shall have.
    pub mtime: UnixMillis,
    /// Names that nobody sees, for a link that may replace something, and for what is replaced. `None`: nothing is
    /// replaced by a link, and what a file replaces does not come back if the next step fails.
    pub hidden_names: Option<HiddenNames>,
    /// Bytes that a partial file must have. Any other length is refused as `Corrupt`: another program has changed it.
    pub size: u64,
    /// Enters it in the ledger: the name it got, and what the disk says about it.
    #[allow(clippy::type_complexity)]
    pub record: Box<dyn FnOnce(&FileName, &Meta) -> Result<Pending<()>, StoreError> + Send>,
    /// Takes back what was entered, after the name was taken back: the name it had got.
    pub unrecord: Box<dyn FnOnce(&FileName) + Send>,
    /// The ledger to sync before the answer.
    pub ledger: Arc<Ledger>,
    /// Called when it is safe, or with why it is not. On the thread of whoever has the turn: should be short.
    pub done: Box<dyn FnOnce(Result<Placed, StoreError>) + Send>,
}

/// Names that nobody sees.
pub struct HiddenNames {
    /// For a link until it replaces something.
    pub link: FileName,
    /// For what is replaced until its successor is safe.
    pub replaced: FileName,
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
    workers: Arc<FsWorkers>,
}

#[derive(Default)]
struct FsWorkers {
    /// By number of the file system.
    running: Mutex<HashMap<u64, FsWorker>>,
}

#[derive(Default)]
struct FsWorker {
    queue: Arc<FsQueue>,
    /// Started when it is first needed.
    thread: Option<JoinHandle<()>>,
}

/// What was handed in for one file system.
#[derive(Default)]
struct FsQueue {
    state: Mutex<QueueState>,
    /// For the thread: go on where somebody else stopped, or end.
    handed_over: Condvar,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Waiting>,
    syncfs: SyncfsPolicy,
    /// Somebody has a turn.
    has_leader: bool,
    /// The thread shall lead.
    handed_over: bool,
    closed: bool,
    is_slow: bool,
}

/// Handed in.
struct Waiting {
    placement: Placement,
    /// Its data is on the disk.
    is_synced: bool,
}

impl Drop for FsWorkers {
    fn drop(&mut self) {
        let running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, FsWorker { queue, thread }) in running {
            queue.lock().closed = true;
            queue.handed_over.notify_all();
            // The last clone may be in an answer that runs on the thread itself.
            if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
                let _panicked = thread.join();
            }
        }
    }
}

impl Placer {
    /// Puts the data of a partial file on the disk, hands it in, and makes it visible if nobody else is at it. Blocks
    /// for that long; the answer comes through `done`, always, and sooner or later than this returns.
    ///
    /// `next_arrival` is asked before a turn, while syncing costs little: it may hand in another file on this thread, and says
    /// whether it did something.
    pub fn place(&self, placement: Placement, next_arrival: &dyn Fn() -> bool) {
        let device = match placement.folder.meta() {
            Ok(meta) => meta.dev,
            Err(error) => return (placement.done)(Err(error)),
        };
        let queue = self.running().entry(device).or_default().queue.clone();
        let prepared = match &placement.content {
            Content::Symlink(_) | Content::HardLink(..) => Ok(true),
            Content::Partial(partial) => partial.set_mtime(placement.mtime).and_then(|()| {
                let later = syncfs_batch::is_small(partial) && queue.lock().syncfs.is_allowed(&placement.folder);
                if later { Ok(false) } else { sync_data(partial).map(|()| true) }
            }),
        };
        let is_synced = match prepared {
            Ok(is_synced) => is_synced,
            Err(error) => return (placement.done)(Err(error)),
        };
        let mut state = queue.lock();
        state.waiting.push_back(Waiting { placement, is_synced });
        if state.has_leader || state.handed_over {
            return;
        }
        state.has_leader = true;
        drop(state);
        if queue.lead(Some(CALLER_TIME), next_arrival) == Lead::TimeUp {
            self.hand_over(device, &queue);
        }
    }

    /// Whether placing waits for a disk that takes its time, as far as is known.
    pub fn is_slow(&self) -> bool {
        self.running().values().any(|worker| worker.queue.lock().is_slow)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<u64, FsWorker>> {
        self.workers.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the thread go on with what waits; where there can be none, goes on here.
    fn hand_over(&self, device: u64, queue: &Arc<FsQueue>) {
        let started = match self.running().get_mut(&device) {
            Some(worker) => worker.start(),
            None => Ok(()),
        };
        if let Err(error) = started {
            tracing::warn!(%error, "a thread to place files could not be started");
            queue.lead(None, &|| false);
            return;
        }
        let mut state = queue.lock();
        state.has_leader = false;
        state.handed_over = true;
        queue.handed_over.notify_one();
    }
}

impl FsWorker {
    fn start(&mut self) -> std::io::Result<()> {
        if self.thread.is_none() {
            let queue = self.queue.clone();
            self.thread = Some(std::thread::Builder::new().name("placer".into()).spawn(move || queue.run_thread())?);
        }
        Ok(())
    }
}

/// What a leader leaves.
#[derive(PartialEq)]
enum Lead {
    /// Nothing; it leads no more.
    Done,
    /// More was handed in, and it still leads.
    TimeUp,
}

impl FsQueue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has turns until nothing waits, or for as long as `limit` says. The caller has set `has_leader`.
    fn lead(&self, limit: Option<Duration>, next_arrival: &dyn Fn() -> bool) -> Lead {
        let start = Instant::now();
        loop {
            let mut state = self.lock();
            if state.waiting.is_empty() {
                state.has_leader = false;
                return Lead::Done;
            }
            if limit.is_some_and(|limit| start.elapsed() > limit) {
                return Lead::TimeUp;
            }
            // A commit costs as much for two files as for one. Where a sync takes its time they gather by themselves.
            for _ in 1..MIN_BATCH {
                if state.is_slow || state.waiting.len() >= MIN_BATCH {
                    break;
                }
                drop(state);
                let came = next_arrival();
                state = self.lock();
                if !came {
                    break;
                }
            }
            let most = state.waiting.len().min(MAX_BATCH);
            let waiting: Vec<Waiting> = state.waiting.drain(..most).collect();
            let is_slow = state.is_slow;
            drop(state);
            // A fault of the program in one turn must not end all later ones; the answers see that they were dropped.
            match catch_unwind(AssertUnwindSafe(|| self.run_batch(waiting, is_slow))) {
                Ok(is_slow) => self.lock().is_slow = is_slow,
                Err(_) => tracing::error!("placing files panicked"),
            }
        }
    }

    /// Returns whether syncing was slow.
    fn run_batch(&self, waiting: Vec<Waiting>, is_slow: bool) -> bool {
        // All rows are queued before the first is waited for: they become one commit.
        let shown: Vec<_> = self.sync_contents(waiting).into_iter().filter_map(make_visible).collect();
        let entered: Vec<Visible> = shown.into_iter().filter_map(wait_for_row).collect();
        let Some(first) = entered.first() else { return is_slow };
        let syncfs_allowed = self.lock().syncfs.is_allowed(&first.folder);
        let start = Instant::now();
        let outcomes = sync_names(&entered, is_slow, syncfs_allowed);
        let took = start.elapsed();
        self.lock().syncfs.record_duration(took);
        for (item, outcome) in entered.into_iter().zip(outcomes) {
            match outcome {
                Ok(()) => item.succeed(),
                Err(error) => item.fail(error, true),
            }
        }
        took > SLOW_SYNC
    }

    /// Puts the data of small files on the disk; answers at once where that failed.
    fn sync_contents(&self, waiting: Vec<Waiting>) -> Vec<Placement> {
        let of = |one: &Waiting| match &one.placement.content {
            Content::Partial(partial) if !one.is_synced => Some(partial.clone()),
            _ => None,
        };
        let partials: Vec<Arc<Partial>> = waiting.iter().filter_map(of).collect();
        let start = Instant::now();
        let outcomes = syncfs_batch::sync_together(&partials.iter().map(Arc::as_ref).collect::<Vec<_>>());
        if partials.len() > 1 {
            self.lock().syncfs.record_duration(start.elapsed());
        }
        let mut outcomes = outcomes.into_iter();
        let sound = waiting.into_iter().filter_map(|Waiting { placement, is_synced }| {
            match if is_synced { Some(Ok(())) } else { outcomes.next() } {
                Some(Err(error)) => {
                    (placement.done)(Err(error));
                    None
                }
                _ => Some(placement),
            }
        });
        sound.collect()
    }

    /// The thread's life.
    fn run_thread(&self) {
        loop {
            let idle = |state: &mut QueueState| !state.handed_over && !state.closed;
            let mut state = self.handed_over.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
            if !state.handed_over {
                return;
            }
            state.handed_over = false;
            state.has_leader = true;
            drop(state);
            self.lead(None, &|| false);
        }
    }
}

/// Visible, and waiting to be safe.
struct Visible {
    folder: Folder,
    ledger: Arc<Ledger>,
    placed: Placed,
    /// What it has replaced.
    replaced: ReplacedFile,
    content: VisibleContent,
    unrecord: Box<dyn FnOnce(&FileName) + Send>,
    done: Done,
}

impl Visible {
    /// Answers that it is safe; what it has replaced goes.
    fn succeed(self) {
        self.folder.discard_replaced(self.replaced);
        (self.done)(Ok(self.placed));
    }

    /// Answers that it is not safe. Its name is taken back first, if it still leads to this file. `is_entered`: so is what
    /// the ledger was told.
    fn fail(self, error: StoreError, is_entered: bool) {
        let Self { folder, placed, replaced, content, unrecord, done, .. } = self;
        let is_ours = matches!(folder.stat(&placed.name), Ok(Some(there)) if there.id() == placed.meta.id());
        let undone = match content {
            _ if !is_ours => Ok(()),
            VisibleContent::Partial(partial) => {
                folder.undo_rename(&placed.name, replaced, partial.folder(), partial.name())
            }
            VisibleContent::Link => folder.undo_create(&placed.name, replaced),
        };
        match undone {
            Err(error) => tracing::warn!(%error, "a file that could not be entered keeps its name"),
            Ok(()) if is_entered => unrecord(&placed.name),
            Ok(()) => {}
        }
        done(Err(error));
    }
}

/// What has the name.
enum VisibleContent {
    /// It becomes a partial file again if its name is taken back.
    Partial(Arc<Partial>),
    /// It goes if its name is taken back.
    Link,
}

type Done = Box<dyn FnOnce(Result<Placed, StoreError>) + Send>;

/// Waits for the ledger's commit; answers at once if it failed.
fn wait_for_row((item, row): (Visible, Result<Pending<()>, StoreError>)) -> Option<Visible> {
    match row.and_then(Pending::wait) {
        Ok(()) => Some(item),
        Err(error) => {
            item.fail(error, false);
            None
        }
    }
}

/// Makes names and ledgers durable; one outcome for each item.
fn sync_names(items: &[Visible], is_slow: bool, syncfs_allowed: bool) -> Vec<Result<(), StoreError>> {
    let device = items[0].folder.meta().map(|meta| meta.dev).ok();
    let folders = first_with_same_key(items, |item| item.folder.meta().map(|meta| meta.id()).ok());
    let ledgers = first_with_same_key(items, |item| Some(Arc::as_ptr(&item.ledger)));
    let count = folders.iter().enumerate().filter(|(at, first)| at == *first).count();
    let is_worth_it = count > MAX_SINGLE_SYNCS || (syncfs_allowed && items.len() > 1);
    let used_syncfs = is_worth_it && items[0].folder.sync_filesystem().is_ok();
    let handles: Vec<&Folder> = items.iter().map(|item| &item.folder).collect();
    let sync_folders = || sync_each_once(&folders, |at| if used_syncfs { Ok(()) } else { handles[at].sync() });
    // A ledger may be on another file system (`--hist`); on one that was just synced there is nothing left to write.
    let sync_ledgers = || {
        sync_each_once(&ledgers, |at| match used_syncfs {
            true => items[at].ledger.sync_unless_on(device),
            false => items[at].ledger.sync(),
        })
    };
    let (folders, ledgers) = if is_slow && !used_syncfs {
        // Side by side: a file system commits both at once.
        std::thread::scope(|scope| {
            let beside = scope.spawn(sync_folders);
            let ledgers = sync_ledgers();
            (beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), ledgers)
        })
    } else {
        (sync_folders(), sync_ledgers())
    };
    folders.into_iter().zip(ledgers).map(|(folder, ledger)| folder.and(ledger)).collect()
}

/// For each item the position of the first that has the same key; an item without key stands alone.
fn first_with_same_key<K: PartialEq>(items: &[Visible], key: impl Fn(&Visible) -> Option<K>) -> Vec<usize> {
    let keys: Vec<_> = items.iter().map(key).collect();
    let same = |at: usize| (0..at).find(|other| keys[at].is_some() && keys[*other] == keys[at]).unwrap_or(at);
    (0..items.len()).map(same).collect()
}

/// Syncs what each group has in common once. A failure is that of all in the group, and is never asked about again: a
/// second sync may claim success for what the first has lost.
fn sync_each_once(first_of: &[usize], sync: impl Fn(usize) -> Result<(), StoreError>) -> Vec<Result<(), StoreError>> {
    let mut outcomes: Vec<Result<(), StoreError>> = Vec::with_capacity(first_of.len());
    for (at, first) in first_of.iter().enumerate() {
        let outcome = match first {
            first if *first == at => sync(at),
            first => match &outcomes[*first] {
                Ok(()) => Ok(()),
                Err(error) => {
                    let cause = error.source.to_string();
                    Err(StoreError::with_kind(error.kind(), error.op, error.path.clone(), cause))
                }
            },
        };
        outcomes.push(outcome);
    }
    outcomes
}

fn sync_data(partial: &Partial) -> Result<(), StoreError> {
    if let Some(faults) = partial.folder().faults() {
        faults.check(crate::disk::Op::Sync).map_err(|source| partial.failed("sync", source))?;
    }
    partial.file().sync_data().map_err(|source| partial.failed("sync", source))
}

/// Gives the file its name and enters it in the ledger; answers at once if that cannot be.
fn make_visible(mut placement: Placement) -> Option<(Visible, Result<Pending<()>, StoreError>)> {
    match rename_to_free_name(&mut placement) {
        Ok((placed, replaced)) => {
            let row = (placement.record)(&placed.name, &placed.meta);
            let Placement { folder, ledger, unrecord, done, content, .. } = placement;
            let content = match content {
                Content::Partial(partial) => VisibleContent::Partial(partial),
                Content::Symlink(_) | Content::HardLink(..) => VisibleContent::Link,
            };
            Some((Visible { folder, ledger, placed, replaced, content, unrecord, done }, row))
        }
        Err(error) => {
            (placement.done)(Err(error));
            None
        }
    }
}

/// Gives the file its name; also says what had it.
fn rename_to_free_name(placement: &mut Placement) -> Result<(Placed, ReplacedFile), StoreError> {
    let mut name = placement.name.clone();
    for tries in 0..MAX_NAMES {
        match attempt(placement, &name) {
            Ok((meta, replaced)) => return Ok((Placed { name, meta }, replaced)),
            Err(error) if error.kind() == ErrorKind::Exists && placement.on_conflict != OnConflict::Skip => {
                name = (placement.next_name)(&placement.folder, tries);
            }
            Err(error) => return Err(error),
        }
    }
    let taken = "all names that were tried are taken";
    Err(StoreError::with_kind(ErrorKind::Exists, "place", placement.folder.log_path(&VPath::root()), taken))
}

fn attempt(placement: &Placement, name: &FileName) -> Result<(Meta, ReplacedFile), StoreError> {
    let folder = &placement.folder;
    // Only the name that was asked for is ever replaced, never one that was made up.
    let on_existing = if *name == placement.name { on_existing(placement, name)? } else { OnExisting::Fail };
    let replaced = match (on_existing, &placement.hidden_names) {
        (OnExisting::Fail, _) => ReplacedFile::Nothing,
        (OnExisting::Replace, None) => ReplacedFile::NotKept,
        (OnExisting::Replace, Some(hidden)) => folder.keep_replaced(name, &hidden.replaced)?,
    };
    match give_name(placement, name, on_existing) {
        Ok(meta) => Ok((meta, replaced)),
        Err(error) => {
            folder.discard_replaced(replaced);
            Err(error)
        }
    }
}

fn give_name(placement: &Placement, name: &FileName, on_existing: OnExisting) -> Result<Meta, StoreError> {
    let folder = &placement.folder;
    match &placement.content {
        Content::Partial(partial) => {
            // Before the rename: afterwards somebody may have changed it already.
            let meta = partial.meta()?;
            check_unchanged(partial, &meta, placement.size)?;
            partial.folder().rename(partial.name(), folder, name, on_existing)?;
            Ok(meta)
        }
        Content::Symlink(target) => {
            let made = link_name(placement, name, on_existing);
            folder.symlink(target, made)?;
            let _only_decoration = folder.set_mtime(made, placement.mtime);
            rename_link(folder, made, name)?;
            link_meta(folder, name)
        }
        Content::HardLink(source, source_name) => {
            let made = link_name(placement, name, on_existing);
            source.hard_link(source_name, folder, made)?;
            rename_link(folder, made, name)?;
            link_meta(folder, name)
        }
    }
}

/// Refuses a partial file that is not the one that was written: another length, or (asked only where more time has passed
/// than that of one small request) another file behind its name.
fn check_unchanged(partial: &Partial, meta: &Meta, size: u64) -> Result<(), StoreError> {
    let is_brief = partial.is_new() && meta.size <= syncfs_batch::SMALL_FILE;
    if meta.size == size && (is_brief || partial.still_has_name(meta)?) {
        return Ok(());
    }
    let path = partial.folder().log_path(&VPath::root().join(partial.name()));
    Err(StoreError::with_kind(ErrorKind::Corrupt, "verify", path, "another program has changed the partial file"))
}

fn link_meta(folder: &Folder, name: &FileName) -> Result<Meta, StoreError> {
    let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
    folder.stat(name)?.ok_or_else(|| StoreError::new("stat", folder.log_path(&VPath::root().join(name)), gone()))
}

/// Whether what has the name may be replaced. Only files and links ever are.
fn on_existing(placement: &Placement, name: &FileName) -> Result<OnExisting, StoreError> {
    if matches!(placement.on_conflict, OnConflict::Rename | OnConflict::Skip) {
        return Ok(OnExisting::Fail);
    }
    Ok(match placement.folder.stat(name)? {
        None => OnExisting::Fail,
        Some(old) if !matches!(old.kind, Kind::File | Kind::Link) => OnExisting::Fail,
        Some(old) if placement.on_conflict == OnConflict::ReplaceOlder && old.mtime() >= placement.mtime => {
            OnExisting::Fail
        }
        // Bytes may have come since the name was looked at.
        Some(old) if placement.on_conflict == OnConflict::ReplaceBlank && (old.size > 0 || old.kind != Kind::File) => {
            OnExisting::Fail
        }
        Some(_) => OnExisting::Replace,
    })
}

/// The name that a link is made under. Making one replaces nothing: where something has the name, the link is made out of
/// sight, and takes the name in one step. Without a hidden name it is refused as taken.
fn link_name<'a>(placement: &'a Placement, name: &'a FileName, on_existing: OnExisting) -> &'a FileName {
    match (on_existing, &placement.hidden_names) {
        (OnExisting::Replace, Some(hidden)) => &hidden.link,
        _ => name,
    }
}

/// Gives a link that was made as `made` its name, whatever has that.
fn rename_link(folder: &Folder, made: &FileName, name: &FileName) -> Result<(), StoreError> {
    if made == name {
        return Ok(());
    }
    folder.rename(made, folder, name, OnExisting::Replace).inspect_err(|_| drop(folder.remove_file(made)))?;
    // A rename between two names of one file does nothing, and leaves both (rename(2)).
    match folder.stat(made)? {
        Some(_) => folder.remove_file(made),
        None => Ok(()),
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
