//! Checks an upload against the rules of its volume: size, free space, number of files, rate. Chooses the folders that
//! rotation sorts it into (docs/configuration.md, upload rules).

use super::admit::Target;
use super::missing_files::forget_missing;
use super::quota::{self, Allowance, Amount, QuotaRefusal, SpaceReservation};
use super::space_reservations::{self, MissingSpace};
use super::volume::uploads_of;
use crate::core::Core;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::volume::{Rotation, UploadLimits};
use model::{Bytes, FileName, LinkId, UnixMillis, VPath};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::disk::{Folder, Kind};
use vfs::access::Access;
use vfs::error::{EngineError, Result};
use vfs::grants::{GrantReservation, Grants};
use vfs::volumes::extension::NameLocks;
use vfs::volumes::store_errors::map_store_error;

/// Smaller files start without checking the disk's free space.
pub(super) const SMALL: u64 = 1 << 20;
/// How long a comparison of the ledger with the disk stays valid.
const COMPARISON_VALID: Duration = Duration::from_secs(60);
/// Maximum number of addresses remembered.
const ADDRESSES_MAX: usize = 10_000;

/// Recent uploads per mount point and address, for rate limits.
#[derive(Default)]
pub struct Rates {
    recent: Mutex<HashMap<(VPath, IpAddr), Recent>>,
}

/// Start time and size of uploads; oldest first.
type Recent = VecDeque<(Instant, u64)>;

impl Rates {
    /// Counts one more file, or refuses it if a rate limit is reached.
    fn count(&self, mount: &VPath, address: IpAddr, size: u64, limits: &UploadLimits) -> Result<()> {
        let longest = limits.files_per_time.map_or(0, |(_, secs)| secs);
        let longest = longest.max(limits.bytes_per_time.map_or(0, |(_, secs)| secs));
        if longest == 0 {
            return Ok(());
        }
        let mut recent = self.recent.lock();
        if recent.len() >= ADDRESSES_MAX {
            recent.retain(|_, seen| seen.back().is_some_and(|(when, _)| when.elapsed() < Duration::from_secs(longest)));
        }
        let seen = recent.entry((mount.clone(), address)).or_default();
        while seen.front().is_some_and(|(when, _)| when.elapsed() >= Duration::from_secs(longest)) {
            seen.pop_front();
        }
        let within = |secs: u64| {
            let window = Duration::from_secs(secs);
            seen.iter().rev().take_while(move |(when, _)| when.elapsed() < window)
        };
        if let Some((most, secs)) = limits.files_per_time
            && within(secs).count() as u64 >= most
        {
            return Err(EngineError::TooManyUploads);
        }
        if let Some((most, secs)) = limits.bytes_per_time
            && within(secs).map(|(_, bytes)| *bytes).fold(size, u64::saturating_add) > most.0
        {
            return Err(EngineError::TooMuchData);
        }
        seen.push_back((Instant::now(), size));
        Ok(())
    }

    /// Removes the last `files` counted files, which were not created after all.
    pub fn uncount(&self, mount: &VPath, address: IpAddr, files: usize) {
        let mut recent = self.recent.lock();
        if let Some(seen) = recent.get_mut(&(mount.clone(), address)).filter(|_| files > 0) {
            seen.truncate(seen.len().saturating_sub(files));
        }
    }
}

/// Checks the size limits of the volume.
pub(super) fn check_size(limits: &UploadLimits, size: u64) -> Result<()> {
    if limits.max_size.is_some_and(|most| size > most.0) {
        return Err(EngineError::SizeRule { too_big: true });
    }
    if limits.min_size.is_some_and(|least| size < least.0) {
        return Err(EngineError::SizeRule { too_big: false });
    }
    Ok(())
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
    check_space(access, target, size)?;
    let bytes = size.saturating_sub(replaced.unwrap_or(0));
    let reservation = reserve_space(access, target, Amount { files: u64::from(replaced.is_none()), bytes })?;
    Ok(Allowance { link: count(grants, rates, access, target, size)?, reservation })
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
fn reserve_space(access: &Access, target: &Target, wanted: Amount) -> Result<Option<Arc<SpaceReservation>>> {
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
    let Some(root) = storage.root().filter(|_| uploads_of(&storage).disk_comparison.is_due(COMPARISON_VALID)) else {
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
        QuotaRefusal::Missing(MissingSpace { bytes: 0, .. }) => EngineError::VolumeFileLimit,
        QuotaRefusal::Missing(_) => EngineError::VolumeFull,
        QuotaRefusal::Unknown(error) => map_store_error(error, &target.canonical()),
    }
}

/// Checks that the disk has `size` free bytes beside reservations and the volume's minimum free space. Blocks.
fn check_space(access: &Access, target: &Target, size: u64) -> Result<()> {
    let keep = target.volume.config.flags.limits.min_free.unwrap_or_default();
    let Some(folder) = target.folder.as_ref().filter(|_| keep.0 > 0 || size >= SMALL) else { return Ok(()) };
    // A disk that does not report its free space refuses writes itself when it is full.
    let Ok(space) = folder.free_space() else { return Ok(()) };
    let needed = Bytes(size.saturating_add(keep.0));
    if space.free < needed {
        return Err(EngineError::NoSpace { free: space.free, needed });
    }
    let Ok(device) = folder.meta().map(|meta| meta.dev) else { return Ok(()) };
    let left = space.free.0.saturating_sub(space_reservations::reserved_bytes(access, device));
    match needed.0.checked_sub(left) {
        None | Some(0) => Ok(()),
        Some(missing) if space_reservations::reclaim_on_device(access, device, missing) => Ok(()),
        Some(_) => Err(EngineError::SpaceReserved { left: Bytes(left), needed }),
    }
}

/// Returns the folders below the requested one into which rotation sorts an upload; the root for none. A folder that a
/// client got from an earlier reply is not sorted again.
pub(super) fn rotate(rotation: &Rotation, asked: &VPath, open: impl Fn(&VPath) -> Option<Folder>) -> Result<VPath> {
    let mut below = VPath::root();
    if let Some(format) = &rotation.by_date {
        let today = Timestamp::now().to_zoned(TimeZone::UTC);
        let dated = jiff::fmt::strtime::format(format, &today).map_err(|error| {
            EngineError::BadRequest(format!("The volume's format for date folders is invalid: {error}."))
        })?;
        let dated = VPath::parse(dated.as_bytes())?;
        if !ends_with_date(asked, format, dated.depth()) {
            below = dated;
        }
    }
    if let Some((most, depth)) = rotation.by_count {
        let counted = asked.components().rev().take(depth as usize).filter(|part| is_number(part)).count();
        if counted < depth as usize {
            for _ in 0..depth {
                let number = next_number(most, &asked.append(&below), &open);
                below = below.join(&FileName::new(number.to_string().as_bytes())?);
            }
        }
    }
    Ok(below)
}

fn is_number(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(u8::is_ascii_digit)
}

fn ends_with_date(asked: &VPath, format: &str, depth: usize) -> bool {
    let parts: Vec<&[u8]> = asked.components().collect();
    let Some(start) = parts.len().checked_sub(depth) else { return false };
    let tail = parts[start..].join(&b'/');
    let format = format.trim_matches('/');
    std::str::from_utf8(&tail).is_ok_and(|text| jiff::fmt::strtime::parse(format, text).is_ok())
}

/// Returns the highest numbered folder in `within` that has room for one more entry, else the next number.
fn next_number(most: u32, within: &VPath, open: &impl Fn(&VPath) -> Option<Folder>) -> u32 {
    let Some(folder) = open(within) else { return 0 };
    let mut highest: Option<u32> = None;
    let visit = folder.visit(|name, meta| {
        let number = std::str::from_utf8(name).ok().filter(|text| is_number(text.as_bytes()));
        if let Some(number) = number.and_then(|text| text.parse().ok()).filter(|_| meta.kind == Kind::Folder) {
            highest = highest.max(Some(number));
        }
        std::ops::ControlFlow::Continue(())
    });
    let Some(highest) = highest.filter(|_| visit.is_ok()) else { return 0 };
    let Ok(name) = FileName::new(highest.to_string().as_bytes()) else { return 0 };
    let mut count = 0;
    if let Some(inside) = open(&within.join(&name)) {
        let _counted = inside.visit(|_, _| {
            count += 1;
            if count >= most { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
        });
    }
    if count >= most { highest.saturating_add(1) } else { highest }
}

/// Returns the seconds after which an upload is deleted: the requested time, at most the volume's setting; none in a
/// volume without a lifetime.
pub(super) fn lifetime(volume_secs: Option<u64>, wanted_secs: Option<u64>) -> Option<u64> {
    let most = volume_secs?;
    Some(wanted_secs.filter(|secs| *secs > 0).map_or(most, |secs| secs.min(most)))
}

/// Returns when a file uploaded at `uploaded_at` expires.
pub(super) fn expiry(uploaded_at: UnixMillis, lifetime_secs: u64) -> UnixMillis {
    UnixMillis(uploaded_at.0.saturating_add_unsigned(lifetime_secs.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("parses")
    }

    #[test]
    fn rates_are_per_address() {
        let rates = Rates::default();
        let limits = UploadLimits {
            files_per_time: Some((2, 60)),
            bytes_per_time: Some((Bytes(100), 60)),
            ..UploadLimits::default()
        };
        let from = |last: u8, size| rates.count(&path("v"), [10, 0, 0, last].into(), size, &limits);
        assert!(from(1, 10).is_ok() && from(1, 10).is_ok());
        assert!(matches!(from(1, 10), Err(EngineError::TooManyUploads)));
        assert!(matches!(from(2, 101), Err(EngineError::TooMuchData)));
        assert!(from(2, 100).is_ok());
    }

    #[test]
    fn lifetimes() {
        assert_eq!(lifetime(None, Some(5)), None);
        assert_eq!(lifetime(Some(60), None), Some(60));
        assert_eq!(lifetime(Some(60), Some(0)), Some(60));
        assert_eq!(lifetime(Some(60), Some(5)), Some(5));
        assert_eq!(lifetime(Some(60), Some(500)), Some(60));
    }

    #[test]
    fn rotation_sorts_once() {
        let tmp = tempfile::tempdir().expect("temp folder");
        let root = Folder::open_root(tmp.path()).expect("opens");
        let open = |at: &VPath| root.folder(at).ok();
        let dated = Rotation { by_date: Some("%Y-%m/%d".into()), by_count: None };
        let below = rotate(&dated, &path("in"), open).expect("rotates");
        assert_eq!(below.depth(), 2);
        assert!(rotate(&dated, &path("in").append(&below), open).expect("rotates").is_root());
        assert!(!rotate(&dated, &path("in/x/y"), open).expect("rotates").is_root());

        let counted = Rotation { by_date: None, by_count: Some((2, 2)) };
        assert_eq!(rotate(&counted, &VPath::root(), open).expect("rotates"), path("0/0"));
        std::fs::create_dir_all(tmp.path().join("0/0")).expect("mkdir");
        std::fs::write(tmp.path().join("0/0/a"), "").expect("write");
        assert_eq!(rotate(&counted, &VPath::root(), open).expect("rotates"), path("0/0"));
        std::fs::write(tmp.path().join("0/0/b"), "").expect("write");
        assert_eq!(rotate(&counted, &VPath::root(), open).expect("rotates"), path("0/1"));
        assert!(rotate(&counted, &path("0/1"), open).expect("rotates").is_root());
    }
}
