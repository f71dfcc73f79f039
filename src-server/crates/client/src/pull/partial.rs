//! The file that is being received, beside the one that it becomes.

use crate::fault::Fault;
use crate::local::PARTIAL;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Longest name of a partial file, in bytes.
const NAME_MAX: usize = 255;

/// A file that is being received.
pub struct Partial {
    /// It is open for reading and writing.
    pub file: File,
    path: PathBuf,
}

impl Partial {
    /// Opens the one for `path`, with what an earlier run has received, and makes the folders around it.
    ///
    /// # Errors
    /// I/O errors; a folder in the place of the file.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        if path.is_dir() {
            return Err(Fault::Name("a folder is in its place on this computer".into()));
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Fault::disk("its folder cannot be made"))?;
        }
        let partial = beside(path);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&partial);
        Ok(Self { file: opened.map_err(Fault::disk("it cannot be written"))?, path: partial })
    }

    /// Gives it its size.
    ///
    /// # Errors
    /// I/O errors.
    pub fn resize(&self, size: u64) -> Result<(), Fault> {
        self.file.set_len(size).map_err(Fault::disk("it cannot be written"))
    }

    /// Returns its size.
    pub fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |found| found.len())
    }

    /// Puts it in the place of `path`. `modified`: seconds since 1970. `is_large`: it is written to the disk first; small files are
    /// fetched again when they are found empty after a loss of power, which is faster than to wait for each.
    ///
    /// # Errors
    /// I/O errors.
    pub fn finish(self, path: &Path, modified: i64, is_large: bool) -> Result<(), Fault> {
        let since = Duration::from_secs(modified.unsigned_abs());
        let time = if modified >= 0 { UNIX_EPOCH.checked_add(since) } else { UNIX_EPOCH.checked_sub(since) };
        if let Some(time) = time {
            self.file.set_modified(time).map_err(Fault::disk("its date cannot be set"))?;
        }
        if is_large {
            self.file.sync_all().map_err(Fault::disk("it cannot be written"))?;
        }
        drop(self.file);
        fs::rename(&self.path, path).map_err(Fault::disk("it cannot be put in its place"))
    }

    /// Forgets what was received.
    pub fn discard(self) {
        drop(self.file);
        // What stays is checked by the next run.
        let _ = fs::remove_file(&self.path);
    }
}

/// Returns the path of the partial file.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let mut partial = OsString::from(name);
    partial.push(PARTIAL);
    if partial.len() > NAME_MAX {
        let digest = Sha256::digest(name.as_encoded_bytes());
        partial = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        partial.push(PARTIAL);
    }
    path.with_file_name(partial)
}
