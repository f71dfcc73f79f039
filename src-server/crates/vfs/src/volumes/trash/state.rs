//! What is kept in memory for the trash of one volume: entries in use, where there are trashes, how much they hold.

use super::clock::{self, TrashClock};
use super::entry_id::EntryId;
use super::layout::{Counts, TrashFolder};
use crate::clock::now;
use model::VPath;
use model::vpath::percent_decode;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use store::disk::Folder;
use tokio::sync::Notify;

/// Name of the file that lists the folders with a trash of their own.
const PLACES: &str = "places";
/// Most folders of one volume with a trash of their own.
const PLACES_MAX: usize = 1000;

/// The state of the trash of one volume.
#[derive(Default)]
pub struct TrashState {
    /// Entries of operations that still run: they may have no items yet.
    in_use: Mutex<HashSet<EntryId>>,
    /// Folders other than the top one that have a trash; `None`: not read yet.
    places: Mutex<Option<Vec<VPath>>>,
    /// What all entries hold; `None`: not counted yet.
    totals: Mutex<Option<Counts>>,
    clock: TrashClock,
    /// Wakes the job that purges: the trash has grown.
    pub(super) grown: Notify,
}

/// An entry in use, until it is dropped.
pub struct InUse {
    state: Arc<TrashState>,
    id: EntryId,
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.state.in_use.lock().remove(&self.id);
    }
}

impl TrashState {
    /// Marks an entry as in use.
    pub fn begin_use(self: &Arc<Self>, id: EntryId) -> InUse {
        self.in_use.lock().insert(id);
        InUse { state: self.clone(), id }
    }

    /// Whether an operation fills the entry.
    pub fn is_in_use(&self, id: EntryId) -> bool {
        self.in_use.lock().contains(&id)
    }

    /// Returns what the trash holds; `None`: not counted yet. Never blocks.
    pub fn size(&self) -> Option<Counts> {
        *self.totals.lock()
    }

    /// Waits until something was added.
    pub async fn grown(&self) {
        self.grown.notified().await;
    }

    pub(super) fn set_size(&self, counts: Counts) {
        *self.totals.lock() = Some(counts);
    }

    pub(super) fn add(&self, counts: Counts) {
        if let Some(totals) = &mut *self.totals.lock() {
            totals.add(counts);
        }
        self.grown.notify_one();
    }

    pub(super) fn subtract(&self, counts: Counts) {
        if let Some(totals) = &mut *self.totals.lock() {
            totals.subtract(counts);
        }
    }

    /// Returns the time of the trash's clock. `root`: the volume's top folder. Blocks.
    pub fn clock(&self, root: &Folder) -> i64 {
        let load = || {
            let Ok(Some(trash)) = TrashFolder::open(root) else { return (None, None) };
            let text = trash.read_small(clock::FILE).unwrap_or_default();
            let newest = trash.entries().ok().and_then(|all| all.last().copied());
            let record = newest.and_then(|id| trash.entry(id).ok()??.record().ok()?);
            (text.map(|text| String::from_utf8_lossy(&text).into_owned()), record.map(|record| record.seen_ms))
        };
        self.clock.now(now(), load)
    }

    /// Keeps the time of the clock for the next run. Blocks.
    pub(super) fn save_clock(&self, root: &Folder) {
        let time = self.clock(root);
        if let Ok(Some(trash)) = TrashFolder::open(root)
            && let Err(error) = trash.write_small(clock::FILE, clock::to_text(time, now()).as_bytes())
        {
            tracing::debug!(%error, "the clock of a trash is not kept");
        }
    }

    /// Returns the folders that may have a trash, the top one first. Blocks.
    pub fn places(&self, root: &Folder) -> Vec<VPath> {
        let mut places = self.places.lock();
        let known = places.get_or_insert_with(|| read_places(root));
        std::iter::once(VPath::root()).chain(known.iter().cloned()).collect()
    }

    /// Remembers that a folder has a trash of its own. Blocks.
    pub(super) fn add_place(&self, root: &Folder, place: &VPath) {
        let mut places = self.places.lock();
        let known = places.get_or_insert_with(|| read_places(root));
        if place.is_root() || known.contains(place) || known.len() >= PLACES_MAX {
            return;
        }
        known.push(place.clone());
        let lines: Vec<String> = known.iter().map(VPath::to_url).collect();
        let kept = TrashFolder::make(root).and_then(|trash| trash.write_small(PLACES, lines.join("\n").as_bytes()));
        if let Err(error) = kept {
            tracing::warn!(%error, "the trash of a folder is not found after a restart unless that folder is opened");
        }
    }
}

/// Reads the list of folders. Mount points are looked at as well, in case the list was lost.
fn read_places(root: &Folder) -> Vec<VPath> {
    let text = TrashFolder::open(root).ok().flatten().and_then(|trash| trash.read_small(PLACES).ok().flatten());
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let listed = text.lines().filter_map(|line| VPath::parse(&percent_decode(line.as_bytes())).ok());
    let mut places: Vec<VPath> = Vec::new();
    for place in listed.chain(root.mounts_below()).filter(|place| !place.is_root()) {
        let has_trash = || root.folder(&place).is_ok_and(|above| matches!(TrashFolder::open(&above), Ok(Some(_))));
        if places.len() < PLACES_MAX && !places.contains(&place) && has_trash() {
            places.push(place);
        }
    }
    places
}
