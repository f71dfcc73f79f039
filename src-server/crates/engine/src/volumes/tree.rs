//! The mount tree: which volume holds a path, and which folders exist only on the way to one.

use crate::uploads::VolumeUploads;
use arc_swap::ArcSwapOption;
use model::{FileName, VPath, Volume};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use store::disk::Folder;

/// A volume in force: its settings, its opened folder, its ledger and unfinished uploads.
///
/// Unchanged volumes are carried over from snapshot to snapshot, so that uploads go on across a change of settings;
/// `index` is then that of the new tree.
pub struct MountedVolume {
    /// Position in its tree.
    pub index: usize,
    /// As the person chose.
    pub config: Volume,
    /// What is behind it; shared between snapshots.
    pub backing: Arc<Backing>,
}

/// What is behind a volume: disk and ledger. One for each source folder, however often it is mounted.
pub struct Backing {
    /// The opened folder; empty while the folder is not there.
    root: ArcSwapOption<Folder>,
    /// Where it is on the host; for opening it again, and for following links.
    pub source: PathBuf,
    /// Ledger and unfinished uploads.
    pub uploads: VolumeUploads,
}

impl Backing {
    /// Opens the folder at `source`, if it is there.
    pub fn open(source: PathBuf, uploads: VolumeUploads) -> Self {
        let root = match Folder::open_root(&source) {
            Ok(folder) => Some(Arc::new(folder)),
            Err(error) => {
                tracing::warn!(%error, "a shared folder is not available");
                None
            }
        };
        Self { root: ArcSwapOption::new(root), source, uploads }
    }

    /// The opened folder. Never waits; `None` while it is not there (then [`Backing::reopen`], through the gate).
    pub fn root(&self) -> Option<Arc<Folder>> {
        self.root.load_full()
    }

    /// Looks whether the folder is there (again) and opens it anew: after it was unplugged, a handle to what was there
    /// before would lead to nothing.
    pub fn reopen(&self) -> Option<Arc<Folder>> {
        let folder = Folder::open_root(&self.source).ok().map(Arc::new);
        self.root.store(folder.clone());
        folder
    }
}

/// A path inside a volume.
#[derive(Clone)]
pub struct Spot {
    /// Which volume.
    pub volume: Arc<MountedVolume>,
    /// The path below its mount point.
    pub below: VPath,
}

/// All volumes of a snapshot.
#[derive(Default)]
pub struct Tree {
    /// By mount point, bytewise.
    pub volumes: Vec<Arc<MountedVolume>>,
}

impl Tree {
    /// The volume that holds `path`: the deepest whose mount point is `path` or above it.
    pub fn spot(&self, path: &VPath) -> Option<Spot> {
        let holds = self.volumes.iter().filter_map(|volume| Some((volume, path.strip_prefix(&volume.config.mount)?)));
        let deepest = holds.max_by_key(|(volume, _)| volume.config.mount.as_bytes().len());
        deepest.map(|(volume, below)| Spot { volume: volume.clone(), below })
    }

    /// The volumes mounted below `path` (not at it), at any depth.
    pub fn below<'a>(&'a self, path: &'a VPath) -> impl Iterator<Item = &'a Arc<MountedVolume>> {
        let inside = |volume: &&Arc<MountedVolume>| volume.config.mount != *path && volume.config.mount.is_within(path);
        self.volumes.iter().filter(inside)
    }

    /// Names in the folder `path` that lead to volumes mounted below it: names that belong to the tree, whatever is on
    /// disk.
    pub fn names_below(&self, path: &VPath) -> BTreeSet<FileName> {
        let first = |volume: &Arc<MountedVolume>| {
            let rest = volume.config.mount.strip_prefix(path)?;
            let name = rest.components().next()?;
            FileName::new(name).ok()
        };
        self.below(path).filter_map(first).collect()
    }
}
