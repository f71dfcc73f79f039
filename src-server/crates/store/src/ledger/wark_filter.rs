//! `WarkFilter`: a Bloom filter of the warks in the ledger, so that a new file needs no look-up in the database.
//!
//! "Not known" is certain as long as this program alone writes the database; "may be known" is asked of the database. A
//! row's content is entered before its row is queued and never taken out, so the filter can only say too often that
//! something may be known. It is as large as the ledger was when it was opened, four times over, and never grows: in a
//! ledger that has become much larger since, it merely saves less.

use fastbloom::AtomicBloomFilter;
use model::Wark;
use rusqlite::Connection;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, TryLockError};

/// Bits for each known file, and for each of four times as many to come.
const BITS_PER_FILE: u64 = 16;
/// Least and most bits: 128 KiB for half a hundred thousand files, 16 MiB for ten million.
const BITS: std::ops::RangeInclusive<u64> = 1 << 20..=1 << 27;
/// Bits that one wark sets.
const HASHES: u32 = 5;
/// Rows that one question reads on the way to a complete filter: some ten milliseconds.
const LOAD_ROWS: u32 = 20_000;

/// See the module.
pub(super) struct WarkFilter {
    warks: AtomicBloomFilter<RandomState>,
    /// Every row is entered.
    is_complete: AtomicBool,
    /// Rows up to this content are entered; held by whoever reads the next slice.
    read_to: Mutex<String>,
}

impl WarkFilter {
    /// `rows`: about how many the database holds; 0: none for certain.
    pub fn new(rows: u64) -> Self {
        let bits = rows.saturating_mul(4 * BITS_PER_FILE).clamp(*BITS.start(), *BITS.end()).next_power_of_two();
        let bits = usize::try_from(bits).expect("16 MiB of bits fit into an address space");
        // Seeded at random: senders cannot choose content that collides.
        let warks = AtomicBloomFilter::with_num_bits(bits).hasher(RandomState::new()).hashes(HASHES);
        Self { warks, is_complete: AtomicBool::new(rows == 0), read_to: Mutex::default() }
    }

    /// A row with this content will be in the database.
    pub fn insert(&self, wark: &Wark) {
        self.warks.insert(wark.as_str());
    }

    /// Whether no row has this content, for certain. Never waits.
    pub fn lacks(&self, wark: &Wark) -> bool {
        self.is_complete.load(Relaxed) && !self.warks.contains(wark.as_str())
    }

    /// Whether every row is entered.
    pub fn is_complete(&self) -> bool {
        self.is_complete.load(Relaxed)
    }

    /// Enters the rows that are aside.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn load_staged(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut query = connection.prepare("select wark from arrival where wark is not null")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            self.warks.insert(row.get_ref(0)?.as_str()?);
        }
        Ok(())
    }

    /// Enters the next slice of the rows that were there before us, if nobody else is at it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn load_next(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut read_to = match self.read_to.try_lock() {
            Ok(read_to) => read_to,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        // The index on filter alone answers this.
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
    fn what_was_entered_is_never_lacking_and_little_else_seems_known() {
        let filter = WarkFilter::new(0);
        (0..50_000).for_each(|at| filter.insert(&wark(at)));
        assert!((0..50_000).all(|at| !filter.lacks(&wark(at))));
        let mistaken = (50_000..60_000).filter(|at| !filter.lacks(&wark(*at))).count();
        assert!(mistaken < 100, "{mistaken} of 10,000");
    }

    #[test]
    fn nothing_is_certain_before_all_rows_were_read() {
        let connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch("create table file (wark text)").expect("makes");
        let rows = u64::from(LOAD_ROWS) * 2 + 5;
        for at in 0..rows {
            connection.execute("insert into file values (?1)", [wark(at).as_str()]).expect("writes");
        }
        connection.execute("insert into file values (null)", []).expect("writes");
        let filter = WarkFilter::new(rows);
        let stranger = wark(rows + 1);
        for slice in 0..3 {
            assert!(!filter.lacks(&stranger), "after {slice} slices");
            filter.load_next(&connection).expect("reads");
        }
        assert!(filter.lacks(&stranger));
        assert!((0..rows).all(|at| !filter.lacks(&wark(at))));
    }
}
