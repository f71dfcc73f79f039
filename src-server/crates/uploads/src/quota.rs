//! Reservations within the limits of a volume (`vmaxb`, `vmaxn`), made before bytes travel, so that concurrent uploads
//! cannot together exceed a limit that each of them alone respects.

use super::space_reservations::MissingSpace;
use super::volume::VolumeUploads;
use model::volume::UploadLimits;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::StoreError;
use vfs::grants::GrantReservation;

/// Files and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub files: u64,
    pub bytes: u64,
}

impl Amount {
    fn plus(self, other: Self) -> Self {
        Self { files: self.files.saturating_add(other.files), bytes: self.bytes.saturating_add(other.bytes) }
    }

    fn minus(self, other: Self) -> Self {
        Self { files: self.files.saturating_sub(other.files), bytes: self.bytes.saturating_sub(other.bytes) }
    }

    /// Returns by how much this exceeds the volume's limits, in the quantities that `wanted` adds to.
    fn over(self, limits: &UploadLimits, wanted: Self) -> MissingSpace {
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
    fn lock(&self) -> MutexGuard<'_, Amount> {
        self.0.lock()
    }
}

/// Limits how often an operation runs. Clones share the state.
#[derive(Clone, Default)]
pub(crate) struct RateLimitedCheck(Arc<Mutex<Option<Instant>>>);

impl RateLimitedCheck {
    /// Returns true if the operation did not run within `pause`, and counts it as run.
    pub(super) fn is_due(&self, pause: Duration) -> bool {
        let mut last = self.0.lock();
        let is_due = last.is_none_or(|last| last.elapsed() >= pause);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

/// Space reserved by one upload; released on drop.
pub(super) struct SpaceReservation {
    total: ReservedTotal,
    /// Changed only while `total` is locked.
    amount: Mutex<Amount>,
}

impl SpaceReservation {
    fn of(uploads: &VolumeUploads) -> Self {
        Self { total: uploads.reserved_space.clone(), amount: Mutex::default() }
    }

    /// Adds to the reservation. Returns the total of the volume.
    fn add(&self, more: Amount) -> Amount {
        let mut total = self.total.lock();
        let mut amount = self.amount.lock();
        (*amount, *total) = (amount.plus(more), total.plus(more));
        *total
    }

    fn give_back(&self, less: Amount) {
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

/// Why space could not be reserved.
pub(super) enum QuotaRefusal {
    Missing(MissingSpace),
    Unknown(StoreError),
}

/// Reserves `wanted` in a volume. Blocks.
pub(super) fn reserve(
    uploads: &VolumeUploads,
    limits: &UploadLimits,
    wanted: Amount,
) -> Result<Option<Arc<SpaceReservation>>, QuotaRefusal> {
    if limits.max_bytes.is_none() && limits.max_files.is_none() {
        return Ok(None);
    }
    let reservation = Arc::new(SpaceReservation::of(uploads));
    grow(uploads, limits, &reservation, wanted)?;
    Ok(Some(reservation))
}

/// Adds `more` to an existing reservation. Blocks.
pub(super) fn grow(
    uploads: &VolumeUploads,
    limits: &UploadLimits,
    reservation: &SpaceReservation,
    more: Amount,
) -> Result<(), QuotaRefusal> {
    // The reservation is added before the ledger is read: later uploads see it, and a file recorded meanwhile is
    // counted twice rather than not at all.
    let total = reservation.add(more);
    let outcome = current_amount(uploads).map(|there| there.plus(total).over(limits, more));
    let refused = match outcome {
        Ok(MissingSpace { bytes: 0, files: 0 }) => return Ok(()),
        Ok(missing) => QuotaRefusal::Missing(missing),
        Err(error) => QuotaRefusal::Unknown(error),
    };
    reservation.give_back(more);
    Err(refused)
}

/// Returns the files and bytes of a volume, including unfinished uploads without a reservation.
fn current_amount(uploads: &VolumeUploads) -> Result<Amount, StoreError> {
    let without = {
        let registry = uploads.registry();
        let without = registry.all().filter(|one| one.allowance.reservation.is_none());
        without.fold(Amount::default(), |sum, one| sum.plus(Amount { files: 1, bytes: one.upload.plan.size().0 }))
    };
    let known = uploads.ledger.totals()?;
    Ok(without.plus(Amount { files: known.files, bytes: known.bytes }))
}

/// Returns the files and bytes of a volume with everything that is reserved in it.
pub(super) fn committed_amount(uploads: &VolumeUploads) -> Result<Amount, StoreError> {
    let reserved = *uploads.reserved_space.lock();
    Ok(current_amount(uploads)?.plus(reserved))
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
