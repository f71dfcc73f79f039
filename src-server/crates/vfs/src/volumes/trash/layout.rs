//! The folders and files of a trash on disk. Every function blocks.

use super::entry_id::EntryId;
use super::record::{BYTES_MAX, Record};
use model::trash_flags::TrashMax;
use model::{FileName, VPath};
use std::io::Read;
use store::disk::{Folder, Kind, Meta, Node, OnExisting, OpenFile, reserved};
use store::{ErrorKind, StoreError};

/// Name of the trash in the folder `.hist`.
const TRASH: &str = "trash";
/// Name of the folder of items on their way out.
const PURGE: &str = "purge";
/// Name of an entry's record.
const RECORD: &str = "record.json";
/// Most bytes of the other small files.
const SMALL_MAX: u64 = 1 << 20;

/// Number and sizes of the files in an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files, symlinks and other entries that are no folders.
    pub files: u64,
    /// Folders, the item itself included.
    pub folders: u64,
    /// Sizes of the files, bytes.
    pub size: u64,
    /// What the files occupy, bytes: a file with several hard links counts in parts. The limit of the trash is compared with
    /// this.
    pub occupied: u64,
}

impl Counts {
    /// Adds what `more` counts.
    pub fn add(&mut self, more: Self) {
        self.combine(more, u64::saturating_add);
    }

    /// Subtracts what `less` counts.
    pub fn subtract(&mut self, less: Self) {
        self.combine(less, u64::saturating_sub);
    }

    fn combine(&mut self, other: Self, step: fn(u64, u64) -> u64) {
        let Self { files, folders, size, occupied } = other;
        self.files = step(self.files, files);
        self.folders = step(self.folders, folders);
        self.size = step(self.size, size);
        self.occupied = step(self.occupied, occupied);
    }
}

/// An opened trash.
#[derive(Clone, Debug)]
pub struct TrashFolder {
    folder: Folder,
}

/// An opened entry of a trash.
#[derive(Clone, Debug)]
pub struct EntryFolder {
    /// Which.
    pub id: EntryId,
    folder: Folder,
}

fn name(text: &str) -> FileName {
    FileName::new(text.as_bytes()).expect("is a name")
}

fn path(parts: &[&str]) -> VPath {
    parts.iter().fold(VPath::root(), |path, part| path.join(&name(part)))
}

/// Returns `None` for an error that means that there is nothing.
fn if_found<T>(answer: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotAFolder | ErrorKind::Link) => Ok(None),
        Err(error) => Err(error),
    }
}

impl TrashFolder {
    /// Opens the trash of the folder `above`; `None` if it has none.
    ///
    /// # Errors
    /// File system errors.
    pub fn open(above: &Folder) -> Result<Option<Self>, StoreError> {
        let found = if_found(above.folder(&path(&[reserved::HIST, TRASH])))?;
        Ok(found.map(|folder| Self { folder }))
    }

    /// Opens the trash of the folder `above`, and creates it if it is missing.
    ///
    /// # Errors
    /// `Denied`, `ReadOnly`, `NoSpace`; `Link`, `NotAFolder` if something else has one of its names.
    pub fn make(above: &Folder) -> Result<Self, StoreError> {
        let (folder, made) = above.make_folders(&path(&[reserved::HIST, TRASH]), 0o700)?;
        if made > 0 {
            above.folder(&path(&[reserved::HIST]))?.sync()?;
            above.sync()?;
        }
        Ok(Self { folder })
    }

    /// Returns the metadata of the folder.
    ///
    /// # Errors
    /// File system errors.
    pub fn meta(&self) -> Result<Meta, StoreError> {
        self.folder.meta()
    }

    /// Returns free and total space of its disk.
    ///
    /// # Errors
    /// Those of [`Folder::free_space`].
    pub fn space(&self) -> Result<store::disk::Space, StoreError> {
        self.folder.free_space()
    }

    /// Returns how many bytes the trash may hold.
    pub fn limit(&self, max: TrashMax) -> u64 {
        // The size of the disk is unknown on some platforms: then nothing is too much.
        self.space().map_or(u64::MAX, |space| max.of_disk(space.total))
    }

    /// Creates the entry of `record`, durably.
    ///
    /// # Errors
    /// `Exists`, `NoSpace`, `Denied`; then there is no entry.
    pub fn create_entry(&self, id: EntryId, record: &Record) -> Result<EntryFolder, StoreError> {
        let own = name(&id.to_string());
        self.folder.make_folder(&own, 0o700)?;
        let written = self.folder.folder(&VPath::root().join(&own)).and_then(|folder| {
            // No other operation looks at an entry that is being made, so the record needs no hidden name.
            let record_name = name(RECORD);
            let file = folder.create_new(&record_name, 0o600)?;
            folder.write_into(&file, &record_name, &record.to_json())?;
            folder.sync_file(&file, &record_name)?;
            folder.sync()?;
            self.folder.sync()?;
            Ok(EntryFolder { id, folder })
        });
        written.inspect_err(|_| {
            let _left_for_the_next_round = self.remove_entry(id);
        })
    }

    /// Opens an entry; `None` if there is none.
    ///
    /// # Errors
    /// File system errors.
    pub fn entry(&self, id: EntryId) -> Result<Option<EntryFolder>, StoreError> {
        let found = if_found(self.folder.folder(&path(&[&id.to_string()])))?;
        Ok(found.map(|folder| EntryFolder { id, folder }))
    }

    /// Returns all entries, the oldest first.
    ///
    /// # Errors
    /// File system errors.
    pub fn entries(&self) -> Result<Vec<EntryId>, StoreError> {
        let mut all = Vec::new();
        self.folder.visit(|name, meta| {
            if meta.kind == Kind::Folder {
                all.extend(std::str::from_utf8(name).ok().and_then(EntryId::parse));
            }
            std::ops::ControlFlow::Continue(())
        })?;
        all.sort_unstable();
        Ok(all)
    }

    /// Removes an entry without items.
    ///
    /// # Errors
    /// `NotEmpty` if there are items; file system errors.
    pub fn remove_entry(&self, id: EntryId) -> Result<(), StoreError> {
        let Some(entry) = self.entry(id)? else { return Ok(()) };
        if !entry.items()?.is_empty() {
            return Err(StoreError::with_kind(ErrorKind::NotEmpty, "remove", id.to_string(), "there are items"));
        }
        for small in entry.folder.entries()?.into_iter().filter(|small| small.meta.kind == Kind::File) {
            if_found(entry.folder.remove_file(&small.name))?;
        }
        if_found(self.folder.remove_folder(&name(&id.to_string()))).map(drop)
    }

    /// Opens the folder of items on their way out, and creates it if it is missing.
    ///
    /// # Errors
    /// File system errors.
    pub fn purge_folder(&self) -> Result<Folder, StoreError> {
        self.folder.make_folders(&path(&[PURGE]), 0o700).map(|(folder, _)| folder)
    }

    /// Opens the folder of items on their way out; `None` if there is none.
    ///
    /// # Errors
    /// File system errors.
    pub fn existing_purge_folder(&self) -> Result<Option<Folder>, StoreError> {
        if_found(self.folder.folder(&path(&[PURGE])))
    }

    /// Reads a small file of the trash; `None` if there is none.
    ///
    /// # Errors
    /// File system errors.
    pub fn read_small(&self, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        read(&self.folder, file, SMALL_MAX)
    }

    /// Replaces a small file of the trash, in one step.
    ///
    /// # Errors
    /// File system errors.
    pub fn write_small(&self, file: &str, bytes: &[u8]) -> Result<(), StoreError> {
        write(&self.folder, &name(file), bytes)
    }
}

impl EntryFolder {
    /// Returns the folder, for renaming items into and out of it.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Returns the name of an item in the folder.
    pub fn item_name(number: u32) -> FileName {
        name(&number.to_string())
    }

    /// Returns the numbers of the items that are there.
    ///
    /// # Errors
    /// File system errors.
    pub fn items(&self) -> Result<Vec<u32>, StoreError> {
        let mut all = Vec::new();
        self.folder.visit(|name, _| {
            let number = std::str::from_utf8(name).ok().and_then(|text| text.parse::<u32>().ok());
            all.extend(number.filter(|number| number.to_string().as_bytes() == name));
            std::ops::ControlFlow::Continue(())
        })?;
        all.sort_unstable();
        Ok(all)
    }

    /// Returns the metadata of an item; `None` if it is not there any more.
    ///
    /// # Errors
    /// File system errors.
    pub fn stat(&self, number: u32) -> Result<Option<Meta>, StoreError> {
        self.folder.stat(&Self::item_name(number))
    }

    /// Opens an item that is a file; `None` if it is gone, or no file.
    ///
    /// # Errors
    /// File system errors.
    pub fn open_file(&self, number: u32) -> Result<Option<OpenFile>, StoreError> {
        match self.folder.open(&VPath::root().join(&Self::item_name(number))) {
            Ok(Node::File(open)) => Ok(Some(open)),
            Ok(Node::Folder(..)) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the record; `None` if it is missing or damaged.
    ///
    /// # Errors
    /// File system errors.
    pub fn record(&self) -> Result<Option<Record>, StoreError> {
        Ok(read(&self.folder, RECORD, BYTES_MAX)?.and_then(|text| Record::parse(&text)))
    }

    /// Returns what was counted in an item that is a folder; `None`: not counted yet.
    ///
    /// # Errors
    /// File system errors.
    pub fn counted(&self, number: u32) -> Result<Option<Counts>, StoreError> {
        let Some(text) = read(&self.folder, &counts_name(number), SMALL_MAX)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut numbers = text.split(' ').map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        // Earlier versions wrote three numbers; such an item is counted again.
        Ok((|| Some(Counts { files: next()?, folders: next()?, occupied: next()?, size: next()? }))())
    }

    /// Keeps what was counted in an item. It can be counted again, so a failure is only logged.
    pub fn keep_counts(&self, number: u32, counts: Counts) {
        let text = format!("{} {} {} {}", counts.files, counts.folders, counts.occupied, counts.size);
        if let Err(error) = write(&self.folder, &name(&counts_name(number)), text.as_bytes()) {
            tracing::debug!(%error, "the size of a folder in the trash is not kept");
        }
    }
}

fn counts_name(number: u32) -> String {
    format!("{number}.size")
}

fn read(folder: &Folder, file: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
    match if_found(folder.open(&path(&[file])))? {
        Some(Node::File(open)) if open.meta.size <= most => {
            let mut text = Vec::new();
            let failed = |source| StoreError::new("read", folder.log_path(&path(&[file])), source);
            (&open.file).take(most).read_to_end(&mut text).map_err(failed)?;
            Ok(Some(text))
        }
        _ => Ok(None),
    }
}

/// Writes a file under another name, then renames it. Not synced: after a loss of power its content may be the former one, or
/// none.
fn write(folder: &Folder, file: &FileName, bytes: &[u8]) -> Result<(), StoreError> {
    let new = name(&format!("{}.new", file.display()));
    if_found(folder.remove_file(&new))?;
    let open = folder.create_new(&new, 0o600)?;
    let written =
        folder.write_into(&open, &new, bytes).and_then(|()| folder.rename(&new, folder, file, OnExisting::Replace));
    written.inspect_err(|_| drop(folder.remove_file(&new)))
}
