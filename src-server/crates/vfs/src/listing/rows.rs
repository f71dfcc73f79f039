//! The budget of rows that listings hold in memory.

use crate::budget::{Budget, Reservation};
use std::sync::Arc;

/// Most rows of big listings in memory at once, until they are sent; about 100 bytes each.
pub const ROWS_AT_ONCE: usize = 4 << 20;
/// Most rows of big listings in memory for one address.
pub const ROWS_PER_ADDRESS: usize = 2 << 20;
/// Listings of fewer rows are not counted. Others are counted in steps of this size.
pub const ROWS_UNCOUNTED: usize = 4 << 10;

/// Returns the budget of rows that all big listings of one engine share.
pub fn rows_budget() -> Budget {
    Budget::new("large listings", ROWS_AT_ONCE, ROWS_PER_ADDRESS)
}

/// Rows of a listing held in memory, counted against the budget. Drop it after the rows.
#[derive(Clone)]
pub struct RowsReservation(#[expect(dead_code, reason = "gives the rows back when it is dropped")] Arc<Reservation>);

impl RowsReservation {
    pub(super) fn new(reservation: Reservation) -> Self {
        Self(Arc::new(reservation))
    }
}

impl std::fmt::Debug for RowsReservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowsShare")
    }
}
