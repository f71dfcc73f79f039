//! Limits the bytes uploaded through a link. Space is reserved before the upload starts, so that concurrent uploads
//! cannot exceed a limit together that each would respect alone.
//!
//! Received bytes stay counted when the sender deletes the upload; otherwise the limit could be reset.

use super::link::LinkId;
use super::registry::{LinkRegistry, LoadedLinks};
use crate::access::Access;
use crate::error::{EngineError, Result};
use model::{AccountName, Bytes};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes reserved for one upload through a link. Dropping it releases them, unless the upload is complete.
pub(crate) struct QuotaReservation {
    loaded: Arc<LoadedLinks>,
    id: LinkId,
    /// Reserved bytes; changed only under the lock of the registry.
    bytes: AtomicU64,
}

impl LinkRegistry {
    /// Reserves `bytes` for an upload; `None` if `access` was not opened with a link. `loose`: bytes of unfinished
    /// uploads through the same link from before this start of the process, which reserved them then. Never blocks.
    ///
    /// # Errors
    /// `LinkFull`; `UnknownLink` if the link has ended.
    pub fn reserve(&self, access: &Access, bytes: u64, loose: u64) -> Result<Option<Arc<QuotaReservation>>> {
        let Some(id) = access.link() else { return Ok(None) };
        let loaded = self.if_loaded().ok_or(EngineError::UnknownLink)?;
        let promise = QuotaReservation { loaded: loaded.clone(), id: id.clone(), bytes: AtomicU64::new(0) };
        promise.grow_by(bytes, loose)?;
        Ok(Some(Arc::new(promise)))
    }

    /// Counts an upload of a link visitor that was reserved before this start of the process.
    pub fn record_received(&self, account: &AccountName, bytes: u64) {
        if let (Some(id), Some(loaded)) = (LinkId::of_account(account), self.if_loaded()) {
            loaded.arrived(&id, bytes, 0);
        }
    }
}

impl QuotaReservation {
    /// Grows the reservation to `bytes`, for an upload whose size was not known.
    ///
    /// # Errors
    /// Those of [`LinkRegistry::reserve`].
    pub fn grow_to(&self, bytes: u64) -> Result<()> {
        match bytes.checked_sub(self.bytes.load(Ordering::Relaxed)) {
            None | Some(0) => Ok(()),
            Some(more) => self.grow_by(more, 0),
        }
    }

    fn grow_by(&self, more: u64, loose: u64) -> Result<()> {
        let mut by_id = self.loaded.lock();
        let record = by_id.get_mut(&self.id).ok_or(EngineError::UnknownLink)?;
        if let Some(most) = record.link.max_bytes {
            let taken = record.received.saturating_add(record.promised).saturating_add(loose);
            let left = most.saturating_sub(taken);
            if more > left {
                return Err(EngineError::LinkFull { left: Bytes(left) });
            }
        }
        record.promised = record.promised.saturating_add(more);
        self.bytes.fetch_add(more, Ordering::Relaxed);
        Ok(())
    }

    /// Turns the reservation into `bytes` received bytes.
    pub fn complete(&self, bytes: u64) {
        self.loaded.arrived(&self.id, bytes, self.bytes.swap(0, Ordering::Relaxed));
    }
}

impl Drop for QuotaReservation {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut();
        if bytes > 0
            && let Some(record) = self.loaded.lock().get_mut(&self.id)
        {
            record.promised = record.promised.saturating_sub(bytes);
        }
    }
}

impl LoadedLinks {
    fn arrived(&self, id: &LinkId, bytes: u64, promised: u64) {
        let mut by_id = self.lock();
        let Some(record) = by_id.get_mut(id) else { return };
        record.promised = record.promised.saturating_sub(promised);
        record.received = record.received.saturating_add(bytes);
        // Does not wait for the write: a power loss may undo the last counts, never a file.
        self.persist_counts(record).detach();
    }
}
