//! Earlier versions of one file: in the trash, and in the history of the text editor.

use super::list::{TrashEntry, entry, is_shown, may_see};
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Gone, Result};
use crate::files::ops::restore::{IfTaken, restore};
use crate::files::ops::text::save;
use crate::files::ops::text_versions::{TextVersion, list_text_versions, open_text_version, read_text_version};
use crate::files::read::Download;
use crate::numbered::Numbered;
use crate::volumes::resolve::{self, Resolved, refusal};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::trash::entry_id::ItemId;
use crate::volumes::trash::read::{OpenItem, discover, find_item, for_each_item, for_each_trash};
use crate::volumes::trash::record::Item;
use crate::volumes::tree::VolumePath;
use model::{Operation, UnixMillis, VPath, Verdict};
use std::fmt;
use std::sync::Arc;
use store::disk::Folder;

/// Identifies an earlier version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionId {
    /// In the trash.
    Trash(ItemId),
    /// In the history of the text editor: the time of the version, milliseconds.
    Text(i64),
}

impl VersionId {
    /// Parses the text of [`fmt::Display`]; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("text.") {
            Some(time) => time.parse().ok().map(Self::Text),
            None => ItemId::parse(text).map(Self::Trash),
        }
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trash(id) => id.fmt(f),
            Self::Text(time) => write!(f, "text.{time}"),
        }
    }
}

/// An earlier version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Identifies it.
    pub id: VersionId,
    /// Bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: UnixMillis,
    /// What is known of it, if it is in the trash.
    pub trashed: Option<TrashEntry>,
}

/// Returns the earlier versions of the file at `path`, the newest first. Blocks.
///
/// # Errors
/// `Denied` if the account may neither delete the file nor edit it; those of the disk.
pub(super) fn list(access: &Access, path: &VPath) -> Result<Vec<Version>> {
    let (sees_trash, sees_texts) = (may(access, path, Operation::Delete), may(access, path, Operation::SaveText));
    if !sees_trash && !sees_texts {
        return Err(refusal(access, path, Operation::Delete));
    }
    let Some(at) = access.volume_path(path) else { return Err(resolve::absence(access, path)) };
    let Some(root) = at.volume.storage.root() else { return Err(EngineError::Gone(Gone::Folder(path.clone()))) };
    let state = &at.volume.storage.state.trash;
    discover(state, &root, &at.below);
    let mut versions = Vec::new();
    for_each_trash(state, &root, |trash| {
        let may_list = |item: &Item| may_see(access, &at.volume, item) && is_shown(access, &at.volume, item);
        let wanted = |item: &Item| item.path == at.below && may_list(item);
        let listed = for_each_item(trash, &wanted, &mut |item| {
            let item = entry(access, &at.volume, item);
            if !item.is_folder {
                versions.push(Version {
                    id: VersionId::Trash(item.id),
                    size: item.size,
                    modified: item.modified,
                    trashed: Some(item),
                });
            }
            versions.len() < super::list::LIST_MAX
        });
        if let Err(error) = listed {
            tracing::warn!(%error, "the versions of a file cannot be listed completely");
        }
    });
    let texts = list_text_versions(&root, &at.below).into_iter().map(|TextVersion { time_ms, size }| Version {
        id: VersionId::Text(time_ms),
        size,
        modified: UnixMillis(time_ms),
        trashed: None,
    });
    versions.extend(texts);
    versions.sort_by_key(|version| std::cmp::Reverse(version.modified));
    Ok(versions)
}

/// Opens an earlier version of the file at `path`, to be read. Blocks.
///
/// # Errors
/// `Denied` if the account may not read the file, or a version of the text editor without the right to edit; `Gone` if there is
/// no such version that it sees; those of the disk.
pub(super) fn open(core: &Arc<Core>, access: &Access, path: &VPath, id: &VersionId) -> Result<Download> {
    let gone = || EngineError::Gone(Gone::Trashed);
    let Some(at) = access.volume_path(path) else { return Err(resolve::absence(access, path)) };
    if !may(access, path, Operation::Download) {
        return Err(refusal(access, path, Operation::Download));
    }
    let Some(root) = at.volume.storage.root() else { return Err(EngineError::Gone(Gone::Folder(path.clone()))) };
    let file = match id {
        VersionId::Trash(id) => {
            let state = &at.volume.storage.state.trash;
            discover(state, &root, &at.below);
            let open = find_of(access, &at, &root, *id).ok_or_else(gone)?;
            if !is_shown(access, &at.volume, &open.item.item) {
                return Err(gone());
            }
            open.entry.open_file(id.item).map_err(|error| map_store_error(error, path))?
        }
        VersionId::Text(_) if !may(access, path, Operation::SaveText) => {
            return Err(refusal(access, path, Operation::SaveText));
        }
        VersionId::Text(time) => open_text_version(&root, &at.below, *time)?,
    };
    Ok(Download::of(core, access, path, access.rights_at(path), file.ok_or_else(gone)?))
}

/// Finds a version in the trash that is one of the file at `at`, and that the account may restore.
fn find_of(access: &Access, at: &VolumePath, root: &Folder, id: ItemId) -> Option<OpenItem> {
    let open = find_item(&at.volume.storage.state.trash, root, id)?;
    let item = &open.item.item;
    (item.path == at.below && may_see(access, &at.volume, item)).then_some(open)
}

fn may(access: &Access, path: &VPath, operation: Operation) -> bool {
    access.verdict(path, operation) == Verdict::Allow
}

/// Returns `path`, or a numbered path beside it that is free. Another file that takes it before the text is saved
/// becomes a version itself.
fn free_path(access: &Access, path: &VPath) -> Result<VPath> {
    let is_taken = |path: &VPath| resolve::find(access, path).map(|found| !matches!(found, Resolved::Absent));
    let (folder, name) = path.split_last().ok_or_else(|| resolve::absence(access, path))?;
    let name = if is_taken(path)? { Numbered::of(&name).free(|name| is_taken(&folder.join(name)))? } else { name };
    Ok(folder.join(&name))
}

/// Restores an earlier version of the file at `path`. Returns its path. Blocks.
///
/// # Errors
/// Those of restoring, and of saving a text.
pub(super) fn restore_version(
    core: &Arc<Core>,
    access: &Access,
    path: &VPath,
    id: &VersionId,
    if_taken: IfTaken,
) -> Result<VPath> {
    let gone = || EngineError::Gone(Gone::Trashed);
    let Some(at) = access.volume_path(path) else { return Err(resolve::absence(access, path)) };
    let Some(root) = at.volume.storage.root() else { return Err(EngineError::Gone(Gone::Folder(path.clone()))) };
    match id {
        VersionId::Trash(id) => {
            let open = find_of(access, &at, &root, *id).ok_or_else(gone)?;
            restore(core, access, &at.volume, &open, if_taken)
        }
        VersionId::Text(time) => {
            if !may(access, path, Operation::SaveText) {
                return Err(refusal(access, path, Operation::SaveText));
            }
            let text = read_text_version(&root, &at.below, *time)?.ok_or_else(gone)?;
            let to = if if_taken == IfTaken::Beside { free_path(access, path)? } else { path.clone() };
            save(core, access, &to, None, &text)?;
            Ok(to)
        }
    }
}
