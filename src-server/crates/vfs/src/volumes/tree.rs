//! The mount tree: which volume contains a path, and which virtual folders lead to volumes.

pub use super::storage::VolumeStorage;
use model::{FileName, VPath, Volume};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A volume of a snapshot: its settings, its opened folder, its ledger and unfinished uploads.
///
/// Storage of unchanged volumes is carried over from snapshot to snapshot, so uploads continue across a change of
/// settings; `index` is the position in the new tree.
pub struct MountedVolume {
    /// Position in its tree.
    pub index: usize,
    /// Its settings.
    pub config: Volume,
    /// Its storage; shared between snapshots.
    pub storage: Arc<VolumeStorage>,
    /// Paths below the mount point where other volumes are mounted, topmost only. Files on disk there are shadowed.
    pub shadows: Vec<VPath>,
}

impl MountedVolume {
    /// Whether what is deleted or replaced in it goes into its trash.
    pub fn has_trash(&self) -> bool {
        self.config.flags.trash.is_on() && !self.storage.state.writes_nothing
    }
}

/// A path inside a volume.
#[derive(Clone)]
pub struct VolumePath {
    /// Which volume.
    pub volume: Arc<MountedVolume>,
    /// The path below its mount point.
    pub below: VPath,
}

/// All volumes of a snapshot.
#[derive(Default)]
pub struct Tree {
    /// Sorted by mount point, bytewise.
    pub volumes: Vec<Arc<MountedVolume>>,
}

impl Tree {
    /// Returns the volume that contains `path`: the one with the deepest mount point at `path` or above it.
    pub fn volume_path(&self, path: &VPath) -> Option<VolumePath> {
        let holds = self.volumes.iter().filter(|volume| path.is_within(&volume.config.mount));
        let deepest = holds.max_by_key(|volume| volume.config.mount.as_bytes().len())?;
        Some(VolumePath { volume: deepest.clone(), below: path.strip_prefix(&deepest.config.mount)? })
    }

    /// Returns the volumes mounted below `path` (not at it), at any depth.
    pub fn below<'a>(&'a self, path: &'a VPath) -> impl Iterator<Item = &'a Arc<MountedVolume>> {
        let inside = |volume: &&Arc<MountedVolume>| volume.config.mount != *path && volume.config.mount.is_within(path);
        self.volumes.iter().filter(inside)
    }

    /// Returns the names in the folder `path` that lead to volumes mounted below it. They belong to the tree, whatever
    /// is on disk.
    pub fn names_below(&self, path: &VPath) -> BTreeSet<FileName> {
        let first = |volume: &Arc<MountedVolume>| {
            let rest = volume.config.mount.strip_prefix(path)?;
            let name = rest.components().next()?;
            FileName::new(name).ok()
        };
        self.below(path).filter_map(first).collect()
    }
}
