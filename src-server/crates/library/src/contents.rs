//! Reads contents and hashes them: small files whole and side by side in the lanes of each core, large ones one after the
//! other, their chunks side by side on all cores. A content is returned only if size and time of its file are the same
//! before and after it was read.

use crate::Cancellation;
use crate::cores::{on_all_cores, processors};
use crate::opened::{Opening, open_unchanged};
use crate::walk::WalkRules;
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, ChunkHash, Wark};
use std::time::{Duration, Instant};
use store::disk::{Folder, OpenFile};
use store::hash::{HashService, hash_file_chunks};
use store::index::{ContentId, ToHash};
use vfs::core::Core;

/// Files up to this size have one chunk and are read whole.
const SMALL: u64 = 1 << 20;
/// Bytes of small files that a thread reads before it hashes them.
const READ_AHEAD: u64 = 8 << 20;
/// Files that a thread takes at a time.
const SHARE: usize = 64;

/// How long no file must have been transferred before contents are read, where settings ask for that.
pub(crate) const QUIET: Duration = Duration::from_secs(3);

/// Whether transfers go first, by the settings, and there was one in the last [`QUIET`].
pub(crate) fn must_wait(core: &Core) -> bool {
    core.snapshot.load().settings.behaviour.hash_when_idle && !core.events.is_quiet_for(QUIET)
}

/// Most threads that hash contents in the background.
const THREADS_MAX: usize = 8;

/// Starts what hashes contents, on all cores: its threads have the priority of this one, which is low.
pub(crate) fn hash_service() -> HashService {
    HashService::start(processors().min(THREADS_MAX))
}

/// Reads contents for one step of work.
pub(crate) struct ContentReader<'a> {
    /// Hashes on all cores.
    pub service: &'a HashService,
    /// Ends the work early, also in the middle of a large file.
    pub cancellation: &'a Cancellation,
    /// Ends the work, except in the middle of a large file.
    pub ends: Instant,
}

impl ContentReader<'_> {
    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.cancellation.is_cancelled() || Instant::now() >= self.ends
    }

    /// Hashes files until the time is over. Returns the outcomes of the first ones, in order.
    pub fn hash_batch(&self, root: &Folder, rules: &WalkRules, batch: &[ToHash]) -> Vec<Outcome> {
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
        let shares: Vec<_> = files.chunks(SHARE).collect();
        // Not ended before its end: a batch of small files takes a fraction of a second.
        let hashed = on_all_cores(&shares, || false, |share| Some(self.hash_share(root, rules, share)));
        hashed.into_iter().flatten().collect()
    }

    fn hash_share(&self, root: &Folder, rules: &WalkRules, files: &[ToHash]) -> Vec<Outcome> {
        let (mut outcomes, mut buffers) = (Vec::with_capacity(files.len()), Vec::new());
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
        let is_cancelled = || self.cancellation.is_cancelled();
        match hash_file_chunks(self.service, &open.file, file.size, chunk, &is_cancelled) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Outcome::Skipped,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Outcome::Changed,
            Err(error) => unreadable(file, &error, &error),
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

/// What came of one file.
pub(crate) enum Outcome {
    Content(ContentId),
    /// It has changed, or is gone: the indexer looks at it.
    Changed,
    /// It cannot be read; holds the error of the operating system.
    Unreadable(String),
    /// The work was cancelled.
    Skipped,
}

/// Opens a file if it is the one that the index knows.
fn open_file(root: &Folder, file: &ToHash) -> std::result::Result<OpenFile, Outcome> {
    match open_unchanged(root, &file.folder.join(&file.name), file.size, file.mtime_ns) {
        Opening::Open(open) => Ok(open),
        Opening::Changed => Err(Outcome::Changed),
        Opening::Failed(error) => Err(unreadable(file, &error, &error.source)),
    }
}

fn unreadable(file: &ToHash, error: &dyn std::error::Error, cause: &std::io::Error) -> Outcome {
    tracing::warn!(%error, folder = file.folder.display(), name = file.name.display(), "a file is not hashed");
    Outcome::Unreadable(cause.to_string())
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
            Err(error) => return Err(unreadable(file, &error, &error)),
        }
    }
    match open.meta_now() {
        Ok(meta) if meta.size == file.size && meta.mtime_ns == file.mtime_ns => Ok(()),
        _ => Err(Outcome::Changed),
    }
}
