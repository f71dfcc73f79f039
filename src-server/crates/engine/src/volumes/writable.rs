//! Folders of a volume in which the operating system lets this program make files.
//!
//! An upload that cannot be kept is refused before any of its bytes travel. Asking costs a system call, so the answer
//! "yes" is remembered for a while; where it has changed since, the first chunk is refused as before.

use crate::error::Result;
use crate::volumes::store_errors::map_store_error;
use model::VPath;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::disk::Folder;

/// How long an answer counts.
const COUNTS: Duration = Duration::from_secs(10);
/// Most folders that are remembered.
const MOST: usize = 1024;

/// See the module.
#[derive(Default)]
pub struct WritableFolders(Mutex<HashMap<VPath, Instant>>);

impl WritableFolders {
    /// Whether files could be made in the folder `below` a moment ago. Never waits.
    pub fn is_known(&self, below: &VPath) -> bool {
        self.lock().get(below).is_some_and(|asked| asked.elapsed() < COUNTS)
    }

    /// Asks, unless that is known. `below`: the folder in the volume; `path`: in the tree. Blocks.
    ///
    /// # Errors
    /// `SystemRefuses`, `ReadOnly`.
    pub fn check(&self, folder: &Folder, below: &VPath, path: &VPath) -> Result<()> {
        if self.is_known(below) {
            return Ok(());
        }
        folder.check_writable().map_err(|error| map_store_error(error, path))?;
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, asked| asked.elapsed() < COUNTS);
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(below.clone(), Instant::now());
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<VPath, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        for at in 0..3 * MOST {
            let below = VPath::parse(at.to_string().as_bytes()).expect("parses");
            assert!(!writable.is_known(&below));
            writable.check(&folder, &below, &root).expect("may be written to");
            assert!(writable.is_known(&below) && writable.lock().len() <= MOST);
        }
    }
}
