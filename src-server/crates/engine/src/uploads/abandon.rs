//! Giving up: people take back uploads of theirs that are not finished, instead of leaving them to `sweep`.
//!
//! What else may be going on with the upload at that moment, and why nothing is left behind or lost:
//!
//! - A request is writing chunks. It holds the file open, so its bytes fall into a file without a name; the upload is
//!   unknown when it wants to enter them, as it is to every claim from now on.
//! - A request is about to make the partial file. It does that under the upload's `opening` lock, and looks for the
//!   upload first; here the lock is held until upload and file are gone.
//! - The last chunk is here and the file is on its way to its name. Its end is waited for: then it is no unfinished
//!   upload any more, and stays.

use super::Uploads;
use super::admit::{may_learn_names, may_upload};
use super::chunks::sender;
use super::finish::wait_finished;
use super::registry::{Finished, Registry, Sender, Stage, Unfinished};
use super::volume::{VolumeUploads, ledger_error};
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result, UnpostRefused};
use crate::volumes::store_errors::map_store_error;
use model::{Event, FileName, VPath, Wark};
use std::sync::TryLockError;
use store::disk::Folder;
use store::{ErrorKind, StoreError};
use tokio::sync::watch;

/// How often the end of a finishing that failed is waited for.
const MAX_ROUNDS: usize = 4;

/// How a try ended.
enum AbandonOutcome {
    Gone,
    /// Look again when that has ended.
    Finishing(watch::Receiver<Option<Finished>>),
}

/// Which upload is meant.
struct Wanted<'a> {
    /// Folder in the volume.
    folder: VPath,
    name: FileName,
    /// Its sender knows its real name.
    tells: bool,
    wark: Option<&'a Wark>,
}

impl Uploads {
    /// Takes back the asker's own unfinished upload to `path` (as they know it): its partial file and all that is known of
    /// it. `wark`: only if it is this one, where several are on their way to names that their sender believes to be
    /// `path`. Neither `--unpost` nor `--no-del` matters: what is not finished is no file to anybody yet.
    ///
    /// # Errors
    /// `Denied` (write). `UnpostRefused`: no such upload, or it is complete by now; or it is somebody else's, which only
    /// those learn who are told taken names. `Busy`: it is being looked at; ask again. `Unavailable`; those of the disk.
    pub async fn abandon(&self, access: &Access, path: &VPath, wark: Option<&Wark>) -> Result<()> {
        may_upload(access, path)?;
        for _ in 0..MAX_ROUNDS {
            let (core, access, path, wark) = (self.core.clone(), access.clone(), path.clone(), wark.copied());
            match self.core.pool.try_run(move || give_up(&core, &access, &path, wark.as_ref())).await? {
                AbandonOutcome::Gone => return Ok(()),
                AbandonOutcome::Finishing(end) => {
                    let _seen_in_the_next_round = wait_finished(end).await;
                }
            }
        }
        Err(EngineError::Busy)
    }
}

fn give_up(core: &Core, access: &Access, path: &VPath, wark: Option<&Wark>) -> Result<AbandonOutcome> {
    let absent = || EngineError::UnpostRefused(UnpostRefused::Unknown);
    let volume_path = access.volume_path(path).ok_or_else(absent)?;
    let (folder, name) = volume_path.below.split_last().ok_or_else(absent)?;
    let tells = may_learn_names(access, &volume_path.volume, &folder);
    let (storage, wanted) = (&volume_path.volume.storage, Wanted { folder, name, tells, wark });
    let uploads = &storage.uploads;
    let (id, open_lock) = {
        let registry = uploads.registry();
        let (own, others) = wanted.find(&registry, &sender(access));
        match own {
            Some(own) => (own.id, own.open_lock.clone()),
            None if others && tells => return Err(EngineError::UnpostRefused(UnpostRefused::NotYours)),
            None => return Err(absent()),
        }
    };
    let root = storage.root().or_else(|| storage.reopen());
    let root = root.ok_or_else(|| EngineError::Unavailable(path.clone()))?;
    let _alone = match open_lock.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        // Its file is being made, or all of it is being hashed after a start of the machine.
        Err(TryLockError::WouldBlock) => return Err(EngineError::Busy),
    };
    let unfinished = {
        let mut registry = uploads.registry();
        match registry.get(id).map(|one| &one.stage) {
            None => return Err(absent()),
            Some(Stage::Finishing(end)) if end.has_changed().is_ok() => {
                return Ok(AbandonOutcome::Finishing(end.clone()));
            }
            Some(_) => registry.remove(id).ok_or_else(absent)?,
        }
    };
    remove(uploads, &root, unfinished, core).map_err(|error| map_store_error(error, path))?;
    tracing::info!(path = %path.display(), account = access.account().as_str(), "an unfinished upload was taken back");
    uploads.ledger.remove_upload(id).and_then(store::db::Pending::wait).map_err(|error| ledger_error(error, path))?;
    Ok(AbandonOutcome::Gone)
}

/// Removes the file of an upload that was taken out of the registry; where that fails, the upload goes back there, and
/// can be taken back again.
fn remove(
    uploads: &VolumeUploads,
    root: &Folder,
    unfinished: Unfinished,
    core: &Core,
) -> std::result::Result<(), StoreError> {
    if let Err(error) = remove_partial(root, &unfinished) {
        uploads.registry().insert(unfinished);
        return Err(error);
    }
    // Uploads from before this start of the program were never announced.
    if unfinished.transfer != 0 {
        let reason = "Cancelled by sender.".to_owned();
        core.events.emit(Event::TransferFailed { id: unfinished.transfer, reason });
    }
    Ok(())
}

/// Removes the partial file of an upload, if it has one. Blocks.
pub(super) fn remove_partial(root: &Folder, unfinished: &Unfinished) -> std::result::Result<(), StoreError> {
    let removed = root.folder(&unfinished.upload.folder).and_then(|f| f.remove_file(&unfinished.partial_name));
    removed.or_else(|error| if is_gone(&error) { Ok(()) } else { Err(error) })
}

/// Whether a removal failed because there is nothing to remove.
pub(super) fn is_gone(error: &StoreError) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotAFolder | ErrorKind::Link)
}

impl Wanted<'_> {
    /// The asker's own, if there is one; and whether there is one of somebody else's.
    fn find<'a>(&self, registry: &'a Registry, sender: &Sender) -> (Option<&'a Unfinished>, bool) {
        let mut meant: Vec<&Unfinished> = match self.wark {
            Some(wark) => registry.of(wark).filter(|one| self.is_here(one)).collect(),
            None => registry.all().filter(|one| self.is_here(one)).collect(),
        };
        // What really has the name comes before what its sender only believes to have it.
        meant.sort_by_key(|one| one.upload.name != self.name);
        let is_own = |one: &&&Unfinished| sender.is(&one.upload.account, &one.upload.address);
        (meant.iter().find(is_own).copied(), !meant.is_empty())
    }

    fn is_here(&self, one: &Unfinished) -> bool {
        let is_named = one.upload.name == self.name || (!self.tells && one.asked_name == self.name);
        is_named && one.upload.folder == self.folder
    }
}
