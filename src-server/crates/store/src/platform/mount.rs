//! A mounted file system.

use std::path::PathBuf;

/// A file system, or a folder of one, that is mounted.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "other systems do not list them"))]
pub(crate) struct Mount {
    /// The mount point.
    pub at: PathBuf,
    /// Differs from that of another file system that is mounted there later; compared only.
    pub id: Vec<u8>,
}
