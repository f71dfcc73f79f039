//! Which file systems are mounted below a folder.

use crate::platform;
use model::VPath;
use std::collections::BTreeSet;
use std::path::Path;

/// Returns the paths below the folder at `top` on the host at which file systems are mounted, each with what tells it from
/// another one that is mounted there later; none if the system does not tell.
pub(crate) fn mounts_below(top: &Path) -> BTreeSet<(VPath, Vec<u8>)> {
    let below = platform::mounts().into_iter().filter_map(|mount| {
        let below = mount.at.strip_prefix(top).ok()?;
        let parts: Vec<&[u8]> = below.components().map(|part| part.as_os_str().as_encoded_bytes()).collect();
        Some((VPath::parse(&parts.join(&b'/')).ok()?, mount.id))
    });
    below.filter(|(below, _)| !below.is_root()).collect()
}
