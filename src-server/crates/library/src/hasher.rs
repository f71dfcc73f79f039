//! Hashes the contents of files that the index does not know yet ([`ContentReader`]). All threads have low priority.

use crate::background::{BackgroundWork, Wakeups};
use crate::contents::{ContentReader, Outcome, QUIET, hash_service, must_wait};
use crate::progress::Worker;
use crate::skipped::SkipReason;
use crate::volume::{VolumeIndex, used_index};
use crate::walk::WalkRules;
use crate::{Cancellation, Next};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::StoreError;
use store::hash::HashService;
use store::index::{Hashed, Index, ToHash};
use vfs::core::Core;
use vfs::error::Result;
use vfs::snapshot::Snapshot;
use vfs::volumes::tree::MountedVolume;

/// Files taken from an index at a time.
const BATCH: usize = 1024;
/// Time after which a step ends, except in the middle of a large file.
const STEP: Duration = Duration::from_millis(500);
/// Time after which files that had changed are looked for again, and errors of an index are retried.
const RETRY: Duration = Duration::from_secs(10);

/// Background work that hashes contents, for all volumes.
pub struct Hasher {
    core: Arc<Core>,
    wakeups: Wakeups,
    service: Option<HashService>,
    /// Files that were hashed since the work was last complete.
    done: u64,
}

impl Hasher {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), wakeups: Wakeups::new(core, |shared| &shared.hasher_woken), service: None, done: 0 }
    }
}

impl BackgroundWork for Hasher {
    fn files_done(&self) -> u64 {
        self.done
    }

    async fn wake(&mut self) {
        self.wakeups.next().await;
    }

    async fn step(&mut self, cancellation: Arc<Cancellation>) -> Result<Next> {
        if must_wait(&self.core) {
            self.service = None;
            return Ok(Next::Wait(QUIET));
        }
        let snapshot = self.core.snapshot.load_full();
        let (service, core) = (self.service.take(), self.core.clone());
        let work = move || {
            let service = service.unwrap_or_else(hash_service);
            let reader = ContentReader { service: &service, cancellation: &cancellation, ends: Instant::now() + STEP };
            let outcome = Work { reader, core: &core }.run(&snapshot);
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
    reader: ContentReader<'a>,
    core: &'a Core,
}

impl Work<'_> {
    /// Returns the number of files hashed, and what is next.
    fn run(&self, snapshot: &Snapshot) -> (u64, Next) {
        let (mut done, mut next) = (0, Next::Wait(Duration::from_secs(3600)));
        for volume in &snapshot.tree.volumes {
            let Some(own) = used_index(volume).filter(|own| !own.progress.is_paused()) else { continue };
            let hashed = self.hash_volume(snapshot, volume, own, &mut done);
            if hashed.is_ok() {
                own.progress.set_error(Worker::Contents, None);
            }
            match hashed {
                Ok(Progress::Complete) => {}
                Ok(Progress::Changed) => next = Next::Wait(RETRY),
                Ok(Progress::OutOfTime) => return (done, Next::Step),
                Err(error) => {
                    tracing::warn!(%error, share = volume.config.mount.display(), "contents are not hashed now");
                    own.work_failed(Worker::Contents, &error);
                    next = Next::Wait(RETRY);
                }
            }
            own.announce(&self.core.events, &volume.config.mount);
        }
        (done, next)
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
        let digest = index.rules()?;
        if digest.is_some_and(|digest| digest != rules.digest()) {
            // The indexer applies other settings first, and wakes this job then.
            return Ok(Progress::Changed);
        }
        let (mut after, mut changed, mut are_changing) = (0, Vec::new(), false);
        loop {
            let mut batch = index.to_hash(after, BATCH)?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            let before = batch.len();
            batch.retain(|file| own.changing.may_read(file));
            are_changing |= batch.len() < before;
            let outcomes = self.reader.hash_batch(&root, &rules, &batch);
            let is_complete = outcomes.len() == batch.len();
            let hashed = sort_outcomes(own, batch, outcomes, &mut changed);
            own.progress.add_bytes(hashed.iter().map(|one| one.file.size).sum());
            *done += hashed.len() as u64;
            index.put_contents(hashed, digest)?.wait()?;
            own.notify_tagger();
            own.announce(&self.core.events, &volume.config.mount);
            if !is_complete || self.reader.is_over() {
                own.look_again(changed);
                return count_rest(own, &index).map(|()| Progress::OutOfTime);
            }
        }
        if !changed.is_empty() {
            own.look_again(changed);
            return Ok(Progress::Changed);
        }
        if !are_changing {
            own.progress.set_bytes_left(0);
        }
        if before.is_scanned {
            own.set_hashed(before);
        }
        // Files that never come to rest do not keep the rest from being complete.
        Ok(if are_changing { Progress::Changed } else { Progress::Complete })
    }
}

/// Notes what came of files. Returns those to be recorded; adds the others to `changed`.
fn sort_outcomes(
    own: &VolumeIndex,
    batch: Vec<ToHash>,
    outcomes: Vec<Outcome>,
    changed: &mut Vec<model::VPath>,
) -> Vec<Hashed> {
    let mut hashed = Vec::with_capacity(outcomes.len());
    for (file, outcome) in batch.into_iter().zip(outcomes) {
        let path = || file.folder.join(&file.name);
        match outcome {
            Outcome::Content(content) => {
                own.changing.is_read(&file);
                own.skipped.remove(|| path().display());
                hashed.push(Hashed { file, content: Some(content) });
            }
            Outcome::Unreadable(error) => {
                own.skipped.add(path().display(), SkipReason::Unreadable, Some(error));
                hashed.push(Hashed { file, content: None });
            }
            Outcome::Changed => {
                own.changing.has_changed(&file);
                if !own.changing.may_read(&file) {
                    own.skipped.add(path().display(), SkipReason::Changing, None);
                }
                changed.push(path());
            }
            Outcome::Skipped => {}
        }
    }
    hashed
}

/// Counts the bytes that are left, at most every few seconds.
fn count_rest(own: &VolumeIndex, index: &Index) -> std::result::Result<(), StoreError> {
    if own.progress.is_recount_due() {
        own.progress.set_bytes_left(index.bytes_to_hash()?);
    }
    Ok(())
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
