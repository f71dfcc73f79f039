//! Who uploaded a file, and which files arrived lately, for people who may read them.

use super::core::Uploads;
use super::my_uploads::recent_since;
use super::sender::Sender;
use super::volume::{VolumeUploads, ledger_error, uploads_of};
use model::{AccountName, Operation, Perm, UnixMillis, VPath, Verdict, Wark};
use std::sync::Arc;
use store::disk::Node;
use store::ledger::FileRow;
use vfs::access::Access;
use vfs::clock::now;
use vfs::error::Result;
use vfs::files::findable::findable;
use vfs::running_transfers::{TransferNow, TransferStart};
use vfs::volumes::resolve::{Resolved, find};
use vfs::volumes::tree::MountedVolume;

/// Most files of one volume that are looked at.
const ROWS_MAX: u32 = 2000;
/// An upload in chunks is under way if something arrived within this time.
const ACTIVE_MS: i64 = 60_000;

/// Who uploaded a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploader {
    /// The account, guest or visitor.
    pub account: AccountName,
    /// The address.
    pub address: String,
    /// When.
    pub at: UnixMillis,
    /// Whether it is the one who asks.
    pub is_self: bool,
    /// Identifies the content; `None`: it was not hashed by chunks.
    pub wark: Option<Wark>,
}

/// A file that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentUpload {
    /// Its path.
    pub path: VPath,
    /// Bytes.
    pub size: u64,
    /// Who uploaded it.
    pub by: Uploader,
    /// Whether the account administers the volume.
    pub administers: bool,
    /// Whether the account may delete it: by its rights, or as its own upload for a while.
    pub may_delete: bool,
}

impl Uploads {
    /// Returns who uploaded the file at `path`; `None`: that is not known, or the file has changed since.
    ///
    /// # Errors
    /// `Internal`, if the ledger cannot be read.
    pub async fn uploader(&self, access: &Access, path: &VPath) -> Result<Option<Uploader>> {
        let (access, path) = (access.clone(), path.clone());
        self.core.pool.try_run(move || uploader(&access, &path)).await
    }

    /// Returns the newest `limit` uploads at and below `folder` that still exist and that the account may read, the newest
    /// first.
    ///
    /// # Errors
    /// `Internal`, if a ledger cannot be read.
    pub async fn recent(&self, access: &Access, folder: &VPath, limit: usize) -> Result<Vec<RecentUpload>> {
        let (access, folder) = (access.clone(), folder.clone());
        self.core.pool.try_run(move || recent(&access, &folder, limit)).await
    }
}

impl Uploads {
    /// Returns the uploads in chunks of which bytes arrived within the last minute, the oldest first, with a key of each that
    /// stays the same. Checks no rights. Never blocks.
    pub fn under_way(&self) -> Vec<(String, TransferNow)> {
        let snapshot = self.core.snapshot.load();
        let since = UnixMillis(now().0 - ACTIVE_MS);
        let mut all = Vec::new();
        for volume in &snapshot.tree.volumes {
            let registry = uploads_of(&volume.storage).registry();
            all.extend(registry.all().filter(|one| one.touched >= since).map(|one| {
                let (upload, size) = (&one.upload, one.upload.plan.size().0);
                let chunks = one.upload.have.len().max(1) as u128;
                let done = (u128::from(size) * one.received_chunks() as u128 / chunks) as u64;
                let path = volume.config.mount.append(&upload.folder).join(&upload.name);
                let (account, address) = (upload.account.clone(), upload.address.clone());
                let start = TransferStart { path, is_upload: true, size: Some(size), account, address };
                (
                    format!("chunks {} {}", volume.index, one.id),
                    TransferNow { start, begun: upload.started, done, rate: 0 },
                )
            }));
        }
        all.sort_by_key(|(_, transfer)| transfer.begun);
        all
    }
}

fn uploader(access: &Access, path: &VPath) -> Result<Option<Uploader>> {
    let Resolved::OnDisk(located) = find(access, path)? else { return Ok(None) };
    let Node::File(open) = &located.node else { return Ok(None) };
    if located.verdict(Operation::Download) != Verdict::Allow {
        return Ok(None);
    }
    let Some((folder, name)) = located.below.split_last() else { return Ok(None) };
    let uploads: &VolumeUploads = uploads_of(&located.volume.storage);
    let row = uploads.ledger.file_at(&folder, &name).map_err(|error| ledger_error(error, path))?;
    let row = row.filter(|row| row.size.0 == open.meta.size);
    Ok(row.map(|row| by(access, &row)))
}

fn by(access: &Access, row: &FileRow) -> Uploader {
    Uploader {
        account: row.account.clone(),
        address: row.address.clone(),
        at: row.uploaded_at,
        is_self: Sender::of(access).is(&row.account, &row.address),
        wark: row.wark,
    }
}

fn recent(access: &Access, folder: &VPath, limit: usize) -> Result<Vec<RecentUpload>> {
    let mut found = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        let mount = &volume.config.mount;
        let within = if mount.is_within(folder) { Some(VPath::root()) } else { folder.strip_prefix(mount) };
        let Some(within) = within.filter(|_| access.rights_anywhere_in(volume).has(Perm::Read)) else { continue };
        recent_in(access, volume, &within, limit, &mut found)?;
    }
    found.sort_by_key(|one| std::cmp::Reverse(one.by.at));
    found.truncate(limit);
    Ok(found)
}

fn recent_in(
    access: &Access,
    volume: &Arc<MountedVolume>,
    within: &VPath,
    limit: usize,
    found: &mut Vec<RecentUpload>,
) -> Result<()> {
    let rows = uploads_of(&volume.storage).ledger.newest(ROWS_MAX);
    let rows = rows.map_err(|error| ledger_error(error, &volume.config.mount))?;
    let behaviour = &access.snapshot().settings.behaviour;
    let since = recent_since(access);
    let mut count = 0;
    for row in rows.into_iter().filter(|row| row.folder.is_within(within)) {
        if count == limit {
            break;
        }
        let Some((path, located)) = findable(access, volume, &row.folder.join(&row.name)) else { continue };
        if located.node.meta.size != row.size.0 {
            continue;
        }
        let by = by(access, &row);
        let is_recent = since.is_some_and(|since| row.uploaded_at >= since);
        let as_own = by.is_self && is_recent && located.rights.has(Perm::Write);
        let may_delete = !behaviour.no_delete && (as_own || located.verdict(Operation::Delete) == Verdict::Allow);
        let administers = located.rights.has(Perm::Admin);
        found.push(RecentUpload { path, size: row.size.0, by, administers, may_delete });
        count += 1;
    }
    Ok(())
}
