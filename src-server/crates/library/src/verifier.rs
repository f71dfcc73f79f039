//! Reads all contents again and compares them with the index: a content that differs though size and time of its file are
//! unchanged was damaged on disk, or by a program that hides its changes.
//!
//! It begins once names and contents of the volume are known, works on threads of low priority, and goes on after a
//! restart where it ended.

use crate::background::{BackgroundWork, Wakeups};
use crate::contents::{ContentReader, Outcome, QUIET, hash_service, must_wait};
use crate::progress::Worker;
use crate::volume::{VolumeIndex, used_index};
use crate::walk::WalkRules;
use crate::{Cancellation, Next};
use model::index_flags::IndexFlags;
use model::{Event, VPath};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::StoreError;
use store::hash::HashService;
use store::index::{FindingKind, Index, IndexedFile, ToHash, Verified};
use vfs::core::Core;
use vfs::error::Result;
use vfs::snapshot::Snapshot;
use vfs::volumes::tree::MountedVolume;

/// Files taken from an index at a time.
const BATCH: usize = 512;
/// Time after which a step ends, except in the middle of a large file.
const STEP: Duration = Duration::from_millis(500);
/// Time after which a volume that was not ready is looked at again.
const RETRY: Duration = Duration::from_secs(10);

/// Background work that verifies contents, for all volumes.
pub struct Verifier {
    core: Arc<Core>,
    wakeups: Wakeups,
    service: Option<HashService>,
    /// Files read by the present verifications.
    done: u64,
}

impl Verifier {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            wakeups: Wakeups::new(core, |shared| &shared.verifier_woken),
            service: None,
            done: 0,
        }
    }
}

impl BackgroundWork for Verifier {
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
            let mut work =
                Work { service, cancellation: &cancellation, ends: Instant::now() + STEP, core: &core, done: 0 };
            let next = work.run(&snapshot);
            (work.service, work.done, next)
        };
        let (service, done, next) = self.core.pool.run_in_background(work).await?;
        self.service = service.filter(|_| next == Next::Step);
        self.done = if next == Next::Step { self.done + done } else { 0 };
        Ok(next)
    }
}

struct Work<'a> {
    service: Option<HashService>,
    cancellation: &'a Cancellation,
    ends: Instant,
    core: &'a Core,
    done: u64,
}

impl Work<'_> {
    fn run(&mut self, snapshot: &Snapshot) -> Next {
        let (mut seen, mut next) = (HashSet::new(), Next::Wait(Duration::from_secs(3600)));
        for volume in &snapshot.tree.volumes {
            let is_first = seen.insert(Arc::as_ptr(&volume.storage));
            let Some(own) = used_index(volume).filter(|own| is_first && !own.progress.is_paused()) else { continue };
            match self.verify_volume(snapshot, volume, own) {
                Ok(true) => return Next::Step,
                Ok(false) if own.verify.is_wanted() => next = Next::Wait(RETRY),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, share = volume.config.mount.display(), "contents are not verified now");
                    own.work_failed(Worker::Contents, &error);
                    next = Next::Wait(RETRY);
                }
            }
        }
        next
    }

    /// Returns whether there is more to do now.
    fn verify_volume(
        &mut self,
        snapshot: &Snapshot,
        volume: &Arc<MountedVolume>,
        own: &VolumeIndex,
    ) -> std::result::Result<bool, StoreError> {
        let state = own.state();
        let Some(root) = volume.storage.root().filter(|_| state.is_scanned && state.is_hashed) else {
            return Ok(false);
        };
        let (index, rules) = (own.open()?, WalkRules::new(snapshot, volume));
        if index.rules()?.is_some_and(|digest| digest != rules.digest()) {
            return Ok(false);
        }
        let flags = &volume.config.flags.index;
        begin(own, &index, flags)?;
        let Some(mut after) = position(own, &index)? else { return Ok(false) };
        let mut ends_program = None;
        while !own.verify.is_cancelled() {
            let batch = index.to_verify(after, BATCH)?;
            let Some(last) = batch.last() else {
                return end(self.core, own, &index, volume).map(|()| false);
            };
            after = last.id;
            let service = self.service.get_or_insert_with(hash_service);
            let reader = ContentReader { service, cancellation: self.cancellation, ends: self.ends };
            let files: Vec<ToHash> = batch.iter().map(to_hash).collect();
            let outcomes = reader.hash_batch(&root, &rules, &files);
            let is_over = outcomes.len() < batch.len() || reader.is_over();
            let verified = compare(own, &rules, flags, batch, outcomes);
            self.done += verified.len() as u64;
            let differs = report(volume, &verified).filter(|_| flags.verify_stops);
            index.put_verified(verified, now_secs())?.wait()?;
            if differs.is_some() {
                ends_program = differs;
                break;
            }
            if is_over {
                return Ok(true);
            }
        }
        index.end_verification(now_secs(), true)?.wait()?;
        if let Some(path) = ends_program {
            // After that was recorded: the next start begins anew, and ends again unless the file was mended.
            own.want_end(format!("The content of {path} differs, though its size and date are unchanged."));
        }
        own.verify.set_ended();
        Ok(false)
    }
}

fn now_secs() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().cast_signed())
}

fn to_hash(file: &IndexedFile) -> ToHash {
    let IndexedFile { id, folder, name, size, mtime_ns, .. } = file.clone();
    ToHash { id, folder, name, size, mtime_ns }
}

/// Begins a verification if one is wanted: by the settings at the start, or by an administrator.
fn begin(own: &VolumeIndex, index: &Index, flags: &IndexFlags) -> std::result::Result<(), StoreError> {
    let is_open = index.verification()?.is_some_and(|one| one.ended_at.is_none());
    // One that a restart interrupted goes on.
    let is_wanted_at_start = own.verify.start() && flags.verifies_at_start() && !is_open;
    if own.verify.take_demand() || is_wanted_at_start {
        index.begin_verification(now_secs())?.wait()?;
    }
    Ok(())
}

/// Returns the row after which the present verification goes on; `None` if there is none.
fn position(own: &VolumeIndex, index: &Index) -> std::result::Result<Option<i64>, StoreError> {
    let open = index.verification()?.filter(|one| one.ended_at.is_none());
    match &open {
        Some(_) => own.verify.set_running(),
        None => own.verify.set_ended(),
    }
    Ok(open.map(|one| one.after))
}

/// Compares contents with the index. Files that were not read, or have changed, have no finding.
fn compare(
    own: &VolumeIndex,
    rules: &WalkRules,
    flags: &IndexFlags,
    batch: Vec<IndexedFile>,
    outcomes: Vec<Outcome>,
) -> Vec<Verified> {
    let mut changed = Vec::new();
    let mut verified = Vec::with_capacity(outcomes.len());
    for (file, outcome) in batch.into_iter().zip(outcomes) {
        let is_read = rules.unread_content(&file.folder, &file.name, file.size, file.mtime_ns).is_none();
        let (finding, content) = match outcome {
            Outcome::Content(content) if is_read && file.content.as_ref() != Some(&content) => {
                if flags.verify_updates {
                    (Some(FindingKind::Updated), Some(content))
                } else {
                    (Some(FindingKind::Differs), None)
                }
            }
            Outcome::Content(_) => (None, None),
            Outcome::Unreadable(_) => (Some(FindingKind::Unreadable), None),
            Outcome::Changed => {
                changed.push(file.folder.join(&file.name));
                (None, None)
            }
            // The work was cancelled; the rest is read later.
            Outcome::Skipped => break,
        };
        verified.push(Verified { file, finding, content });
    }
    own.look_again(changed);
    verified
}

/// Logs findings. Returns the path of the last file whose content differs.
fn report(volume: &MountedVolume, verified: &[Verified]) -> Option<String> {
    let mut differs = None;
    for one in verified {
        let path = || volume.config.mount.append(&one.file.folder).join(&one.file.name).display();
        match one.finding {
            None | Some(FindingKind::Unreadable) => continue,
            Some(FindingKind::Updated) => {
                tracing::error!(path = path(), "the content of a file differs; the index has the new one now");
            }
            Some(FindingKind::Differs) => {
                tracing::error!(path = path(), "the content of a file differs, though its size and date are unchanged");
            }
        }
        differs = Some(path());
    }
    differs
}

/// Ends a verification that has read everything.
fn end(core: &Core, own: &VolumeIndex, index: &Index, volume: &MountedVolume) -> std::result::Result<(), StoreError> {
    index.end_verification(now_secs(), false)?.wait()?;
    let done = index.verification()?.unwrap_or_default();
    let mount: &VPath = &volume.config.mount;
    tracing::info!(
        share = mount.display(),
        files = done.files,
        differing = done.differing,
        unreadable = done.unreadable,
        "all contents were verified"
    );
    if done.differing > 0 {
        let files = if done.differing == 1 { "1 file".into() } else { format!("{} files", done.differing) };
        let sentence = format!(
            "The content of {files} in {} differs from what it was, though size and date are unchanged. Compare with a \
             backup.",
            mount.display()
        );
        core.events.emit(Event::Problem { sentence });
    }
    own.verify.set_ended();
    Ok(())
}
