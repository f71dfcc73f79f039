//! Changes of many files and folders by one request, with progress in lines of JSON (ADR 0029). Each entry is changed as by
//! the request for one, and one identifier undoes all of them. The work ends when the client leaves: nothing is left of an
//! entry that was being copied, and what was done stays.

use super::limits::TICK;
use super::ndjson::{self, ClientLeft, Lines, Sending};
use super::types::EntryKind;
use super::types_many::{
    ChangeBegin, ChangeConflict, ChangeEnd, ChangeFailed, ChangeLine, ChangeProgress, DeleteManyRequest, EntryBrief,
    IfTaken, RelocateManyRequest, Shown,
};
use super::{error, paths};
use crate::failure::{Failure, RouteResult};
use crate::request::Request;
use engine::EngineError;
use engine::error::Conflict;
use engine::files::ops::{ChangeSet, Deleted, IfExists};
use engine::listing::{ListOptions, SIZES_ONLY};
use engine::volumes::extension::Picture;
use http::StatusCode;
use model::VPath;

/// Most entries of one request.
pub const ENTRIES_MAX: usize = 10_000;
/// Most entries whose sizes are asked for before the first line.
const SIZED_MAX: usize = 1000;

/// Whether entries are moved or copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Moved.
    Move,
    /// Copied.
    Copy,
}

/// `POST delete-many`.
pub fn delete(request: &Request, body: DeleteManyRequest) -> RouteResult {
    begin(request, body.paths, Work::Delete)
}

/// `POST move-many` and `copy-many`.
pub fn relocate(request: &Request, body: RelocateManyRequest, kind: Kind) -> RouteResult {
    let to = paths::from_body(&body.to)?;
    begin(request, body.from, Work::Relocate { kind, to, if_taken: body.if_exists })
}

fn begin(request: &Request, entries: Vec<String>, work: Work) -> RouteResult {
    if entries.len() > ENTRIES_MAX {
        let text = format!("a request names at most {ENTRIES_MAX} files and folders; send several");
        return Err(Failure::text(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    let changes = request.engine().ops.begin_changes(&request.access);
    let undo = changes.undo.to_string();
    let total = entries.len();
    let batch = Batch { request: request.clone(), changes, work, undo, total, counts: Counts::default() };
    Ok(ndjson::reply(request, Sending::Live, |mut lines| async move {
        // If the client has left there is no one to tell.
        let _left = batch.run(entries, &mut lines).await;
        lines
    }))
}

/// What is done with each entry.
enum Work {
    Delete,
    Relocate { kind: Kind, to: VPath, if_taken: IfTaken },
}

#[derive(Default)]
struct Counts {
    done: usize,
    failed: usize,
    skipped: usize,
    lost: u64,
    undo_secs: Option<u64>,
}

impl Counts {
    fn all(&self) -> usize {
        self.done + self.failed + self.skipped
    }
}

struct Batch {
    request: Request,
    changes: ChangeSet,
    work: Work,
    undo: String,
    total: usize,
    counts: Counts,
}

/// What became of an entry.
enum Outcome {
    /// It is done; its new path.
    Done(Option<VPath>),
    /// Its name is taken, and it stayed where it is, as asked for.
    Skipped,
}

/// Returns what a picture shows, on its own.
pub(super) fn shown(picture: &Picture) -> Shown {
    Shown { width: picture.width, height: picture.height, thumbhash: picture.thumbhash.to_string() }
}

impl Batch {
    async fn run(mut self, entries: Vec<String>, lines: &mut Lines) -> Result<(), ClientLeft> {
        let bytes_total = self.bytes_of(&entries).await;
        let first = ChangeBegin { undo: &self.undo, total: self.total, bytes_total };
        lines.send(&ChangeLine::Begin(first)).await?;
        for entry in &entries {
            // Undone meanwhile, perhaps from another page.
            if self.changes.watch.is_cancelled() {
                break;
            }
            match self.change(entry, lines).await? {
                Ok(outcome) => self.tell_done(entry, outcome, lines).await?,
                Err(failure) => self.tell_failed(entry, failure, lines).await?,
            }
        }
        let Counts { done, failed, skipped, lost, undo_secs } = self.counts;
        let undo = self.changes.undoable().map(|_| self.undo.as_str());
        lines.send(&ChangeLine::End(ChangeEnd { done, failed, skipped, lost, undo, undo_secs })).await
    }

    /// Changes one entry, and tells of its progress meanwhile. When the client leaves, a copy is ended and waited for.
    async fn change(&mut self, entry: &str, lines: &mut Lines) -> Result<Result<Outcome, Failure>, ClientLeft> {
        let (mut told, mut deleted) = (self.changes.watch.copied(), Deleted::default());
        let mut work = Box::pin(self.change_entry(entry, &mut deleted));
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break Some(outcome),
                () = lines.left() => break None,
                () = tokio::time::sleep(TICK) => {
                    let copied = self.changes.watch.copied();
                    if copied != told {
                        told = copied;
                        if lines.send(&ChangeLine::Progress(self.progress(entry, None))).await.is_err() {
                            break None;
                        }
                    }
                }
            }
        };
        let Some(outcome) = outcome else {
            self.changes.watch.cancel();
            // Of no interest to a client that has left.
            let _outcome = work.await;
            return Err(ClientLeft);
        };
        drop(work);
        self.counts.lost += deleted.lost;
        self.counts.undo_secs = self.counts.undo_secs.or(deleted.kept_secs);
        Ok(outcome)
    }

    async fn change_entry(&self, entry: &str, deleted: &mut Deleted) -> Result<Outcome, Failure> {
        let path = paths::from_body(entry)?;
        match &self.work {
            Work::Delete => {
                *deleted = self.changes.delete(&path).await?;
                Ok(Outcome::Done(None))
            }
            Work::Relocate { kind, to, if_taken } => {
                let name = path.name().ok_or_else(|| EngineError::from(model::PathError::NotAName))?;
                let goal = to.join(&name);
                if goal == path && *kind == Kind::Move {
                    return Ok(Outcome::Skipped);
                }
                let if_exists = match if_taken {
                    IfTaken::Refuse | IfTaken::Skip => IfExists::Refuse,
                    IfTaken::Replace => IfExists::Replace,
                    IfTaken::KeepBoth => IfExists::KeepBoth,
                };
                let changed = match kind {
                    Kind::Move => self.changes.move_to(&path, &goal, if_exists).await,
                    Kind::Copy => self.changes.copy_to(&path, &goal, if_exists).await,
                };
                match changed {
                    Err(EngineError::Conflict(Conflict::Exists(_))) if *if_taken == IfTaken::Skip => {
                        Ok(Outcome::Skipped)
                    }
                    changed => Ok(Outcome::Done(Some(changed?))),
                }
            }
        }
    }

    fn progress<'a>(&self, path: &'a str, to: Option<String>) -> ChangeProgress<'a> {
        let bytes_done = Some(self.changes.watch.copied()).filter(|bytes| *bytes > 0);
        ChangeProgress { done: self.counts.all(), total: self.total, bytes_done, path, to }
    }

    async fn tell_done(&mut self, entry: &str, outcome: Outcome, lines: &mut Lines) -> Result<(), ClientLeft> {
        let to = match outcome {
            Outcome::Done(to) => {
                self.counts.done += 1;
                to.as_ref().map(paths::encoded)
            }
            Outcome::Skipped => {
                self.counts.skipped += 1;
                None
            }
        };
        lines.send(&ChangeLine::Progress(self.progress(entry, to))).await
    }

    async fn tell_failed(&mut self, entry: &str, failure: Failure, lines: &mut Lines) -> Result<(), ClientLeft> {
        self.counts.failed += 1;
        let taken = match (&failure, &self.work) {
            (Failure::Engine(EngineError::Conflict(Conflict::Exists(_))), Work::Relocate { to, .. }) => {
                paths::from_body(entry).ok().and_then(|path| Some((to.join(&path.name()?), path)))
            }
            _ => None,
        };
        let (_, error) = error::told(&self.request, failure).await;
        let Some((to, path)) = taken else {
            return lines.send(&ChangeLine::Failed(ChangeFailed { path: entry, error })).await;
        };
        let (source, existing) = (self.brief(&path).await, self.brief(&to).await);
        let conflict = ChangeConflict { path: entry, to: paths::encoded(&to), source, existing, error };
        lines.send(&ChangeLine::Conflict(Box::new(conflict))).await
    }

    /// Returns what the account may know of an entry.
    async fn brief(&self, path: &VPath) -> Option<EntryBrief> {
        let single =
            self.request.engine().listings.single(&self.request.access, path, ListOptions::default()).await.ok()?;
        Some(EntryBrief {
            kind: if single.is_folder { EntryKind::Folder } else { EntryKind::File },
            size: single.entry.size,
            modified_ms: single.entry.modified.0,
            picture: single.entry.picture.as_deref().map(shown),
        })
    }

    /// Returns the bytes of all entries that are copied; `None` if one is not known without reading its folder.
    async fn bytes_of(&self, entries: &[String]) -> Option<u64> {
        if !matches!(self.work, Work::Relocate { kind: Kind::Copy, .. }) || entries.len() > SIZED_MAX {
            return None;
        }
        let mut total: u64 = 0;
        for entry in entries {
            let path = paths::from_body(entry).ok()?;
            let single = self.request.engine().listings.single(&self.request.access, &path, SIZES_ONLY).await.ok()?;
            if single.is_folder && single.entry.files_below.is_none() {
                return None;
            }
            total = total.saturating_add(single.entry.size);
        }
        Some(total)
    }
}
