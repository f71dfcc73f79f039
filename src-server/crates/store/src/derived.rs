//! Files that are derived from the files of a volume (thumbnails), kept in a folder of its state folder.
//!
//! Each file is written under a hidden name and renamed, so that a reader sees it whole or not at all. Nothing is synced:
//! everything here can be made again. An empty file says that making it failed. A file's modification time says when it
//! was last used.

use crate::disk::OpenFile;
use crate::error::StoreError;
use crate::state_location::StateLocation;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

/// Files with names of this form are being written; older ones were left behind by a killed process.
const UNFINISHED: &str = ".new-";
/// Age after which an unfinished file is a leftover.
const LEFTOVER: Duration = Duration::from_secs(3600);

/// What is known about a derived file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Derived {
    /// Its content.
    Present(Vec<u8>),
    /// Making it failed before.
    Failed,
    /// Nothing.
    Missing,
}

/// What is known of a large derived file.
#[derive(Debug)]
pub enum OpenDerived {
    /// The file.
    Present(OpenFile),
    /// Making it failed before.
    Failed,
    /// Nothing.
    Missing,
}

/// A derived file that is being written, and read at the same time. It appears under its key by
/// [`GrowingFile::finish`]; dropping it removes it, and readers keep what they have.
pub struct GrowingFile {
    file: File,
    reader: Arc<OpenFile>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl GrowingFile {
    /// Appends bytes. Blocks.
    ///
    /// # Errors
    /// File system errors.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let failed = |error| StoreError::new("write", self.unfinished.display().to_string(), error);
        self.file.write_all(bytes).map_err(failed)
    }

    /// Returns the file for reading at offsets, also after it was finished or dropped.
    pub fn reader(&self) -> Arc<OpenFile> {
        self.reader.clone()
    }

    /// Makes the file visible under its key. Blocks.
    ///
    /// # Errors
    /// File system errors; the file is removed then.
    pub fn finish(self) -> Result<(), StoreError> {
        let failed = |error| StoreError::new("rename", self.path.display().to_string(), error);
        fs::rename(&self.unfinished, &self.path).map_err(failed)
    }
}

impl Drop for GrowingFile {
    fn drop(&mut self) {
        // Missing if it was finished.
        let _is_finished = fs::remove_file(&self.unfinished);
    }
}

/// How many files may be kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Files unused for this long are removed.
    pub max_age: Duration,
    /// Most bytes of all files together; those unused for longest are removed first.
    pub max_bytes: u64,
}

/// What cleaning has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Files that were removed.
    pub removed: u64,
    /// Files that are left.
    pub kept: u64,
    /// Bytes of those that are left.
    pub kept_bytes: u64,
}

/// Derived files of one kind in one volume. Every call blocks.
pub struct DerivedFiles {
    location: StateLocation,
    /// Name of their folder in the state folder.
    kind: &'static str,
    /// Makes names of unfinished files unique.
    next: AtomicU64,
}

impl DerivedFiles {
    /// Files in the folder `kind` of a volume's state folder. Touches no disk. Volumes that keep their state in memory
    /// have no derived files: nothing is stored, nothing found.
    pub fn new(location: StateLocation, kind: &'static str) -> Self {
        Self { location, kind, next: AtomicU64::new(0) }
    }

    /// Returns the file. `key`: from [`key_of`], with an extension. `poke`: its use is recorded if the last record is
    /// older than this. A failure is not recorded as used, so that it is tried again after its time.
    ///
    /// # Errors
    /// File system errors.
    pub fn get(&self, key: &str, poke: Duration) -> Result<Derived, StoreError> {
        let Some(path) = self.find(key) else { return Ok(Derived::Missing) };
        let failed = |error| StoreError::new("read", path.display().to_string(), error);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Derived::Missing),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.is_empty() {
            return Ok(Derived::Failed);
        }
        let used = file.metadata().and_then(|meta| meta.modified()).map_err(failed)?;
        record_use(&path, used, poke);
        Ok(Derived::Present(bytes))
    }

    /// Stores the file; with no bytes, that making it failed.
    ///
    /// # Errors
    /// File system errors; nothing is stored then.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let failed = |error| StoreError::new("write", key.to_owned(), error);
        let Some((path, unfinished)) = self.places(key).map_err(failed)? else { return Ok(()) };
        let written = crate::platform::create_private_file(&unfinished)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&unfinished, &path));
        written.map_err(|error| {
            let _was_not_created = fs::remove_file(&unfinished);
            failed(error)
        })
    }

    /// Opens the file; as [`DerivedFiles::get`], for large ones.
    ///
    /// # Errors
    /// File system errors.
    pub fn open(&self, key: &str, poke: Duration) -> Result<OpenDerived, StoreError> {
        let Some(path) = self.find(key) else { return Ok(OpenDerived::Missing) };
        let failed = |error| StoreError::new("read", path.display().to_string(), error);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(OpenDerived::Missing),
            Err(error) => return Err(failed(error)),
        };
        let meta = crate::platform::file_meta(&file).map_err(failed)?;
        if meta.size == 0 {
            return Ok(OpenDerived::Failed);
        }
        record_use(&path, file.metadata().and_then(|meta| meta.modified()).map_err(failed)?, poke);
        Ok(OpenDerived::Present(OpenFile { file, meta }))
    }

    /// Begins a file that is read while it grows. `None` if this volume keeps its state in memory.
    ///
    /// # Errors
    /// File system errors.
    pub fn create(&self, key: &str) -> Result<Option<GrowingFile>, StoreError> {
        let failed = |error| StoreError::new("write", key.to_owned(), error);
        let Some((path, unfinished)) = self.places(key).map_err(failed)? else { return Ok(None) };
        let opened = crate::platform::create_private_file(&unfinished).and_then(|file| {
            let reader = File::open(&unfinished)?;
            let meta = crate::platform::file_meta(&reader)?;
            Ok((file, Arc::new(OpenFile { file: reader, meta })))
        });
        let (file, reader) = opened.map_err(failed)?;
        Ok(Some(GrowingFile { file, reader, unfinished, path }))
    }

    /// Returns where a file of that key stands, and a hidden name beside it. Makes their folder.
    fn places(&self, key: &str) -> io::Result<Option<(PathBuf, PathBuf)>> {
        let Some(state) = self.location.make()? else { return Ok(None) };
        let folder = state.join(self.kind).join(&key[..2]);
        fs::create_dir_all(&folder)?;
        let number = self.next.fetch_add(1, Relaxed);
        Ok(Some((folder.join(key), folder.join(format!("{UNFINISHED}{}-{number}", std::process::id())))))
    }

    /// Appends to the file, which is created if it is missing. Appended bytes arrive in one piece, except when the power
    /// fails.
    ///
    /// # Errors
    /// File system errors.
    pub fn append(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let failed = |error| StoreError::new("write", key.to_owned(), error);
        let Some(state) = self.location.make().map_err(failed)? else { return Ok(()) };
        let path = state.join(self.kind).join(&key[..2]).join(key);
        fs::create_dir_all(path.parent().expect("was joined")).map_err(failed)?;
        let file = match File::options().append(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => crate::platform::create_private_file(&path),
            opened => opened,
        };
        // Another thread may have created it: what this one would add is lost, and made again some day.
        file.and_then(|mut file| file.write_all(bytes)).map_err(failed)
    }

    /// Removes files that are too old, and the oldest of those that are too many.
    ///
    /// # Errors
    /// File system errors, except for single files that cannot be removed.
    pub fn clean(&self, retention: Retention) -> Result<Cleaned, StoreError> {
        let Some(top) = self.location.find().map(|state| state.join(self.kind)) else { return Ok(Cleaned::default()) };
        let mut found = Vec::new();
        let failed = |error| StoreError::new("clean", top.display().to_string(), error);
        for folder in list(&top).map_err(failed)? {
            for path in list(&folder).map_err(failed)? {
                let Ok(meta) = fs::symlink_metadata(&path) else { continue };
                let is_unfinished = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
                let used = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                if meta.is_file() && !(is_unfinished && age(used) < LEFTOVER) {
                    found.push((if is_unfinished { SystemTime::UNIX_EPOCH } else { used }, meta.len(), path));
                }
            }
        }
        found.sort_unstable_by_key(|(used, ..)| std::cmp::Reverse(*used));
        let mut cleaned = Cleaned::default();
        for (used, size, path) in found {
            let is_kept = age(used) < retention.max_age && cleaned.kept_bytes + size <= retention.max_bytes;
            if is_kept || fs::remove_file(&path).is_err() {
                cleaned.kept += 1;
                cleaned.kept_bytes += size;
            } else {
                cleaned.removed += 1;
            }
        }
        Ok(cleaned)
    }

    fn find(&self, key: &str) -> Option<PathBuf> {
        Some(self.location.find()?.join(self.kind).join(&key[..2]).join(key))
    }
}

/// Records that the file is used now, if `used`, the last record, is older than `poke`.
fn record_use(path: &Path, used: SystemTime, poke: Duration) {
    if age(used) >= poke {
        // A record that cannot be written only means that the file is removed earlier.
        let _is_read_only =
            File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    }
}

/// Returns a name for what is derived from `parts`: 32 characters of hexadecimal digits.
pub fn key_of(parts: &[&[u8]]) -> String {
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        digest.update(&(part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finish().as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The time since `then`; none if the clock was set back.
fn age(then: SystemTime) -> Duration {
    SystemTime::now().duration_since(then).unwrap_or_default()
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn files(folder: &Path) -> DerivedFiles {
        DerivedFiles::new(StateLocation::Folder(folder.join(".hist")), "th")
    }

    fn set_age(folder: &Path, key: &str, age: Duration) {
        let path = folder.join(".hist/th").join(&key[..2]).join(key);
        let file = File::options().append(true).open(path).expect("is there");
        file.set_modified(SystemTime::now() - age).expect("sets the time");
    }

    #[test]
    fn what_was_stored_is_found() {
        let tmp = tempfile::tempdir().expect("a folder");
        let files = files(tmp.path());
        let key = key_of(&[b"a", b"b"]);
        assert_ne!(key, key_of(&[b"ab", b""]));
        assert_eq!(files.get(&key, HOUR).expect("reads"), Derived::Missing);
        files.put(&key, b"bytes").expect("stores");
        assert_eq!(files.get(&key, HOUR).expect("reads"), Derived::Present(b"bytes".to_vec()));
        files.put(&key, b"").expect("stores");
        assert_eq!(files.get(&key, HOUR).expect("reads"), Derived::Failed);
        let memory = DerivedFiles::new(StateLocation::Memory, "th");
        memory.put(&key, b"bytes").expect("ignored");
        assert_eq!(memory.get(&key, HOUR).expect("reads"), Derived::Missing);
    }

    #[test]
    fn files_grow() {
        let tmp = tempfile::tempdir().expect("a folder");
        let files = files(tmp.path());
        let key = key_of(&[b"a"]);
        for piece in [b"one".as_slice(), b"two"] {
            files.append(&key, piece).expect("appends");
        }
        assert_eq!(files.get(&key, HOUR).expect("reads"), Derived::Present(b"onetwo".to_vec()));
    }

    #[test]
    fn growing_files_are_read_before_they_are_finished() {
        let tmp = tempfile::tempdir().expect("a folder");
        let files = files(tmp.path());
        let key = key_of(&[b"a"]);
        let mut growing = files.create(&key).expect("creates").expect("has a place");
        let reader = growing.reader();
        growing.write(b"abc").expect("writes");
        let mut read = Vec::new();
        reader.read_at(1, 10, &mut read).expect("reads");
        assert_eq!(read, b"bc");
        assert!(matches!(files.open(&key, HOUR).expect("reads"), OpenDerived::Missing));
        growing.finish().expect("renames");
        let OpenDerived::Present(open) = files.open(&key, HOUR).expect("reads") else { panic!("is there") };
        assert_eq!(open.meta.size, 3);
        // One that is dropped leaves nothing but what its readers have.
        let mut dropped = files.create(&key_of(&[b"b"])).expect("creates").expect("has a place");
        dropped.write(b"abc").expect("writes");
        let reader = dropped.reader();
        drop(dropped);
        read.clear();
        reader.read_at(0, 10, &mut read).expect("reads");
        assert_eq!(read, b"abc");
        assert_eq!(files.clean(Retention { max_age: HOUR, max_bytes: 100 }).expect("cleans").kept, 1);
        files.put(&key, b"").expect("stores");
        assert!(matches!(files.open(&key, HOUR).expect("reads"), OpenDerived::Failed));
    }

    #[test]
    fn unused_files_are_removed_and_failures_too() {
        let tmp = tempfile::tempdir().expect("a folder");
        let files = files(tmp.path());
        let keys: Vec<String> = (0u8..4).map(|number| key_of(&[&[number]])).collect();
        for key in &keys {
            files.put(key, if *key == keys[3] { b"" } else { b"bytes" }).expect("stores");
            set_age(tmp.path(), key, 3 * HOUR);
        }
        // The first is used, the failure is asked for.
        files.get(&keys[0], HOUR).expect("reads");
        files.get(&keys[3], HOUR).expect("reads");
        let cleaned = files.clean(Retention { max_age: 2 * HOUR, max_bytes: 1000 }).expect("cleans");
        assert_eq!(cleaned, Cleaned { removed: 3, kept: 1, kept_bytes: 5 });
        assert_eq!(files.get(&keys[0], HOUR).expect("reads"), Derived::Present(b"bytes".to_vec()));
    }

    #[test]
    fn the_oldest_make_room() {
        let tmp = tempfile::tempdir().expect("a folder");
        let files = files(tmp.path());
        let keys: Vec<String> = (0u8..10).map(|number| key_of(&[&[number]])).collect();
        for (number, key) in keys.iter().enumerate() {
            files.put(key, &[1; 100]).expect("stores");
            set_age(tmp.path(), key, HOUR * number as u32);
        }
        let cleaned = files.clean(Retention { max_age: 1000 * HOUR, max_bytes: 350 }).expect("cleans");
        assert_eq!(cleaned, Cleaned { removed: 7, kept: 3, kept_bytes: 300 });
        assert_eq!(files.get(&keys[2], 100 * HOUR).expect("reads"), Derived::Present(vec![1; 100]));
        assert_eq!(files.get(&keys[3], HOUR).expect("reads"), Derived::Missing);
    }

    #[test]
    fn leftovers_of_a_killed_process_are_removed() {
        let tmp = tempfile::tempdir().expect("a folder");
        let files = files(tmp.path());
        files.put(&key_of(&[b"a"]), b"bytes").expect("stores");
        let folder = tmp.path().join(".hist/th").join(&key_of(&[b"a"])[..2]);
        for (name, age) in [(".new-1-1", 2 * HOUR), (".new-1-2", Duration::ZERO)] {
            let file = File::create(folder.join(name)).expect("creates");
            file.set_modified(SystemTime::now() - age).expect("sets the time");
        }
        files.clean(Retention { max_age: 10 * HOUR, max_bytes: 1000 }).expect("cleans");
        assert!(!folder.join(".new-1-1").exists() && folder.join(".new-1-2").exists());
    }
}
