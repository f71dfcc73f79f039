//! Cancels unfinished uploads at the request of their senders, who need not wait for `cleanup`.
//!
//! What may happen at the same time, and why nothing is left behind or lost:
//!
//! - A request is writing chunks. It holds the file open, so its bytes go to a file without a name. When it wants to
//!   record them the upload is unknown, as it is to every later claim.
//! - A request is about to create the partial file. It does that under the upload's `open_lock` and looks for the
//!   upload first; cancellation holds this lock until upload and file are gone.
//! - The last chunk was received and the file is being placed. Cancellation waits for the end: then it is no unfinished
//!   upload any more, and stays.

use super::admit::may_upload;
use super::core::{Core, Uploads};
use super::finish::wait_finished;
use super::registry::Registry;
use super::registry::unfinished::{Finished, Stage, Unfinished};
use super::removal::remove_partial;
use super::sender::Sender;
use super::target::may_learn_names;
use super::volume::{VolumeUploads, ledger_error, uploads_of};
use model::{Event, FileName, VPath, Wark};
use std::sync::TryLockError;
use store::StoreError;
use store::disk::Folder;
use tokio::sync::watch;
use vfs::access::Access;
use vfs::error::{EngineError, Gone, Result, UnpostRefused, UploadError};
use vfs::volumes::store_errors::map_store_error;

/// How often it waits for finishing that fails.
const MAX_ROUNDS: usize = 4;

/// Result of one attempt.
enum AbandonOutcome {
    Gone,
    /// Try again when that has ended.
    Finishing(watch::Receiver<Option<Finished>>),
}

/// Identifies the upload to cancel.
struct Wanted<'a> {
    /// Folder relative to the volume's top folder.
    folder: VPath,
    name: FileName,
    /// The sender knows the real name.
    tells: bool,
    wark: Option<&'a Wark>,
}

impl Uploads {
    /// Cancels the account's own unfinished upload to `path` (as the account knows it): removes its partial file and
    /// its records. `wark` selects one of several uploads whose names the sender believes to be `path`. Neither
    /// `--unpost` nor `--no-del` applies: an unfinished upload is not a file yet.
    ///
    /// # Errors
    /// `Denied` (write). `UnpostRefused`: no such upload, or it is complete by now, or another sender's; the latter is
    /// revealed only to accounts that may learn taken names. `Busy`: the upload is being verified; try again.
    /// `Unavailable`; disk errors.
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
    let absent = || EngineError::Upload(UploadError::UnpostRefused(UnpostRefused::Unknown));
    let volume_path = access.volume_path(path).ok_or_else(absent)?;
    let (folder, name) = volume_path.below.split_last().ok_or_else(absent)?;
    let tells = may_learn_names(access, &volume_path.volume, &folder);
    let (storage, wanted) = (&volume_path.volume.storage, Wanted { folder, name, tells, wark });
    let uploads = uploads_of(storage);
    let (id, open_lock) = {
        let registry = uploads.registry();
        let (own, others) = wanted.find(&registry, &Sender::of(access));
        match own {
            Some(own) => (own.id, own.open_lock.clone()),
            None if others && tells => {
                return Err(EngineError::Upload(UploadError::UnpostRefused(UnpostRefused::NotYours)));
            }
            None => return Err(absent()),
        }
    };
    let root = storage.root().or_else(|| storage.reopen());
    let root = root.ok_or_else(|| EngineError::Gone(Gone::Folder(path.clone())))?;
    let _alone = match open_lock.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        // Another request is creating its file, or hashing all of it after a restart of the machine.
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
    tracing::info!(path = %path.display(), account = access.account().as_str(), "the sender canceled an unfinished upload");
    uploads.ledger.remove_upload(id).and_then(store::db::Pending::wait).map_err(|error| ledger_error(error, path))?;
    Ok(AbandonOutcome::Gone)
}

/// Removes the file of an upload that was taken out of the registry. If that fails, puts the upload back, so that the
/// sender can cancel it again.
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
    // Uploads from an earlier run were not announced in events.
    if unfinished.transfer != 0 {
        let reason = "Cancelled by sender.".to_owned();
        core.events.emit(Event::TransferFailed { id: unfinished.transfer, reason });
    }
    Ok(())
}

impl Wanted<'_> {
    /// Returns the sender's own upload if there is one, and whether there is one of another sender.
    fn find<'a>(&self, registry: &'a Registry, sender: &Sender) -> (Option<&'a Unfinished>, bool) {
        let mut meant: Vec<&Unfinished> = match self.wark {
            Some(wark) => registry.of(wark).filter(|one| self.is_here(one)).collect(),
            None => registry.all().filter(|one| self.is_here(one)).collect(),
        };
        // An upload that really has the name comes before one whose sender only believes so.
        meant.sort_by_key(|one| one.upload.name != self.name);
        let is_own = |one: &&&Unfinished| sender.is(&one.upload.account, &one.upload.address);
        (meant.iter().find(is_own).copied(), !meant.is_empty())
    }

    fn is_here(&self, one: &Unfinished) -> bool {
        let is_named = one.upload.name == self.name || (!self.tells && one.asked_name == self.name);
        is_named && one.upload.folder == self.folder
    }
}
