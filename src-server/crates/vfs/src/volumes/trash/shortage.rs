//! On a full disk what is in the trash goes before an upload is refused: enough of it, or nothing. Every function blocks.

use super::entry_id::EntryId;
use super::layout::TrashFolder;
use super::purge::{empty, look_at, purge_logged};
use super::read::for_each_trash;
use super::state::TrashState;
use model::trash_flags::TrashMax;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::StoreError;
use store::disk::Folder;

/// How long the space of a purged file may take to become free: a program that still has it open, such as the reader of the
/// index, keeps it meanwhile.
const RELEASE_MAX: Duration = Duration::from_secs(10);
/// Time between two looks at the free space.
const RELEASE_STEP: Duration = Duration::from_millis(20);

/// What the trashes on one file system can free.
pub struct Purgeable {
    trashes: Vec<(Arc<TrashState>, Folder, TrashFolder)>,
    /// In the order in which they go.
    entries: Vec<Candidate>,
}

struct Candidate {
    /// Index of its trash.
    trash: usize,
    id: EntryId,
    bytes: u64,
    /// It alone is larger than its trash may be: it goes soon anyway, and first.
    is_oversized: bool,
}

impl Purgeable {
    /// Looks at the trashes of volumes, each given by its state, its top folder and the size of its trash. Finishes interrupted
    /// purges.
    pub fn on_device(volumes: impl IntoIterator<Item = (Arc<TrashState>, Folder, TrashMax)>, device: u64) -> Self {
        let mut all = Self { trashes: Vec::new(), entries: Vec::new() };
        let mut seen: Vec<Arc<TrashState>> = Vec::new();
        for (state, root, max) in volumes {
            if seen.iter().any(|other| Arc::ptr_eq(other, &state)) {
                continue;
            }
            for_each_trash(&state, &root, |trash| {
                if trash.meta().is_ok_and(|meta| meta.dev == device)
                    && let Err(error) = all.add(&state, &root, trash, max)
                {
                    tracing::warn!(%error, "the trash cannot be purged although its disk is full");
                }
            });
            seen.push(state);
        }
        all.entries.sort_by_key(|one| (!one.is_oversized, one.id));
        all
    }

    fn add(
        &mut self,
        state: &Arc<TrashState>,
        root: &Folder,
        trash: &TrashFolder,
        max: TrashMax,
    ) -> Result<(), StoreError> {
        if let Some(leftover) = trash.existing_purge_folder()? {
            empty(&leftover)?;
        }
        let (at, limit) = (self.trashes.len(), trash.limit(max));
        self.trashes.push((state.clone(), root.clone(), trash.clone()));
        for id in trash.entries()? {
            if let Some(sized) = look_at(state, trash, id)? {
                let bytes = sized.counts.occupied;
                self.entries.push(Candidate { trash: at, id, bytes, is_oversized: bytes > limit });
            }
        }
        Ok(())
    }

    /// Returns how many bytes would become free.
    pub fn bytes(&self) -> u64 {
        self.entries.iter().fold(0, |sum, one| sum.saturating_add(one.bytes))
    }

    /// Purges entries until the file system has `wanted` free bytes; nothing if all of them would not be enough. Returns whether
    /// it has. Waits for [`RELEASE_MAX`] at most.
    pub fn purge_until(&self, wanted: u64) -> bool {
        let has =
            || self.trashes.first().is_some_and(|(.., trash)| trash.space().is_ok_and(|disk| disk.free.0 >= wanted));
        if has() {
            return true;
        }
        let free = self.trashes.first().and_then(|(.., trash)| trash.space().ok()).map_or(0, |disk| disk.free.0);
        let missing = wanted.saturating_sub(free);
        if self.bytes() < missing {
            return false;
        }
        let mut purged = 0_u64;
        for one in &self.entries {
            // What was purged for this counts although it may become free only later.
            if purged >= missing || has() {
                break;
            }
            match self.purge(one) {
                Ok(bytes) => purged = purged.saturating_add(bytes),
                Err(error) => {
                    tracing::warn!(%error, "an entry of the trash cannot be purged although its disk is full")
                }
            }
        }
        if purged < missing {
            return has();
        }
        let deadline = Instant::now() + RELEASE_MAX;
        while !has() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(RELEASE_STEP);
        }
        true
    }

    /// Returns the bytes of the entry; 0 if it was restored meanwhile.
    fn purge(&self, one: &Candidate) -> Result<u64, StoreError> {
        let (state, root, trash) = &self.trashes[one.trash];
        let Some(sized) = look_at(state, trash, one.id)? else { return Ok(0) };
        purge_logged(root, trash, &sized, "its disk is full")?;
        state.subtract(sized.counts);
        Ok(sized.counts.occupied)
    }
}
