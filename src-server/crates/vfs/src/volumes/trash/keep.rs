//! Moves or links files into the trash. Every function blocks; the caller holds the locks of the former names.

use super::entry_id::EntryId;
use super::layout::{Counts, EntryFolder, TrashFolder};
use super::record::{Actor, Cause, Item, Record};
use super::state::{InUse, TrashState};
use crate::clock::now;
use model::trash_flags::TrashMax;
use model::{FileName, VPath};
use std::sync::Arc;
use store::disk::{Folder, Kind, Meta, OnExisting, OpenFile, reserved};
use store::{ErrorKind, StoreError};

/// Deepest folder in which files are counted; every level holds an open handle.
const DEPTH_MAX: usize = 256;

/// Seconds for which an entry is kept that alone is larger than the trash may be: long enough to undo.
pub const OVERSIZED_SECS: u64 = 3600;

/// What one operation moves into the trash: an entry that is being filled. Dropping it without [`Batch::end`] leaves what
/// was moved in the trash, and removes the entry if that is nothing.
pub struct Batch {
    state: Arc<TrashState>,
    root: Folder,
    id: EntryId,
    record: Record,
    /// How much the trash may hold.
    max: TrashMax,
    /// One for each file system.
    parts: Vec<Part>,
    /// For each item the index of its part.
    part_of: Vec<usize>,
    /// What was moved.
    taken: Vec<(usize, u32)>,
    is_synced: bool,
    has_ended: bool,
    /// Dropped last.
    _in_use: InUse,
}

struct Part {
    place: VPath,
    trash: TrashFolder,
    entry: EntryFolder,
}

/// What an operation has moved into the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The entry.
    pub id: EntryId,
    /// What is in it.
    pub counts: Counts,
    /// Whether it alone is larger than its trash may be: it is purged after [`OVERSIZED_SECS`].
    pub is_oversized: bool,
}

/// How the content of a file came into the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptBy {
    /// A hard link, or a copy: the file has its name, too.
    Link,
    /// The file was renamed: its name is free.
    Rename,
}

impl Batch {
    /// Creates an entry for items that are still at their places. `root`: the volume's top folder; `max`: how much its trash
    /// may hold.
    ///
    /// # Errors
    /// `NoSpace`, `Denied`, `ReadOnly` ...: there is no entry then.
    pub fn begin(
        state: &Arc<TrashState>,
        root: &Folder,
        by: Actor,
        cause: Cause,
        items: Vec<Item>,
        max: TrashMax,
    ) -> Result<Self, StoreError> {
        let id = EntryId::new(now());
        let mut places: Vec<(VPath, usize)> = Vec::new();
        let (mut found, mut part_of): (Vec<(VPath, TrashFolder)>, Vec<usize>) = (Vec::new(), Vec::new());
        for item in &items {
            let above = item.path.parent().unwrap_or_default();
            let part = match places.iter().rev().find(|(folder, _)| *folder == above) {
                Some((_, part)) => *part,
                None => {
                    let (place, trash) = choose_place(root, &above)?;
                    let part = found.iter().position(|(other, _)| *other == place).unwrap_or(found.len());
                    if part == found.len() {
                        found.push((place, trash));
                    }
                    places.push((above, part));
                    part
                }
            };
            part_of.push(part);
        }
        let numbered = (0..).zip(items).collect();
        let record = Record { at: id.at(), seen_ms: state.clock(root), by, cause, items: numbered };
        let in_use = state.begin_use(id);
        let mut batch = Self {
            state: state.clone(),
            root: root.clone(),
            id,
            record,
            max,
            parts: Vec::new(),
            part_of,
            taken: Vec::new(),
            is_synced: false,
            has_ended: false,
            _in_use: in_use,
        };
        for (place, trash) in found {
            batch.add_part(place, trash)?;
        }
        Ok(batch)
    }

    /// The identifier of the entry.
    pub fn id(&self) -> EntryId {
        self.id
    }

    fn add_part(&mut self, place: VPath, trash: TrashFolder) -> Result<(), StoreError> {
        // Before the entry: one that is not found could not be restored.
        self.state.add_place(&self.root, &place);
        let entry = trash.create_entry(self.id, &self.record)?;
        self.parts.push(Part { place, trash, entry });
        Ok(())
    }

    /// Moves an item into the trash: `name` in the folder `above`.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `Busy` for a mount point ...; it is still at its place then.
    pub fn take(&mut self, number: u32, above: &Folder, name: &FileName) -> Result<(), StoreError> {
        let moved = self.put(number, |entry, into| above.rename(name, entry.folder(), into, OnExisting::Fail));
        match moved {
            // A second mount of the same file system: only the folder itself is surely on the same one.
            Err(error) if error.kind() == ErrorKind::CrossDevice => {
                let place = self.record.item(number).and_then(|item| item.path.parent()).unwrap_or_default();
                if self.parts.iter().any(|part| part.place == place) {
                    return Err(error);
                }
                self.add_part(place, TrashFolder::make(above)?)?;
                self.part_of[number as usize] = self.parts.len() - 1;
                self.put(number, |entry, into| above.rename(name, entry.folder(), into, OnExisting::Fail))
            }
            moved => moved,
        }
    }

    /// Keeps the content of a file that is about to be replaced. `copy_max`: most bytes that are copied where the file
    /// system has no hard links; a larger file is renamed.
    ///
    /// # Errors
    /// `NotFound`, `NoSpace` ...; nothing is kept then, and the file is at its place.
    pub fn keep_file(
        &mut self,
        number: u32,
        above: &Folder,
        name: &FileName,
        copy_max: u64,
    ) -> Result<KeptBy, StoreError> {
        let linked = self.link(number, above, name);
        let Err(error) = linked else { return Ok(KeptBy::Link) };
        if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NoSpace | ErrorKind::ReadOnly) {
            return Err(error);
        }
        let source = store::place::open_file(above, name)?;
        if source.meta.size <= copy_max {
            return self.put_copy(number, &source).map(|()| KeptBy::Link);
        }
        self.take(number, above, name).map(|()| KeptBy::Rename)
    }

    /// Keeps a hard link of a file or symlink.
    ///
    /// # Errors
    /// Those of [`Folder::hard_link`]; nothing is kept then.
    pub fn link(&mut self, number: u32, above: &Folder, name: &FileName) -> Result<(), StoreError> {
        self.put(number, |entry, into| above.hard_link(name, entry.folder(), into))
    }

    /// Makes what is in the entry durable.
    ///
    /// # Errors
    /// I/O errors.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.parts.iter().try_for_each(|part| part.entry.folder().sync())?;
        self.is_synced = true;
        Ok(())
    }

    /// Keeps a copy of an open file, which shares its blocks where the file system can.
    ///
    /// # Errors
    /// `NoSpace` ...; nothing is kept then.
    pub fn put_copy(&mut self, number: u32, source: &OpenFile) -> Result<(), StoreError> {
        self.put(number, |entry, into| {
            let folder = entry.folder();
            let copy = folder.create_new(into, source.meta.mode)?;
            let copied = folder.clone_or_copy(&source.file, &copy).and_then(|_| {
                folder.set_file_mtime(&copy, into, source.meta.mtime())?;
                folder.sync_file(&copy, into)
            });
            copied.inspect_err(|_| drop(folder.remove_file(into)))
        })
    }

    /// Puts an item into its folder by `step`.
    fn put(
        &mut self,
        number: u32,
        step: impl FnOnce(&EntryFolder, &FileName) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let part = self.part_of[number as usize];
        step(&self.parts[part].entry, &EntryFolder::item_name(number))?;
        self.taken.push((part, number));
        Ok(())
    }

    /// Takes an item out again: the operation has failed. `kept`: how it came into the trash; `above` and `name`: its former
    /// place.
    pub fn give_back(&mut self, number: u32, kept: KeptBy, above: &Folder, name: &FileName) {
        let Some(at) = self.taken.iter().position(|(_, taken)| *taken == number) else { return };
        let folder = self.parts[self.taken[at].0].entry.folder();
        let inside = EntryFolder::item_name(number);
        let done = match kept {
            KeptBy::Link => folder.remove_file(&inside),
            KeptBy::Rename => folder.rename(&inside, above, name, OnExisting::Fail),
        };
        match done {
            Ok(()) => drop(self.taken.swap_remove(at)),
            Err(error) => tracing::warn!(%error, "a file stays in the trash although it was not replaced"),
        }
    }

    /// Makes what was moved durable, and counts it. Removes partial files of uploads from folders: these uploads cannot
    /// continue in the trash. Returns `None` if nothing was moved.
    pub fn end(mut self) -> Option<Kept> {
        self.has_ended = true;
        let mut by_part = vec![Counts::default(); self.parts.len()];
        for (part, number) in std::mem::take(&mut self.taken) {
            by_part[part].add(count_item(&self.parts[part].entry, number, Partials::Removed));
        }
        let is_over = |(part, counts): (&Part, &Counts)| counts.occupied > part.trash.limit(self.max);
        let is_oversized = self.parts.iter().zip(&by_part).any(is_over);
        let mut counts = Counts::default();
        by_part.into_iter().for_each(|more| counts.add(more));
        if !self.is_synced
            && let Err(error) = self.sync()
        {
            tracing::warn!(%error, "what was moved into the trash may be at its former place after a loss of power");
        }
        self.remove_empty_parts();
        if counts == Counts::default() {
            return None;
        }
        self.state.add(counts);
        Some(Kept { id: self.id, counts, is_oversized })
    }

    fn remove_empty_parts(&self) {
        for part in &self.parts {
            match part.trash.remove_entry(self.id) {
                Err(error) if error.kind() != ErrorKind::NotEmpty => {
                    tracing::debug!(%error, "an entry of the trash without items is removed later");
                }
                _ => {}
            }
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if !self.has_ended {
            self.remove_empty_parts();
        }
    }
}

/// Returns the topmost folder of the volume that can have the trash for entries of the folder `above`: it is on the same
/// file system. The folder itself is the last one that is tried.
fn choose_place(root: &Folder, above: &VPath) -> Result<(VPath, TrashFolder), StoreError> {
    let device = root.folder(above)?.meta()?.dev;
    let mut places = vec![VPath::root()];
    for part in above.components() {
        let name = FileName::new(part).expect("a component is a name");
        places.push(places.last().cloned().unwrap_or_default().join(&name));
    }
    let mut failure = None;
    for place in places {
        let folder = root.folder(&place)?;
        if folder.meta()?.dev != device {
            continue;
        }
        // A trash that is a mount point would be on another file system.
        let made = TrashFolder::make(&folder).and_then(|trash| trash.meta().map(|meta| (trash, meta)));
        match made {
            Ok((trash, meta)) if meta.dev == device => return Ok((place, trash)),
            Ok(_) => {}
            // No other folder of the disk would do.
            Err(error) if matches!(error.kind(), ErrorKind::NoSpace | ErrorKind::ReadOnly) => return Err(error),
            Err(error) => drop(failure.get_or_insert(error)),
        }
    }
    Err(failure.unwrap_or_else(|| {
        StoreError::with_kind(ErrorKind::CrossDevice, "make a trash", root.log_path(above), "no folder can have it")
    }))
}

/// What happens to partial files of uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partials {
    /// They stay.
    Kept,
    /// They are removed.
    Removed,
}

/// Counts the files of an item, and keeps the result in the entry if it is a folder. What cannot be read is not counted.
pub fn count_item(entry: &EntryFolder, number: u32, partials: Partials) -> Counts {
    let Ok(Some(meta)) = entry.stat(number) else { return Counts::default() };
    if meta.kind != Kind::Folder {
        return count_file(&meta);
    }
    let mut counts = Counts { folders: 1, ..Counts::default() };
    let inside = VPath::root().join(&EntryFolder::item_name(number));
    if let Ok(folder) = entry.folder().folder(&inside) {
        count_folder(&folder, partials, &mut counts, 0);
    }
    entry.keep_counts(number, counts);
    counts
}

fn count_file(meta: &Meta) -> Counts {
    let size = if meta.kind == Kind::File { meta.size } else { 0 };
    Counts { files: 1, folders: 0, size, occupied: size / meta.links.max(1) }
}

fn count_folder(folder: &Folder, partials: Partials, counts: &mut Counts, depth: usize) {
    for entry in folder.entries().unwrap_or_default() {
        if entry.meta.kind == Kind::Folder {
            counts.folders += 1;
            if depth < DEPTH_MAX
                && let Ok(inner) = folder.folder(&VPath::root().join(&entry.name))
            {
                count_folder(&inner, partials, counts, depth + 1);
            }
        } else if partials == Partials::Removed && reserved::is_partial(entry.name.as_bytes()) {
            if let Err(error) = folder.remove_file(&entry.name) {
                tracing::warn!(%error, "the partial file of an upload in a deleted folder could not be removed");
            }
        } else {
            counts.add(count_file(&entry.meta));
        }
    }
}
