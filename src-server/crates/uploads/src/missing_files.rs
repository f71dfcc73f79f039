//! Removes rows of files that are in the ledger but not on disk.

use super::removal::is_gone;
use super::volume::VolumeUploads;
use model::{FileName, VPath};
use store::StoreError;
use store::disk::Folder;
use vfs::volumes::extension::NameLocks;
use vfs::volumes::write_locks::LockScope;

/// Rows checked per query.
const BATCH: u32 = 1000;

/// Removes the rows of files at or below `within` that do not exist. Such rows remain if a program was killed after
/// removing or moving files and before recording that, or if a folder could be removed only in part. Blocks.
///
/// # Errors
/// Disk and ledger errors; rows removed before the error stay removed.
pub(crate) fn forget_missing(
    uploads: &VolumeUploads,
    root: &Folder,
    within: &VPath,
    locks: NameLocks,
) -> Result<(), StoreError> {
    let (mut after, mut last_folder) = (i64::MIN, LastFolder::default());
    loop {
        let places = uploads.ledger.paths_below(within, after, BATCH)?;
        let Some((last, ..)) = places.last() else { return Ok(()) };
        after = *last;
        for (_, folder, name) in places {
            if last_folder.has(root, &folder, &name)? {
                continue;
            }
            let path = folder.join(&name);
            // The file may be about to be moved back, or may just be arriving.
            let lock = match locks {
                NameLocks::Held => None,
                NameLocks::Taken => match uploads.state.lock(vec![LockScope::Name(path.clone())]) {
                    Ok(lock) => Some(lock),
                    Err(_) => continue,
                },
            };
            if !LastFolder::default().has(root, &folder, &name)? {
                uploads.ledger.record_removed(&path)?;
            }
            drop(lock);
        }
    }
}

/// The folder opened last: consecutive rows often belong to the same folder.
#[derive(Default)]
struct LastFolder(Option<(VPath, Option<Folder>)>);

impl LastFolder {
    fn has(&mut self, root: &Folder, folder: &VPath, name: &FileName) -> Result<bool, StoreError> {
        if self.0.as_ref().is_none_or(|(path, _)| path != folder) {
            let open = match root.folder(folder) {
                Ok(open) => Some(open),
                Err(error) if is_gone(&error) => None,
                Err(error) => return Err(error),
            };
            self.0 = Some((folder.clone(), open));
        }
        let open = self.0.as_ref().and_then(|(_, open)| open.as_ref());
        open.map_or(Ok(false), |open| Ok(open.stat(name)?.is_some()))
    }
}
