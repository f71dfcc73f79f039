//! One step of the work of an indexer: begins scans when they are due, and works on what is queued.

use crate::Next;
use crate::cores::processors;
use crate::exact_names::ExactNames;
use crate::progress::Worker;
use crate::queued::{Queued, wait_for};
use crate::rules_pass::RulesPass;
use crate::volume::{REST, VolumeIndex, index_of};
use crate::walk::WalkRules;
use model::index_flags::IndexMode;
use model::{Perm, VPath};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::disk::{Folder, Kind};
use store::index::{Index, RulesDigest};
use store::watch::FolderWatch;
use store::{ErrorKind, StoreError};
use vfs::changes::{Change, Notice};
use vfs::volumes::tree::MountedVolume;

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

/// Notices of the operating system about changes of other programs.
#[derive(Default)]
pub(crate) enum Watch {
    /// Not begun yet.
    #[default]
    None,
    /// They are told.
    Active(FolderWatch),
    /// They cannot be told; regular scans find them.
    Unavailable,
}

/// Scans of the whole volume.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scan {
    /// Whether one is under way.
    pub is_running: bool,
    /// When the last one ended.
    pub ended: Option<Instant>,
    /// Folders compared by the present one.
    pub folders: u64,
    /// Folders that are read side by side: more where they are small, since all their files are held in memory.
    pub at_once: usize,
}

/// Files read together below which more folders are read side by side, for each processor.
const FEW_FILES: usize = 1000;
/// Files read together above which fewer are.
const MANY_FILES: usize = 20_000;
/// Most folders read side by side.
const FOLDERS_MAX: usize = 64;

impl Scan {
    /// Chooses how many folders are read side by side next. `files`: read together last.
    pub fn adapt(&mut self, files: usize) {
        self.at_once = match files {
            _ if files < FEW_FILES * processors() => (2 * self.at_once).clamp(2, FOLDERS_MAX),
            _ if files > MANY_FILES => self.at_once / 2,
            _ => self.at_once,
        };
    }
}

/// Whether the rows are those that the settings want.
#[derive(Default)]
pub(crate) enum Rules {
    /// Not known yet.
    #[default]
    Unknown,
    /// They are being changed.
    Pass(RulesPass),
    /// They were made, or changed, under the settings with this digest.
    Applied(RulesDigest),
}

/// What a step works on.
pub(crate) struct Work {
    /// Changes to be recorded.
    pub notices: VecDeque<Notice>,
    /// Folders to be compared, the next one last.
    pub todo: Vec<VPath>,
    /// Scans of the whole volume.
    pub scan: Scan,
    /// Changes by other programs.
    pub watch: Watch,
    /// Whether rows fit the settings.
    pub applied: Rules,
    /// The volume.
    pub volume: Arc<MountedVolume>,
    /// Its settings.
    pub rules: WalkRules,
    /// Names on disk, where the file system finds them in any case.
    pub exact: ExactNames,
}

impl Work {
    /// Works until the time of a step is over or nothing is left.
    pub fn run(&mut self) -> Next {
        let worked = self.try_run();
        if let (Ok(_), Some(own)) = (&worked, index_of(&self.volume.storage)) {
            own.progress.set_error(Worker::Names, None);
        }
        worked.unwrap_or_else(|error| {
            // A full disk, for example. Changes may have been missed: everything is compared once it works again.
            tracing::warn!(%error, share = self.volume.config.mount.display(), "the index is not up to date; it is tried again later");
            if let Some(own) = index_of(&self.volume.storage) {
                own.work_failed(Worker::Names, &error);
                own.give_up();
            }
            self.notices.clear();
            self.todo = vec![VPath::root()];
            self.scan = Scan { is_running: true, ..Scan::default() };
            self.applied = Rules::Unknown;
            Next::Wait(RETRY)
        })
    }

    fn try_run(&mut self) -> Result<Next, StoreError> {
        let volume = self.volume.clone();
        let storage = &volume.storage;
        // While the disk is not there, the index stays as it is.
        let Some(own) = index_of(storage) else { return Ok(Next::End) };
        let root = storage.root();
        own.progress.set_waiting_for_disk(root.is_none());
        let Some(root) = root else {
            own.give_up();
            return Ok(Next::Wait(RETRY));
        };
        let index = own.open()?;
        self.begin_watch(&root);
        self.begin_rules(own, &index)?;
        let (ends, mut queued) = (Instant::now() + STEP, Vec::new());
        let mut has_changed = self.begin_scan(own, &index)?;
        let (changed, are_more_changing) = own.take_changed();
        self.notices
            .extend(changed.into_iter().map(|path| Notice::Change(Change::Replaced { path, kind: Kind::File })));
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
        if !self.notices.is_empty() || !self.todo.is_empty() || matches!(self.applied, Rules::Pass(_)) {
            return Ok(Next::Step);
        }
        self.end_scan(own);
        if are_more_changing {
            return Ok(Next::Wait(REST));
        }
        let interval = self.rescan_interval();
        Ok(Next::Wait(if interval.is_zero() { IDLE } else { interval.min(IDLE) }))
    }

    /// Begins to change rows that were made under other settings.
    fn begin_rules(&mut self, own: &VolumeIndex, index: &Index) -> Result<(), StoreError> {
        let digest = self.rules.digest();
        let is_known = match &self.applied {
            Rules::Unknown => false,
            Rules::Pass(pass) => pass.digest() == digest,
            Rules::Applied(applied) => *applied == digest,
        };
        if !is_known {
            self.applied = match RulesPass::needed(index, &self.rules)? {
                Some(pass) => {
                    // Files that were excluded may belong in the index now.
                    let was_scanned = self.scan.ended.is_some() || self.scan.is_running;
                    if was_scanned && self.is_scanned() {
                        own.demand_scan();
                    }
                    Rules::Pass(pass)
                }
                None => Rules::Applied(digest),
            };
        }
        Ok(())
    }

    /// Looks at some rows again. Returns false if all fit the settings.
    pub(crate) fn apply_rules(&mut self, index: &Index) -> Result<bool, StoreError> {
        let Rules::Pass(pass) = &mut self.applied else { return Ok(false) };
        if pass.advance(index, &self.rules)? {
            self.applied = Rules::Applied(pass.digest());
        }
        Ok(true)
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
        let is_watched = match &self.watch {
            Watch::None => true,
            Watch::Active(watch) => !watch.is_incomplete(),
            Watch::Unavailable => false,
        };
        match self.rules.flags().rescan_secs {
            0 if !is_watched || !self.volume.storage.uses_page_cache() => UNWATCHED_RESCAN,
            secs => Duration::from_secs(secs),
        }
    }

    /// Whether the settings ask for scans of the volume.
    fn is_scanned(&self) -> bool {
        match self.volume.config.flags.index_mode() {
            IndexMode::Off | IndexMode::Changes => false,
            IndexMode::ScanWritable => is_writable(&self.volume),
            IndexMode::ScanAll => true,
        }
    }

    /// Begins a scan of the whole volume if one is due. Returns whether files are to be read again that could not be read.
    fn begin_scan(&mut self, own: &VolumeIndex, index: &Index) -> Result<bool, StoreError> {
        let interval = self.rescan_interval();
        let is_first = self.scan.ended.is_none() && !self.scan.is_running;
        let is_due =
            is_first || self.scan.ended.is_some_and(|ended| !interval.is_zero() && ended.elapsed() >= interval);
        let is_demanded = own.is_scan_demanded();
        let is_wanted = match self.volume.config.flags.index_mode() {
            IndexMode::Off => false,
            IndexMode::Changes => is_demanded,
            IndexMode::ScanWritable | IndexMode::ScanAll => is_demanded || is_due && self.is_scanned(),
        };
        if is_wanted {
            own.skipped.clear();
            own.changing.clear();
            own.scan_began(index.stats()?.totals.files);
            self.todo = vec![VPath::root()];
            self.scan = Scan { is_running: true, ..Scan::default() };
        }
        if is_wanted || is_first {
            return index.retry_unreadable();
        }
        Ok(false)
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
        own.progress.end_scan();
        own.set_scanned(holds_all);
    }

    /// Checks that the volume's disk is still there before names are forgotten: without it none would be found.
    ///
    /// # Errors
    /// `Busy` if it is not.
    pub(crate) fn check_disk(&self) -> Result<(), StoreError> {
        if self.volume.storage.is_current() {
            return Ok(());
        }
        let share = self.volume.config.mount.display();
        Err(StoreError::with_kind(ErrorKind::Busy, "scan", share, "the folder is gone, or another one"))
    }
}

/// Whether some account may write to the volume.
fn is_writable(volume: &MountedVolume) -> bool {
    volume.config.grants.iter().any(|grant| volume.config.flags.limit(grant.perms).has(Perm::Write))
}
