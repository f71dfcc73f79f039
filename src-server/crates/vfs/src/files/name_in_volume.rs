//! A name in a volume: what locks and properties of a path are kept under. A symlink is the name itself, not its target.

use super::ops::entry_ref::EntryRef;
use crate::access::Access;
use crate::error::Result;
use crate::volumes::resolve::{self, Resolved};
use crate::volumes::tree::MountedVolume;
use model::{Operation, VPath, Verdict};
use std::sync::Arc;

/// A name in a volume.
#[derive(Clone)]
pub struct NameInVolume {
    /// The volume.
    pub volume: Arc<MountedVolume>,
    /// The path below its top folder, with symlinks above the name resolved; the root for the top folder itself.
    pub below: VPath,
}

impl NameInVolume {
    /// Finds the name of `path`, which need not exist. Blocks.
    ///
    /// # Errors
    /// `Denied` without the right for `operation`; `NotFound` without the folder.
    pub fn for_change(access: &Access, path: &VPath, operation: Operation) -> Result<Self> {
        if let Some(top) = Self::top(access, path) {
            return match access.verdict(path, operation) {
                Verdict::Allow => Ok(top),
                _ => Err(resolve::refusal(access, path, operation)),
            };
        }
        let entry = EntryRef::for_name(access, path, operation)?;
        Ok(Self { below: entry.below(), volume: entry.parent.volume })
    }

    /// Finds the name of `path`; `None`: it is in no volume, or its folder does not exist. The caller has checked what the
    /// account may know of it. Blocks.
    ///
    /// # Errors
    /// Those of [`resolve::find`].
    pub fn of_visible(access: &Access, path: &VPath) -> Result<Option<Self>> {
        if let Some(top) = Self::top(access, path) {
            return Ok(Some(top));
        }
        let Some((folder, name)) = path.split_last() else { return Ok(None) };
        Ok(match resolve::find_folder(access, &folder)? {
            Resolved::OnDisk(located) => Some(Self { below: located.below.join(&name), volume: located.volume }),
            Resolved::VirtualFolder | Resolved::Absent => None,
        })
    }

    /// The top folder of a volume, which has its name in no folder.
    fn top(access: &Access, path: &VPath) -> Option<Self> {
        let at = access.volume_path(path).filter(|at| at.below.is_root())?;
        Some(Self { volume: at.volume, below: at.below })
    }
}
