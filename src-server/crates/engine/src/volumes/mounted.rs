//! Shared folders on which disks were mounted when they were last seen, kept in the state folder: a program that starts
//! before its disk is there, as at login, must not take the empty folder in its place for the disk.

use super::tree::Tree;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store::settings_file;

/// Name of the file in the state folder.
const FILE: &str = "mounted.json";

/// Their paths on the host.
pub type Mounted = BTreeSet<PathBuf>;

/// Reads them. Where they cannot be read, every folder is taken for what it looks like. Blocks.
pub fn load(state_folder: &Path) -> Mounted {
    let text = settings_file::read(&state_folder.join(FILE)).unwrap_or_default().unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Those of a tree.
pub fn of(tree: &Tree) -> Mounted {
    let mounted = tree.volumes.iter().filter(|volume| volume.storage.was_mount());
    mounted.map(|volume| volume.storage.source.clone()).collect()
}

/// Writes them, if others are written there. Blocks.
pub fn save(state_folder: &Path, mounted: &Mounted) {
    // A path that is no text is not remembered.
    let mounted: Mounted = mounted.iter().filter(|path| path.to_str().is_some()).cloned().collect();
    if load(state_folder) == mounted {
        return;
    }
    let text = serde_json::to_string(&mounted).expect("texts");
    if let Err(error) = settings_file::replace(&state_folder.join(FILE), &text) {
        tracing::warn!(%error, "where disks are mounted cannot be written down");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_kept() {
        let tmp = tempfile::tempdir().expect("temp folder");
        assert!(load(tmp.path()).is_empty());
        save(tmp.path(), &Mounted::new());
        assert!(!tmp.path().join(FILE).exists(), "nothing to say");
        let mounted = Mounted::from(["/media/stick".into(), "/mnt/ü".into()]);
        save(tmp.path(), &mounted);
        assert_eq!(load(tmp.path()), mounted);
        std::fs::write(tmp.path().join(FILE), "[").expect("writes");
        assert!(load(tmp.path()).is_empty());
    }
}
