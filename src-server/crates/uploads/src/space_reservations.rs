//! Space reserved by unfinished uploads, on a disk and within a volume's limits, and how reservations of stale
//! announcements are reclaimed.
//!
//! A partial file has its full length from the start but allocates nothing for missing chunks, so the disk itself does
//! not show what is reserved. An announcement that received no byte for a minute is dropped if another upload needs its
//! space; its sender gets "unknown wark" when it comes back, and sends the handshake again.

use super::allowance::MissingSpace;
use super::registry::unfinished::{Stage, Unfinished};
use super::removal::discard_unfinished;
use super::sender::Sender;
use super::target::Target;
use super::volume::uploads_of;
use model::UnixMillis;
use std::sync::Arc;
use vfs::access::Access;
use vfs::clock::now;
use vfs::volumes::storage::VolumeStorage;

/// Smaller files start without checking the disk's free space.
pub(super) const SMALL: u64 = 1 << 20;
/// How long an announcement without any bytes keeps its reservation against other uploads, milliseconds.
const RESERVED_MS: i64 = 60_000;

/// Returns the file system of an upload of `size` bytes; `None` for small files, which start without a system call for
/// it.
pub(super) fn device_of(target: &Target, size: u64) -> Option<u64> {
    let folder = target.folder.as_ref().filter(|_| size >= SMALL)?;
    folder.meta().ok().map(|meta| meta.dev)
}

/// Returns the bytes that unfinished uploads, in all volumes, will still write to a file system.
pub(super) fn reserved_bytes(access: &Access, device: u64) -> u64 {
    let of_volume = |storage: &Arc<VolumeStorage>| {
        let registry = uploads_of(storage).registry();
        registry
            .all()
            .filter(|one| is_on_device(one, storage, device))
            .fold(0, |sum: u64, one| sum.saturating_add(remaining_bytes(one)))
    };
    backings(access).iter().map(of_volume).fold(0, u64::saturating_add)
}

/// Drops announcements of other senders, oldest first, until a file system has `bytes` more unreserved space. Drops
/// none if all of them would not suffice. Returns whether there is enough space now. Blocks.
pub(super) fn reclaim_on_device(access: &Access, device: u64, bytes: u64) -> bool {
    let found = backings(access).into_iter().flat_map(|storage| {
        let on_it =
            reclaimable(access, &storage, |one| is_on_device(one, &storage, device).then(|| remaining_bytes(one)));
        on_it.into_iter().map(move |one| (storage.clone(), one)).collect::<Vec<_>>()
    });
    reclaim(found.collect(), MissingSpace { bytes, files: 0 })
}

/// Does the same for the limits of one volume.
pub(super) fn reclaim_in_volume(access: &Access, target: &Target, missing: MissingSpace) -> bool {
    let storage = &target.volume.storage;
    let found = reclaimable(access, storage, |one| Some(one.upload.plan.size().0));
    reclaim(found.into_iter().map(|one| (storage.clone(), one)).collect(), missing)
}

/// Returns the storages of all volumes, each once.
fn backings(access: &Access) -> Vec<Arc<VolumeStorage>> {
    let mut backings: Vec<Arc<VolumeStorage>> = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        if !uploads_of(&volume.storage).discard && !backings.iter().any(|other| Arc::ptr_eq(other, &volume.storage)) {
            backings.push(volume.storage.clone());
        }
    }
    backings
}

fn is_on_device(one: &Unfinished, storage: &VolumeStorage, device: u64) -> bool {
    one.device.or_else(|| storage.device()) == Some(device)
}

/// Returns the disk space that an upload will still allocate.
fn remaining_bytes(one: &Unfinished) -> u64 {
    if one.is_allocated { 0 } else { one.bytes_to_come() }
}

/// An announcement whose space can be reclaimed.
struct Reclaimable {
    id: i64,
    started: UnixMillis,
    /// Bytes that become free.
    bytes: u64,
}

/// Returns the announcements of other senders in a volume. `bytes`: the space that one frees; `None` excludes it.
fn reclaimable(
    access: &Access,
    storage: &VolumeStorage,
    bytes: impl Fn(&Unfinished) -> Option<u64>,
) -> Vec<Reclaimable> {
    let (sender, now) = (Sender::of(access), now());
    let registry = uploads_of(storage).registry();
    let theirs =
        registry.all().filter(|one| is_reclaimable(one, now) && !sender.is(&one.upload.account, &one.upload.address));
    let found =
        theirs.filter_map(|one| Some(Reclaimable { id: one.id, started: one.upload.started, bytes: bytes(one)? }));
    found.collect()
}

/// Returns whether no byte of it was received or is being received, after it had time to begin.
fn is_reclaimable(one: &Unfinished, now: UnixMillis) -> bool {
    let is_announced_only = one.received_chunks() == 0 && !one.is_in_use() && matches!(one.stage, Stage::Receiving);
    is_announced_only && one.upload.started.0.saturating_add(RESERVED_MS) < now.0
}

fn reclaim(mut found: Vec<(Arc<VolumeStorage>, Reclaimable)>, missing: MissingSpace) -> bool {
    let bytes = found.iter().fold(0, |sum: u64, (_, one)| sum.saturating_add(one.bytes));
    if bytes < missing.bytes || (found.len() as u64) < missing.files {
        return false;
    }
    found.sort_by_key(|(_, one)| one.started);
    let (mut freed, now) = (MissingSpace::default(), now());
    for (storage, one) in found {
        if freed.bytes >= missing.bytes && freed.files >= missing.files {
            break;
        }
        let taken = {
            let mut registry = uploads_of(&storage).registry();
            match registry.get(one.id) {
                Some(still) if is_reclaimable(still, now) => registry.remove(one.id),
                _ => None,
            }
        };
        if let (Some(unfinished), Some(root)) = (taken, storage.root()) {
            discard_unfinished(uploads_of(&storage), &root, &unfinished);
            freed.bytes = freed.bytes.saturating_add(one.bytes);
            freed.files += 1;
        }
    }
    freed.bytes >= missing.bytes && freed.files >= missing.files
}
