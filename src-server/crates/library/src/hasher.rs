//! Hashes the contents of files that the index does not know yet.
//!
//! Small files are read whole and hashed side by side in the lanes of each core; large ones are hashed one after the
//! other, their chunks side by side on all cores. All threads have low priority. What a file contains is recorded only
//! if its size and time are the same before and after it was read.

use crate::Next;
use crate::opened::{Opening, open_unchanged};
use crate::volume::{Shared, VolumeIndex, shared_of, used_index};
use crate::walk::WalkRules;
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, ChunkHash, Wark};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use store::StoreError;
use store::disk::{Folder, OpenFile};
use store::hash::{HashService, hash_file_chunks};
use store::index::{ContentId, Hashed, ToHash};
use vfs::core::Core;
use vfs::error::Result;
use vfs::snapshot::Snapshot;
use vfs::volumes::tree::MountedVolume;

/// Files taken from an index at a time.
const BATCH: usize = 1024;
/// Files up to this size have one chunk and are read whole.
const SMALL: u64 = 1 << 20;
/// Bytes of small files that a thread reads before it hashes them.
const READ_AHEAD: u64 = 8 << 20;
/// Files that a thread takes at a time.
const SHARE: usize = 64;
/// Time after which a step ends, except in the middle of a large file.
const STEP: Duration = Duration::from_millis(500);
/// Time after which files that had changed are looked for again, and errors of an index are retried.
const RETRY: Duration = Duration::from_secs(10);

/// Background work that hashes contents, for all volumes.
pub struct Hasher {
    core: Arc<Core>,
    shared: Option<Arc<Shared>>,
    service: Option<HashService>,
    /// Files that were hashed since the work was last complete.
    done: u64,
}

impl Hasher {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        let shared = shared_of(&core.snapshot.load());
        Self { core: core.clone(), shared, service: None, done: 0 }
    }

    /// Returns the number of files that were hashed since the work was last complete.
    pub fn files_done(&self) -> u64 {
        self.done
    }

    /// Waits until there may be something to do.
    pub async fn wake(&mut self) {
        match &self.shared {
            Some(shared) => shared.hasher_woken.notified().await,
            None => {
                // The first volume comes with a change of settings.
                tokio::time::sleep(RETRY).await;
                self.shared = shared_of(&self.core.snapshot.load());
            }
        }
    }

    /// Does a part of the work. Ends early once `cancelled` is set.
    ///
    /// # Errors
    /// `Internal` if the work panicked. Other errors are logged, and the work is done again later.
    pub async fn step(&mut self, cancelled: Arc<AtomicBool>) -> Result<Next> {
        let (snapshot, service) = (self.core.snapshot.load_full(), self.service.take());
        let work = move || {
            // Started here, its threads have this one's low priority.
            let service = service.unwrap_or_else(|| HashService::start(0));
            let outcome = Work { service: &service, cancelled: &cancelled, ends: Instant::now() + STEP }.run(&snapshot);
            (service, outcome)
        };
        let (service, (done, next)) = self.core.pool.run_in_background(work).await?;
        // Its threads end while there is nothing to do.
        self.service = Some(service).filter(|_| next == Next::Step);
        self.done = if next == Next::Step { self.done + done } else { 0 };
        Ok(next)
    }
}

struct Work<'a> {
    service: &'a HashService,
    cancelled: &'a AtomicBool,
    ends: Instant,
}

impl Work<'_> {
    /// Returns the number of files hashed, and what is next.
    fn run(&self, snapshot: &Snapshot) -> (u64, Next) {
        let (mut done, mut next) = (0, Next::Wait(Duration::from_secs(3600)));
        for volume in &snapshot.tree.volumes {
            let Some(own) = used_index(volume) else { continue };
            match self.hash_volume(snapshot, volume, own, &mut done) {
                Ok(Progress::Complete) => {}
                Ok(Progress::Changed) => next = Next::Wait(RETRY),
                Ok(Progress::OutOfTime) => return (done, Next::Step),
                Err(error) => {
                    tracing::warn!(%error, share = volume.config.mount.display(), "contents are not hashed now");
                    own.replace_if_damaged(&error);
                    next = Next::Wait(RETRY);
                }
            }
        }
        (done, next)
    }

    fn is_over(&self) -> bool {
        self.cancelled.load(Relaxed) || Instant::now() >= self.ends
    }

    fn hash_volume(
        &self,
        snapshot: &Snapshot,
        volume: &Arc<MountedVolume>,
        own: &VolumeIndex,
        done: &mut u64,
    ) -> std::result::Result<Progress, StoreError> {
        let before = own.state();
        let (Some(root), index) = (volume.storage.root(), own.open()?) else { return Ok(Progress::Complete) };
        let rules = WalkRules::new(snapshot, volume);
        let (mut after, mut changed) = (0, Vec::new());
        loop {
            let batch = index.to_hash(after, BATCH)?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            let outcomes = self.hash_batch(&root, &rules, &batch);
            let is_complete = outcomes.len() == batch.len();
            let mut hashed = Vec::with_capacity(batch.len());
            for (file, outcome) in batch.into_iter().zip(outcomes) {
                match outcome {
                    Outcome::Content(content) => hashed.push(Hashed { file, content: Some(content) }),
                    Outcome::Unreadable => hashed.push(Hashed { file, content: None }),
                    Outcome::Changed => changed.push(file.folder.join(&file.name)),
                    Outcome::Skipped => {}
                }
            }
            *done += hashed.len() as u64;
            index.put_contents(hashed)?.wait()?;
            own.notify_tagger();
            if !is_complete || self.is_over() {
                own.look_again(changed);
                return Ok(Progress::OutOfTime);
            }
        }
        if !changed.is_empty() {
            own.look_again(changed);
            return Ok(Progress::Changed);
        }
        if before.is_scanned {
            own.set_hashed(before);
        }
        Ok(Progress::Complete)
    }

    /// Hashes files until the time is over. Returns the outcomes of the first ones, in order.
    fn hash_batch(&self, root: &Folder, rules: &WalkRules, batch: &[ToHash]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        while let Some(first) = batch.get(outcomes.len()) {
            if !outcomes.is_empty() && self.is_over() {
                break;
            }
            if first.size > SMALL {
                outcomes.push(self.hash_large(root, rules, first));
                continue;
            }
            let rest = &batch[outcomes.len()..];
            let small = rest.iter().position(|file| file.size > SMALL).unwrap_or(rest.len());
            outcomes.extend(self.hash_small(root, rules, &rest[..small]));
        }
        outcomes
    }

    /// Hashes small files on all cores.
    fn hash_small(&self, root: &Folder, rules: &WalkRules, files: &[ToHash]) -> Vec<Outcome> {
        let outcomes: Vec<_> = files.chunks(SHARE).map(|share| Mutex::new(Vec::with_capacity(share.len()))).collect();
        let taken = AtomicUsize::new(0);
        let work = || {
            let mut buffers = Vec::new();
            loop {
                let number = taken.fetch_add(1, Relaxed);
                let Some(share) = files.chunks(SHARE).nth(number) else { break };
                *outcomes[number].lock() = self.hash_share(root, rules, share, &mut buffers);
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(outcomes.len());
        std::thread::scope(|scope| {
            (1..threads).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        outcomes.into_iter().flat_map(Mutex::into_inner).collect()
    }

    fn hash_share(
        &self,
        root: &Folder,
        rules: &WalkRules,
        files: &[ToHash],
        buffers: &mut Vec<Vec<u8>>,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(files.len());
        while outcomes.len() < files.len() {
            let (start, mut ahead, mut read) = (outcomes.len(), 0, Vec::new());
            buffers.resize_with(files.len(), Vec::new);
            for (file, buffer) in files[start..].iter().zip(buffers.iter_mut()) {
                read.push(match rules.unread_content(&file.folder, &file.name, file.size, file.mtime_ns) {
                    Some(content) => Err(Outcome::Content(content)),
                    None => read_whole(root, file, buffer),
                });
                ahead += file.size;
                if ahead >= READ_AHEAD {
                    break;
                }
            }
            let contents: Vec<&[u8]> =
                read.iter().zip(&*buffers).filter(|(read, _)| read.is_ok()).map(|(_, buffer)| &buffer[..]).collect();
            let mut digests = self.service.digest_many(&contents).into_iter();
            outcomes.extend(read.into_iter().zip(&files[start..]).map(|(read, file)| match read {
                Err(outcome) => outcome,
                Ok(()) => {
                    let digest = digests.next().expect("one digest for each content");
                    rules.content(file.size, &[ChunkHash::from_sha512(&digest)])
                }
            }));
        }
        outcomes
    }

    fn hash_large(&self, root: &Folder, rules: &WalkRules, file: &ToHash) -> Outcome {
        if let Some(content) = rules.unread_content(&file.folder, &file.name, file.size, file.mtime_ns) {
            return Outcome::Content(content);
        }
        let open = match open_file(root, file) {
            Ok(open) => open,
            Err(outcome) => return outcome,
        };
        let chunk = ChunkPlan::new(Bytes(file.size), Generation::G2).chunk_size().0;
        let is_cancelled = || self.cancelled.load(Relaxed);
        match hash_file_chunks(self.service, &open.file, file.size, chunk, &is_cancelled) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Outcome::Skipped,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Outcome::Changed,
            Err(error) => unreadable(file, &error),
            Ok(_) if !is_same(root, file) => Outcome::Changed,
            Ok(hashes) => {
                let hashes: Vec<_> = hashes.into_iter().map(ChunkHash::from_bytes).collect();
                rules.content(file.size, &hashes)
            }
        }
    }
}

impl WalkRules {
    fn content(&self, size: u64, hashes: &[ChunkHash]) -> Outcome {
        Outcome::Content(ContentId::of(&Wark::of_content(self.salt(), Bytes(size), hashes)))
    }
}

/// How far a volume is.
enum Progress {
    /// Nothing is left.
    Complete,
    /// Only files are left that had changed when they were read.
    Changed,
    /// The time of the step is over.
    OutOfTime,
}

/// What came of one file.
enum Outcome {
    Content(ContentId),
    /// It has changed, or is gone: the indexer looks at it.
    Changed,
    Unreadable,
    /// The work was cancelled.
    Skipped,
}

/// Opens a file if it is the one that the index knows.
fn open_file(root: &Folder, file: &ToHash) -> std::result::Result<OpenFile, Outcome> {
    match open_unchanged(root, &file.folder.join(&file.name), file.size, file.mtime_ns) {
        Opening::Open(open) => Ok(open),
        Opening::Changed => Err(Outcome::Changed),
        Opening::Failed(error) => Err(unreadable(file, &error)),
    }
}

fn unreadable(file: &ToHash, error: &dyn std::error::Error) -> Outcome {
    tracing::warn!(%error, folder = file.folder.display(), name = file.name.display(), "a file is not hashed");
    Outcome::Unreadable
}

/// Whether the file still has the size and time that the index knows.
fn is_same(root: &Folder, file: &ToHash) -> bool {
    open_file(root, file).is_ok()
}

/// Reads a small file into `buffer`.
fn read_whole(root: &Folder, file: &ToHash, buffer: &mut Vec<u8>) -> std::result::Result<(), Outcome> {
    let open = open_file(root, file)?;
    buffer.clear();
    while (buffer.len() as u64) < file.size {
        match open.read_at(buffer.len() as u64, (file.size - buffer.len() as u64) as usize, buffer) {
            Ok(0) => return Err(Outcome::Changed),
            Ok(_) => {}
            Err(error) => return Err(unreadable(file, &error)),
        }
    }
    match open.meta_now() {
        Ok(meta) if meta.size == file.size && meta.mtime_ns == file.mtime_ns => Ok(()),
        _ => Err(Outcome::Changed),
    }
}
