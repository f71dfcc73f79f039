//! Checks an upload against the rules of its volume: size, free space, number of files, rate (docs/configuration.md,
//! upload rules).

use super::allowance::{Allowance, Amount, MissingSpace, SpaceReservation};
use super::core::{Core, Uploads};
use super::missing_files::forget_missing;
use super::quota::{self, QuotaRefusal};
use super::rates::Rates;
use super::space_reservations::{self, SMALL};
use super::target::Target;
use super::volume::uploads_of;
use model::volume::UploadLimits;
use model::{Bytes, LinkId, VPath};
use std::sync::Arc;
use std::time::Duration;
use vfs::access::Access;
use vfs::error::{EngineError, NoSpace, Result, Rule};
use vfs::grants::{GrantReservation, Grants};
use vfs::volumes::extension::NameLocks;
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::trash::shortage::Purgeable;

/// How long a comparison of the ledger with the disk stays valid.
const COMPARISON_VALID: Duration = Duration::from_secs(60);

/// Checks the size limits of the volume.
pub(super) fn check_size(limits: &UploadLimits, size: u64) -> Result<()> {
    if let Some(limit) = limits.max_size.filter(|most| size > most.0) {
        return Err(EngineError::RuleBroken(Rule::Size { too_big: true, limit }));
    }
    if let Some(limit) = limits.min_size.filter(|least| size < least.0) {
        return Err(EngineError::RuleBroken(Rule::Size { too_big: false, limit }));
    }
    Ok(())
}

/// Returns the bytes of the largest file that the limits of a volume allow, apart from what is there already; `None`:
/// any. `link_left`: how many bytes may still arrive by the sender's share link.
fn largest_allowed(limits: &UploadLimits, link_left: Option<u64>) -> Option<u64> {
    let of_volume = [limits.max_size, limits.max_bytes].map(|most| most.map(|most| most.0));
    of_volume.into_iter().chain([link_left]).flatten().min()
}

impl Uploads {
    /// Returns the size of the largest file that can be accepted from this account in `folder`, in bytes, so that a page
    /// can say it before files are chosen; `None`: there is no limit. A smaller file may be refused all the same, when
    /// the disk or the volume is full. Never blocks.
    pub fn largest_file(&self, access: &Access, folder: &VPath) -> Option<u64> {
        let volume = access.volume_path(folder)?.volume;
        largest_allowed(&volume.config.flags.limits, self.core.grants.bytes_left(access))
    }
}

/// Counts a new file of `size` bytes if no rule of the volume needs the disk or the database; `None`: call
/// [`check_new`]. Never blocks.
pub(super) fn check_without_io(core: &Core, access: &Access, target: &Target, size: u64) -> Option<Result<Allowance>> {
    let limits = &target.volume.config.flags.limits;
    if size >= SMALL || limits.min_free.is_some() || limits.max_bytes.is_some() || limits.max_files.is_some() {
        return None;
    }
    Some(
        count(&*core.grants, &core.upload_state.rates, access, target, size)
            .map(|link| Allowance { link, reservation: None }),
    )
}

fn count(
    grants: &dyn Grants,
    rates: &Rates,
    access: &Access,
    target: &Target,
    size: u64,
) -> Result<Option<Arc<dyn GrantReservation>>> {
    let allowance = grants.reserve(access, size, &|| unreserved_link_bytes(access, target))?;
    let limits = &target.volume.config.flags.limits;
    rates.count(&target.volume.config.mount, access.client().address, size, limits)?;
    Ok(allowance)
}

/// Returns the bytes of unfinished uploads by the same share link that are from an earlier run and have no reservation.
fn unreserved_link_bytes(access: &Access, target: &Target) -> u64 {
    let Some(link) = access.link() else { return 0 };
    let registry = target.uploads().registry();
    let theirs = registry.all().filter(|one| one.allowance.link.is_none());
    let theirs = theirs.filter(|one| LinkId::of_account(&one.upload.account).as_ref() == Some(link));
    theirs.fold(0, |sum, one| sum.saturating_add(one.upload.plan.size().0))
}

/// Checks all rules for a new file of `size` bytes and counts it. The returned allowance belongs to the file. Blocks.
pub(super) fn check_new(core: &Core, access: &Access, target: &Target, size: u64) -> Result<Allowance> {
    check_change(&*core.grants, &core.upload_state.rates, access, target, size, None)
}

/// Like [`check_new`], for a file that may replace one of `replaced` bytes. Blocks.
pub(super) fn check_change(
    grants: &dyn Grants,
    rates: &Rates,
    access: &Access,
    target: &Target,
    size: u64,
    replaced: Option<u64>,
) -> Result<Allowance> {
    check_size(&target.volume.config.flags.limits, size)?;
    let room = find_room(access, target, size)?;
    let bytes = size.saturating_sub(replaced.unwrap_or(0));
    let reservation = reserve_space(access, target, Amount { files: u64::from(replaced.is_none()), bytes })?;
    let allowance = Allowance { link: count(grants, rates, access, target, size)?, reservation };
    // Last, since nothing is purged for an upload that another rule refuses.
    room.make().map(|()| allowance)
}

/// Extends the reservation of a file that grows to `size` bytes; `admitted` bytes are already reserved. Blocks.
pub(super) fn check_growth(target: &Target, allowance: &Allowance, admitted: u64, size: u64) -> Result<()> {
    if let Some(quota) = &allowance.link {
        quota.grow_to(size)?;
    }
    let (Some(reservation), Some(bytes @ 1..)) = (&allowance.reservation, size.checked_sub(admitted)) else {
        return Ok(());
    };
    let limits = &target.volume.config.flags.limits;
    quota::grow(target.uploads(), limits, reservation, Amount { files: 0, bytes }).map_err(|why| refused(target, why))
}

/// Reserves space in a volume, reclaiming it from stale announcements if necessary. Blocks.
pub(super) fn reserve_space(access: &Access, target: &Target, wanted: Amount) -> Result<Option<Arc<SpaceReservation>>> {
    let limits = &target.volume.config.flags.limits;
    let reserve = || quota::reserve(target.uploads(), limits, wanted);
    let mut outcome = reserve();
    if let Err(QuotaRefusal::Missing(missing)) = &outcome
        && space_reservations::reclaim_in_volume(access, target, *missing)
    {
        outcome = reserve();
    }
    // Files that were removed outside of the server take no space.
    if matches!(&outcome, Err(QuotaRefusal::Missing(_))) && compare_with_disk(target) {
        outcome = reserve();
    }
    outcome.map_err(|why| refused(target, why))
}

/// Removes the rows of missing files, unless that was done recently. Returns whether it was done. Blocks.
fn compare_with_disk(target: &Target) -> bool {
    let storage = &target.volume.storage;
    let Some(root) = storage.root().filter(|_| uploads_of(storage).disk_comparison.is_due(COMPARISON_VALID)) else {
        return false;
    };
    let compared = forget_missing(uploads_of(storage), &root, &VPath::root(), NameLocks::Taken);
    if let Err(error) = &compared {
        tracing::warn!(%error, "the ledger of a volume with limits could not be compared with the disk");
    }
    compared.is_ok()
}

fn refused(target: &Target, why: QuotaRefusal) -> EngineError {
    match why {
        QuotaRefusal::Missing(MissingSpace { bytes: 0, .. }) => EngineError::NoSpace(NoSpace::VolumeFiles),
        QuotaRefusal::Missing(_) => EngineError::NoSpace(NoSpace::VolumeBytes),
        QuotaRefusal::Unknown(error) => map_store_error(error, &target.canonical()),
    }
}

/// Where the disk has room for a file.
enum Room {
    /// In its free space, or the disk does not tell.
    Free,
    /// In its trash, once enough of that is purged.
    InTrash { purgeable: Purgeable, wanted: u64, refusal: NoSpace },
}

impl Room {
    /// Purges what is needed. Blocks.
    fn make(self) -> Result<()> {
        match self {
            Self::InTrash { purgeable, wanted, refusal } if !purgeable.purge_until(wanted) => {
                Err(EngineError::NoSpace(refusal))
            }
            Self::InTrash { .. } | Self::Free => Ok(()),
        }
    }
}

/// Checks that the disk has `size` free bytes beside reservations and the volume's minimum free space, or will have them
/// once its trash is purged. Stale announcements may be dropped for that, but nothing is purged. Blocks.
fn find_room(access: &Access, target: &Target, size: u64) -> Result<Room> {
    let keep = target.volume.config.flags.limits.min_free.unwrap_or_default();
    let Some(folder) = target.folder.as_ref().filter(|_| keep.0 > 0 || size >= SMALL) else { return Ok(Room::Free) };
    // A disk that does not report its free space refuses writes itself when it is full.
    let Ok(space) = folder.free_space() else { return Ok(Room::Free) };
    let needed = Bytes(size.saturating_add(keep.0));
    let refusal = NoSpace::Disk { free: space.free, needed };
    let Ok(device) = folder.meta().map(|meta| meta.dev) else {
        return if space.free < needed { Err(EngineError::NoSpace(refusal)) } else { Ok(Room::Free) };
    };
    let reserved = space_reservations::reserved_bytes(access, device);
    let wanted = needed.0.saturating_add(reserved);
    let missing = wanted.saturating_sub(space.free.0);
    if missing == 0 || space.free >= needed && space_reservations::reclaim_on_device(access, device, missing) {
        return Ok(Room::Free);
    }
    let purgeable = trash_on(access, device);
    let available = space.free.0.saturating_add(purgeable.bytes());
    let refusal = match space.free < needed {
        true => refusal,
        false => NoSpace::Reserved { left: Bytes(space.free.0.saturating_sub(reserved)), needed },
    };
    let missing = wanted.saturating_sub(available);
    let is_enough =
        available >= needed.0 && (missing == 0 || space_reservations::reclaim_on_device(access, device, missing));
    if !is_enough {
        return Err(EngineError::NoSpace(refusal));
    }
    let wanted = needed.0.saturating_add(space_reservations::reserved_bytes(access, device));
    Ok(Room::InTrash { purgeable, wanted, refusal })
}

/// Returns what the trashes of all volumes on a disk can free. Blocks.
fn trash_on(access: &Access, device: u64) -> Purgeable {
    let volumes = access.snapshot().tree.volumes.iter().filter_map(|volume| {
        let state = volume.storage.state.trash.clone();
        Some((state, store::disk::Folder::clone(&*volume.storage.root()?), volume.config.flags.trash.max))
    });
    Purgeable::on_device(volumes, device)
}
