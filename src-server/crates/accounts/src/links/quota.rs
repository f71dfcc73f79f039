//! Limits the bytes uploaded through a link. Space is reserved before the upload starts, so that concurrent uploads
//! cannot exceed a limit together that each would respect alone.
//!
//! Received bytes stay counted when the sender deletes the upload; otherwise the limit could be reset.

use super::registry::{LinkRegistry, LoadedLinks};
use model::{AccountName, Bytes, LinkId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vfs::access::Access;
use vfs::error::{EngineError, Gone, NoSpace, Result};
use vfs::grants::{GrantReservation, Grants};
use vfs::snapshot::Snapshot;

/// Bytes reserved for one upload through a link. Dropping it releases them, unless the upload is complete.
struct LinkReservation {
    loaded: Arc<LoadedLinks>,
    id: LinkId,
    /// Reserved bytes; changed only under the lock of the registry.
    bytes: AtomicU64,
}

impl Grants for LinkRegistry {
    fn still_holds(&self, access: &Access, snapshot: &Snapshot) -> bool {
        let Some(had) = access.link_grant() else { return true };
        let now = self.if_loaded().and_then(|loaded| loaded.active_link(&had.id, snapshot));
        now.is_some_and(|now| now.scope == had.scope)
    }

    fn reserve(
        &self,
        access: &Access,
        bytes: u64,
        unreserved: &dyn Fn() -> u64,
    ) -> Result<Option<Arc<dyn GrantReservation>>> {
        let Some(id) = access.link() else { return Ok(None) };
        let loaded = self.if_loaded().ok_or(EngineError::Gone(Gone::Link))?;
        let is_limited = loaded.get(id).is_some_and(|link| link.max_bytes.is_some());
        let unreserved = if is_limited { unreserved() } else { 0 };
        let reservation = LinkReservation { loaded: loaded.clone(), id: id.clone(), bytes: AtomicU64::new(0) };
        reservation.grow_by(bytes, unreserved)?;
        Ok(Some(Arc::new(reservation)))
    }

    fn bytes_left(&self, access: &Access) -> Option<u64> {
        let loaded = self.if_loaded()?;
        let by_id = loaded.lock();
        by_id.get(access.link()?)?.bytes_left()
    }

    fn record_received(&self, account: &AccountName, bytes: u64) {
        if let (Some(id), Some(loaded)) = (LinkId::of_account(account), self.if_loaded()) {
            loaded.arrived(&id, bytes, 0);
        }
    }
}

impl GrantReservation for LinkReservation {
    fn grow_to(&self, bytes: u64) -> Result<()> {
        match bytes.checked_sub(self.bytes.load(Ordering::Relaxed)) {
            None | Some(0) => Ok(()),
            Some(more) => self.grow_by(more, 0),
        }
    }

    fn complete(&self, bytes: u64) {
        self.loaded.arrived(&self.id, bytes, self.bytes.swap(0, Ordering::Relaxed));
    }
}

impl LinkReservation {
    fn grow_by(&self, more: u64, unreserved: u64) -> Result<()> {
        let mut by_id = self.loaded.lock();
        let record = by_id.get_mut(&self.id).ok_or(EngineError::Gone(Gone::Link))?;
        if let Some(left) = record.bytes_left() {
            let left = left.saturating_sub(record.promised).saturating_sub(unreserved);
            if more > left {
                return Err(EngineError::NoSpace(NoSpace::Link { left: Bytes(left) }));
            }
        }
        record.promised = record.promised.saturating_add(more);
        self.bytes.fetch_add(more, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for LinkReservation {
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
