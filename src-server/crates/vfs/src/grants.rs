//! What an access was granted by, while it is in use: a share link may end or be changed at any time, and limits how
//! much may be uploaded with it.
//!
//! The service for share links implements [`Grants`]; code that moves bytes asks it and knows no links.

use crate::access::Access;
use crate::error::Result;
use crate::snapshot::Snapshot;
use model::AccountName;
use std::sync::Arc;

/// Decides whether accesses are still in force, and limits uploads by them.
pub trait Grants: Send + Sync {
    /// Whether the grant that `access` comes from still gives the same rights under `snapshot`; true for an access that
    /// needs no grant. Never blocks.
    fn still_holds(&self, access: &Access, snapshot: &Snapshot) -> bool;

    /// Reserves `bytes` for an upload; `None` if uploads with `access` are not limited. `unreserved` returns the bytes
    /// of unfinished uploads with the same grant that have no reservation, since they began before this start of the
    /// process. Never blocks.
    ///
    /// # Errors
    /// `LinkFull`; `UnknownLink` if the link has ended.
    fn reserve(
        &self,
        access: &Access,
        bytes: u64,
        unreserved: &dyn Fn() -> u64,
    ) -> Result<Option<Arc<dyn GrantReservation>>>;

    /// Returns how many bytes may still arrive with `access`; `None` if that is not limited. Reservations are not
    /// subtracted: an unfinished upload that has one may be resumed. Never blocks.
    fn bytes_left(&self, access: &Access) -> Option<u64>;

    /// Counts an upload by `account` that has no reservation. Never blocks.
    fn record_received(&self, account: &AccountName, bytes: u64);
}

/// Bytes reserved for one upload. Dropping it releases them, unless the upload is complete.
pub trait GrantReservation: Send + Sync {
    /// Grows the reservation to `bytes`, for an upload whose size was not known.
    ///
    /// # Errors
    /// Those of [`Grants::reserve`].
    fn grow_to(&self, bytes: u64) -> Result<()>;

    /// Turns the reservation into `bytes` received bytes.
    fn complete(&self, bytes: u64);
}
