//! The library: an index of the files of each volume, and searches in it.
//!
//! ```text
//! change feed of a volume ─► follow ─┐
//! folders on disk ─────────► walk ───┴─► Index (store::index) ◄── hash: contents of new files
//!                                            ▲  ▲─────────── tags: of contents that are known
//! search: Query ─► each volume that the account may read ─► hits, resolved again with its rights
//! ```
//!
//! Background jobs do the work: one [`Indexer`] for each volume, which is the only writer of names, one [`Hasher`], one
//! [`Tagger`] and one [`Verifier`] for all volumes. All work in steps of some tenths of a second on threads of low priority. The index is
//! never needed to serve a file: without it, or while it is incomplete, searches find less.
//!
//! | module | |
//! |---|---|
//! | `background.rs`, `cores.rs`, `cancellation.rs` | work in steps, on all cores, and its end |
//! | `volume.rs` | the index of one volume as an extension of its storage |
//! | `indexer.rs`, `scanning.rs`, `recording.rs` | follows the change feed and compares folders |
//! | `queued.rs`, `exact_names.rs` | changes of an index that wait; names as they are on disk |
//! | `rules_pass.rs` | makes rows fit settings that have changed |
//! | `walk.rs` | what of a folder belongs in the index |
//! | `hasher.rs`, `contents.rs`, `changing.rs` | hashes the contents of files; those that change all the time |
//! | `verifier.rs`, `verify_state.rs` | reads all contents again and compares them with the index |
//! | `status.rs`, `progress.rs`, `skipped.rs` | what administrators see |
//! | `tagger.rs` | reads tags of files |
//! | `tag_parsers.rs` | programs of the settings that find tags |
//! | `tag_reader.rs` | reads the tags of one file |
//! | `tags` | decoders of tags |
//! | `opened.rs` | opens files for background work |
//! | `search.rs`, `suggest.rs` | searches, and completions of what is typed |
//! | `file_tags.rs` | the tags of one file |
//! | `audio/` | samples of sounds |
//! | `child_process/` | other programs, with limits |
//! | `media_tools/` | FFmpeg and FFprobe |
//! | `placeholders.rs` | what listings tell of pictures |
//! | `thumbnails/` | thumbnails of pictures and folders |
#![warn(missing_docs)]

pub mod audio;
mod background;
mod cancellation;
mod changing;
pub mod child_process;
mod contents;
mod cores;
mod exact_names;
mod file_tags;
mod hasher;
mod indexer;
pub mod media_tools;
mod opened;
mod placeholders;
mod progress;
mod queued;
mod recording;
mod rules_pass;
mod scanning;
mod search;
mod skipped;
mod status;
mod suggest;
mod tag_parsers;
mod tag_reader;
mod tagger;
mod tags;
#[cfg(test)]
mod tests;
pub mod thumbnails;
mod verifier;
mod verify_state;
mod volume;
mod walk;

pub use background::BackgroundWork;
pub use cancellation::Cancellation;
pub use hasher::Hasher;
pub use indexer::Indexer;
pub use progress::{IndexProgress, IndexState};
pub use search::{
    FolderHit, SEARCHES_AT_ONCE, SEARCHES_PER_ADDRESS, SearchHit, SearchRequest, SearchResult, Unsearched,
};
pub use skipped::{SKIPPED_MAX, SkipReason, Skipped};
pub use status::IndexStatus;
/// The value of a tag, and what verifications found.
pub use store::index::{Finding, FindingKind, IndexStats, TagValue, Verification};
pub use tagger::Tagger;
pub use tags::count_fields;
pub use verifier::Verifier;
pub use volume::{LibraryService, ScanState, VolumeIndex};

use audio::Transcoder;
use child_process::ChildProcesses;
use media_tools::MediaTools;
use model::{Operation, Perm, VPath};
use std::sync::Arc;
use std::time::Duration;
use thumbnails::Thumbnails;
use vfs::access::Access;
use vfs::budget::Budget;
use vfs::core::Core;
use vfs::error::Result;
use vfs::snapshot::Snapshot;
use vfs::volumes::resolve::refusal;
use vfs::volumes::tree::MountedVolume;
use volume::{index_of, used_index};

/// What a step of background work says about the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// There is more to do now.
    Step,
    /// There is nothing to do for this time, unless the volume changes.
    Wait(Duration),
    /// The work has ended: the volume is closed, or has no index any more.
    End,
}

/// Index and searches of all volumes. Cheap to clone.
#[derive(Clone)]
pub struct Library {
    core: Arc<Core>,
    searches: Budget,
    thumbnails: Thumbnails,
    transcoder: Transcoder,
    media_tools: MediaTools,
}

/// To be called first in `main`, before threads are started: if this process was started to run another program with
/// limits, or to decode a file in a process of its own, does so and returns the exit code that `main` must return.
pub fn run_if_launcher() -> Option<std::process::ExitCode> {
    child_process::run_if_launcher(&[
        thumbnails::SVG_TASK,
        #[cfg(target_os = "linux")]
        thumbnails::JPEG_TASK,
    ])
}

/// Most other programs (FFmpeg, parsers of tags) that run at once: one for each processor, at least two.
fn children_at_once() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).max(2)
}

impl Library {
    /// `core`: opened with a [`LibraryService`].
    pub fn new(core: Arc<Core>) -> Self {
        let searches = Budget::new("searches", SEARCHES_AT_ONCE, SEARCHES_PER_ADDRESS);
        let media_tools = MediaTools::new(ChildProcesses::new(children_at_once()));
        let thumbnails = Thumbnails::new(core.clone(), media_tools.clone());
        Self { thumbnails, transcoder: Transcoder::new(core.clone(), media_tools.clone()), core, searches, media_tools }
    }

    /// Returns what converts sound.
    pub fn transcoder(&self) -> &Transcoder {
        &self.transcoder
    }

    /// Returns FFmpeg and FFprobe, and what runs other programs.
    pub fn media_tools(&self) -> &MediaTools {
        &self.media_tools
    }

    /// Returns the thumbnails of all volumes.
    pub fn thumbnails(&self) -> &Thumbnails {
        &self.thumbnails
    }

    /// Returns an indexer for each volume that has an index and no indexer yet. Call it at the start, and after each
    /// change of settings.
    pub fn new_indexers(&self) -> Vec<Indexer> {
        let snapshot = self.core.snapshot.load_full();
        // The others notice what has changed for them.
        self.wake_indexers(&snapshot);
        let wanted = snapshot.tree.volumes.iter().filter(|volume| used_index(volume).is_some());
        wanted.filter_map(|volume| Indexer::begin(&self.core, volume)).collect()
    }

    /// Wakes the indexers of the volumes of a snapshot. Those of a former snapshot that are not offered any more end, and
    /// close their folders and databases.
    pub fn wake_indexers(&self, snapshot: &Snapshot) {
        snapshot.tree.volumes.iter().filter_map(|volume| index_of(&volume.storage)).for_each(VolumeIndex::wake);
    }

    /// Returns the hasher, which serves all volumes.
    pub fn hasher(&self) -> Hasher {
        Hasher::new(&self.core)
    }

    /// Returns the reader of tags, which serves all volumes.
    pub fn tagger(&self) -> Tagger {
        Tagger::new(&self.core, &self.media_tools)
    }

    /// Returns the verifier, which serves all volumes.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(&self.core)
    }

    /// Demands that the indexes of the volumes at and below `path` are compared with the disk, as far as the account
    /// administers them. Returns their number. Never blocks.
    ///
    /// # Errors
    /// `Denied` if the account administers none of them.
    pub fn rescan_below(&self, access: &Access, path: &VPath) -> Result<usize> {
        let is_concerned = |volume: &&Arc<MountedVolume>| {
            volume.config.mount.is_within(path)
                || access.volume_path(path).is_some_and(|at| at.volume.index == volume.index)
        };
        let concerned = access.snapshot().tree.volumes.iter().filter(is_concerned);
        let (own, mut count) = (concerned.filter(|volume| access.rights_in_whole(volume).has(Perm::Admin)), 0);
        let mut is_denied = true;
        for volume in own {
            is_denied = false;
            if let Some(index) = used_index(volume) {
                index.demand_scan();
                count += 1;
            }
        }
        if is_denied { Err(refusal(access, path, Operation::Rescan)) } else { Ok(count) }
    }

    /// Waits until every index has been compared with the disk once, all contents are hashed, all tags are read, and contents
    /// are verified where the settings ask for that. Volumes without their disk are not waited for.
    pub async fn wait_until_complete(&self) {
        let snapshot = self.core.snapshot.load_full();
        for volume in &snapshot.tree.volumes {
            let Some(index) = used_index(volume) else { continue };
            index.wait_until_complete().await;
            if volume.config.flags.index.verifies_at_start() && volume.storage.root().is_some() {
                index.verify.ended().await;
            }
        }
    }
}
