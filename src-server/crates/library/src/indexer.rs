//! Keeps the names in the index of one volume equal to the disk.
//!
//! One indexer for each volume follows the change feed and compares folders, one after the other, so that a folder is
//! never compared while a change in it is being recorded. A change is looked up on disk before it is recorded, because
//! the file may have changed again.

use crate::Next;
use crate::volume::{REST, VolumeIndex, index_of, used_index};
use crate::walk::{Entry, WalkRules, is_absence};
use model::index_flags::IndexMode;
use model::{Perm, VPath};
use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use store::StoreError;
use store::db::Pending;
use store::disk::{Folder, Kind, Meta};
use store::index::{ContentId, Index};
use store::watch::FolderWatch;
use vfs::changes::{Change, Notice, Subscription};
use vfs::core::Core;
use vfs::error::Result;
use vfs::snapshot::Snapshot;
use vfs::volumes::storage::VolumeStorage;
use vfs::volumes::tree::MountedVolume;

/// Notices of the change feed that may wait.
const NOTICES_MAX: usize = 10_000;
/// Time after which a step ends.
const STEP: Duration = Duration::from_millis(200);
/// Queued changes of the database after which a step waits for them.
const QUEUED_MAX: usize = 64;
/// Files in queued changes after which a step waits for them; bounds memory, some 150 bytes for each.
const QUEUED_FILES_MAX: usize = 50_000;
/// Time after which a volume that cannot be read is tried again.
const RETRY: Duration = Duration::from_secs(30);
/// Time between two scans of a volume whose changes are not noticed: a network disk, or too many folders.
const UNWATCHED_RESCAN: Duration = Duration::from_secs(900);
/// Longest time without a look at the demands of settings.
const IDLE: Duration = Duration::from_secs(3600);

/// Background work for the index of one volume.
pub struct Indexer {
    core: Arc<Core>,
    storage: Weak<VolumeStorage>,
    name: String,
    changes: Subscription,
    /// Taken from `changes` and not yet recorded.
    notices: VecDeque<Notice>,
    /// Folders still to be compared, the next one last. Holds at most the names of the folders on one way down.
    todo: Vec<VPath>,
    scan: Scan,
    /// Notices changes of other programs.
    watch: Watch,
    is_closed: bool,
    /// Whether no other indexer may begin.
    is_claimed: bool,
}

/// Notices of the operating system about changes of other programs.
#[derive(Default)]
enum Watch {
    /// Not begun yet.
    #[default]
    None,
    /// They are told.
    Active(#[expect(dead_code, reason = "dropping it ends the watch")] FolderWatch),
    /// They cannot be told; regular scans find them.
    Unavailable,
}

/// Scans of the whole volume.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    /// Whether one is under way.
    is_running: bool,
    /// When the last one ended.
    ended: Option<Instant>,
    /// Folders compared by the present one.
    folders: u64,
}

impl Indexer {
    /// Begins to follow a volume; `None` if another indexer does so already. The first scan begins with the first step.
    pub(crate) fn begin(core: &Arc<Core>, volume: &Arc<MountedVolume>) -> Option<Self> {
        let storage = &volume.storage;
        if !index_of(storage)?.claim_indexer() {
            return None;
        }
        let changes = storage.state.changes.subscribe(NOTICES_MAX);
        Some(Self {
            core: core.clone(),
            storage: Arc::downgrade(storage),
            name: volume.config.mount.display().to_string(),
            changes,
            notices: VecDeque::new(),
            todo: Vec::new(),
            scan: Scan::default(),
            watch: Watch::None,
            is_closed: false,
            is_claimed: true,
        })
    }

    /// Returns the mount point of the volume, for people.
    pub fn volume(&self) -> &str {
        &self.name
    }

    /// Returns the number of folders that the present scan has compared.
    pub fn folders_done(&self) -> u64 {
        self.scan.folders
    }

    /// Waits until there is something to do.
    pub async fn wake(&mut self) {
        let Some(storage) = self.storage.upgrade() else { return };
        let Some(index) = index_of(&storage) else { return };
        tokio::select! {
            notice = self.changes.next() => match notice {
                Some(notice) => self.notices.push_back(notice),
                None => self.is_closed = true,
            },
            () = index.woken.notified() => {}
        }
    }

    /// Does a part of the work on a thread of low priority.
    ///
    /// # Errors
    /// `Internal` if the work panicked. Other errors are logged, and the work is done again later.
    pub async fn step(&mut self) -> Result<Next> {
        let snapshot = self.core.snapshot.load_full();
        let Some(volume) = self.volume_in(&snapshot) else {
            self.release();
            // Settings that were applied meanwhile may have found the claim taken.
            let is_wanted = self.volume_in(&self.core.snapshot.load()).is_some();
            return Ok(if is_wanted && self.claim() { Next::Step } else { Next::End });
        };
        let rules = WalkRules::new(&snapshot, &volume);
        while let Some(notice) = self.changes.try_next() {
            self.notices.push_back(notice);
        }
        let mut work = Work {
            notices: std::mem::take(&mut self.notices),
            todo: std::mem::take(&mut self.todo),
            scan: self.scan,
            watch: std::mem::take(&mut self.watch),
            volume,
            rules,
        };
        let (work, next) = self
            .core
            .pool
            .run_in_background(move || {
                let next = work.run();
                (work, next)
            })
            .await?;
        (self.notices, self.todo, self.scan, self.watch) = (work.notices, work.todo, work.scan, work.watch);
        Ok(next)
    }
}

impl Indexer {
    /// Returns the volume, if it has an index under these settings.
    fn volume_in(&self, snapshot: &Snapshot) -> Option<Arc<MountedVolume>> {
        let storage = self.storage.upgrade().filter(|_| !self.is_closed)?;
        let is_it =
            |volume: &&Arc<MountedVolume>| Arc::ptr_eq(&volume.storage, &storage) && used_index(volume).is_some();
        snapshot.tree.volumes.iter().find(is_it).cloned()
    }

    /// Claims the volume again. Returns false if another indexer has it.
    fn claim(&mut self) -> bool {
        let storage = self.storage.upgrade();
        self.is_claimed = storage.as_deref().and_then(index_of).is_some_and(VolumeIndex::claim_indexer);
        self.is_claimed
    }

    /// Lets another indexer have the volume.
    fn release(&mut self) {
        if let Some(index) = self.storage.upgrade().as_deref().and_then(index_of)
            && std::mem::take(&mut self.is_claimed)
        {
            index.release_indexer();
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.release();
    }
}

/// What a step works on.
struct Work {
    notices: VecDeque<Notice>,
    todo: Vec<VPath>,
    scan: Scan,
    watch: Watch,
    volume: Arc<MountedVolume>,
    rules: WalkRules,
}

impl Work {
    /// Works until the time of a step is over or nothing is left.
    fn run(&mut self) -> Next {
        self.try_run().unwrap_or_else(|error| {
            // A full disk, for example. Changes may have been missed: everything is compared once it works again.
            tracing::warn!(%error, share = self.volume.config.mount.display(), "the index is not up to date; it is tried again later");
            if let Some(own) = index_of(&self.volume.storage) {
                own.replace_if_damaged(&error);
                own.give_up();
            }
            self.notices.clear();
            self.todo = vec![VPath::root()];
            self.scan = Scan { is_running: true, ended: None, folders: 0 };
            Next::Wait(RETRY)
        })
    }

    fn try_run(&mut self) -> std::result::Result<Next, StoreError> {
        let volume = self.volume.clone();
        let storage = &volume.storage;
        // While the disk is not there, the index stays as it is.
        let Some(own) = index_of(storage) else { return Ok(Next::End) };
        let Some(root) = storage.root() else {
            own.give_up();
            return Ok(Next::Wait(RETRY));
        };
        let index = own.open()?;
        self.begin_watch(&root);
        self.begin_scan(own);
        let (ends, mut queued) = (Instant::now() + STEP, Vec::new());
        let (changed, are_more_changing) = own.take_changed();
        self.notices
            .extend(changed.into_iter().map(|path| Notice::Change(Change::Replaced { path, kind: Kind::File })));
        let mut has_changed = false;
        while Instant::now() < ends && self.advance(&root, &index, &mut queued)? {
            has_changed |= !queued.is_empty();
            if queued.len() >= QUEUED_MAX || queued.iter().map(Queued::files).sum::<usize>() >= QUEUED_FILES_MAX {
                wait_for(&mut queued)?;
            }
        }
        wait_for(&mut queued)?;
        if has_changed {
            own.notify_hasher();
        }
        if !self.notices.is_empty() || !self.todo.is_empty() {
            return Ok(Next::Step);
        }
        self.end_scan(own);
        if are_more_changing {
            return Ok(Next::Wait(REST));
        }
        let interval = self.rescan_interval();
        Ok(Next::Wait(if interval.is_zero() { IDLE } else { interval.min(IDLE) }))
    }

    /// Begins to watch the volume before its first scan, so that no change is missed between the two.
    fn begin_watch(&mut self, root: &Folder) {
        if !matches!(self.watch, Watch::None) {
            return;
        }
        let storage = Arc::downgrade(&self.volume.storage);
        let each = move |notice| {
            let Some(storage) = storage.upgrade() else { return };
            let Some(own) = index_of(&storage) else { return };
            match notice {
                store::watch::Notice::Changed(path) => own.look_again([path]),
                store::watch::Notice::Lost => own.demand_scan(),
            }
        };
        self.watch = match FolderWatch::start(root, each) {
            Ok(watch) => Watch::Active(watch),
            Err(error) => {
                let share = self.volume.config.mount.display();
                tracing::warn!(%error, share, "changes by other programs are found by regular scans only");
                Watch::Unavailable
            }
        };
    }

    /// Returns the time between two scans: that of the settings, or a default where changes are not noticed.
    fn rescan_interval(&self) -> Duration {
        match self.rules.flags().rescan_secs {
            0 if matches!(self.watch, Watch::Unavailable) || !self.volume.storage.uses_page_cache() => UNWATCHED_RESCAN,
            secs => Duration::from_secs(secs),
        }
    }

    /// Begins a scan of the whole volume if one is due.
    fn begin_scan(&mut self, own: &VolumeIndex) {
        let interval = self.rescan_interval();
        let is_due = match self.scan.ended {
            None => !self.scan.is_running,
            Some(ended) => !interval.is_zero() && ended.elapsed() >= interval,
        };
        let is_demanded = own.take_demand();
        let is_wanted = match self.volume.config.flags.index_mode() {
            IndexMode::Off => false,
            IndexMode::Changes => is_demanded,
            IndexMode::ScanWritable => is_demanded || is_due && is_writable(&self.volume),
            IndexMode::ScanAll => is_demanded || is_due,
        };
        if is_wanted {
            self.todo = vec![VPath::root()];
            self.scan = Scan { is_running: true, ended: None, folders: 0 };
        }
    }

    fn end_scan(&mut self, own: &VolumeIndex) {
        let holds_all = self.scan.is_running;
        if self.scan.is_running {
            tracing::info!(
                share = self.volume.config.mount.display(),
                folders = self.scan.folders,
                "the index is complete"
            );
        }
        if self.scan.is_running || self.scan.ended.is_none() {
            self.scan = Scan { is_running: false, ended: Some(Instant::now()), ..self.scan };
        }
        own.set_scanned(holds_all);
    }

    /// Records one notice or compares one folder. Returns false if there was nothing to do.
    fn advance(
        &mut self,
        root: &Folder,
        index: &Arc<Index>,
        queued: &mut Vec<Queued>,
    ) -> std::result::Result<bool, StoreError> {
        if let Some(notice) = self.notices.pop_front() {
            self.record(root, index, notice, queued)?;
            return Ok(true);
        }
        let Some(path) = self.todo.pop() else { return Ok(false) };
        self.scan.folders += 1;
        match self.compare(root, index, &path, queued) {
            Ok(()) => {}
            Err(error) if is_absence(&error) => queued.push(Queued::Change(index.remove(&path)?)),
            // Its rows stay as they are: a folder that cannot be read now is not an empty one.
            Err(error) => tracing::warn!(%error, "a folder is not compared with the index"),
        }
        Ok(true)
    }

    fn compare(
        &mut self,
        root: &Folder,
        index: &Arc<Index>,
        path: &VPath,
        queued: &mut Vec<Queued>,
    ) -> std::result::Result<(), StoreError> {
        let contents = self.rules.read(root, path)?;
        let below: Vec<VPath> = contents.folders.iter().map(|name| path.join(name)).collect();
        let files = contents.files.len();
        if let Some(change) = index.compare_folder(path, contents)? {
            queued.push(Queued::Compared(change, files));
        }
        self.todo.extend(below);
        Ok(())
    }

    fn record(
        &mut self,
        root: &Folder,
        index: &Arc<Index>,
        notice: Notice,
        queued: &mut Vec<Queued>,
    ) -> std::result::Result<(), StoreError> {
        match notice {
            Notice::Rescan(folder) => self.todo.push(folder),
            Notice::Change(
                Change::Created { path, .. } | Change::Replaced { path, .. } | Change::Removed { path, .. },
            ) => {
                self.look_at(root, index, &path, Folders::Compare, queued)?;
            }
            Notice::Change(Change::Moved { from, to, .. }) => {
                if self.rules.allows(&from) && self.rules.allows(&to) {
                    queued.push(Queued::Change(index.move_to(&from, &to)?));
                }
                self.look_at(root, index, &from, Folders::Compare, queued)?;
                self.look_at(root, index, &to, Folders::Moved, queued)?;
            }
        }
        Ok(())
    }

    /// Makes the index agree with what is at `path` now.
    fn look_at(
        &mut self,
        root: &Folder,
        index: &Arc<Index>,
        path: &VPath,
        folders: Folders,
        queued: &mut Vec<Queued>,
    ) -> std::result::Result<(), StoreError> {
        match self.rules.look(root, path)? {
            Entry::File(meta) => queued.extend(self.put(index, path, &meta)?),
            Entry::Folder if folders == Folders::Moved && self.is_moved(index, path, queued)? => {}
            Entry::Folder => self.todo.push(path.clone()),
            Entry::Nothing => queued.push(Queued::Change(index.remove(path)?)),
        }
        Ok(())
    }

    /// Whether the index has the folder, after the queued changes.
    fn is_moved(
        &self,
        index: &Arc<Index>,
        path: &VPath,
        queued: &mut Vec<Queued>,
    ) -> std::result::Result<bool, StoreError> {
        wait_for(queued)?;
        index.has_folder(path)
    }

    fn put(&self, index: &Arc<Index>, path: &VPath, meta: &Meta) -> std::result::Result<Option<Queued>, StoreError> {
        let Some((folder, name)) = path.split_last() else { return Ok(None) };
        let known = self.volume.storage.known_content(&folder, &name, meta);
        let (wark, uploaded_at) = known.map_or((None, None), |known| (known.wark, known.uploaded_at));
        let mut file = self.rules.found(&folder, name, meta);
        file.content = wark.as_ref().map(ContentId::of).or(file.content);
        index.put_file(&folder, file, uploaded_at).map(|put| Some(Queued::Change(put)))
    }
}

/// What is done with a folder that is at the path of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folders {
    /// It is compared with the index, with all below.
    Compare,
    /// Its rows have moved; it is compared only if there were none.
    Moved,
}

/// A queued change of the database.
enum Queued {
    Change(Pending<()>),
    /// A folder with this number of files.
    Compared(Pending<usize>, usize),
}

impl Queued {
    /// Returns the number of files that it holds in memory.
    fn files(&self) -> usize {
        match self {
            Self::Change(_) => 1,
            Self::Compared(_, files) => *files,
        }
    }
}

fn wait_for(queued: &mut Vec<Queued>) -> std::result::Result<(), StoreError> {
    queued.drain(..).try_for_each(|one| match one {
        Queued::Change(pending) => pending.wait(),
        Queued::Compared(pending, _) => pending.wait().map(drop),
    })
}

/// Whether some account may write to the volume.
fn is_writable(volume: &MountedVolume) -> bool {
    volume.config.grants.iter().any(|grant| volume.config.flags.limit(grant.perms).has(Perm::Write))
}
