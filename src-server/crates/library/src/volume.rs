//! The index of one volume, as an extension of the volume's storage.

use crate::changing::ChangingFiles;
use crate::placeholders::Placeholders;
use crate::progress::{IndexState, VolumeProgress, Worker};
use crate::skipped::SkippedNames;
use crate::verify_state::VerifyState;
use model::Event;
use model::VPath;
use model::index_flags::IndexMode;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use store::derived::DerivedFiles;
use store::index::{ContentId, FolderTags, Index};
use store::state_location::StateLocation;
use store::{ErrorKind, StoreError, Totals};
use tokio::sync::{Notify, watch};
use vfs::events::Events;
use vfs::snapshot::Snapshot;
use vfs::volumes::extension::{OpeningVolume, RecordedFile, RecordedPicture, VolumeExtension, VolumeService};
use vfs::volumes::storage::VolumeStorage;
use vfs::volumes::tree::MountedVolume;

/// Opens the index of every volume.
#[derive(Clone, Default)]
pub struct LibraryService {
    shared: Arc<Shared>,
}

/// What the indexes of all volumes share.
#[derive(Default)]
pub(crate) struct Shared {
    /// Wakes the hasher: files were found, or a scan has ended.
    pub hasher_woken: Notify,
    /// Wakes the tagger: contents are known, or settings have changed.
    pub tagger_woken: Notify,
    /// Wakes the verifier: contents are complete, or a verification is wanted.
    pub verifier_woken: Notify,
    /// Why the program is to end: a content differs from the index, and the settings ask for that.
    pub end_wanted: watch::Sender<Option<String>>,
}

impl VolumeService for LibraryService {
    fn open(&self, volume: &OpeningVolume<'_>) -> Box<dyn VolumeExtension> {
        Box::new(VolumeIndex::new(volume.state.location.clone(), self.shared.clone()))
    }
}

/// How far an index is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanState {
    /// Whether all folders were compared with the disk since the volume was opened.
    pub is_scanned: bool,
    /// Whether all contents that are to be hashed were hashed.
    pub is_hashed: bool,
    /// Whether all tags that the settings want were read, and all parsers of tags ran.
    pub is_tagged: bool,
    /// Whether it holds all files, so that sizes of folders are right.
    pub holds_all: bool,
}

/// How long a path must be at rest before it is looked at: programs write files in many pieces.
pub(crate) const REST: Duration = Duration::from_secs(1);
/// How long a path that changes all the time waits.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Most paths that wait; more, and the whole volume is scanned.
const CHANGED_MAX: usize = 20_000;

/// Time in which a database is renamed at most once.
const SET_ASIDE_INTERVAL: Duration = Duration::from_secs(10);

/// When changes of a path were seen.
struct Seen {
    first: Instant,
    last: Instant,
}

/// The index of one volume. Opened at its first use: volumes without an index have no database.
pub struct VolumeIndex {
    shared: Arc<Shared>,
    location: StateLocation,
    /// The thumbnails that were made.
    pub(crate) thumbnails: Arc<DerivedFiles>,
    /// Sound that was converted.
    pub(crate) audio: Arc<DerivedFiles>,
    /// What is shown until they arrive.
    pub(crate) placeholders: Arc<Placeholders>,
    index: Mutex<Option<Arc<Index>>>,
    /// Whether an [`Indexer`] works for it.
    has_indexer: AtomicBool,
    /// Whether the whole volume is to be compared with the disk.
    scan_demanded: AtomicBool,
    /// Paths that other programs changed; the indexer looks at them.
    changed: Mutex<BTreeMap<VPath, Seen>>,
    /// Wakes the indexer.
    pub(crate) woken: Notify,
    state: watch::Sender<ScanState>,
    /// Which rounds of work on all tags were done since the volume was opened.
    tag_rounds: Mutex<TagRounds>,
    /// Names that are not in the index.
    pub(crate) skipped: SkippedNames,
    /// Files that change whenever they are read.
    pub(crate) changing: ChangingFiles,
    /// What the work is doing.
    pub(crate) progress: VolumeProgress,
    /// Whether contents are to be verified.
    pub(crate) verify: VerifyState,
    /// When a damaged database was renamed last.
    set_aside: Mutex<Option<Instant>>,
}

/// Rounds of work on all tags of a volume.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TagRounds {
    /// Whether all were read again, as the settings want it.
    pub read_again: bool,
    /// Whether those that no file has any more were deleted.
    pub cleaned: bool,
}

/// Returns the index of a volume; `None` if the volume was opened without a library.
pub(crate) fn index_of(storage: &VolumeStorage) -> Option<&VolumeIndex> {
    storage.extension()
}

/// Returns the index of a volume whose settings ask for one.
pub(crate) fn used_index(volume: &MountedVolume) -> Option<&VolumeIndex> {
    index_of(&volume.storage).filter(|_| volume.config.flags.index_mode() > IndexMode::Off)
}

/// Returns what the indexes share; `None` if there is no volume.
pub(crate) fn shared_of(snapshot: &Snapshot) -> Option<Arc<Shared>> {
    snapshot.tree.volumes.iter().find_map(|volume| index_of(&volume.storage)).map(|index| index.shared.clone())
}

impl VolumeIndex {
    fn new(location: StateLocation, shared: Arc<Shared>) -> Self {
        Self {
            shared,
            thumbnails: Arc::new(DerivedFiles::new(location.clone(), "th")),
            audio: Arc::new(DerivedFiles::new(location.clone(), "ac")),
            placeholders: Arc::new(Placeholders::new(location.clone())),
            location,
            index: Mutex::default(),
            has_indexer: AtomicBool::default(),
            scan_demanded: AtomicBool::default(),
            changed: Mutex::default(),
            woken: Notify::default(),
            state: watch::Sender::default(),
            tag_rounds: Mutex::default(),
            skipped: SkippedNames::default(),
            changing: ChangingFiles::default(),
            progress: VolumeProgress::default(),
            verify: VerifyState::default(),
            set_aside: Mutex::default(),
        }
    }

    /// Returns the index, opened at the first call. Blocks.
    ///
    /// # Errors
    /// The database exists but cannot be used now.
    pub(crate) fn open(&self) -> Result<Arc<Index>, StoreError> {
        let mut slot = self.index.lock();
        if let Some(index) = &*slot {
            return Ok(index.clone());
        }
        let index = Arc::new(Index::open(self.location.clone())?);
        Ok(slot.insert(index).clone())
    }

    /// Renames the database if `error` says that it is damaged, and demands a scan, which makes a new one. Blocks.
    pub(crate) fn replace_if_damaged(&self, error: &StoreError) {
        if error.kind() != ErrorKind::Corrupt {
            return;
        }
        self.demand_scan();
        let mut set_aside = self.set_aside.lock();
        if set_aside.is_some_and(|at| at.elapsed() < SET_ASIDE_INTERVAL) {
            // Others found the same damage; the new database is not damaged.
            return;
        }
        *set_aside = Some(Instant::now());
        if let Err(error) = self.open().and_then(|index| index.set_aside()) {
            tracing::error!(%error, "the damaged index cannot be renamed; delete it by hand");
        }
    }

    /// Notes that work on the index failed, for administrators; replaces it if it is damaged. Blocks.
    pub(crate) fn work_failed(&self, worker: Worker, error: &StoreError) {
        let sentence = match error.kind() {
            ErrorKind::NoSpace => "The disk with the index is full. It goes on once there is space.".into(),
            ErrorKind::Corrupt => "The index was damaged. It is kept under another name, and made anew.".into(),
            ErrorKind::ReadOnly => "The disk with the index is read-only.".into(),
            _ => format!("It is tried again soon: {}.", error.source),
        };
        self.progress.set_error(worker, Some(sentence));
        self.replace_if_damaged(error);
    }

    /// Returns what is done for the index now.
    pub(crate) fn index_state(&self) -> IndexState {
        if !self.has_indexer.load(Relaxed) {
            return IndexState::Off;
        }
        let state = self.state();
        match self.progress.state(state.is_scanned && state.is_hashed) {
            IndexState::Hashing | IndexState::UpToDate if self.is_scan_demanded() => IndexState::Scanning,
            state => state,
        }
    }

    /// Tells subscribers what is done, at most once a second while that stays the same.
    pub(crate) fn announce(&self, events: &Events, mount: &VPath) {
        if !events.has_subscribers() {
            return;
        }
        let state = self.index_state();
        if self.progress.is_event_due(&state) {
            let counts = self.progress.counts();
            events.emit(Event::IndexProgress {
                volume: mount.display(),
                is_working: matches!(state, IndexState::Scanning | IndexState::Hashing),
                files: counts.files,
                bytes: counts.bytes,
                bytes_total: counts.bytes_total,
            });
        }
    }

    /// Pauses or resumes the work.
    pub(crate) fn set_paused(&self, is_paused: bool) {
        self.progress.set_paused(is_paused);
        self.wake();
        self.shared.hasher_woken.notify_one();
        self.shared.verifier_woken.notify_one();
    }

    /// Wakes the verifier. Never blocks.
    pub(crate) fn notify_verifier(&self) {
        self.shared.verifier_woken.notify_one();
    }

    /// Asks for the end of the program.
    pub(crate) fn want_end(&self, reason: String) {
        self.shared.end_wanted.send_replace(Some(reason));
    }

    /// Returns true to the first caller: it becomes the indexer.
    pub(crate) fn claim_indexer(&self) -> bool {
        !self.has_indexer.swap(true, Relaxed)
    }

    /// Ends the claim of an [`Indexer`](crate::Indexer): nothing follows the volume any more.
    pub(crate) fn release_indexer(&self) {
        self.state.send_replace(ScanState::default());
        self.has_indexer.store(false, Relaxed);
    }

    /// Wakes the indexer and the tagger: settings have changed. Never blocks.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
        self.notify_tagger();
    }

    /// Wakes the tagger. Never blocks.
    pub(crate) fn notify_tagger(&self) {
        self.shared.tagger_woken.notify_one();
    }

    /// Returns which rounds of work on all tags were done.
    pub(crate) fn tag_rounds(&self) -> TagRounds {
        *self.tag_rounds.lock()
    }

    /// Notes which rounds of work on all tags were done.
    pub(crate) fn set_tag_rounds(&self, rounds: TagRounds) {
        *self.tag_rounds.lock() = rounds;
    }

    /// Demands a scan of the whole volume.
    pub(crate) fn demand_scan(&self) {
        self.scan_demanded.store(true, Relaxed);
        self.woken.notify_one();
    }

    /// Returns whether a scan was demanded that has not begun.
    pub(crate) fn is_scan_demanded(&self) -> bool {
        self.scan_demanded.load(Relaxed)
    }

    /// Notes that a scan begins: it sees everything that was there when it was demanded.
    pub(crate) fn scan_began(&self, known_files: u64) {
        self.progress.begin_scan(known_files);
        // Afterwards: between the two, the state would be that nothing is left to do.
        self.scan_demanded.store(false, Relaxed);
    }

    /// Notes that rows of files were queued: the hasher looks for them.
    pub(crate) fn notify_hasher(&self) {
        self.state.send_if_modified(|state| {
            let was_complete = state.is_hashed || state.is_tagged;
            (state.is_hashed, state.is_tagged) = (false, false);
            was_complete
        });
        self.shared.hasher_woken.notify_one();
        // Uploads bring their hashes.
        self.notify_tagger();
    }

    /// Notes that all folders were compared. `holds_all`: not only those that changed.
    pub(crate) fn set_scanned(&self, holds_all: bool) {
        let is_news = self.state.send_if_modified(|state| {
            let before = *state;
            (state.is_scanned, state.holds_all) = (true, state.holds_all || holds_all);
            *state != before
        });
        if is_news {
            self.shared.hasher_woken.notify_one();
        }
    }

    /// Notes that the index cannot be completed now: its disk is missing, or the database cannot be used. Nothing waits for
    /// it any longer, and sizes of folders are not known.
    pub(crate) fn give_up(&self) {
        self.state.send_replace(ScanState { is_scanned: true, is_hashed: true, is_tagged: true, holds_all: false });
    }

    /// Notes that no file was left to hash. `before`: the state before the index was asked.
    pub(crate) fn set_hashed(&self, before: ScanState) {
        self.state.send_if_modified(|state| *state == before && !std::mem::replace(&mut state.is_hashed, true));
        self.notify_tagger();
        self.notify_verifier();
    }

    /// Notes whether tags are left to be read. `before`: the state before the index was asked.
    pub(crate) fn set_tagged(&self, before: ScanState, is_tagged: bool) {
        self.state.send_if_modified(|state| {
            let holds = !is_tagged || (*state == before && before.is_scanned && before.is_hashed);
            holds && std::mem::replace(&mut state.is_tagged, is_tagged) != is_tagged
        });
    }

    /// Makes the indexer look at paths that another program changed, once they have been at rest for a moment. Never blocks.
    pub(crate) fn look_again(&self, paths: impl IntoIterator<Item = VPath>) {
        let (mut changed, now) = (self.changed.lock(), Instant::now());
        for path in paths {
            changed.entry(path).and_modify(|seen| seen.last = now).or_insert(Seen { first: now, last: now });
        }
        if changed.len() > CHANGED_MAX {
            changed.clear();
            self.scan_demanded.store(true, Relaxed);
        }
        self.woken.notify_one();
    }

    /// Returns the paths that the indexer is to look at now, and whether there are others that it must wait for.
    pub(crate) fn take_changed(&self) -> (Vec<VPath>, bool) {
        let mut changed = self.changed.lock();
        let due = |_: &VPath, seen: &mut Seen| seen.last.elapsed() >= REST || seen.first.elapsed() >= LONGEST_WAIT;
        let taken = changed.extract_if(.., due).map(|(path, _)| path).collect();
        (taken, !changed.is_empty())
    }

    /// Returns how far the index is.
    pub fn state(&self) -> ScanState {
        *self.state.borrow()
    }

    pub(crate) async fn wait_until_complete(&self) {
        let mut state = self.state.subscribe();
        let _closed = state.wait_for(|state| state.is_scanned && state.is_hashed && state.is_tagged).await;
    }
}

impl VolumeExtension for VolumeIndex {
    fn totals_in(&self, folder: &VPath) -> HashMap<Vec<u8>, Totals> {
        if !self.state().holds_all {
            return HashMap::new();
        }
        self.open().and_then(|index| index.totals_in(folder)).unwrap_or_else(|error| {
            tracing::warn!(%error, "sizes of folders are not shown");
            self.replace_if_damaged(&error);
            HashMap::new()
        })
    }

    fn knows_all_files(&self) -> bool {
        self.has_indexer.load(Relaxed)
    }

    fn pictures_in(&self, folder: &VPath) -> HashMap<Vec<u8>, RecordedPicture> {
        self.placeholders.in_folder(folder)
    }

    fn tags_in(&self, folder: &VPath, names: &[String]) -> Arc<FolderTags> {
        self.open().and_then(|index| index.tags_in(folder, names)).unwrap_or_else(|error| {
            tracing::warn!(%error, "tags are not shown");
            self.replace_if_damaged(&error);
            Arc::default()
        })
    }

    fn files_with(&self, content: &model::Wark, limit: usize) -> Result<Vec<RecordedFile>, StoreError> {
        if !self.has_indexer.load(Relaxed) {
            return Ok(Vec::new());
        }
        let files = self.open()?.files_with(&ContentId::of(content), limit)?;
        let recorded = |(folder, name, size)| RecordedFile { folder, name, size: model::Bytes(size) };
        Ok(files.into_iter().map(recorded).collect())
    }
}
