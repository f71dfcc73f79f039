//! Remembers the folders of a volume in which the process may create files.
//!
//! An upload that cannot be stored is refused before its bytes are sent. The check is a system call, so a positive
//! result is remembered for a while; if it has changed since, the first chunk is refused instead.

use crate::error::Result;
use crate::volumes::store_errors::map_store_error;
use model::VPath;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use store::disk::Folder;

/// How long a result is valid.
const VALID_FOR: Duration = Duration::from_secs(10);
/// Most folders that are remembered.
const MAX_FOLDERS: usize = 1024;

/// Folders that were found writable, each with the time of the check.
#[derive(Default)]
pub struct WritableFolders(Mutex<HashMap<VPath, Instant>>);

impl WritableFolders {
    /// Whether the folder `below` was found writable a moment ago. Never blocks.
    pub fn is_known(&self, below: &VPath) -> bool {
        self.lock().get(below).is_some_and(|asked| asked.elapsed() < VALID_FOR)
    }

    /// Checks that the folder is writable, unless that is known. `below`: its path in the volume; `path`: in the tree.
    /// Blocks.
    ///
    /// # Errors
    /// `SystemRefuses`, `ReadOnly`.
    pub fn check(&self, folder: &Folder, below: &VPath, path: &VPath) -> Result<()> {
        if self.is_known(below) {
            return Ok(());
        }
        folder.check_writable().map_err(|error| map_store_error(error, path))?;
        let mut known = self.lock();
        if known.len() >= MAX_FOLDERS {
            known.retain(|_, asked| asked.elapsed() < VALID_FOR);
        }
        if known.len() >= MAX_FOLDERS {
            known.clear();
        }
        known.insert(below.clone(), Instant::now());
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<VPath, Instant>> {
        self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_a_bounded_number_of_folders() {
        let tmp = tempfile::tempdir().expect("a folder");
        let folder = Folder::open_root(tmp.path()).expect("opens");
        let (writable, root) = (WritableFolders::default(), VPath::root());
        for at in 0..3 * MAX_FOLDERS {
            let below = VPath::parse(at.to_string().as_bytes()).expect("parses");
            assert!(!writable.is_known(&below));
            writable.check(&folder, &below, &root).expect("may be written to");
            assert!(writable.is_known(&below) && writable.lock().len() <= MAX_FOLDERS);
        }
    }
}
