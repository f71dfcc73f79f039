//! Failures on demand, so that tests need no luck: the disk is full after so many bytes, the third rename fails, the
//! disk is gone, the program is killed before its tenth change of the disk.
//!
//! [`Folder::with_faults`](super::Folder::with_faults) hands the same faults to every folder opened from it, and
//! [`Ledger::set_faults`](crate::ledger::Ledger::set_faults) to a ledger. A folder without faults pays one test of a null
//! pointer per call.
//!
//! Every operation that changes something is a *point*, counted across all operations, files and ledgers: a test can have
//! each of them fail in turn.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

/// What can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Opening a file or folder.
    Open,
    /// Reading a folder's entries or metadata.
    Read,
    /// Making a file.
    Create,
    /// Making a folder.
    MakeFolder,
    /// Renaming.
    Rename,
    /// Removing a file or folder.
    Remove,
    /// Making a hard or symbolic link.
    Link,
    /// Making things durable.
    Sync,
    /// Writing into a file; its length and its times.
    Write,
    /// A change in a transaction of a database.
    Change,
    /// The commit of a transaction.
    Commit,
}

impl Op {
    /// Whether it changes what is on the disk.
    fn is_point(self) -> bool {
        !matches!(self, Self::Open | Self::Read)
    }
}

/// Failures to come. Shared by all folders that were opened from one.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    /// How often each operation was tried.
    tried: HashMap<Op, u64>,
    /// Which tries fail, counted from 1, and how; 0 stands for every try.
    failing: Vec<(Op, u64, io::ErrorKind)>,
    /// How many bytes may still be written.
    room: Option<u64>,
    /// Points so far.
    points: u64,
    /// Which point fails, and how.
    failing_point: Option<(u64, io::ErrorKind)>,
    /// From this point on all fail.
    last_point: Option<u64>,
    /// The first point that failed in one of these two ways.
    failed_op: Option<Op>,
}

impl Plan {
    /// Counts a point.
    fn point(&mut self, op: Op) -> io::Result<()> {
        self.points += 1;
        let kind = match (self.failing_point, self.last_point) {
            (Some((at, kind)), _) if at == self.points => kind,
            (_, Some(from)) if from <= self.points => io::ErrorKind::Other,
            _ => return Ok(()),
        };
        self.failed_op.get_or_insert(op);
        Err(kind.into())
    }
}

impl Faults {
    /// The `nth` try of `op` from now on fails (1: the next one).
    pub fn fail_nth(&self, op: Op, nth: u64, with: io::ErrorKind) {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = plan.tried.get(&op).copied().unwrap_or(0);
        plan.failing.push((op, tried + nth.max(1), with));
    }
    /// Every try of `op` fails until [`Faults::clear`].
    pub fn fail_all(&self, op: Op, with: io::ErrorKind) {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).failing.push((op, 0, with));
    }
    /// The disk is full after `bytes` more.
    pub fn no_space_after(&self, bytes: u64) {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).room = Some(bytes);
    }
    /// The `nth` point from now on fails (1: the next one), once.
    pub fn fail_point(&self, nth: u64, with: io::ErrorKind) {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.failing_point = Some((plan.points + nth.max(1), with));
    }
    /// The `nth` point from now on and all after it fail and change nothing, as if the program had been killed there.
    pub fn fail_from(&self, nth: u64) {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.last_point = Some(plan.points + nth.max(1));
    }
    /// Points so far.
    pub fn points(&self) -> u64 {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).points
    }
    /// The operation that [`Faults::fail_point`] or [`Faults::fail_from`] made fail first; `None`: it was not reached.
    pub fn failed_op(&self) -> Option<Op> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).failed_op
    }
    /// All is well again.
    pub fn clear(&self) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Plan::default();
    }

    /// Counts a try.
    ///
    /// # Errors
    /// The planned one.
    pub fn check(&self, op: Op) -> io::Result<()> {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = plan.tried.entry(op).or_default();
        *tried += 1;
        let now = *tried;
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
    /// `StorageFull` once the room is used up, or the planned failure of [`Op::Write`].
    pub fn check_write(&self, bytes: u64) -> io::Result<()> {
        self.check(Op::Write)?;
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = &mut plan.room {
            *room = room.checked_sub(bytes).ok_or(io::ErrorKind::StorageFull)?;
        }
        Ok(())
    }
}
