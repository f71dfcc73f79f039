//! Names as they are on disk, for file systems that find a name in any case: after a rename from `Photo` to `photo`,
//! `Photo` is still found, and must not stay in the index.

use model::{FileName, VPath};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use store::StoreError;
use store::disk::Folder;

/// Folders of which the names are kept.
const FOLDERS_MAX: usize = 16;

/// Names of the folders that were looked at last. Kept for one step of work.
#[derive(Default)]
pub(crate) struct ExactNames {
    by_folder: HashMap<VPath, HashSet<FileName>>,
}

impl ExactNames {
    /// Whether `path`, which was found, is written exactly so on disk. Blocks.
    ///
    /// # Errors
    /// Disk errors.
    pub fn has(&mut self, root: &Folder, path: &VPath) -> Result<bool, StoreError> {
        let mut rest = path.clone();
        while let Some((above, name)) = rest.split_last() {
            if !self.names(root, &above)?.contains(&name) {
                // It may be new.
                self.by_folder.remove(&above);
                if !self.names(root, &above)?.contains(&name) {
                    return Ok(false);
                }
            }
            rest = above;
        }
        Ok(true)
    }

    fn names(&mut self, root: &Folder, folder: &VPath) -> Result<&HashSet<FileName>, StoreError> {
        if !self.by_folder.contains_key(folder) {
            if self.by_folder.len() >= FOLDERS_MAX {
                self.by_folder.clear();
            }
            let mut names = HashSet::new();
            root.folder(folder)?.visit(|name, _| {
                names.extend(FileName::new(name));
                ControlFlow::Continue(())
            })?;
            self.by_folder.insert(folder.clone(), names);
        }
        Ok(&self.by_folder[folder])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_are_told_from_names_on_disk() {
        let tmp = tempfile::tempdir().expect("a folder");
        let root = Folder::open_root(tmp.path()).expect("opens");
        std::fs::create_dir_all(tmp.path().join("Sub/Deep")).expect("makes");
        let (mut names, path) = (ExactNames::default(), |text: &str| VPath::parse(text.as_bytes()).expect("parses"));
        let mut has = |text: &str| names.has(&root, &path(text)).expect("reads");
        assert!(has("Sub") && has("Sub/Deep") && has(""));
        assert!(!has("sub") && !has("Sub/deep"));
        std::fs::write(tmp.path().join("Sub/new"), "").expect("writes");
        assert!(has("Sub/new"), "names that came since the folder was read are found");
    }
}
