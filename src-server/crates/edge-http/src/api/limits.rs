//! Limits that several endpoints tell or keep.

/// Longest body, in bytes: a note of 64 KiB whose characters are all escaped fits.
pub const BODY_MAX: usize = 512 << 10;
