//! The moves of the last ten minutes, so that they can be undone. In memory: a restart forgets them.

use crate::clock::now;
use crate::volumes::trash::entry_id::EntryId;
use model::{AccountName, VPath};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a change can be undone by the identifier in its answer.
pub const UNDO_TIME: Duration = Duration::from_secs(10 * 60);
/// Most moves that are remembered; the oldest are forgotten.
const MOVES_MAX: usize = 4096;

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

/// The moves that can be undone, the oldest first.
#[derive(Default)]
pub struct UndoLog(Mutex<VecDeque<(EntryId, Instant, Move)>>);

impl UndoLog {
    /// Remembers a move. Returns its identifier.
    pub fn add(&self, one: Move) -> EntryId {
        let id = EntryId::new(now());
        let mut moves = self.0.lock();
        while moves.len() >= MOVES_MAX || moves.front().is_some_and(|(_, at, _)| at.elapsed() > UNDO_TIME) {
            moves.pop_front();
        }
        moves.push_back((id, Instant::now(), one));
        id
    }

    /// Takes a move of `by`, so that it is undone once; `None` if there is none that can be undone.
    pub fn take(&self, id: EntryId, by: &AccountName) -> Option<Move> {
        let mut moves = self.0.lock();
        let fits =
            |(other, at, one): &(EntryId, Instant, Move)| *other == id && one.by == *by && at.elapsed() <= UNDO_TIME;
        let at = moves.iter().position(fits)?;
        moves.remove(at).map(|(_, _, one)| one)
    }

    /// Puts a move back: undoing it has failed.
    pub fn put_back(&self, id: EntryId, one: Move) {
        self.0.lock().push_back((id, Instant::now(), one));
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
    fn the_oldest_are_forgotten() {
        let log = UndoLog::default();
        let first = log.add(one("ed"));
        let last = (0..MOVES_MAX).map(|_| log.add(one("ed"))).last().expect("some");
        assert_eq!(log.take(first, &"ed".into()), None);
        assert!(log.take(last, &"ed".into()).is_some());
    }
}
