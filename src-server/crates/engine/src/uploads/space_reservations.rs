//! Room that is promised: what uploads under way will still take of a disk and of a volume's limits, and how promises
//! that nobody keeps give way.
//!
//! A partial file has its full length at once and takes no room for what has not come, so the disk itself does not say
//! what is promised. Announcements of which nothing came for a minute are given up where others need their room; their
//! senders are told "unknown wark" if they come back, and ask again.

use super::admit::Target;
use super::chunks::sender;
use super::names::now;
use super::registry::{Stage, Unfinished};
use super::rules::SMALL;
use super::sweep::discard_unfinished;
use crate::access::Access;
use crate::volumes::storage::VolumeStorage;
use model::UnixMillis;
use std::sync::Arc;

/// How long an announcement holds its room against others without any of its bytes, milliseconds.
const RESERVED_MS: i64 = 60_000;

/// Room that is missing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MissingSpace {
    pub bytes: u64,
    pub files: u64,
}

/// The file system that an upload of `size` bytes goes to, where that matters: small files start without a question.
pub(super) fn device_of(target: &Target, size: u64) -> Option<u64> {
    let folder = target.folder.as_ref().filter(|_| size >= SMALL)?;
    folder.meta().ok().map(|meta| meta.dev)
}

/// Bytes that uploads under way, in all volumes, will still write to a file system.
pub(super) fn reserved_bytes(access: &Access, device: u64) -> u64 {
    let of_volume = |storage: &Arc<VolumeStorage>| {
        let registry = storage.uploads.registry();
        registry
            .all()
            .filter(|one| is_on_device(one, storage, device))
            .fold(0, |sum: u64, one| sum.saturating_add(remaining_bytes(one)))
    };
    backings(access).iter().map(of_volume).fold(0, u64::saturating_add)
}

/// Gives up announcements of others, oldest first, until a file system has `bytes` more of room to promise; none if all of
/// them would not do. Returns whether there is room now. Blocks.
pub(super) fn reclaim_on_device(access: &Access, device: u64, bytes: u64) -> bool {
    let found = backings(access).into_iter().flat_map(|storage| {
        let on_it =
            reclaimable(access, &storage, |one| is_on_device(one, &storage, device).then(|| remaining_bytes(one)));
        on_it.into_iter().map(move |one| (storage.clone(), one)).collect::<Vec<_>>()
    });
    reclaim(found.collect(), MissingSpace { bytes, files: 0 })
}

/// The same for the limits of one volume.
pub(super) fn reclaim_in_volume(access: &Access, target: &Target, missing: MissingSpace) -> bool {
    let storage = &target.volume.storage;
    let found = reclaimable(access, storage, |one| Some(one.upload.plan.size().0));
    reclaim(found.into_iter().map(|one| (storage.clone(), one)).collect(), missing)
}

/// Everything behind the volumes, each once.
fn backings(access: &Access) -> Vec<Arc<VolumeStorage>> {
    let mut backings: Vec<Arc<VolumeStorage>> = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        if !volume.storage.uploads.discard && !backings.iter().any(|other| Arc::ptr_eq(other, &volume.storage)) {
            backings.push(volume.storage.clone());
        }
    }
    backings
}

fn is_on_device(one: &Unfinished, storage: &VolumeStorage, device: u64) -> bool {
    one.device.or_else(|| storage.device()) == Some(device)
}

/// Bytes of its disk that an upload will still take.
fn remaining_bytes(one: &Unfinished) -> u64 {
    if one.is_allocated { 0 } else { one.bytes_to_come() }
}

/// An announcement that gives way.
struct Reclaimable {
    id: i64,
    started: UnixMillis,
    /// Bytes that become free.
    bytes: u64,
}

/// Announcements of others than the asker in a volume. `bytes`: what one frees, if it matters.
fn reclaimable(
    access: &Access,
    storage: &VolumeStorage,
    bytes: impl Fn(&Unfinished) -> Option<u64>,
) -> Vec<Reclaimable> {
    let (sender, now) = (sender(access), now());
    let registry = storage.uploads.registry();
    let theirs =
        registry.all().filter(|one| is_reclaimable(one, now) && !sender.is(&one.upload.account, &one.upload.address));
    let found =
        theirs.filter_map(|one| Some(Reclaimable { id: one.id, started: one.upload.started, bytes: bytes(one)? }));
    found.collect()
}

/// Whether nothing of it is here or on its way, after it had time to begin.
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
            let mut registry = storage.uploads.registry();
            match registry.get(one.id) {
                Some(still) if is_reclaimable(still, now) => registry.remove(one.id),
                _ => None,
            }
        };
        if let (Some(unfinished), Some(root)) = (taken, storage.root()) {
            discard_unfinished(&storage.uploads, &root, &unfinished);
            freed.bytes = freed.bytes.saturating_add(one.bytes);
            freed.files += 1;
        }
    }
    freed.bytes >= missing.bytes && freed.files >= missing.files
}
