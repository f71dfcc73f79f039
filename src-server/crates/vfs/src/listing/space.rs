//! Free and total space of the volume at a path.

use super::folder::open_listed;
use crate::access::Access;
use crate::core::Core;
use crate::error::{Conflict, EngineError, Result};
use model::{Bytes, VPath};

/// Space of a volume, as an account may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeSpace {
    /// Bytes that may still be stored: of the disk without what the volume keeps free, and of the volume's own limit.
    pub free: Bytes,
    /// Bytes of the disk, or the volume's own limit if that is less.
    pub total: Bytes,
}

pub(super) fn measure(core: &Core, access: &Access, path: &VPath) -> Result<Option<VolumeSpace>> {
    if access.snapshot().settings.behaviour.hide_disk {
        return Ok(None);
    }
    let located = match (open_listed(access, path), path.split_last()) {
        (Err(EngineError::Conflict(Conflict::NotAFolder(_))), Some((above, _))) => open_listed(access, &above)?.0,
        (opened, _) => opened?.0,
    };
    let Some(located) = located else { return Ok(None) };
    let Ok(disk) = located.node.free_space() else { return Ok(None) };
    let limits = &located.volume.config.flags.limits;
    let kept = limits.min_free.unwrap_or_default();
    let (mut free, mut total) = (disk.free.0.saturating_sub(kept.0), disk.total.0);
    if let Some(most) = limits.max_bytes {
        free = free.min(most.0.saturating_sub(core.stored_bytes(&located.volume)?));
        total = total.min(most.0);
    }
    Ok(Some(VolumeSpace { free: Bytes(free), total: Bytes(total) }))
}
