//! Files that the ledger knows and the disk does not have.

use crate::volumes::storage::VolumeStorage;
use crate::volumes::write_locks::LockScope;
use model::{FileName, VPath};
use store::StoreError;
use store::disk::Folder;

/// Rows looked at in one go.
const BATCH: u32 = 1000;

/// Who keeps others from changing the files meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameLocks {
    /// The caller holds them.
    Held,
    /// They are taken for each file that seems to be gone.
    Taken,
}

/// Has the ledger forget files at or below `within` that are not there: a program was killed after it had removed or moved
/// them and before it could tell, or not all that was to be removed could be. Blocks.
///
/// # Errors
/// Those of the disk and of the ledger; what was forgotten before that stays forgotten.
pub(crate) fn forget_missing(
    storage: &VolumeStorage,
    root: &Folder,
    within: &VPath,
    locks: NameLocks,
) -> Result<(), StoreError> {
    let (uploads, mut after, mut last_folder) = (&storage.uploads, i64::MIN, LastFolder::default());
    loop {
        let places = uploads.ledger.paths_below(within, after, BATCH)?;
        let Some((last, ..)) = places.last() else { return Ok(()) };
        after = *last;
        for (_, folder, name) in places {
            if last_folder.has(root, &folder, &name)? {
                continue;
            }
            let path = folder.join(&name);
            // It may be on its way back, or just be arriving.
            let lock = match locks {
                NameLocks::Held => None,
                NameLocks::Taken => match uploads.locks.lock(vec![LockScope::Name(path.clone())], storage.folds_case())
                {
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

/// The folder that was opened last: rows that follow each other are often of one.
#[derive(Default)]
struct LastFolder(Option<(VPath, Option<Folder>)>);

impl LastFolder {
    fn has(&mut self, root: &Folder, folder: &VPath, name: &FileName) -> Result<bool, StoreError> {
        if self.0.as_ref().is_none_or(|(path, _)| path != folder) {
            let open = match root.folder(folder) {
                Ok(open) => Some(open),
                Err(error) if super::abandon::is_gone(&error) => None,
                Err(error) => return Err(error),
            };
            self.0 = Some((folder.clone(), open));
        }
        let open = self.0.as_ref().and_then(|(_, open)| open.as_ref());
        open.map_or(Ok(false), |open| Ok(open.stat(name)?.is_some()))
    }
}
