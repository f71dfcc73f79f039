//! The staging table: new rows without indexes, moved into the indexed table in bulk.
//!
//! A row that can be found by path, content and date dirties four pages, all written by the commit that the upload
//! waits for. So rows of new uploads are inserted into a table without indexes (`arrival`), and many are moved to
//! `file` at once ([`flush`]): before any query that could depend on them, or when there are enough. Staged rows are as
//! durable as indexed ones: it is the same database and the same commit.
//!
//! This module remembers in memory which paths and contents are staged, so that a query about others need not wait for
//! a flush.

use crate::ledger::file_table::{COLUMNS, FileRow, REPLACE_UPLOADED, columns, execute, from_row, put, values};
use crate::ledger::totals::Counters;
use model::{FileName, VPath, Wark};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::Connection;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Staged rows at which a flush is queued by itself; it takes about 50 ms. Most bursts of uploads have fewer, so that
/// their rows are moved in the quiet after them.
const FLUSH_ROWS: usize = 8192;

/// What is in the staging table, as hashes of paths and warks.
#[derive(Default)]
pub(super) struct StagingTable {
    state: Mutex<State>,
    hasher: RandomState,
}

/// Holding this lock while queueing a database job keeps the job in order with the flushes.
#[derive(Default)]
pub(super) struct State {
    rows: usize,
    /// Hashes of the warks and paths of staged rows.
    keys: HashSet<u64>,
    /// The same of rows whose flush is queued but not known to be committed.
    flushing: HashSet<u64>,
    /// Number of flushes queued so far; and of those, how many are known to be committed.
    flushes: u64,
    committed: u64,
    /// Number of the flush that moves rows which an earlier run has staged. Until it is committed, any row may be
    /// staged.
    inherited: Option<u64>,
}

impl StagingTable {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Records a row that is about to be staged. Returns true if a flush is due.
    pub fn add(&self, state: &mut State, row: &FileRow) -> bool {
        state.rows += 1;
        state.keys.insert(self.path_key(&row.folder, &row.name));
        state.keys.extend(row.wark.as_ref().map(|wark| self.wark_key(wark)));
        state.rows >= FLUSH_ROWS
    }

    /// Whether a row with this content may be staged.
    pub fn may_have_wark(&self, wark: &Wark) -> bool {
        self.lock().has(self.wark_key(wark))
    }

    /// Whether a row of this path may be staged.
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

    /// Returns the number of the flush after which all rows staged now are indexed; the caller must queue a flush.
    /// `None`: certainly nothing is staged.
    pub fn next_flush(&mut self) -> Option<u64> {
        if self.rows > 0 {
            self.rows = 0;
            self.flushing.extend(self.keys.drain());
            self.flushes += 1;
        }
        (self.committed < self.flushes).then_some(self.flushes)
    }

    /// Records that rows of an earlier run are staged.
    pub fn mark_inherited(&mut self) {
        self.flushes += 1;
        self.inherited = Some(self.flushes);
    }

    /// Records that the flush with this number, and so all before it, is committed.
    pub fn flush_committed(&mut self, number: u64) {
        self.committed = self.committed.max(number);
        self.inherited = self.inherited.filter(|inherited| *inherited > self.committed);
        if self.committed == self.flushes {
            self.flushing.clear();
        }
    }
}

const INSERT: &str = concat!("insert into arrival ", values!());

/// Source of all rows while the staged ones cannot be moved: both tables. Slow, so only for queries that return few rows.
pub(crate) const FILE_AND_STAGED: &str = concat!(
    "(select id, ",
    columns!(),
    " from file where not exists (select 1 from arrival later
       where later.folder = file.folder and later.name = file.name)
     union all select id, ",
    columns!(),
    " from arrival where not exists (select 1 from arrival later
       where later.folder = arrival.folder and later.name = arrival.name and later.id > arrival.id))"
);

/// Inserts the row of a new upload.
pub(super) fn insert(connection: &Connection, row: &FileRow) -> rusqlite::Result<()> {
    execute(connection, INSERT, row)
}

/// Moves all staged rows into the `file` table.
pub(super) fn flush(connection: &Connection, totals: &Counters) -> rusqlite::Result<()> {
    if totals.is_counting() {
        // The sizes of replaced rows must be subtracted from the totals.
        let mut query = connection.prepare_cached(&format!("select {COLUMNS} from arrival order by id"))?;
        for row in query.query_map([], from_row)? {
            put(connection, REPLACE_UPLOADED, &row?, totals)?;
        }
    } else {
        let sql = format!("insert or replace into file ({COLUMNS}) select {COLUMNS} from arrival order by id");
        connection.prepare_cached(&sql)?.execute([])?;
    }
    connection.prepare_cached("delete from arrival")?.execute([]).map(drop)
}

/// Whether the staging table has rows.
pub(super) fn has_rows(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("select exists (select 1 from arrival)", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::file;

    #[test]
    fn staged_rows_are_reported_until_their_flush_is_committed() {
        let staging = StagingTable::default();
        let (one, two) = (file("d", "a", 1), file("d", "b", 2));
        let has = |row: &FileRow| {
            (staging.may_have_path(&row.folder, &row.name), staging.may_have_wark(&row.wark.expect("has")))
        };
        assert_eq!(staging.lock().next_flush(), None);
        staging.add(&mut staging.lock(), &one);
        assert_eq!((has(&one), has(&two)), ((true, true), (false, false)));
        let first = staging.lock().next_flush().expect("one is staged");
        assert_eq!(staging.lock().next_flush(), Some(first), "not committed yet");
        staging.add(&mut staging.lock(), &two);
        let second = staging.lock().next_flush().expect("another one is staged");
        staging.lock().flush_committed(first);
        assert_eq!((has(&one), has(&two)), ((true, true), (true, true)), "the second flush is not committed");
        staging.lock().flush_committed(second);
        assert_eq!((has(&one), has(&two)), ((false, false), (false, false)));
        assert_eq!(staging.lock().next_flush(), None);
    }

    #[test]
    fn inherited_rows_may_have_any_path_and_content() {
        let staging = StagingTable::default();
        let any = file("d", "a", 1);
        let may_be = || staging.may_have_path(&any.folder, &any.name) && staging.may_have_wark(&any.wark.expect("has"));
        staging.lock().mark_inherited();
        let first = staging.lock().next_flush().expect("rows of an earlier run are staged");
        staging.add(&mut staging.lock(), &file("d", "b", 2));
        let second = staging.lock().next_flush().expect("one more");
        assert!(may_be() && second > first);
        staging.lock().flush_committed(first);
        assert!(!may_be());
    }
}
