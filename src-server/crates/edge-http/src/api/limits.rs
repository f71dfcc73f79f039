//! Limits that several endpoints tell or keep.

use std::time::Duration;

/// Longest body, in bytes: a note of 64 KiB whose characters are all escaped fits.
pub const BODY_MAX: usize = 512 << 10;

/// Time between two lines that tell of progress.
pub const TICK: Duration = Duration::from_millis(300);
