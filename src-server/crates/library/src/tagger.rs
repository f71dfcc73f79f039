//! Reads the tags of files whose content is known: one file for each content, several at once.
//!
//! All threads have low priority. A file that cannot be decoded counts as one without tags; its error is logged once,
//! because the index then knows that it was read.

use crate::Next;
use crate::cancellation::Cancellation;
use crate::media_tools::MediaTools;
use crate::opened::{Opening, open_unchanged};
use crate::tag_reader::{TagReader, log_unreadable};
use crate::tags::{MediaKind, READER_VERSION, TagRules};
use crate::volume::{Shared, TagRounds, VolumeIndex, shared_of, used_index};
use model::tag_flags::TagMode;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use store::StoreError;
use store::disk::Folder;
use store::index::{ContentId, Index, TagResult, Tagged, ToTag};
use vfs::core::Core;
use vfs::error::Result;
use vfs::snapshot::Snapshot;
use vfs::volumes::tree::MountedVolume;

/// Files taken from an index at a time.
const BATCH: usize = 256;
/// Time after which a step ends, except in the middle of a file.
const STEP: Duration = Duration::from_millis(500);
/// Time after which files that had changed are looked for again, and errors of an index are retried.
const RETRY: Duration = Duration::from_secs(10);

/// Background work that reads tags, for all volumes.
pub struct Tagger {
    core: Arc<Core>,
    tools: MediaTools,
    shared: Option<Arc<Shared>>,
    /// Files that were looked at since the work was last complete.
    done: u64,
}

impl Tagger {
    pub(crate) fn new(core: &Arc<Core>, tools: &MediaTools) -> Self {
        Self { core: core.clone(), tools: tools.clone(), shared: shared_of(&core.snapshot.load()), done: 0 }
    }

    /// Returns the number of files that were looked at since the work was last complete.
    pub fn files_done(&self) -> u64 {
        self.done
    }

    /// Waits until there may be something to do.
    pub async fn wake(&mut self) {
        match &self.shared {
            Some(shared) => shared.tagger_woken.notified().await,
            None => {
                // The first volume comes with a change of settings.
                tokio::time::sleep(RETRY).await;
                self.shared = shared_of(&self.core.snapshot.load());
            }
        }
    }

    /// Does a part of the work. Ends early once it is cancelled.
    ///
    /// # Errors
    /// `Internal` if the work panicked. Other errors are logged, and the work is done again later.
    pub async fn step(&mut self, cancellation: Arc<Cancellation>) -> Result<Next> {
        let snapshot = self.core.snapshot.load_full();
        let tools = self.tools.clone();
        let work =
            move || Work { cancellation: &cancellation, ends: Instant::now() + STEP, tools: &tools }.run(&snapshot);
        let (done, next) = self.core.pool.run_in_background(work).await?;
        self.done = if next == Next::Step { self.done + done } else { 0 };
        Ok(next)
    }
}

struct Work<'a> {
    cancellation: &'a Cancellation,
    ends: Instant,
    tools: &'a MediaTools,
}

impl Work<'_> {
    /// Returns the number of files looked at, and what is next.
    fn run(&self, snapshot: &Snapshot) -> (u64, Next) {
        let (mut done, mut next) = (0, Next::Wait(Duration::from_secs(3600)));
        let mut seen = HashSet::new();
        for volume in &snapshot.tree.volumes {
            // Of several mounts of one folder, the first gives the settings.
            let is_first = seen.insert(Arc::as_ptr(&volume.storage));
            let has_tags = is_first && volume.config.flags.tag_mode() > TagMode::Off;
            let Some(own) = used_index(volume).filter(|_| has_tags) else { continue };
            match self.tag_volume(snapshot, volume, own, &mut done) {
                Ok(Progress::Complete) => {}
                Ok(Progress::Changed) => next = Next::Wait(RETRY),
                Ok(Progress::OutOfTime) => return (done, Next::Step),
                Err(error) => {
                    tracing::warn!(%error, share = volume.config.mount.display(), "tags are not read now");
                    own.replace_if_damaged(&error);
                    next = Next::Wait(RETRY);
                }
            }
        }
        (done, next)
    }

    fn is_over(&self) -> bool {
        self.cancellation.is_cancelled() || Instant::now() >= self.ends
    }

    fn tag_volume(
        &self,
        snapshot: &Snapshot,
        volume: &Arc<MountedVolume>,
        own: &VolumeIndex,
        done: &mut u64,
    ) -> std::result::Result<Progress, StoreError> {
        let (Some(root), index) = (volume.storage.root(), own.open()?) else { return Ok(Progress::Complete) };
        let behaviour = &snapshot.settings.behaviour;
        let reader = TagReader {
            rules: TagRules::new(&volume.config.flags.tags),
            limit: Duration::from_secs(behaviour.tag_secs),
            ffprobe: if behaviour.no_ffprobe { None } else { self.tools.ffprobe() },
            only_ffprobe: behaviour.only_ffprobe,
            tools: self.tools,
            cancellation: self.cancellation,
        };
        let mode = volume.config.flags.tag_mode();
        let rounds = own.tag_rounds();
        if mode == TagMode::Again && !rounds.read_again {
            index.forget_tags()?.wait()?;
        }
        index.set_reader_version(READER_VERSION)?;
        if reader.ffprobe.is_some() {
            index.read_partly_again()?;
        }
        own.set_tag_rounds(TagRounds { read_again: mode == TagMode::Again, ..rounds });
        let only_uploads = mode == TagMode::Uploads;
        let (mut after, mut changed) = (0, Vec::new());
        loop {
            let batch = index.to_tag(after, BATCH, only_uploads)?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            let outcomes = self.read_batch(&root, &reader, &batch);
            let is_complete = outcomes.len() == batch.len();
            let mut tagged = Vec::with_capacity(batch.len());
            for (file, outcome) in batch.into_iter().zip(outcomes) {
                match outcome {
                    Some(result) => tagged.push(Tagged { file, result }),
                    None => changed.push(file.folder.join(&file.name)),
                }
            }
            *done += tagged.len() as u64;
            index.put_tags(tagged)?.wait()?;
            if !is_complete || self.is_over() {
                own.look_again(changed);
                return Ok(Progress::OutOfTime);
            }
        }
        if changed.is_empty() {
            return clean(own, &index).map(|()| Progress::Complete);
        }
        own.look_again(changed);
        Ok(Progress::Changed)
    }

    /// Reads files on all cores until the time is over. Returns the outcomes of the first ones, in order; `None`: the
    /// file has changed.
    fn read_batch(&self, root: &Folder, reader: &TagReader<'_>, batch: &[ToTag]) -> Vec<Option<TagResult>> {
        let outcomes: Vec<_> = batch.iter().map(|_| Mutex::new(None)).collect();
        let (taken, copies) = (AtomicUsize::new(0), Copies::default());
        let work = || {
            while !self.is_over() {
                let number = taken.fetch_add(1, Relaxed);
                let Some(file) = batch.get(number) else { break };
                *outcomes[number].lock() = read_one(root, reader, file, &copies);
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(batch.len());
        std::thread::scope(|scope| {
            (1..threads).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        outcomes.into_iter().map_while(Mutex::into_inner).collect()
    }
}

/// Reads one file. Inner `None`: the file has changed; outer: the work is to end.
fn read_one(root: &Folder, reader: &TagReader<'_>, file: &ToTag, copies: &Copies) -> Option<Option<TagResult>> {
    let Some(kind) = MediaKind::of(&file.name) else { return Some(Some(TagResult::NoMedia)) };
    if file.is_copy || !copies.claim(file) {
        return Some(Some(TagResult::Known));
    }
    match open_unchanged(root, &file.folder.join(&file.name), file.size, file.mtime_ns) {
        Opening::Open(open) => reader.read(file, kind, open).map(Some),
        Opening::Changed => {
            copies.release(file);
            Some(None)
        }
        Opening::Failed(error) => {
            log_unreadable(file, &error);
            Some(Some(TagResult::Found(Vec::new())))
        }
    }
}

/// Deletes tags that no file has any more, once all files are known.
fn clean(own: &VolumeIndex, index: &Index) -> std::result::Result<(), StoreError> {
    let (rounds, state) = (own.tag_rounds(), own.state());
    if !rounds.cleaned && state.is_scanned && state.is_hashed {
        index.delete_unused_tags()?.wait()?;
        own.set_tag_rounds(TagRounds { cleaned: true, ..rounds });
    }
    Ok(())
}

/// Contents that a thread of this batch reads.
#[derive(Default)]
struct Copies(Mutex<HashSet<ContentId>>);

impl Copies {
    /// Returns true to the first caller for a content.
    fn claim(&self, file: &ToTag) -> bool {
        self.0.lock().insert(file.content.clone())
    }

    /// Lets another file of the same content be read.
    fn release(&self, file: &ToTag) {
        self.0.lock().remove(&file.content);
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
