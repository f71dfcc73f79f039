//! Makes files visible under their final names, and reports each as done only when it survives a loss of power.
//!
//! ```text
//! caller's thread        set the file's times, sync the data of a large file
//!       │ push to the queue of the file system
//! one leader at a time   one batch: sync the data of small files ─► rename each ─► insert ledger rows
//! per file system                   ─► ONE sync of names and ledger ─► call `done` of each
//!       what is pushed meanwhile waits for the next batch and shares its sync
//! ```
//!
//! The first caller to push a file becomes the leader: it runs batches on its own thread for a few milliseconds
//! (`CALLER_TIME`); after that the worker thread of the file system takes over. So a single file pays for no change of
//! threads, and under a flood of files no caller is held for long.
//!
//! If the ledger row or the sync fails after the rename, the rename is undone before `done` is called, and a replaced
//! file gets its name back. A failed file is never left visible, neither in place of an older file nor beside the file
//! that a retry creates.
//!
//! Guarantees: a visible name never shows data that a loss of power could take back, and `done` is never called with
//! success before name and ledger row are on the disk. The caller syncs the data of a large file itself, so that small
//! files do not wait for it. The data of several small files, and several names, are synced by one `syncfs` where that
//! is reliable and quick (`syncfs_batch`), else one by one.

mod syncfs_batch;

use crate::db::Pending;
use crate::disk::{Folder, Kind, Meta, Node, OnExisting, OpenFile, ReplacedFile};
use crate::error::{ErrorKind, StoreError};
use crate::ledger::Ledger;
use crate::partial::Partial;
use model::{FileName, OnConflict, UnixMillis, VPath};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use syncfs_batch::SyncfsPolicy;

/// Up to this many folders are synced one by one instead of with `syncfs`.
const MAX_SINGLE_SYNCS: usize = 3;
/// Upper limit of files in one batch.
const MAX_BATCH: usize = 512;
/// How long a caller runs batches on its own thread, which may hold files of other callers.
const CALLER_TIME: Duration = Duration::from_millis(4);
/// A sync that takes longer is slow: folders and ledgers are then synced in two threads at once.
const SLOW_SYNC: Duration = Duration::from_micros(300);
/// While syncing is fast, the leader asks for more files before a batch until it holds this many. A larger value makes
/// a few clients wait in step for one another.
const MIN_BATCH: usize = 2;
/// How many alternative names are tried when the wanted one is taken.
const MAX_NAMES: u32 = 20;

/// What is to be made visible.
pub enum Content {
    /// A partial file that has been received completely.
    Partial(Arc<Partial>),
    /// A symbolic link with this text.
    Symlink(Vec<u8>),
    /// A hard link to the file with this name in that folder.
    HardLink(Folder, FileName),
}

/// A request to make one file visible.
pub struct Placement {
    /// The file or link.
    pub content: Content,
    /// The target folder.
    pub folder: Folder,
    /// The wanted name.
    pub name: FileName,
    /// What to do if the name is taken.
    pub on_conflict: OnConflict,
    /// Returns an alternative name in this folder, given how many were already found taken. Used if the name is taken
    /// and nothing may be replaced.
    #[allow(clippy::type_complexity)]
    pub next_name: Box<dyn FnMut(&Folder, u32) -> FileName + Send>,
    /// Modification time that the file gets.
    pub mtime: UnixMillis,
    /// Temporary hidden names for a link that replaces something and for the replaced file. `None`: a link replaces
    /// nothing, and a file that was replaced is not restored if a later step fails.
    pub hidden_names: Option<HiddenNames>,
    /// Length of a partial file in bytes. Any other length is refused as `Corrupt`: another program has changed the
    /// file.
    pub size: u64,
    /// Inserts the ledger row; called with the final name and the metadata of the file.
    #[allow(clippy::type_complexity)]
    pub record: Box<dyn FnOnce(&FileName, &Meta) -> Result<Pending<()>, StoreError> + Send>,
    /// Removes the ledger row again after the rename was undone; called with the name that the file had.
    pub unrecord: Box<dyn FnOnce(&FileName) + Send>,
    /// The ledger to sync before `done` is called.
    pub ledger: Arc<Ledger>,
    /// Called exactly once: with the result when the file is durable, or with the error. Runs on the leader's thread,
    /// so it must be short.
    pub done: Box<dyn FnOnce(Result<Placed, StoreError>) + Send>,
}

/// Temporary names that clients cannot see.
pub struct HiddenNames {
    /// Name of a new link until it replaces something.
    pub link: FileName,
    /// Second name of the replaced file until its successor is durable.
    pub replaced: FileName,
}

/// A file that is visible and durable.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its final name.
    pub name: FileName,
    /// Its metadata.
    pub meta: Meta,
}

/// Makes files visible, in batches per file system (see the module). Cheap to clone. The worker threads finish what is
/// queued and end when the last clone is dropped.
#[derive(Clone, Default)]
pub struct Placer {
    workers: Arc<FsWorkers>,
}

#[derive(Default)]
struct FsWorkers {
    /// By device number of the file system.
    running: Mutex<HashMap<u64, FsWorker>>,
}

#[derive(Default)]
struct FsWorker {
    queue: Arc<FsQueue>,
    /// Started on first use.
    thread: Option<JoinHandle<()>>,
}

/// Files waiting to be placed on one file system.
#[derive(Default)]
struct FsQueue {
    state: Mutex<QueueState>,
    /// Signals the worker thread to take over as leader, or to end.
    handed_over: Condvar,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Waiting>,
    syncfs: SyncfsPolicy,
    /// A thread is running batches.
    has_leader: bool,
    /// The worker thread is to become the leader.
    handed_over: bool,
    closed: bool,
    is_slow: bool,
}

/// A queued placement.
struct Waiting {
    placement: Placement,
    /// Its data is already on the disk.
    is_synced: bool,
}

impl Drop for FsWorkers {
    fn drop(&mut self) {
        let running = std::mem::take(&mut *self.running.lock());
        for (_, FsWorker { queue, thread }) in running {
            queue.lock().closed = true;
            queue.handed_over.notify_all();
            // `done` may drop the last clone on the worker thread itself, which cannot join itself.
            if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
                let _panicked = thread.join();
            }
        }
    }
}

impl Placer {
    /// Syncs the data of a large partial file, queues the placement, and leads the queue if no other thread does.
    /// Blocks for that long. The result is delivered through `placement.done`, always, before or after this function
    /// returns.
    ///
    /// `next_arrival` is called before a batch while syncing is fast: it may queue another file on this thread, and
    /// returns whether it did.
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
                if later { Ok(false) } else { partial.sync_data().map(|()| true) }
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

    /// Whether the most recent sync on any file system was slow.
    pub fn is_slow(&self) -> bool {
        self.running().values().any(|worker| worker.queue.lock().is_slow)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<u64, FsWorker>> {
        self.workers.running.lock()
    }

    /// Hands leadership to the worker thread; runs the batches here if that thread cannot be started.
    fn hand_over(&self, device: u64, queue: &Arc<FsQueue>) {
        let started = match self.running().get_mut(&device) {
            Some(worker) => worker.start(),
            None => Ok(()),
        };
        if let Err(error) = started {
            tracing::warn!(%error, "cannot start the placer thread; placing files on the caller's thread");
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

/// How [`FsQueue::lead`] ended.
#[derive(PartialEq)]
enum Lead {
    /// The queue is empty; the caller no longer leads.
    Done,
    /// The time limit was reached with files left in the queue; the caller still leads.
    TimeUp,
}

impl FsQueue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock()
    }

    /// Runs batches until the queue is empty or `limit` has passed. The caller has set `has_leader`.
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
            // A commit costs the same for two files as for one. Where syncing is slow, files gather without this.
            for _ in 1..MIN_BATCH {
                if state.is_slow || state.waiting.len() >= MIN_BATCH {
                    break;
                }
                drop(state);
                let has_queued = next_arrival();
                state = self.lock();
                if !has_queued {
                    break;
                }
            }
            let most = state.waiting.len().min(MAX_BATCH);
            let waiting: Vec<Waiting> = state.waiting.drain(..most).collect();
            let is_slow = state.is_slow;
            drop(state);
            // A panic in one batch must not stop later ones. Its `done` callbacks are dropped, which their waiters
            // notice.
            match catch_unwind(AssertUnwindSafe(|| self.run_batch(waiting, is_slow))) {
                Ok(is_slow) => self.lock().is_slow = is_slow,
                Err(_) => tracing::error!("a batch of files being placed panicked"),
            }
        }
    }

    /// Places one batch. Returns whether syncing was slow.
    fn run_batch(&self, waiting: Vec<Waiting>, is_slow: bool) -> bool {
        // All rows are queued before the first is waited for, so that they share one commit.
        let visible: Vec<_> = self.sync_contents(waiting).into_iter().filter_map(make_visible).collect();
        let recorded: Vec<Visible> = visible.into_iter().filter_map(wait_for_row).collect();
        let Some(first) = recorded.first() else { return is_slow };
        let syncfs_allowed = self.lock().syncfs.is_allowed(&first.folder);
        let start = Instant::now();
        let outcomes = sync_names(&recorded, is_slow, syncfs_allowed);
        let took = start.elapsed();
        self.lock().syncfs.record_duration(took);
        for (item, outcome) in recorded.into_iter().zip(outcomes) {
            match outcome {
                Ok(()) => item.succeed(),
                Err(error) => item.fail(error, true),
            }
        }
        took > SLOW_SYNC
    }

    /// Syncs the data of small files. Completes those that failed with their error and returns the others.
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

    /// Main loop of the worker thread: leads whenever leadership is handed over, until the queue is closed.
    fn run_thread(&self) {
        loop {
            let idle = |state: &mut QueueState| !state.handed_over && !state.closed;
            let mut state = self.lock();
            self.handed_over.wait_while(&mut state, idle);
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

/// A renamed file that is not yet durable.
struct Visible {
    folder: Folder,
    ledger: Arc<Ledger>,
    placed: Placed,
    /// The file that had the name before.
    replaced: ReplacedFile,
    content: VisibleContent,
    unrecord: Box<dyn FnOnce(&FileName) + Send>,
    done: Done,
}

impl Visible {
    /// Reports success and removes the replaced file.
    fn succeed(self) {
        self.folder.discard_replaced(self.replaced);
        (self.done)(Ok(self.placed));
    }

    /// Reports `error`, after undoing the rename if the name still refers to this file. `is_recorded`: the ledger row
    /// was committed and is removed as well.
    fn fail(self, error: StoreError, is_recorded: bool) {
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
            Err(error) => {
                tracing::warn!(%error, "cannot undo the rename of a file without a ledger row; it stays visible")
            }
            Ok(()) if is_recorded => unrecord(&placed.name),
            Ok(()) => {}
        }
        done(Err(error));
    }
}

/// What was made visible.
enum VisibleContent {
    /// On failure it is renamed back to its partial name.
    Partial(Arc<Partial>),
    /// On failure it is removed.
    Link,
}

type Done = Box<dyn FnOnce(Result<Placed, StoreError>) + Send>;

/// Waits for the ledger's commit. On failure completes the item with the error and returns `None`.
fn wait_for_row((item, row): (Visible, Result<Pending<()>, StoreError>)) -> Option<Visible> {
    match row.and_then(Pending::wait) {
        Ok(()) => Some(item),
        Err(error) => {
            item.fail(error, false);
            None
        }
    }
}

/// Makes names and ledgers durable. Returns one result for each item, in order.
fn sync_names(items: &[Visible], is_slow: bool, syncfs_allowed: bool) -> Vec<Result<(), StoreError>> {
    let device = items[0].folder.meta().map(|meta| meta.dev).ok();
    let folders = first_with_same_key(items, |item| item.folder.meta().map(|meta| meta.id()).ok());
    let ledgers = first_with_same_key(items, |item| Some(Arc::as_ptr(&item.ledger)));
    let count = folders.iter().enumerate().filter(|(at, first)| at == *first).count();
    let is_worth_it = count > MAX_SINGLE_SYNCS || (syncfs_allowed && items.len() > 1);
    let used_syncfs = is_worth_it && items[0].folder.sync_filesystem().is_ok();
    let handles: Vec<&Folder> = items.iter().map(|item| &item.folder).collect();
    let sync_folders = || sync_each_once(&folders, |at| if used_syncfs { Ok(()) } else { handles[at].sync() });
    // A ledger may be on another file system (`--hist`). On the one that was just synced it has nothing left to write.
    let sync_ledgers = || {
        sync_each_once(&ledgers, |at| match used_syncfs {
            true => items[at].ledger.sync_unless_on(device),
            false => items[at].ledger.sync(),
        })
    };
    let (folders, ledgers) = if is_slow && !used_syncfs {
        // In two threads at once: a file system commits both together.
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

/// Returns, for each item, the index of the first item with the same key; an item without a key gets its own index.
fn first_with_same_key<K: PartialEq>(items: &[Visible], key: impl Fn(&Visible) -> Option<K>) -> Vec<usize> {
    let keys: Vec<_> = items.iter().map(key).collect();
    let same = |at: usize| (0..at).find(|other| keys[at].is_some() && keys[*other] == keys[at]).unwrap_or(at);
    (0..items.len()).map(same).collect()
}

/// Calls `sync` once for each group of items and gives the result to all of the group. A failed sync is never repeated:
/// the kernel reports a lost write once, so that a second sync may claim success for data that is gone (fsync(2)).
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

/// Renames the file and queues its ledger row. On failure completes the placement with the error and returns `None`.
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

/// Gives the file its name, or an alternative one. Returns what it replaced as well.
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
    let taken = "all names that were tried exist";
    Err(StoreError::with_kind(ErrorKind::Exists, "place", placement.folder.log_path(&VPath::root()), taken))
}

fn attempt(placement: &Placement, name: &FileName) -> Result<(Meta, ReplacedFile), StoreError> {
    let folder = &placement.folder;
    // Only the requested name is ever replaced, never an alternative one.
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
            // Before the rename: afterwards another program may already have changed the visible file.
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

/// Returns `Corrupt` unless the partial file is the one that was written: it must have the expected length, and
/// (checked only if more time has passed than one small request takes) its hidden name must still refer to it.
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

/// Decides whether the existing entry may be replaced. Only files and links ever are.
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
        // Another program may have written to the blank file since the name was checked.
        Some(old) if placement.on_conflict == OnConflict::ReplaceBlank && (old.size > 0 || old.kind != Kind::File) => {
            OnExisting::Fail
        }
        Some(_) => OnExisting::Replace,
    })
}

/// Returns the name under which a link is created. Creating a link replaces nothing, so where an entry must be replaced
/// the link is created under a hidden name and then renamed in one step. Without a hidden name the creation fails with
/// `Exists`.
fn link_name<'a>(placement: &'a Placement, name: &'a FileName, on_existing: OnExisting) -> &'a FileName {
    match (on_existing, &placement.hidden_names) {
        (OnExisting::Replace, Some(hidden)) => &hidden.link,
        _ => name,
    }
}

/// Renames a link from `made` to `name`, replacing an existing entry.
fn rename_link(folder: &Folder, made: &FileName, name: &FileName) -> Result<(), StoreError> {
    if made == name {
        return Ok(());
    }
    folder.rename(made, folder, name, OnExisting::Replace).inspect_err(|_| drop(folder.remove_file(made)))?;
    // A rename between two hard links of one file does nothing and leaves both (rename(2)).
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
            Err(StoreError::with_kind(ErrorKind::IsAFolder, "open", folder.log_path(&path), "is a folder"))
        }
    }
}

#[cfg(test)]
mod tests;
