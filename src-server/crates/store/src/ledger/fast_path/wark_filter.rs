//! A Bloom filter of the warks in the ledger, so that a new file needs no database query.
//!
//! "Absent" is certain as long as no other program writes the database; "maybe present" must be checked in the
//! database. A wark is inserted before its row is queued and never removed, so the filter can only err towards "maybe".
//! It is sized for four times the rows of the ledger at opening and never grows: in a ledger that has become much
//! larger since, it merely saves less.

use fastbloom::AtomicBloomFilter;
use model::Wark;
use rusqlite::Connection;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, TryLockError};

/// Bits for each row, and for each of four times as many to come.
const BITS_PER_FILE: u64 = 16;
/// Least and most bits: 128 KiB for fifty thousand files, 16 MiB for ten million.
const BITS: std::ops::RangeInclusive<u64> = 1 << 20..=1 << 27;
/// Bits that one wark sets.
const HASHES: u32 = 5;
/// Rows that one query loads towards a complete filter: about ten milliseconds.
const LOAD_ROWS: u32 = 20_000;

/// The filter. It is loaded from the database in slices and can exclude nothing before it is complete.
pub(super) struct WarkFilter {
    warks: AtomicBloomFilter<RandomState>,
    /// Every row of the database is inserted.
    is_complete: AtomicBool,
    /// Greatest wark loaded so far; locked by the thread that loads the next slice.
    read_to: Mutex<String>,
}

impl WarkFilter {
    /// Creates a filter for a database with about `rows` rows. 0: certainly none, so the filter is complete at once.
    pub fn new(rows: u64) -> Self {
        let bits = rows.saturating_mul(4 * BITS_PER_FILE).clamp(*BITS.start(), *BITS.end()).next_power_of_two();
        let bits = usize::try_from(bits).expect("16 MiB of bits fit into an address space");
        // A random seed, so that clients cannot choose content whose warks collide.
        let warks = AtomicBloomFilter::with_num_bits(bits).hasher(RandomState::new()).hashes(HASHES);
        Self { warks, is_complete: AtomicBool::new(rows == 0), read_to: Mutex::default() }
    }

    /// Inserts the wark of a row that is about to be written.
    pub fn insert(&self, wark: &Wark) {
        self.warks.insert(wark.as_str());
    }

    /// Returns true if certainly no row has this wark. Never blocks.
    pub fn lacks(&self, wark: &Wark) -> bool {
        self.is_complete.load(Relaxed) && !self.warks.contains(wark.as_str())
    }

    /// Whether every row is inserted.
    pub fn is_complete(&self) -> bool {
        self.is_complete.load(Relaxed)
    }

    /// Inserts the rows of the staging table.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn load_staged(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut query = connection.prepare("select wark from arrival where wark is not null")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            self.warks.insert(row.get_ref(0)?.as_str()?);
        }
        Ok(())
    }

    /// Inserts the next slice of the rows that existed at opening, unless another thread is doing so.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn load_next(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut read_to = match self.read_to.try_lock() {
            Ok(read_to) => read_to,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        // Answered by the index on `wark` alone.
        let mut query = connection.prepare_cached("select wark from file where wark > ?1 order by wark")?;
        let mut rows = query.query([read_to.clone()])?;
        for _ in 0..LOAD_ROWS {
            let Some(row) = rows.next()? else {
                self.is_complete.store(true, Relaxed);
                return Ok(());
            };
            let wark = row.get_ref(0)?.as_str()?;
            self.warks.insert(wark);
            wark.clone_into(&mut read_to);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Bytes, ChunkHash};

    fn wark(at: u64) -> Wark {
        Wark::of_content("salt", Bytes(at), &[ChunkHash::from_sha512(&[7; 64])])
    }

    #[test]
    fn inserted_warks_are_found_and_few_others() {
        let filter = WarkFilter::new(0);
        (0..50_000).for_each(|at| filter.insert(&wark(at)));
        assert!((0..50_000).all(|at| !filter.lacks(&wark(at))));
        let false_positives = (50_000..60_000).filter(|at| !filter.lacks(&wark(*at))).count();
        assert!(false_positives < 100, "{false_positives} of 10,000");
    }

    #[test]
    fn nothing_is_excluded_before_all_rows_are_loaded() {
        let connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch("create table file (wark text)").expect("makes");
        let rows = u64::from(LOAD_ROWS) * 2 + 5;
        for at in 0..rows {
            connection.execute("insert into file values (?1)", [wark(at).as_str()]).expect("writes");
        }
        connection.execute("insert into file values (null)", []).expect("writes");
        let filter = WarkFilter::new(rows);
        let absent = wark(rows + 1);
        for slice in 0..3 {
            assert!(!filter.lacks(&absent), "after {slice} slices");
            filter.load_next(&connection).expect("reads");
        }
        assert!(filter.lacks(&absent));
        assert!((0..rows).all(|at| !filter.lacks(&wark(at))));
    }
}
