//! Rows that are put aside: those of a flood of small files, until somebody asks.
//!
//! A row that can be found by path, content and date dirties four pages, which are written with the commit that everybody
//! waits for. So the rows of files that have just arrived go to a table without indexes, and are moved to their place many
//! at once ([`settle`]): before whatever could depend on them, or when there are enough. They are as safe aside as in
//! their place: it is the same database and the same commit.
//!
//! Here is remembered what is aside, so that a question about something else need not wait for a move.

use super::FileRow;
use model::{FileName, VPath, Wark};
use rusqlite::Connection;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many rows are moved without being asked for, in some fifty milliseconds: more than most floods have, so that their
/// rows are moved in the quiet after them.
const ENOUGH: usize = 8192;

/// See the module.
#[derive(Default)]
pub(super) struct Aside {
    state: Mutex<State>,
    hasher: RandomState,
}

/// Queueing a job of the database while this is locked keeps its order with the moves.
#[derive(Default)]
pub(super) struct State {
    rows: usize,
    /// Contents and places of rows that are aside.
    keys: HashSet<u64>,
    /// Those of rows whose move is queued.
    leaving: HashSet<u64>,
    /// Moves queued so far, and how many of them are known to be committed.
    moves: u64,
    known: u64,
    /// The move of rows that an earlier program has put aside: until it is known to be committed, anything may be.
    inherited: Option<u64>,
}

impl Aside {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a row that is about to be put aside; says whether there are enough now.
    pub fn note(&self, state: &mut State, row: &FileRow) -> bool {
        state.rows += 1;
        state.keys.insert(self.place(&row.folder, &row.name));
        state.keys.extend(row.wark.as_ref().map(|wark| self.content(wark)));
        state.rows >= ENOUGH
    }

    /// Whether a row with this content may be aside.
    pub fn has_content(&self, wark: &Wark) -> bool {
        self.lock().has(self.content(wark))
    }

    /// Whether a row of this place may be aside.
    pub fn has_place(&self, folder: &VPath, name: &FileName) -> bool {
        self.lock().has(self.place(folder, name))
    }

    fn content(&self, wark: &Wark) -> u64 {
        self.hasher.hash_one(wark.as_str())
    }

    fn place(&self, folder: &VPath, name: &FileName) -> u64 {
        self.hasher.hash_one((folder.as_bytes(), name.as_bytes()))
    }
}

impl State {
    fn has(&self, key: u64) -> bool {
        self.inherited.is_some() || self.keys.contains(&key) || self.leaving.contains(&key)
    }

    /// The number of the move after which everything that is aside now is in its place; the caller queues it, unless
    /// it is `None`: nothing is aside for certain.
    pub fn next_move(&mut self) -> Option<u64> {
        if self.rows > 0 {
            self.rows = 0;
            self.leaving.extend(self.keys.drain());
            self.moves += 1;
        }
        (self.known < self.moves).then_some(self.moves)
    }

    /// Rows of an earlier program are aside.
    pub fn note_unknown(&mut self) {
        self.moves += 1;
        self.inherited = Some(self.moves);
    }

    /// That move, and with it all before, is committed.
    pub fn is_done(&mut self, number: u64) {
        self.known = self.known.max(number);
        self.inherited = self.inherited.filter(|inherited| *inherited > self.known);
        if self.known == self.moves {
            self.leaving.clear();
        }
    }
}

/// Whether anything is aside.
pub(super) fn is_any(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("select exists (select 1 from arrival)", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    #[test]
    fn what_is_aside_is_known_until_its_move_is() {
        let aside = Aside::default();
        let (one, two) = (file("d", "a", 1), file("d", "b", 2));
        let has = |row: &FileRow| (aside.has_place(&row.folder, &row.name), aside.has_content(&row.wark.expect("has")));
        assert_eq!(aside.lock().next_move(), None);
        aside.note(&mut aside.lock(), &one);
        assert_eq!((has(&one), has(&two)), ((true, true), (false, false)));
        let first = aside.lock().next_move().expect("one is aside");
        assert_eq!(aside.lock().next_move(), Some(first), "not known yet");
        aside.note(&mut aside.lock(), &two);
        let second = aside.lock().next_move().expect("another one is aside");
        aside.lock().is_done(first);
        assert_eq!((has(&one), has(&two)), ((true, true), (true, true)), "the second is under way");
        aside.lock().is_done(second);
        assert_eq!((has(&one), has(&two)), ((false, false), (false, false)));
        assert_eq!(aside.lock().next_move(), None);
    }

    #[test]
    fn what_was_inherited_may_be_anything() {
        let aside = Aside::default();
        let any = file("d", "a", 1);
        let may_be = || aside.has_place(&any.folder, &any.name) && aside.has_content(&any.wark.expect("has"));
        aside.lock().note_unknown();
        let first = aside.lock().next_move().expect("somebody's rows are aside");
        aside.note(&mut aside.lock(), &file("d", "b", 2));
        let second = aside.lock().next_move().expect("one more");
        assert!(may_be() && second > first);
        aside.lock().is_done(first);
        assert!(!may_be());
    }
}
