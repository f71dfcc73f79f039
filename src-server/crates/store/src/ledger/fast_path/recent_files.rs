//! Rows of files that have just been uploaded, in memory: the handshake that ends an upload follows at once and needs
//! no database query.
//!
//! Bounded, and only a cache: a missing row says nothing, the database decides. A row is added when its insert is
//! queued, so that any later change of its path can remove it, but is returned only once the file is durable.

use crate::ledger::file_table::FileRow;
use model::{FileName, VPath, Wark};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Upper limit of rows.
const MAX_ROWS: usize = 2048;
/// Files with more chunks are not cached: their rows are large and seldom queried.
const MAX_CHUNKS: usize = 4;

type FilePath = (VPath, FileName);

/// The cache. Methods never block on the disk.
#[derive(Default)]
pub(super) struct RecentFiles(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    rows: HashMap<FilePath, Entry>,
    /// For each wark the path of one file with it, which is in `rows`.
    by_wark: HashMap<Wark, FilePath>,
    /// Paths, oldest first. Those that are no longer in `rows` stay until they are the oldest.
    order: VecDeque<FilePath>,
}

struct Entry {
    row: Arc<FileRow>,
    is_durable: bool,
}

impl RecentFiles {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock()
    }

    /// Adds a row whose insert is being queued; it replaces an earlier row of its path.
    pub fn add_queued(&self, row: &Arc<FileRow>) {
        let path = (row.folder.clone(), row.name.clone());
        let is_cacheable = row.wark.is_some() && row.hashes.len() <= MAX_CHUNKS && row.verified.ino != 0;
        let mut inner = self.lock();
        inner.remove(&path);
        if !is_cacheable {
            return;
        }
        inner.rows.insert(path.clone(), Entry { row: row.clone(), is_durable: false });
        if let Some(wark) = row.wark {
            inner.by_wark.entry(wark).or_insert_with(|| path.clone());
        }
        inner.order.push_back(path);
        while inner.order.len() > MAX_ROWS {
            let Some(oldest) = inner.order.pop_front() else { break };
            inner.remove(&oldest);
        }
    }

    /// Marks the file with this inode as durable under this path. No effect if the latest row of the path is of another
    /// file.
    pub fn mark_durable(&self, folder: &VPath, name: &FileName, ino: u64) {
        let path = (folder.clone(), name.clone());
        if let Some(entry) = self.lock().rows.get_mut(&path)
            && entry.row.verified.ino == ino
        {
            entry.is_durable = true;
        }
    }

    /// Returns the durable file at a path if it has this wark.
    pub fn get(&self, folder: &VPath, name: &FileName, wark: &Wark) -> Option<Arc<FileRow>> {
        let path = (folder.clone(), name.clone());
        let inner = self.lock();
        let entry = inner.rows.get(&path)?;
        (entry.is_durable && entry.row.wark.as_ref() == Some(wark)).then(|| entry.row.clone())
    }

    /// Returns a durable file with this wark, at any path.
    pub fn with_wark(&self, wark: &Wark) -> Option<Arc<FileRow>> {
        let inner = self.lock();
        let entry = inner.rows.get(inner.by_wark.get(wark)?)?;
        entry.is_durable.then(|| entry.row.clone())
    }

    /// Removes a path whose row changes in the database only.
    pub fn forget(&self, folder: &VPath, name: &FileName) {
        self.lock().remove(&(folder.clone(), name.clone()));
    }

    /// Removes all paths.
    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }
}

impl Inner {
    fn remove(&mut self, path: &FilePath) {
        let wark = self.rows.remove(path).and_then(|entry| entry.row.wark);
        if let Some(wark) = wark.filter(|wark| self.by_wark.get(wark) == Some(path)) {
            self.by_wark.remove(&wark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::file;

    fn row(name: &str, seed: u8, ino: u64) -> Arc<FileRow> {
        let mut row = file("d", name, seed);
        row.verified.ino = ino;
        Arc::new(row)
    }

    fn find(recent: &RecentFiles, row: &FileRow) -> Option<Arc<FileRow>> {
        recent.get(&row.folder, &row.name, &row.wark.expect("is hashed"))
    }

    #[test]
    fn returned_when_durable_and_only_with_matching_content() {
        let recent = RecentFiles::default();
        let one = row("a", 1, 7);
        recent.add_queued(&one);
        assert_eq!(find(&recent, &one), None, "not durable yet");
        recent.mark_durable(&one.folder, &one.name, 8);
        assert_eq!(find(&recent, &one), None, "another file is durable");
        recent.mark_durable(&one.folder, &one.name, 7);
        assert_eq!(find(&recent, &one), Some(one.clone()));
        assert_eq!(find(&recent, &row("a", 2, 7)), None, "other content");
        assert_eq!(find(&recent, &row("b", 1, 7)), None, "other name");
    }

    #[test]
    fn the_latest_row_of_a_path_counts() {
        let recent = RecentFiles::default();
        let (one, two) = (row("a", 1, 7), row("a", 2, 8));
        recent.add_queued(&one);
        recent.add_queued(&two);
        // The first file becomes durable after the second was queued.
        recent.mark_durable(&one.folder, &one.name, 7);
        assert_eq!((find(&recent, &one), find(&recent, &two)), (None, None));
        recent.mark_durable(&two.folder, &two.name, 8);
        assert_eq!(find(&recent, &two), Some(two.clone()));
        let unhashed = Arc::new(FileRow { wark: None, ..(*two).clone() });
        recent.add_queued(&unhashed);
        recent.mark_durable(&two.folder, &two.name, 8);
        assert_eq!(find(&recent, &two), None);
    }

    #[test]
    fn found_by_wark_while_present() {
        let recent = RecentFiles::default();
        let (one, two, other) = (row("a", 1, 7), row("b", 1, 8), row("a", 2, 9));
        let with = |row: &FileRow| recent.with_wark(&row.wark.expect("is hashed"));
        recent.add_queued(&one);
        assert_eq!(with(&one), None, "not durable yet");
        recent.mark_durable(&one.folder, &one.name, 7);
        recent.add_queued(&two);
        assert_eq!(with(&one), Some(one.clone()), "the first, which is durable");
        recent.add_queued(&other);
        assert_eq!(with(&one), None, "replaced");
        recent.add_queued(&two);
        recent.mark_durable(&two.folder, &two.name, 8);
        assert_eq!(with(&one), Some(two.clone()));
        recent.forget(&two.folder, &two.name);
        assert_eq!(with(&one), None);
        for at in 0..3 * MAX_ROWS as u64 {
            // Always the same path, each time with other content.
            let mut replaced = (*row("c", 1, 7)).clone();
            replaced.wark = Some(Wark::of_content("salt", model::Bytes(at), &replaced.hashes));
            recent.add_queued(&Arc::new(replaced));
        }
        let inner = recent.lock();
        assert!(inner.rows.len() <= MAX_ROWS && inner.by_wark.len() <= 2 * MAX_ROWS, "bounded");
    }

    #[test]
    fn rows_are_removed_and_bounded() {
        let recent = RecentFiles::default();
        for at in 0..MAX_ROWS as u64 + 10 {
            let one = row(&format!("f{at}"), 1, 7);
            recent.add_queued(&one);
            recent.mark_durable(&one.folder, &one.name, 7);
        }
        assert_eq!(recent.lock().rows.len(), MAX_ROWS);
        assert_eq!(find(&recent, &row("f9", 1, 7)), None);
        let last = row("f2000", 1, 7);
        assert!(find(&recent, &last).is_some());
        recent.forget(&last.folder, &last.name);
        assert_eq!(find(&recent, &last), None);
        recent.clear();
        assert_eq!(find(&recent, &row("f2001", 1, 7)), None);
    }
}
