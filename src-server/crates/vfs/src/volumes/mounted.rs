//! Remembers in the state folder which shared folders were mount points of disks. A server that starts before its disk
//! is mounted, as at login, must not take the empty folder below the mount point for the disk.

use super::tree::Tree;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store::settings_file;

/// Name of the file in the state folder.
const FILE: &str = "mounted.json";

/// Host paths of folders that were mount points.
pub type Mounted = BTreeSet<PathBuf>;

/// Reads the remembered paths. Returns none if they cannot be read; then every folder is used as it is. Blocks.
pub fn load(state_folder: &Path) -> Mounted {
    let text = settings_file::read(&state_folder.join(FILE)).unwrap_or_default().unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Returns the paths of a tree's volumes that are mount points.
pub fn of(tree: &Tree) -> Mounted {
    let mounted = tree.volumes.iter().filter(|volume| volume.storage.was_mount());
    mounted.map(|volume| volume.storage.source.clone()).collect()
}

/// Saves the paths unless they are unchanged. Blocks.
pub fn save(state_folder: &Path, mounted: &Mounted) {
    // Paths that are not UTF-8 are not remembered.
    let mounted: Mounted = mounted.iter().filter(|path| path.to_str().is_some()).cloned().collect();
    if load(state_folder) == mounted {
        return;
    }
    let text = serde_json::to_string(&mounted).expect("texts");
    if let Err(error) = settings_file::replace(&state_folder.join(FILE), &text) {
        tracing::warn!(%error, "the list of mounted disks cannot be saved");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_remembered() {
        let tmp = tempfile::tempdir().expect("temp folder");
        assert!(load(tmp.path()).is_empty());
        save(tmp.path(), &Mounted::new());
        assert!(!tmp.path().join(FILE).exists(), "an empty list is not written");
        let mounted = Mounted::from(["/media/stick".into(), "/mnt/ü".into()]);
        save(tmp.path(), &mounted);
        assert_eq!(load(tmp.path()), mounted);
        std::fs::write(tmp.path().join(FILE), "[").expect("writes");
        assert!(load(tmp.path()).is_empty());
    }
}
