//! Opens the volumes of new settings. Storage of unchanged volumes is carried over from the previous tree, so ledgers,
//! unfinished uploads and open handles survive a change of settings.

use super::mounted::Mounted;
use super::tree::{MountedVolume, Tree, VolumeStorage};
use crate::clock::now;
use crate::uploads::VolumeUploads;
use model::volume::DedupMode;
use model::{Settings, VPath, Volume};
use std::path::Path;
use std::sync::Arc;

/// Opens every volume that is offered now. Blocks; call it on the pool.
///
/// A missing folder is no error: its disk may not be plugged in. Such a volume answers `Unavailable` until the folder
/// is there. `mounted`: folders that were mount points before the process started. `state_folder`: the server's own, for
/// volumes that keep no state of theirs.
pub fn open_tree(settings: &Settings, before: Option<&Tree>, mounted: &Mounted, state_folder: &Path) -> Tree {
    let now = now();
    let mut configs: Vec<&Volume> = settings.volumes.iter().filter(|volume| volume.is_offered(now)).collect();
    configs.sort_by(|a, b| a.mount.cmp(&b.mount));
    let offered = configs.clone();
    let mut volumes: Vec<Arc<MountedVolume>> = Vec::with_capacity(configs.len());
    for (index, config) in configs.into_iter().enumerate() {
        let before = before.and_then(|tree| storage_of(&tree.volumes, config));
        let carried = before.clone().filter(|storage| !storage.is_outdated());
        let carried = carried.or_else(|| storage_of(&volumes, config));
        let was_mount =
            before.map_or_else(|| mounted.contains(&config.source), |storage: Arc<VolumeStorage>| storage.was_mount());
        let storage = carried.unwrap_or_else(|| open_storage(config, settings, was_mount, state_folder));
        if config.flags.dedup == DedupMode::Symlink {
            storage.uploads.locks.set_has_links();
        }
        let shadows = shadows(config, &offered);
        volumes.push(Arc::new(MountedVolume { index, config: config.clone(), storage, shadows }));
    }
    Tree { volumes }
}

/// Returns the storage of a volume with the same source and the same location of its state.
fn storage_of(volumes: &[Arc<MountedVolume>], config: &Volume) -> Option<Arc<VolumeStorage>> {
    let same = |volume: &&Arc<MountedVolume>| {
        volume.storage.source == config.source
            && volume.config.flags.hist == config.flags.hist
            && volume.config.flags.no_ledger == config.flags.no_ledger
    };
    volumes.iter().find(same).map(|volume| volume.storage.clone())
}

fn open_storage(config: &Volume, settings: &Settings, was_mount: bool, state_folder: &Path) -> Arc<VolumeStorage> {
    let uploads = VolumeUploads::open(config, &settings.behaviour, state_folder);
    let storage = Arc::new(VolumeStorage::open(config.source.clone(), uploads, was_mount));
    // Before a new file can get a path that a moved folder had.
    if let Some(root) = storage.root() {
        storage.uploads.apply_interrupted_moves(&root);
    }
    storage
}

/// Returns the mount points of other volumes inside `volume`, topmost ones only.
fn shadows(volume: &Volume, all: &[&Volume]) -> Vec<VPath> {
    let below = all.iter().filter_map(|other| other.mount.strip_prefix(&volume.mount));
    let inside: Vec<VPath> = below.filter(|below| !below.is_root()).collect();
    let topmost = |path: &&VPath| !inside.iter().any(|other| other != *path && path.is_within(other));
    inside.iter().filter(topmost).cloned().collect()
}
