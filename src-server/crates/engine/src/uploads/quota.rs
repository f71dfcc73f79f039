//! Room within the limits of a volume (`vmaxb`, `vmaxn`), promised before bytes travel: many uploads at once cannot pass a
//! limit that each of them alone would respect.

use super::room::Lack;
use super::volume::VolumeUploads;
use crate::links::QuotaReservation;
use model::volume::UploadLimits;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::StoreError;

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

    /// By how much this is more than a volume may hold, in what `wanted` adds to.
    fn over(self, limits: &UploadLimits, wanted: Self) -> Lack {
        let over = |there: u64, more: u64, most: Option<u64>| match most {
            Some(most) if more > 0 => there.saturating_sub(most),
            _ => 0,
        };
        let bytes = over(self.bytes, wanted.bytes, limits.max_bytes.map(|most| most.0));
        Lack { bytes, files: over(self.files, wanted.files, limits.max_files) }
    }
}

/// What a volume has promised room to, and its ledger does not know yet.
#[derive(Clone, Default)]
pub(crate) struct Promised(Arc<Mutex<Amount>>);

impl Promised {
    fn lock(&self) -> MutexGuard<'_, Amount> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When something was last done. Clones speak of the same.
#[derive(Clone, Default)]
pub(crate) struct LastTime(Arc<Mutex<Option<Instant>>>);

impl LastTime {
    /// Whether it is to be done again, for that was not within `pause`; the next one to ask is told that it was.
    pub(super) fn is_due(&self, pause: Duration) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= pause);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

/// Room that something on its way has. Dropped = given back.
pub(super) struct Share {
    promised: Promised,
    /// Changed only with `promised` locked.
    amount: Mutex<Amount>,
}

impl Share {
    fn of(uploads: &VolumeUploads) -> Self {
        Self { promised: uploads.promised.clone(), amount: Mutex::default() }
    }

    /// Adds to it. Returns what the volume has promised in all.
    fn add(&self, more: Amount) -> Amount {
        let mut promised = self.promised.lock();
        let mut amount = self.amount.lock().unwrap_or_else(PoisonError::into_inner);
        (*amount, *promised) = (amount.plus(more), promised.plus(more));
        *promised
    }

    fn give_back(&self, less: Amount) {
        let mut promised = self.promised.lock();
        let mut amount = self.amount.lock().unwrap_or_else(PoisonError::into_inner);
        (*amount, *promised) = (amount.minus(less), promised.minus(less));
    }

    fn amount(&self) -> Amount {
        *self.amount.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.amount());
    }
}

/// Room for a file that is on its way: what the link by which its sender came allows, and what its volume does. Clones
/// speak of the same room.
#[derive(Clone, Default)]
pub(super) struct Allowance {
    /// `None`: no link, no limit.
    pub link: Option<Arc<QuotaReservation>>,
    /// `None`: the volume had no limits when the file was admitted, or that was before this start of the program.
    pub share: Option<Arc<Share>>,
}

impl Allowance {
    /// The ledger knows the file now, and counts it: its volume's room need not be promised any more.
    pub fn is_entered(&self) {
        if let Some(share) = &self.share {
            share.give_back(share.amount());
        }
    }
}

/// Why there is no room.
pub(super) enum NoRoom {
    Lack(Lack),
    Unknown(StoreError),
}

/// Promises room for `wanted` more in a volume. Blocks.
pub(super) fn promise(
    uploads: &VolumeUploads,
    limits: &UploadLimits,
    wanted: Amount,
) -> Result<Option<Arc<Share>>, NoRoom> {
    if limits.max_bytes.is_none() && limits.max_files.is_none() {
        return Ok(None);
    }
    let share = Arc::new(Share::of(uploads));
    grow(uploads, limits, &share, wanted)?;
    Ok(Some(share))
}

/// Promises room for `more` to something that has a share. Blocks.
pub(super) fn grow(uploads: &VolumeUploads, limits: &UploadLimits, share: &Share, more: Amount) -> Result<(), NoRoom> {
    // First its own part, then what is there: who comes later sees it, and what is entered in the ledger meanwhile is
    // counted twice, never left out.
    let promised = share.add(more);
    let outcome = there(uploads).map(|there| there.plus(promised).over(limits, more));
    let refused = match outcome {
        Ok(Lack { bytes: 0, files: 0 }) => return Ok(()),
        Ok(lack) => NoRoom::Lack(lack),
        Err(error) => NoRoom::Unknown(error),
    };
    share.give_back(more);
    Err(refused)
}

/// What a volume holds, and uploads under way that were admitted without a share.
fn there(uploads: &VolumeUploads) -> Result<Amount, StoreError> {
    let without = {
        let registry = uploads.registry();
        let without = registry.all().filter(|one| one.allowance.share.is_none());
        without.fold(Amount::default(), |sum, one| sum.plus(Amount { files: 1, bytes: one.upload.plan.size().0 }))
    };
    let known = uploads.ledger.totals()?;
    Ok(without.plus(Amount { files: known.files, bytes: known.bytes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_promised_once() {
        let promised = Promised::default();
        let share = |bytes| {
            let share = Share { promised: promised.clone(), amount: Mutex::default() };
            share.add(Amount { files: 1, bytes });
            share
        };
        let (one, other) = (share(5), share(7));
        assert_eq!(*promised.lock(), Amount { files: 2, bytes: 12 });
        let allowance = Allowance { link: None, share: Some(Arc::new(one)) };
        allowance.is_entered();
        assert_eq!(*promised.lock(), Amount { files: 1, bytes: 7 });
        drop((allowance, other));
        assert_eq!(*promised.lock(), Amount::default());
    }
}
