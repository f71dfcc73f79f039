//! Rows that are put staging: those of a flood of small files, until somebody asks.
//!
//! A row that can be found by path, content and date dirties four pages, which are written with the commit that everybody
//! waits for. So the rows of files that have just arrived go to a table without indexes, and are moved to their place many
//! at once ([`settle`]): before whatever could depend on them, or when there are enough. They are as safe staging as in
//! their place: it is the same database and the same commit.
//!
//! Here is remembered what is staging, so that a question about something else need not wait for a move.

use super::FileRow;
use model::{FileName, VPath, Wark};
use rusqlite::Connection;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many rows are moved without being asked for, in some fifty milliseconds: more than most floods have, so that their
/// rows are moved in the quiet after them.
const FLUSH_ROWS: usize = 8192;

/// See the module.
#[derive(Default)]
pub(super) struct StagingTable {
    state: Mutex<State>,
    hasher: RandomState,
}

/// Queueing a job of the database while this is locked keeps its order with the moves.
#[derive(Default)]
pub(super) struct State {
    rows: usize,
    /// WarkFilter and places of rows that are staging.
    keys: HashSet<u64>,
    /// Those of rows whose move is queued.
    flushing: HashSet<u64>,
    /// Moves queued so far, and how many of them are known to be committed.
    flushes: u64,
    committed: u64,
    /// The move of rows that an earlier program has put staging: until it is known to be committed, anything may be.
    inherited: Option<u64>,
}

impl StagingTable {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a row that is about to be put staging; says whether there are enough now.
    pub fn add(&self, state: &mut State, row: &FileRow) -> bool {
        state.rows += 1;
        state.keys.insert(self.path_key(&row.folder, &row.name));
        state.keys.extend(row.wark.as_ref().map(|wark| self.wark_key(wark)));
        state.rows >= FLUSH_ROWS
    }

    /// Whether a row with this content may be staging.
    pub fn may_have_wark(&self, wark: &Wark) -> bool {
        self.lock().has(self.wark_key(wark))
    }

    /// Whether a row of this place may be staging.
    pub fn may_have_path(&self, folder: &VPath, name: &FileName) -> bool {
        self.lock().has(self.path_key(folder, name))
    }

    fn wark_key(&self, wark: &Wark) -> u64 {
        self.hasher.hash_one(wark.as_str())
    }

    fn path_key(&self, folder: &VPath, name: &FileName) -> u64 {
        self.hasher.hash_one((folder.as_bytes(), name.as_bytes()))
    }
}

impl State {
    fn has(&self, key: u64) -> bool {
        self.inherited.is_some() || self.keys.contains(&key) || self.flushing.contains(&key)
    }

    /// The number of the move after which everything that is staging now is in its place; the caller queues it, unless
    /// it is `None`: nothing is staging for certain.
    pub fn next_flush(&mut self) -> Option<u64> {
        if self.rows > 0 {
            self.rows = 0;
            self.flushing.extend(self.keys.drain());
            self.flushes += 1;
        }
        (self.committed < self.flushes).then_some(self.flushes)
    }

    /// Rows of an earlier program are staging.
    pub fn mark_inherited(&mut self) {
        self.flushes += 1;
        self.inherited = Some(self.flushes);
    }

    /// That move, and with it all before, is committed.
    pub fn flush_committed(&mut self, number: u64) {
        self.committed = self.committed.max(number);
        self.inherited = self.inherited.filter(|inherited| *inherited > self.committed);
        if self.committed == self.flushes {
            self.flushing.clear();
        }
    }
}

/// Whether anything is staging.
pub(super) fn has_rows(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("select exists (select 1 from arrival)", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    #[test]
    fn what_is_aside_is_known_until_its_move_is() {
        let staging = StagingTable::default();
        let (one, two) = (file("d", "a", 1), file("d", "b", 2));
        let has = |row: &FileRow| {
            (staging.may_have_path(&row.folder, &row.name), staging.may_have_wark(&row.wark.expect("has")))
        };
        assert_eq!(staging.lock().next_flush(), None);
        staging.add(&mut staging.lock(), &one);
        assert_eq!((has(&one), has(&two)), ((true, true), (false, false)));
        let first = staging.lock().next_flush().expect("one is staging");
        assert_eq!(staging.lock().next_flush(), Some(first), "not known yet");
        staging.add(&mut staging.lock(), &two);
        let second = staging.lock().next_flush().expect("another one is staging");
        staging.lock().flush_committed(first);
        assert_eq!((has(&one), has(&two)), ((true, true), (true, true)), "the second is under way");
        staging.lock().flush_committed(second);
        assert_eq!((has(&one), has(&two)), ((false, false), (false, false)));
        assert_eq!(staging.lock().next_flush(), None);
    }

    #[test]
    fn what_was_inherited_may_be_anything() {
        let staging = StagingTable::default();
        let any = file("d", "a", 1);
        let may_be = || staging.may_have_path(&any.folder, &any.name) && staging.may_have_wark(&any.wark.expect("has"));
        staging.lock().mark_inherited();
        let first = staging.lock().next_flush().expect("somebody's rows are staging");
        staging.add(&mut staging.lock(), &file("d", "b", 2));
        let second = staging.lock().next_flush().expect("one more");
        assert!(may_be() && second > first);
        staging.lock().flush_committed(first);
        assert!(!may_be());
    }
}
