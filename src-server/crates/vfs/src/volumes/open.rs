//! Opens the volumes of new settings. Storage of unchanged volumes is carried over from the previous tree, so ledgers,
//! unfinished uploads and open handles survive a change of settings.

use super::extension::{OpeningVolume, VolumeService};
use super::mounted::Mounted;
use super::tree::{MountedVolume, Tree, VolumeStorage};
use super::volume_state::{VolumeState, location_of};
use crate::clock::now;
use crate::snapshot::Snapshot;
use model::volume::DedupMode;
use model::{Settings, VPath, Volume};
use std::path::Path;
use std::sync::Arc;

/// What is needed besides settings to open volumes.
pub struct VolumeOpener<'a> {
    /// Services with state for each volume.
    pub services: &'a [Arc<dyn VolumeService>],
    /// Folders that were mount points before the process started.
    pub mounted: &'a Mounted,
    /// The server's own state folder, for volumes that keep no state of theirs.
    pub state_folder: &'a Path,
}

/// Opens every volume that is offered now. Blocks; call it on the pool.
///
/// A missing folder is no error: its disk may not be plugged in. Such a volume answers `Unavailable` until the folder
/// is there. `opener`: what is needed besides the settings; `before`: the tree that storage is carried over from.
pub fn open_tree(settings: &Settings, before: Option<&Tree>, opener: &VolumeOpener<'_>) -> Tree {
    let now = now();
    let mut configs: Vec<&Volume> = settings.volumes.iter().filter(|volume| volume.is_offered(now)).collect();
    configs.sort_by(|a, b| a.mount.cmp(&b.mount));
    let offered = configs.clone();
    let mut volumes: Vec<Arc<MountedVolume>> = Vec::with_capacity(configs.len());
    for (index, config) in configs.into_iter().enumerate() {
        let before = before.and_then(|tree| storage_of(&tree.volumes, config));
        let carried = before.clone().filter(|storage| !storage.is_outdated());
        let carried = carried.or_else(|| storage_of(&volumes, config));
        let was_mount = before
            .map_or_else(|| opener.mounted.contains(&config.source), |storage: Arc<VolumeStorage>| storage.was_mount());
        let storage = carried.unwrap_or_else(|| opener.open(config, settings, was_mount));
        if config.flags.dedup == DedupMode::Symlink {
            storage.state.locks.set_has_links();
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

impl VolumeOpener<'_> {
    fn open(&self, config: &Volume, settings: &Settings, was_mount: bool) -> Arc<VolumeStorage> {
        let behaviour = &settings.behaviour;
        let state = Arc::new(VolumeState::open(config, behaviour, self.state_folder));
        let opening = OpeningVolume { config, behaviour, state: &state };
        let extensions = self.services.iter().map(|service| service.open(&opening)).collect();
        Arc::new(VolumeStorage::open(config.source.clone(), state, extensions, was_mount))
    }
}

/// Returns the mount points of other volumes inside `volume`, topmost ones only.
fn shadows(volume: &Volume, all: &[&Volume]) -> Vec<VPath> {
    let below = all.iter().filter_map(|other| other.mount.strip_prefix(&volume.mount));
    let inside: Vec<VPath> = below.filter(|below| !below.is_root()).collect();
    let topmost = |path: &&VPath| !inside.iter().any(|other| other != *path && path.is_within(other));
    inside.iter().filter(topmost).cloned().collect()
}

/// Creates the folders that the configuration names for the state of volumes, and logs those that cannot be created,
/// which would otherwise show at the first upload. Blocks.
pub fn check_states(snapshot: &Snapshot) {
    let behaviour = &snapshot.settings.behaviour;
    for volume in &snapshot.tree.volumes {
        let config = &volume.config;
        let option = match (&config.flags.hist, &behaviour.hist) {
            (Some(_), _) => "the volume flag hist",
            (None, Some(_)) => "--hist",
            (None, None) => continue,
        };
        let state = location_of(config, behaviour);
        if let Err(error) = state.make() {
            tracing::error!(
                %error, folder = %state, option, share = config.mount.display(),
                "the folder for the database of a shared folder cannot be used; its uploads are remembered only until the \
                 program ends"
            );
        }
    }
}
