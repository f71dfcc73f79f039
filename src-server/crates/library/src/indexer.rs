//! Keeps the names in the index of one volume equal to the disk.
//!
//! One indexer for each volume follows the change feed and compares folders, one after the other, so that a folder is
//! never compared while a change in it is being recorded. A change is looked up on disk before it is recorded, because
//! the file may have changed again.

use crate::Next;
use crate::exact_names::ExactNames;
use crate::scanning::{Rules, Scan, Watch, Work};
use crate::volume::{VolumeIndex, index_of, used_index};
use crate::walk::WalkRules;
use model::VPath;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;
use vfs::changes::{Notice, Subscription};
use vfs::core::Core;
use vfs::error::Result;
use vfs::snapshot::Snapshot;
use vfs::volumes::storage::VolumeStorage;
use vfs::volumes::tree::MountedVolume;

/// Notices of the change feed that may wait.
const NOTICES_MAX: usize = 10_000;
/// Time between two looks at work that is paused.
const IDLE: Duration = Duration::from_secs(3600);

/// Background work for the index of one volume.
pub struct Indexer {
    core: Arc<Core>,
    storage: Weak<VolumeStorage>,
    name: String,
    changes: Subscription,
    /// Taken from `changes` and not yet recorded.
    notices: VecDeque<Notice>,
    /// Folders still to be compared, the next one last. Holds the names of the folders on a few ways down.
    todo: Vec<VPath>,
    scan: Scan,
    /// Whether rows fit the settings.
    applied: Rules,
    /// Notices changes of other programs.
    watch: Watch,
    is_closed: bool,
    /// Whether no other indexer may begin.
    is_claimed: bool,
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
            applied: Rules::Unknown,
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
        let own = index_of(&volume.storage).filter(|own| own.progress.is_paused());
        if let Some(own) = own {
            own.announce(&self.core.events, &volume.config.mount);
            // Resuming wakes this job.
            return Ok(Next::Wait(IDLE));
        }
        let (rules, mounted) = (WalkRules::new(&snapshot, &volume), volume.clone());
        while let Some(notice) = self.changes.try_next() {
            self.notices.push_back(notice);
        }
        let mut work = Work {
            notices: std::mem::take(&mut self.notices),
            todo: std::mem::take(&mut self.todo),
            scan: self.scan,
            watch: std::mem::take(&mut self.watch),
            applied: std::mem::take(&mut self.applied),
            volume,
            rules,
            exact: ExactNames::default(),
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
        self.applied = work.applied;
        index_of(&mounted.storage).into_iter().for_each(|own| own.announce(&self.core.events, &mounted.config.mount));
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
