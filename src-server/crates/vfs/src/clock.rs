//! The wall clock.

use model::UnixMillis;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the current time; 0 on a clock before 1970.
pub fn now() -> UnixMillis {
    UnixMillis(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64))
}
