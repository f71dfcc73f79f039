//! The changes of the last ten minutes that can be undone by an identifier of their own: moves, and
//! changes of many files by one request.
//! In memory: a restart forgets them.

use crate::clock::now;
use crate::volumes::trash::entry_id::EntryId;
use model::{AccountName, VPath};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::disk::{CopyWatch, Kind, Meta};

/// How long a change can be undone by the identifier in its answer.
pub const UNDO_TIME: Duration = Duration::from_secs(10 * 60);
/// Most moves that are remembered; the oldest are forgotten.
const MOVES_MAX: usize = 4096;
/// Most requests with many changes that are remembered.
const LISTS_MAX: usize = 256;
/// Most changes that they have together.
const LISTED_MAX: usize = 500_000;

/// A move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Who moved it.
    pub by: AccountName,
    /// The former path.
    pub from: VPath,
    /// The new path.
    pub to: VPath,
    /// What it replaced is in this entry of the trash.
    pub replaced: Option<EntryId>,
}

/// One change of a request that makes many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// What was deleted is in this entry of the trash.
    Trashed(EntryId),
    /// A move.
    Moved(Move),
    /// A copy.
    Copied(CopyMade),
}

/// A copy that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyMade {
    /// Its path.
    pub at: VPath,
    /// The copy as it was made.
    pub meta: Meta,
    /// What it replaced is in this entry of the trash.
    pub replaced: Option<EntryId>,
}

impl CopyMade {
    /// Whether `now` is the copy as it was made. Folders may have other contents by now.
    pub fn is_unchanged(&self, now: &Meta) -> bool {
        let is_same_content = || (now.size, now.mtime_ns) == (self.meta.size, self.meta.mtime_ns);
        now.kind == self.meta.kind && now.id() == self.meta.id() && (now.kind == Kind::Folder || is_same_content())
    }
}

/// The changes that can be undone, the oldest first.
#[derive(Default)]
pub struct UndoLog {
    moves: Mutex<VecDeque<(EntryId, Instant, Move)>>,
    lists: Mutex<VecDeque<List>>,
    running: Mutex<HashMap<EntryId, Running>>,
}

/// A request that is still making changes.
#[derive(Clone)]
pub struct Running {
    /// Whose changes they are.
    pub by: AccountName,
    /// Once it is cancelled, no further change begins.
    pub watch: Arc<CopyWatch>,
    /// Held during each change, until the change is remembered.
    pub busy: Arc<tokio::sync::Mutex<()>>,
}

/// What one request has changed.
struct List {
    id: EntryId,
    at: Instant,
    by: AccountName,
    steps: Vec<Step>,
}

impl UndoLog {
    /// Remembers a move. Returns its identifier.
    pub fn add(&self, one: Move) -> EntryId {
        let id = EntryId::new(now());
        let mut moves = self.moves.lock();
        while moves.len() >= MOVES_MAX || moves.front().is_some_and(|(_, at, _)| at.elapsed() > UNDO_TIME) {
            moves.pop_front();
        }
        moves.push_back((id, Instant::now(), one));
        id
    }

    /// Takes a move of `by`, so that it is undone once; `None` if there is none that can be undone.
    pub fn take(&self, id: EntryId, by: &AccountName) -> Option<Move> {
        let mut moves = self.moves.lock();
        let fits =
            |(other, at, one): &(EntryId, Instant, Move)| *other == id && one.by == *by && at.elapsed() <= UNDO_TIME;
        let at = moves.iter().position(fits)?;
        moves.remove(at).map(|(_, _, one)| one)
    }

    /// Puts a move back: undoing it has failed.
    pub fn put_back(&self, id: EntryId, one: Move) {
        self.moves.lock().push_back((id, Instant::now(), one));
    }

    /// Remembers the entries of the trash that one request of `by` has made. Returns their common identifier.
    pub fn add_list(&self, by: AccountName, entries: Vec<EntryId>) -> EntryId {
        let id = EntryId::new(now());
        self.put_list_back(id, by, entries.into_iter().map(Step::Trashed).collect());
        id
    }

    /// Whether a list has changes that can be undone.
    pub fn holds(&self, id: EntryId) -> bool {
        self.lists.lock().iter().any(|list| list.id == id && !list.steps.is_empty())
    }

    /// Remembers that a request makes changes, until [`UndoLog::ended`].
    pub fn began(&self, id: EntryId, running: Running) {
        self.running.lock().insert(id, running);
    }

    /// Forgets a request that makes no more changes.
    pub fn ended(&self, id: EntryId) {
        self.running.lock().remove(&id);
    }

    /// Ends a request of `by` that is still making changes, before they are undone: it may not have noticed that its client
    /// has left. Waits for the change that is under way.
    pub async fn stop(&self, id: EntryId, by: &AccountName) {
        let running = self.running.lock().get(&id).filter(|running| running.by == *by).cloned();
        if let Some(Running { watch, busy, .. }) = running {
            watch.cancel();
            drop(busy.lock().await);
        }
    }

    /// Adds a change to a list; its first change begins it, and the next one after it was undone begins it anew.
    pub fn push(&self, id: EntryId, by: &AccountName, step: Step) {
        let mut lists = self.lists.lock();
        if let Some(list) = lists.iter_mut().find(|list| list.id == id) {
            list.steps.push(step);
            list.at = Instant::now();
            return forget_old(&mut lists);
        }
        drop(lists);
        self.put_list_back(id, by.clone(), vec![step]);
    }

    /// Takes what was changed together, as [`UndoLog::take`].
    pub fn take_list(&self, id: EntryId, by: &AccountName) -> Option<Vec<Step>> {
        let mut lists = self.lists.lock();
        let at = lists.iter().position(|list| list.id == id && list.by == *by && list.at.elapsed() <= UNDO_TIME)?;
        lists.remove(at).map(|list| list.steps)
    }

    /// Remembers what is left of a list, under its identifier.
    pub fn put_list_back(&self, id: EntryId, by: AccountName, steps: Vec<Step>) {
        let mut lists = self.lists.lock();
        lists.push_back(List { id, at: Instant::now(), by, steps });
        forget_old(&mut lists);
    }
}

/// Forgets lists that are too old or too many; the last one stays.
fn forget_old(lists: &mut VecDeque<List>) {
    let is_too_much = |lists: &VecDeque<List>| {
        lists.len() > LISTS_MAX || lists.iter().map(|list| list.steps.len()).sum::<usize>() > LISTED_MAX
    };
    while lists.front().is_some_and(|list| list.at.elapsed() > UNDO_TIME) || (lists.len() > 1 && is_too_much(lists)) {
        lists.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(by: &str) -> Move {
        Move { by: by.into(), from: VPath::root(), to: VPath::root(), replaced: None }
    }

    #[test]
    fn a_move_is_undone_once_and_by_its_owner() {
        let log = UndoLog::default();
        let id = log.add(one("ed"));
        assert_eq!(log.take(id, &"kim".into()), None);
        assert_eq!(log.take(id, &"ed".into()), Some(one("ed")));
        assert_eq!(log.take(id, &"ed".into()), None);
    }

    #[test]
    fn lists_are_bounded_in_number_and_size() {
        let (log, entry) = (UndoLog::default(), EntryId::new(now()));
        let first = log.add_list("ed".into(), vec![entry; 3]);
        assert_eq!(log.take_list(first, &"kim".into()), None);
        assert_eq!(log.take_list(first, &"ed".into()), Some(vec![Step::Trashed(entry); 3]));
        assert_eq!(log.take_list(first, &"ed".into()), None);
        let first = log.add_list("ed".into(), vec![entry; 3]);
        let large = log.add_list("ed".into(), vec![entry; LISTED_MAX]);
        assert_eq!(log.take_list(first, &"ed".into()), None);
        assert!(log.take_list(large, &"ed".into()).is_some());
        let first = log.add_list("ed".into(), vec![entry]);
        for _ in 0..LISTS_MAX {
            log.add_list("ed".into(), vec![entry]);
        }
        assert_eq!(log.take_list(first, &"ed".into()), None);
    }

    #[test]
    fn changes_of_a_request_gather() {
        let log = UndoLog::default();
        let (by, entry) = ("ed".into(), EntryId::new(now()));
        let id = EntryId::new(now());
        assert!(!log.holds(id));
        log.push(id, &by, Step::Trashed(entry));
        assert!(log.holds(id));
        log.push(id, &by, Step::Moved(one("ed")));
        assert_eq!(log.take_list(id, &"kim".into()), None);
        assert_eq!(log.take_list(id, &by), Some(vec![Step::Trashed(entry), Step::Moved(one("ed"))]));
        assert!(!log.holds(id));
        // It goes on after it was undone.
        log.push(id, &by, Step::Trashed(entry));
        assert_eq!(log.take_list(id, &by), Some(vec![Step::Trashed(entry)]));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let log = UndoLog::default();
        let first = log.add(one("ed"));
        let last = (0..MOVES_MAX).map(|_| log.add(one("ed"))).last().expect("some");
        assert_eq!(log.take(first, &"ed".into()), None);
        assert!(log.take(last, &"ed".into()).is_some());
    }
}
