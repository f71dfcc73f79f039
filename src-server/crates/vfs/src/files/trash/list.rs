//! What an account sees of the trash.

use crate::access::Access;
use crate::volumes::trash::entry_id::ItemId;
use crate::volumes::trash::read::{TrashedItem, discover, for_each_item, for_each_trash};
use crate::volumes::trash::record::{Cause, Item};
use crate::volumes::tree::MountedVolume;
use model::{AccountName, Operation, Perm, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Folder, Kind, reserved};

/// Most entries of one list, the newest ones.
pub const LIST_MAX: usize = 1000;

/// An item in the trash, as an account may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrashEntry {
    /// Identifies it.
    pub id: ItemId,
    /// The path that it had.
    pub path: VPath,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Size of a file, or of the files in a folder, bytes.
    pub size: u64,
    /// Number of files: 1, or those in a folder.
    pub files: u64,
    /// Its modification time.
    pub modified: UnixMillis,
    /// When it was removed.
    pub removed: UnixMillis,
    /// Who removed it, without the identifiers of visitors: `*` for those.
    pub account: String,
    /// The address of the client that removed it; for administrators of the volume only.
    pub address: Option<String>,
    /// Why it is in the trash.
    pub cause: Cause,
    /// Whether the account may delete it for good.
    pub may_purge: bool,
}

/// A list of items, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrashList {
    /// The items.
    pub entries: Vec<TrashEntry>,
    /// Whether there are more, older ones.
    pub has_more: bool,
    /// For how many days at most they are kept: of the volume of the folder, else the longest of the volumes below it. 0: nothing
    /// is kept.
    pub days: u32,
}

/// Returns whether an account sees an item, which is whether it may delete at the former path.
pub(super) fn may_see(access: &Access, volume: &Arc<MountedVolume>, item: &Item) -> bool {
    let path = volume.config.mount.append(&item.path);
    let is_innermost = access.volume_path(&path).is_some_and(|at| at.volume.index == volume.index);
    is_innermost && access.verdict(&path, Operation::Delete) == Verdict::Allow
}

/// Returns whether lists show an item to an account that may restore it: dotfiles, and what was in folders whose names start
/// with a dot, only with the right to see dotfiles. Undoing a deletion does not need that right.
pub(super) fn is_shown(access: &Access, volume: &Arc<MountedVolume>, item: &Item) -> bool {
    let is_hidden = item.path.components().any(|name| name.starts_with(b"."));
    !is_hidden || access.rights_inside(volume, &item.path).has(Perm::Dot)
}

/// Returns whether an account may delete an item for good.
pub(super) fn may_purge(access: &Access, volume: &Arc<MountedVolume>, item: &TrashedItem) -> bool {
    let account = access.account();
    let is_own = !account.is_anonymous() && !access.is_guest() && item.by.account == account.as_str();
    is_own || access.rights_inside(volume, &item.item.path).has(Perm::Admin)
}

/// Whether a volume contains `folder`, or is mounted at or below it.
pub(super) fn concerns(access: &Access, volume: &MountedVolume, folder: &VPath) -> bool {
    let contains = || access.volume_path(folder).is_some_and(|at| at.volume.index == volume.index);
    volume.config.mount.is_within(folder) || contains()
}

/// Returns the items at or below `folder`. Blocks.
pub(super) fn list(access: &Access, folder: &VPath) -> TrashList {
    let at = access.volume_path(folder);
    let mut list =
        TrashList { days: at.as_ref().map_or(0, |at| at.volume.config.flags.trash.days), ..TrashList::default() };
    let mut seen: Vec<*const crate::volumes::storage::VolumeStorage> = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        // Of a folder that is mounted twice each item is listed once.
        let storage = Arc::as_ptr(&volume.storage);
        if !concerns(access, volume, folder)
            || !access.rights_anywhere_in(volume).has(Perm::Delete)
            || seen.contains(&storage)
        {
            continue;
        }
        seen.push(storage);
        if at.is_none() {
            list.days = list.days.max(volume.config.flags.trash.days);
        }
        if let Some(root) = volume.storage.root() {
            list_volume(access, volume, &root, folder, &mut list);
        }
    }
    list.entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    list.has_more |= list.entries.len() > LIST_MAX;
    list.entries.truncate(LIST_MAX);
    list
}

fn list_volume(access: &Access, volume: &Arc<MountedVolume>, root: &Folder, folder: &VPath, list: &mut TrashList) {
    let state = &volume.storage.state.trash;
    if let Some(below) = folder.strip_prefix(&volume.config.mount) {
        discover(state, root, &below);
    }
    let wanted = |item: &Item| {
        let path = volume.config.mount.append(&item.path);
        path.is_within(folder)
            && !reserved::holds_reserved(&item.path)
            && may_see(access, volume, item)
            && is_shown(access, volume, item)
    };
    for_each_trash(state, root, |trash| {
        let mut left = LIST_MAX + 1;
        let each = &mut |item: TrashedItem| {
            list.entries.push(entry(access, volume, item));
            left -= 1;
            left > 0
        };
        if let Err(error) = for_each_item(trash, &wanted, each) {
            tracing::warn!(%error, "the trash of a volume cannot be listed");
        }
    });
}

/// Returns an item as an account may see it.
pub(super) fn entry(access: &Access, volume: &Arc<MountedVolume>, item: TrashedItem) -> TrashEntry {
    let is_admin = access.rights_inside(volume, &item.item.path).has(Perm::Admin);
    TrashEntry {
        id: item.id,
        path: volume.config.mount.append(&item.item.path),
        is_folder: item.item.kind == Kind::Folder,
        size: if item.item.kind == Kind::Folder { item.counts.size } else { item.item.size },
        files: item.counts.files,
        modified: item.item.mtime,
        removed: item.at,
        account: AccountName::from(item.by.account.as_str()).public().as_str().to_owned(),
        address: is_admin.then(|| item.by.address.clone()),
        cause: item.cause,
        may_purge: may_purge(access, volume, &item),
    }
}
