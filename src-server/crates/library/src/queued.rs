//! Changes of an index that were queued and not yet made.

use store::StoreError;
use store::db::Pending;

/// A queued change of the database.
pub(crate) enum Queued {
    /// One of single rows.
    Change(Pending<()>),
    /// A folder with this number of files.
    Compared(Pending<usize>, usize),
}

impl Queued {
    /// Returns the number of files that it holds in memory.
    pub fn files(&self) -> usize {
        match self {
            Self::Change(_) => 1,
            Self::Compared(_, files) => *files,
        }
    }
}

/// Waits until all are made.
///
/// # Errors
/// Database errors.
pub(crate) fn wait_for(queued: &mut Vec<Queued>) -> Result<(), StoreError> {
    queued.drain(..).try_for_each(|one| match one {
        Queued::Change(pending) => pending.wait(),
        Queued::Compared(pending, _) => pending.wait().map(drop),
    })
}
