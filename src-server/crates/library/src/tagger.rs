//! Reads the tags of files whose content is known: one file for each content, several at once; then runs the parsers of the
//! settings on those that they were not run on. Parsers may take minutes for a file, so they run only when all volumes have
//! been read.
//!
//! All threads have low priority. A file that cannot be decoded counts as one without tags; its error is logged once,
//! because the index then knows that it was read.

use crate::background::{BackgroundWork, Wakeups};
use crate::cores::on_all_cores;
use crate::media_tools::MediaTools;
use crate::opened::{Opening, open_unchanged};
use crate::tag_parsers::{MissingPrograms, TagParsers};
use crate::tag_reader::{TagReader, log_unreadable};
use crate::tags::{MediaKind, READER_VERSION, TagRules};
use crate::volume::{ScanState, TagRounds, VolumeIndex, used_index};
use crate::{Cancellation, Next};
use model::VPath;
use model::tag_flags::TagMode;
use model::volume::VolumeFlags;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::StoreError;
use store::disk::Folder;
use store::index::{ContentId, Index, Parsed, TagResult, TagValue, Tagged, ToTag};
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
/// Longest time without a look at all volumes.
const IDLE: Duration = Duration::from_secs(3600);

/// Background work that reads tags, for all volumes.
pub struct Tagger {
    core: Arc<Core>,
    tools: MediaTools,
    wakeups: Wakeups,
    /// Files that were looked at since the work was last complete.
    done: u64,
    missing: Arc<MissingPrograms>,
}

impl Tagger {
    pub(crate) fn new(core: &Arc<Core>, tools: &MediaTools) -> Self {
        Self {
            core: core.clone(),
            tools: tools.clone(),
            wakeups: Wakeups::new(core, |shared| &shared.tagger_woken),
            done: 0,
            missing: Arc::default(),
        }
    }
}

impl BackgroundWork for Tagger {
    fn files_done(&self) -> u64 {
        self.done
    }

    async fn wake(&mut self) {
        self.wakeups.next().await;
    }

    async fn step(&mut self, cancellation: Arc<Cancellation>) -> Result<Next> {
        let snapshot = self.core.snapshot.load_full();
        let (tools, missing) = (self.tools.clone(), self.missing.clone());
        let work = move || {
            Work { cancellation: &cancellation, ends: Instant::now() + STEP, tools: &tools, missing: &missing }
                .run(&snapshot)
        };
        let (done, next) = self.core.pool.run_in_background(work).await?;
        self.done = if next == Next::Step { self.done + done } else { 0 };
        Ok(next)
    }
}

struct Work<'a> {
    cancellation: &'a Cancellation,
    ends: Instant,
    tools: &'a MediaTools,
    missing: &'a MissingPrograms,
}

impl Work<'_> {
    /// Returns the number of files looked at, and what is next.
    fn run(&self, snapshot: &Snapshot) -> (u64, Next) {
        let mut done = 0;
        let mut volumes = self.volumes(snapshot);
        let is_over = [Pass::Read, Pass::Parse].into_iter().any(|pass| {
            let mut wanted = volumes.iter_mut().filter(|volume| matches!(volume.progress, Progress::Going));
            wanted.any(|volume| !self.advance(snapshot, volume, pass, &mut done))
        });
        if is_over {
            return (done, Next::Step);
        }
        let is_complete = volumes.iter().all(|volume| matches!(volume.progress, Progress::Complete));
        (done, Next::Wait(if is_complete { IDLE } else { RETRY }))
    }

    /// Returns the volumes whose tags are wanted; the others count as complete. Of several mounts of one folder, the first gives the settings.
    fn volumes<'s>(&self, snapshot: &'s Snapshot) -> Vec<TaggedVolume<'s>> {
        let (mut seen, mut wanted) = (HashSet::new(), Vec::new());
        for volume in &snapshot.tree.volumes {
            let is_first = seen.insert(Arc::as_ptr(&volume.storage));
            let Some(own) = used_index(volume).filter(|_| is_first) else { continue };
            let before = own.state();
            if volume.config.flags.tag_mode() == TagMode::Off {
                own.set_tagged(before, true);
            } else {
                wanted.push(TaggedVolume { volume, own, before, has_changed: false, progress: Progress::Going });
            }
        }
        wanted
    }

    /// Does one pass over a volume. Returns false if the time was over before its end.
    fn advance(&self, snapshot: &Snapshot, tagged: &mut TaggedVolume<'_>, pass: Pass, done: &mut u64) -> bool {
        match self.tag_volume(snapshot, tagged, pass, done) {
            Ok(true) => true,
            Ok(false) => {
                tagged.own.set_tagged(tagged.before, false);
                false
            }
            Err(error) => {
                tracing::warn!(%error, share = tagged.volume.config.mount.display(), "tags are not read now");
                tagged.own.replace_if_damaged(&error);
                // Nothing waits for them any longer.
                tagged.own.set_tagged(tagged.before, true);
                tagged.progress = Progress::Failed;
                true
            }
        }
    }

    fn is_over(&self) -> bool {
        self.cancellation.is_cancelled() || Instant::now() >= self.ends
    }

    /// Does one pass over a volume, and notes if nothing is left then. Returns false if the time was over before.
    fn tag_volume(
        &self,
        snapshot: &Snapshot,
        tagged: &mut TaggedVolume<'_>,
        pass: Pass,
        done: &mut u64,
    ) -> std::result::Result<bool, StoreError> {
        let (flags, own) = (&tagged.volume.config.flags, tagged.own);
        let (root, index, mut changed) = (tagged.volume.storage.root(), own.open()?, Vec::new());
        let is_through = match (pass, &root) {
            (_, None) => true,
            (Pass::Read, Some(root)) => {
                let reader = self.reader(snapshot, flags);
                begin(own, &index, flags.tag_mode(), reader.ffprobe.is_some())?;
                self.read_volume(root, &index, flags, &reader, &mut changed, done)?
            }
            (Pass::Parse, Some(root)) => self.parse_volume(root, &index, flags, &mut changed, done)?,
        };
        tagged.has_changed |= !changed.is_empty();
        own.look_again(changed);
        let is_last = pass == Pass::Parse || flags.tags.parsers.is_empty() || root.is_none();
        if is_through && is_last {
            if tagged.has_changed {
                tagged.progress = Progress::Changed;
                return Ok(true);
            }
            if root.is_some() {
                clean(own, &index)?;
            }
            own.set_tagged(tagged.before, true);
            tagged.progress = Progress::Complete;
        }
        Ok(is_through)
    }

    fn reader(&self, snapshot: &Snapshot, flags: &VolumeFlags) -> TagReader<'_> {
        let behaviour = &snapshot.settings.behaviour;
        TagReader {
            rules: TagRules::new(&flags.tags),
            limit: Duration::from_secs(behaviour.tag_secs),
            ffprobe: if behaviour.no_ffprobe { None } else { self.tools.ffprobe() },
            only_ffprobe: behaviour.only_ffprobe,
            tools: self.tools,
            cancellation: self.cancellation,
        }
    }

    /// Reads all files that are to be read. Returns false if the time was over before. `changed`: files that have changed.
    fn read_volume(
        &self,
        root: &Folder,
        index: &Index,
        flags: &VolumeFlags,
        reader: &TagReader<'_>,
        changed: &mut Vec<VPath>,
        done: &mut u64,
    ) -> std::result::Result<bool, StoreError> {
        let (mut after, only_uploads) = (0, flags.tag_mode() == TagMode::Uploads);
        loop {
            let batch = index.to_tag(after, BATCH, only_uploads)?;
            let Some(last) = batch.last() else { return Ok(true) };
            after = last.id;
            let copies = Copies::default();
            let outcomes = on_all_cores(&batch, || self.is_over(), |file| read_one(root, reader, file, &copies));
            let is_complete = outcomes.len() == batch.len();
            let mut tagged = Vec::with_capacity(batch.len());
            for (file, outcome) in batch.into_iter().zip(outcomes) {
                match outcome {
                    Some(result) => tagged.push(Tagged { file, result }),
                    None => changed.push(file.folder.join(&file.name)),
                }
            }
            *done += tagged.len() as u64;
            index.put_tags(tagged, !flags.tags.parsers.is_empty())?.wait()?;
            if !is_complete || self.is_over() {
                return Ok(false);
            }
        }
    }

    /// Runs the parsers on all files that they are to be run on; as [`Work::read_volume`].
    fn parse_volume(
        &self,
        root: &Folder,
        index: &Index,
        flags: &VolumeFlags,
        changed: &mut Vec<VPath>,
        done: &mut u64,
    ) -> std::result::Result<bool, StoreError> {
        let parsers = TagParsers::new(&flags.tags, root, self.tools.children(), self.cancellation, self.missing);
        let mut after = 0;
        loop {
            let batch = index.to_parse(after, BATCH)?;
            let Some(last) = batch.last() else { return Ok(true) };
            after = last.id;
            let known = index.tags_of(batch.iter().map(|file| Some(&file.content)))?;
            let batch: Vec<_> = batch.into_iter().zip(known).collect();
            let outcomes =
                on_all_cores(&batch, || self.is_over(), |(file, known)| parse_one(root, &parsers, file, known));
            let is_complete = outcomes.len() == batch.len();
            let mut parsed = Vec::with_capacity(batch.len());
            for ((file, _), outcome) in batch.into_iter().zip(outcomes) {
                match outcome {
                    Some(tags) => parsed.push(Parsed { file, tags }),
                    None => changed.push(file.folder.join(&file.name)),
                }
            }
            *done += parsed.len() as u64;
            index.put_parsed(parsed)?.wait()?;
            if !is_complete || self.is_over() {
                return Ok(false);
            }
        }
    }
}

/// Does what is done once for all tags of a volume, before files are read.
fn begin(own: &VolumeIndex, index: &Index, mode: TagMode, has_ffprobe: bool) -> std::result::Result<(), StoreError> {
    let rounds = own.tag_rounds();
    if mode == TagMode::Again && !rounds.read_again {
        index.forget_tags()?.wait()?;
    }
    index.set_reader_version(READER_VERSION)?;
    if has_ffprobe {
        index.read_partly_again()?;
    }
    own.set_tag_rounds(TagRounds { read_again: mode == TagMode::Again, ..rounds });
    Ok(())
}

/// Runs the parsers on one file, of which `known` is known; as [`read_one`].
fn parse_one(
    root: &Folder,
    parsers: &TagParsers<'_>,
    file: &ToTag,
    known: &[(String, TagValue)],
) -> Option<Option<Vec<(String, TagValue)>>> {
    match open_unchanged(root, &file.folder.join(&file.name), file.size, file.mtime_ns) {
        Opening::Open(_) => parsers.run(file, known.to_vec()).map(Some),
        Opening::Changed => Some(None),
        Opening::Failed(error) => {
            log_unreadable(file, &error);
            Some(Some(Vec::new()))
        }
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

/// A pass over all volumes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Tags are read.
    Read,
    /// The parsers of the settings run.
    Parse,
}

/// A volume whose tags are wanted, in one step.
struct TaggedVolume<'a> {
    volume: &'a Arc<MountedVolume>,
    own: &'a VolumeIndex,
    /// State of its index at the beginning of the step.
    before: ScanState,
    /// Whether files were found that have changed.
    has_changed: bool,
    progress: Progress,
}

/// How far a volume is.
enum Progress {
    /// Something may be left.
    Going,
    /// Nothing is left.
    Complete,
    /// Only files are left that had changed when they were read.
    Changed,
    /// Its index cannot be used now.
    Failed,
}
