//! Space reserved for one file: in the quota of its sender's share link, and within the limits of its volume.

use model::volume::UploadLimits;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use vfs::grants::GrantReservation;

/// Files and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub files: u64,
    pub bytes: u64,
}

/// Missing space.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MissingSpace {
    pub bytes: u64,
    pub files: u64,
}

impl Amount {
    pub fn plus(self, other: Self) -> Self {
        Self { files: self.files.saturating_add(other.files), bytes: self.bytes.saturating_add(other.bytes) }
    }

    fn minus(self, other: Self) -> Self {
        Self { files: self.files.saturating_sub(other.files), bytes: self.bytes.saturating_sub(other.bytes) }
    }

    /// Returns by how much this exceeds the volume's limits, in the quantities that `wanted` adds to.
    pub fn over(self, limits: &UploadLimits, wanted: Self) -> MissingSpace {
        let over = |there: u64, more: u64, most: Option<u64>| match most {
            Some(most) if more > 0 => there.saturating_sub(most),
            _ => 0,
        };
        let bytes = over(self.bytes, wanted.bytes, limits.max_bytes.map(|most| most.0));
        MissingSpace { bytes, files: over(self.files, wanted.files, limits.max_files) }
    }
}

/// Total of a volume's reservations that are not recorded in its ledger yet.
#[derive(Clone, Default)]
pub(crate) struct ReservedTotal(Arc<Mutex<Amount>>);

impl ReservedTotal {
    /// Locks the total.
    pub fn lock(&self) -> MutexGuard<'_, Amount> {
        self.0.lock()
    }
}

/// Space reserved by one upload; released on drop.
pub(super) struct SpaceReservation {
    total: ReservedTotal,
    /// Changed only while `total` is locked.
    amount: Mutex<Amount>,
}

impl SpaceReservation {
    /// Returns an empty reservation in a volume.
    pub fn within(total: &ReservedTotal) -> Self {
        Self { total: total.clone(), amount: Mutex::default() }
    }

    /// Adds to the reservation. Returns the total of the volume.
    pub fn add(&self, more: Amount) -> Amount {
        let mut total = self.total.lock();
        let mut amount = self.amount.lock();
        (*amount, *total) = (amount.plus(more), total.plus(more));
        *total
    }

    /// Takes from the reservation.
    pub fn give_back(&self, less: Amount) {
        let mut total = self.total.lock();
        let mut amount = self.amount.lock();
        (*amount, *total) = (amount.minus(less), total.minus(less));
    }

    fn amount(&self) -> Amount {
        *self.amount.lock()
    }
}

impl Drop for SpaceReservation {
    fn drop(&mut self) {
        self.give_back(self.amount());
    }
}

/// Space for one file: within the quota of the share link by which its sender came, and within the volume's limits.
/// Clones share the reservations.
#[derive(Clone, Default)]
pub(super) struct Allowance {
    /// `None`: no link, or a link without limit.
    pub link: Option<Arc<dyn GrantReservation>>,
    /// `None`: the volume had no limits when the upload started, or it started in an earlier run.
    pub reservation: Option<Arc<SpaceReservation>>,
}

impl Allowance {
    /// Releases the reservation in the volume: the ledger now counts the file.
    pub fn on_recorded(&self) {
        if let Some(reservation) = &self.reservation {
            reservation.give_back(reservation.amount());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_reserved_once() {
        let total = ReservedTotal::default();
        let reservation = |bytes| {
            let reservation = SpaceReservation { total: total.clone(), amount: Mutex::default() };
            reservation.add(Amount { files: 1, bytes });
            reservation
        };
        let (one, other) = (reservation(5), reservation(7));
        assert_eq!(*total.lock(), Amount { files: 2, bytes: 12 });
        let allowance = Allowance { link: None, reservation: Some(Arc::new(one)) };
        allowance.on_recorded();
        assert_eq!(*total.lock(), Amount { files: 1, bytes: 7 });
        drop((allowance, other));
        assert_eq!(*total.lock(), Amount::default());
    }
}
