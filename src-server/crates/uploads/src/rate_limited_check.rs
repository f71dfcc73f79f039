//! Limits how often an operation runs.

use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
