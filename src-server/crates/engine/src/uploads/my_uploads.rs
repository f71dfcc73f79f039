//! What people sent themselves: they see it, and may take it back for a while (`--unpost`) without the right to delete.
//!
//! Whose an upload is stands in the ledger: an account's, or, without one, an address's. People who may not be told
//! which names are taken believe that their files have the names they asked for, and are left in that belief.

use super::admit::may_learn_names;
use super::chunks::sender;
use super::names::{is_other, now, without_mark};
use super::registry::Sender;
use super::volume::{KnownFile, ledger_error};
use super::{Uploads, VolumeUploads};
use crate::access::Access;
use crate::error::{EngineError, Result, UnpostRefused};
use crate::files::ops::entry_ref::EntryRef;
use crate::volumes::resolve::as_requested;
use crate::volumes::store_errors::map_store_error;
use crate::volumes::tree::MountedVolume;
use model::{FileName, Operation, Perm, UnixMillis, VPath, Verdict};
use store::disk::Kind;
use store::ledger::FileRow;

/// Most files of one volume that are listed, or looked through for a name.
const ROWS_MAX: u32 = 2000;

/// Something that the asker sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnUpload {
    /// Where it is, or will be.
    pub path: VPath,
    /// Bytes, when complete.
    pub size: u64,
    /// When it came, or was begun.
    pub at: UnixMillis,
    /// Percent that are here, 0 to 100, if it is not complete.
    pub unfinished: Option<u8>,
}

impl Uploads {
    /// The asker's own uploads that can be taken back, in all volumes: unfinished ones first, then the newest.
    ///
    /// # Errors
    /// `Internal`, if a ledger cannot be read.
    pub async fn own_uploads(&self, access: &Access) -> Result<Vec<OwnUpload>> {
        let access = access.clone();
        self.core.pool.try_run(move || list_own(&access)).await
    }

    /// Removes a file that the asker sent not longer ago than `--unpost`, or gives up an unfinished upload of theirs
    /// ([`Uploads::abandon`]). `path`: as they know it.
    ///
    /// # Errors
    /// `Denied` (write); `UnpostRefused`; `SwitchedOff`; those of [`Uploads::abandon`].
    pub async fn unpost(&self, access: &Access, path: &VPath) -> Result<()> {
        let on_its_way = match self.abandon(access, path, None).await {
            // None of theirs: then one that has come.
            Err(error @ EngineError::UnpostRefused(_)) => error,
            answer => return answer,
        };
        if access.snapshot().settings.behaviour.no_delete {
            return Err(EngineError::SwitchedOff("delete"));
        }
        let (access, path) = (access.clone(), path.clone());
        let come = self.core.pool.try_run(move || unpost(&access, &path)).await;
        come.map_err(|error| match error {
            EngineError::UnpostRefused(UnpostRefused::Unknown) => on_its_way,
            other => other,
        })
    }
}

/// Since when uploads count as recent; `None`: nothing can be taken back.
fn recent_since(access: &Access) -> Option<UnixMillis> {
    let secs = access.snapshot().settings.behaviour.unpost_secs;
    (secs > 0).then(|| UnixMillis(now().0.saturating_sub_unsigned(secs.saturating_mul(1000))))
}

fn list_own(access: &Access) -> Result<Vec<OwnUpload>> {
    let mut found = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        if access.rights_anywhere_in(volume).has(Perm::Write) {
            unfinished_in(access, volume, &mut found);
            finished_in(access, volume, &mut found)?;
        }
    }
    // What another volume is mounted over cannot be reached.
    found.retain(|one| access.verdict(&one.path, Operation::Upload) == Verdict::Allow);
    found.sort_by_key(|one| (one.unfinished.is_none(), std::cmp::Reverse(one.at)));
    Ok(found)
}

fn unfinished_in(access: &Access, volume: &MountedVolume, found: &mut Vec<OwnUpload>) {
    let sender = sender(access);
    let registry = volume.storage.uploads.registry();
    let theirs = registry.all().filter(|one| sender.is(&one.upload.account, &one.upload.address));
    found.extend(theirs.map(|one| {
        let upload = &one.upload;
        let tells = may_learn_names(access, volume, &upload.folder);
        let name = if tells || one.random { &upload.name } else { &one.asked_name };
        let folder = if tells { upload.folder.clone() } else { as_requested(&upload.folder) };
        OwnUpload {
            path: volume.config.mount.append(&folder).join(name),
            size: upload.plan.size().0,
            at: upload.started,
            unfinished: Some((100 * one.received_chunks() / upload.have.len().max(1)) as u8),
        }
    }));
}

fn finished_in(access: &Access, volume: &MountedVolume, found: &mut Vec<OwnUpload>) -> Result<()> {
    let Some(since) = recent_since(access) else { return Ok(()) };
    let rows = own_rows(access, &volume.storage.uploads, since);
    for row in rows.map_err(|error| ledger_error(error, &volume.config.mount))? {
        let (folder, name) = match may_learn_names(access, volume, &row.folder) {
            true => (row.folder, row.name),
            false => (as_requested(&row.folder), without_mark(row.name)),
        };
        let path = volume.config.mount.append(&folder).join(&name);
        found.push(OwnUpload { path, size: row.size.0, at: row.uploaded_at, unfinished: None });
    }
    Ok(())
}

fn own_rows(access: &Access, uploads: &VolumeUploads, since: UnixMillis) -> Result<Vec<FileRow>, store::StoreError> {
    let Sender { account, address } = sender(access);
    uploads.ledger.uploaded_by(&account, &address, since, ROWS_MAX)
}

fn unpost(access: &Access, path: &VPath) -> Result<()> {
    let unknown = || EngineError::UnpostRefused(UnpostRefused::Unknown);
    let mut entry = EntryRef::for_name(access, path, Operation::Upload).map_err(|error| match error {
        // Whoever may write here was let in; what is left is a folder that is not there.
        EngineError::NotFound(_) | EngineError::Denied { missing: "read", .. } => unknown(),
        other => other,
    })?;
    let volume = entry.parent.volume.clone();
    let since = recent_since(access).ok_or(EngineError::SwitchedOff("unpost"))?;
    let row = sent_as(access, &entry, &volume, since).map_err(|error| ledger_error(error, path))??;
    entry.name = row.name.clone();
    if volume.storage.uploads.discard {
        entry.forget();
        return Ok(());
    }
    let is_it = |kind, size| kind == Kind::Link || (kind == Kind::File && size == row.size.0);
    if !entry.stat()?.is_some_and(|meta| is_it(meta.kind, meta.size)) {
        return Err(unknown());
    }
    let _lock = entry.lock()?;
    entry.keep_links()?;
    let removed = entry.parent.node.remove_file(&entry.name).and_then(|()| entry.parent.node.sync());
    removed.map_err(|error| map_store_error(error, path))?;
    entry.forget_removed(Kind::File, KnownFile::Row(Box::new(row)));
    Ok(())
}

/// The file that the asker sent to this name, or why not. The outer error is the ledger's.
fn sent_as(
    access: &Access,
    entry: &EntryRef,
    volume: &MountedVolume,
    since: UnixMillis,
) -> Result<Result<FileRow>, store::StoreError> {
    let (uploads, below, name) = (&volume.storage.uploads, &entry.parent.below, &entry.name);
    let (sender, tells) = (sender(access), may_learn_names(access, volume, below));
    let here = uploads.ledger.file_at(below, name)?;
    let why = match here {
        Some(row) if !sender.is(&row.account, &row.address) => UnpostRefused::NotYours,
        Some(row) if row.uploaded_at < since => UnpostRefused::TooLate,
        Some(row) => return Ok(Ok(row)),
        None => UnpostRefused::Unknown,
    };
    if tells {
        return Ok(Err(EngineError::UnpostRefused(why)));
    }
    let called = |row: &FileRow, asked: &FileName| row.folder == *below && is_other(&row.name, asked);
    let other = own_rows(access, uploads, since)?.into_iter().find(|row| called(row, name));
    Ok(other.ok_or(EngineError::UnpostRefused(UnpostRefused::Unknown)))
}
