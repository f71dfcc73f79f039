//! How much may arrive by a link: room is promised before bytes travel, so that many uploads at once cannot pass a limit
//! that each of them alone would respect.
//!
//! What has arrived stays counted when its sender takes it back: a limit that could be emptied would be none.

use super::link::LinkId;
use super::registry::{LinkRegistry, LoadedLinks};
use crate::access::Access;
use crate::error::{EngineError, Result};
use model::{AccountName, Bytes};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Room for one upload by a link. Dropped = given back, unless it has arrived.
pub(crate) struct QuotaReservation {
    loaded: Arc<LoadedLinks>,
    id: LinkId,
    /// Bytes; changed only with the shelf locked.
    bytes: AtomicU64,
}

impl LinkRegistry {
    /// Room for an upload of `bytes`; `None` for whoever did not come by a link. `loose`: bytes of uploads by the same
    /// link from before this start of the program, which were promised room then. Never waits.
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

    /// Counts what arrived from somebody who came by a link and was promised room before this start of the program.
    pub fn record_received(&self, account: &AccountName, bytes: u64) {
        if let (Some(id), Some(loaded)) = (LinkId::of_account(account), self.if_loaded()) {
            loaded.arrived(&id, bytes, 0);
        }
    }
}

impl QuotaReservation {
    /// More room, for an upload whose size was not known.
    ///
    /// # Errors
    /// Those of [`LinkRegistry::promise`].
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

    /// All is here: `bytes` of it.
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
        // Nobody waits for it: a moment of it may be lost when power is, never a file.
        self.persist_counts(record).detach();
    }
}
