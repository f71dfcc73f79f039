//! Reservations within the limits of a volume (`vmaxb`, `vmaxn`), made before bytes travel, so that concurrent uploads
//! cannot together exceed a limit that each of them alone respects.

use super::allowance::{Amount, MissingSpace, SpaceReservation};
use super::volume::VolumeUploads;
use model::volume::UploadLimits;
use std::sync::Arc;
use store::StoreError;

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
    let reservation = Arc::new(SpaceReservation::within(&uploads.reserved_space));
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
