//! Number and size of the known files, kept up to date.

use crate::totals::Totals;
use parking_lot::{Mutex, MutexGuard};

/// Totals that are counted once and then kept up to date; `None`: not counted yet. Only database jobs change them, even
/// jobs that are rolled back afterwards: after a rollback they are counted anew.
#[derive(Default)]
pub(super) struct Counters(Mutex<Option<Counted>>);

#[derive(Clone, Copy)]
pub(super) struct Counted {
    pub files: i64,
    pub bytes: i64,
    /// Value of [`Db::rollbacks`](crate::db::Db::rollbacks) when they were counted.
    pub rollbacks: u64,
}

impl Counters {
    pub fn lock(&self) -> MutexGuard<'_, Option<Counted>> {
        self.0.lock()
    }
    pub fn add(&self, files: i64, bytes: i64) {
        if let Some(counted) = &mut *self.lock() {
            counted.files += files;
            counted.bytes += bytes;
        }
    }
    pub fn is_counting(&self) -> bool {
        self.lock().is_some()
    }
    /// Returns `None` if the totals were not counted yet, or if a transaction was rolled back since.
    pub fn get(&self, rollbacks: u64) -> Option<Totals> {
        self.lock().filter(|counted| counted.rollbacks == rollbacks).map(Counted::totals)
    }
}

impl Counted {
    pub fn totals(self) -> Totals {
        Totals { files: self.files.max(0) as u64, bytes: self.bytes.max(0) as u64 }
    }
}
