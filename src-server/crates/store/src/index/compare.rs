//! Compares one folder on disk with its rows.

use super::content_id::ContentId;
use super::open::Index;
use super::rows::{self, FolderId, KnownContent, State};
use crate::db::Pending;
use crate::error::StoreError;
use crate::hash::SingleSha512;
use model::{FileName, UnixMillis, VPath};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::HashMap;

/// A file as it was found on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Its name.
    pub name: FileName,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// The identity of its content, if it is known or the content is not to be read.
    pub content: Option<ContentId>,
}

impl FoundFile {
    /// Returns the columns about its content.
    pub(super) fn known(&self, uploaded_at: Option<UnixMillis>) -> KnownContent {
        KnownContent {
            content: self.content.clone().map(ContentId::into_bytes),
            uploaded_at: uploaded_at.map(|time| time.secs()),
            state: if self.content.is_some() { State::Finished } else { State::ToHash },
        }
    }
}

/// What was found in a folder that belongs in the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderContents {
    /// Its files, in any order.
    pub files: Vec<FoundFile>,
    /// Names of its folders, in any order.
    pub folders: Vec<FileName>,
}

impl FolderContents {
    /// Sorts by name, so that equal contents have equal fingerprints.
    fn sort(&mut self) {
        self.files.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        self.folders.sort_unstable();
    }

    /// Returns a hash of names, sizes and times; never 0.
    fn fingerprint(&self) -> i64 {
        let mut hash = SingleSha512::new();
        for file in &self.files {
            hash.update(file.name.as_bytes());
            hash.update(b"/");
            hash.update(&file.size.to_le_bytes());
            hash.update(&file.mtime_ns.to_le_bytes());
        }
        hash.update(b"//");
        for folder in &self.folders {
            hash.update(folder.as_bytes());
            hash.update(b"/");
        }
        let digest = hash.finish();
        let first: [u8; 8] = digest[..8].try_into().expect("a digest has 64 bytes");
        i64::from_le_bytes(first).max(i64::MIN + 1).checked_abs().unwrap_or(1).max(1)
    }
}

impl Index {
    /// Makes the rows of a folder equal to what was found in it. Files of which size and time are unchanged keep their
    /// content; the others are to be hashed. Returns `None` if nothing had changed, and otherwise the queued change,
    /// whose result is the number of files that were inserted, changed or removed.
    ///
    /// # Errors
    /// Database errors.
    pub fn compare_folder(
        &self,
        path: &VPath,
        mut contents: FolderContents,
    ) -> Result<Option<Pending<usize>>, StoreError> {
        contents.sort();
        let fingerprint = contents.fingerprint();
        let known = self.read(|connection| {
            connection
                .prepare_cached("select fingerprint from folder where path = ?1")?
                .query_row([path.as_bytes()], |row| row.get::<_, i64>(0))
                .optional()
        })?;
        if known == Some(fingerprint) {
            return Ok(None);
        }
        let path = path.clone();
        let change = move |connection: &Connection| replace(connection, &path, &contents, fingerprint);
        self.write(change).map(Some)
    }
}

fn replace(
    connection: &Connection,
    path: &VPath,
    contents: &FolderContents,
    fingerprint: i64,
) -> rusqlite::Result<usize> {
    let folder = rows::make_folder(connection, path)?;
    let changed = replace_files(connection, folder, &contents.files)?;
    let removed = remove_missing_folders(connection, folder, path, &contents.folders)?;
    connection
        .prepare_cached("update folder set fingerprint = ?2 where id = ?1")?
        .execute(params![folder, fingerprint])?;
    Ok(changed + removed)
}

fn replace_files(connection: &Connection, folder: FolderId, found: &[FoundFile]) -> rusqlite::Result<usize> {
    let mut known: HashMap<Vec<u8>, (i64, i64, i64)> = connection
        .prepare_cached("select name, id, size, mtime_ns from file where folder = ?1")?
        .query_map([folder], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?))))?
        .collect::<rusqlite::Result<_>>()?;
    let (mut changed, mut files, mut bytes) = (0, 0, 0);
    for file in found {
        match known.remove(file.name.as_bytes()) {
            Some((_, size, mtime_ns)) if size as u64 == file.size && mtime_ns == file.mtime_ns => continue,
            Some((id, size, _)) => {
                rows::update_file(connection, id, file.size, file.mtime_ns, &file.known(None))?;
                bytes += file.size as i64 - size;
            }
            None => {
                rows::insert_file(connection, folder, &file.name, file.size, file.mtime_ns, &file.known(None))?;
                files += 1;
                bytes += file.size as i64;
            }
        }
        changed += 1;
    }
    for (id, size, _) in known.into_values() {
        rows::remove_file(connection, id)?;
        files -= 1;
        bytes -= size;
        changed += 1;
    }
    rows::add_totals(connection, folder, files, bytes)?;
    Ok(changed)
}

/// Removes the folders in `folder` that were not found. `found`: sorted.
fn remove_missing_folders(
    connection: &Connection,
    folder: FolderId,
    path: &VPath,
    found: &[FileName],
) -> rusqlite::Result<usize> {
    let known: Vec<Vec<u8>> = connection
        .prepare_cached("select path from folder where parent = ?1")?
        .query_map([folder], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut removed = 0;
    for below in known {
        let Some(name) = below.rsplit(|byte| *byte == b'/').next().and_then(|name| FileName::new(name).ok()) else {
            continue;
        };
        if found.binary_search(&name).is_err() {
            rows::remove_folder(connection, &path.join(&name))?;
            removed += 1;
        }
    }
    Ok(removed)
}
