//! Injected failures, for tests: the disk is full after a number of bytes, the third rename fails, the disk is gone,
//! the program is killed before its tenth change of the disk.
//!
//! [`Folder::with_faults`](super::Folder::with_faults) passes the same faults to every folder opened from it, and
//! [`Ledger::set_faults`](crate::ledger::Ledger::set_faults) to a ledger. A folder without faults pays one comparison
//! of a pointer per call.
//!
//! Every operation that changes something is a failure *point*. Points are counted across all operations, files and
//! ledgers, so that a test can make each of them fail in turn.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;

/// An operation that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Opening a file or folder.
    Open,
    /// Reading a folder's entries or metadata.
    Read,
    /// Creating a file.
    Create,
    /// Creating a folder.
    MakeFolder,
    /// Renaming.
    Rename,
    /// Removing a file or folder.
    Remove,
    /// Creating a hard or symbolic link.
    Link,
    /// Syncing data or names.
    Sync,
    /// Writing into a file; setting its length or times.
    Write,
    /// A change inside a database transaction.
    Change,
    /// Committing a transaction.
    Commit,
}

impl Op {
    /// Whether it changes the disk.
    fn is_point(self) -> bool {
        !matches!(self, Self::Open | Self::Read)
    }
}

/// Planned failures. Shared by all folders that were opened from one.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    /// Number of calls of each operation.
    calls: HashMap<Op, u64>,
    /// Calls that fail, counted from 1, and with which error; 0 stands for every call.
    failing: Vec<(Op, u64, io::ErrorKind)>,
    /// Bytes that may still be written.
    space_left: Option<u64>,
    /// Number of points so far.
    points: u64,
    /// The point that fails, and its error.
    failing_point: Option<(u64, io::ErrorKind)>,
    /// This point and all after it fail.
    failing_from: Option<u64>,
    /// The operation of the first point that failed in one of these two ways.
    failed_op: Option<Op>,
}

impl Plan {
    /// Counts a point and fails if it was planned to.
    fn point(&mut self, op: Op) -> io::Result<()> {
        self.points += 1;
        let kind = match (self.failing_point, self.failing_from) {
            (Some((at, kind)), _) if at == self.points => kind,
            (_, Some(from)) if from <= self.points => io::ErrorKind::Other,
            _ => return Ok(()),
        };
        self.failed_op.get_or_insert(op);
        Err(kind.into())
    }
}

impl Faults {
    /// Makes the `nth` call of `op` from now on fail (1: the next one).
    pub fn fail_nth(&self, op: Op, nth: u64, with: io::ErrorKind) {
        let mut plan = self.plan.lock();
        let calls = plan.calls.get(&op).copied().unwrap_or(0);
        plan.failing.push((op, calls + nth.max(1), with));
    }
    /// Makes every call of `op` fail until [`Faults::clear`].
    pub fn fail_all(&self, op: Op, with: io::ErrorKind) {
        self.plan.lock().failing.push((op, 0, with));
    }
    /// Makes the disk full after `bytes` more.
    pub fn no_space_after(&self, bytes: u64) {
        self.plan.lock().space_left = Some(bytes);
    }
    /// Makes the `nth` point from now on fail once (1: the next one).
    pub fn fail_point(&self, nth: u64, with: io::ErrorKind) {
        let mut plan = self.plan.lock();
        plan.failing_point = Some((plan.points + nth.max(1), with));
    }
    /// Makes the `nth` point from now on and all after it fail and change nothing, as if the program had been killed
    /// there.
    pub fn fail_from(&self, nth: u64) {
        let mut plan = self.plan.lock();
        plan.failing_from = Some(plan.points + nth.max(1));
    }
    /// Returns the number of points so far.
    pub fn points(&self) -> u64 {
        self.plan.lock().points
    }
    /// Returns the first operation that [`Faults::fail_point`] or [`Faults::fail_from`] made fail; `None` if the point
    /// was not reached.
    pub fn failed_op(&self) -> Option<Op> {
        self.plan.lock().failed_op
    }
    /// Removes all planned failures.
    pub fn clear(&self) {
        *self.plan.lock() = Plan::default();
    }

    /// Counts a call of `op`.
    ///
    /// # Errors
    /// The planned one.
    pub fn check(&self, op: Op) -> io::Result<()> {
        let mut plan = self.plan.lock();
        let calls = plan.calls.entry(op).or_default();
        *calls += 1;
        let now = *calls;
        if op.is_point() {
            plan.point(op)?;
        }
        match plan.failing.iter().find(|(failing, nth, _)| *failing == op && (*nth == now || *nth == 0)) {
            Some((.., kind)) => Err(io::Error::from(*kind)),
            None => Ok(()),
        }
    }

    /// Counts bytes about to be written.
    ///
    /// # Errors
    /// `StorageFull` if they exceed the planned space, or the planned failure of [`Op::Write`].
    pub fn check_write(&self, bytes: u64) -> io::Result<()> {
        self.check(Op::Write)?;
        let mut plan = self.plan.lock();
        if let Some(space_left) = &mut plan.space_left {
            *space_left = space_left.checked_sub(bytes).ok_or(io::ErrorKind::StorageFull)?;
        }
        Ok(())
    }
}
