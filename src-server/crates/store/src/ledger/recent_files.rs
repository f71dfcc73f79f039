//! Files that have just arrived, kept in memory: the question that ends an upload comes at once and needs no database.
//!
//! Bounded, and only a shortcut: what is not here is in the database. A row is here from the moment when it is queued, so
//! that any later change of its path can throw it out, but it is shown only when the file is safe.

use model::{FileName, VPath, Wark};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::FileRow;

/// Most rows.
const MAX_ROWS: usize = 2048;
/// Files with more chunks are left to the database: their rows are large, and their questions few.
const MAX_CHUNKS: usize = 4;

type FilePath = (VPath, FileName);

/// See the module.
#[derive(Default)]
pub(super) struct RecentFiles(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    rows: HashMap<FilePath, Entry>,
    /// For each content one of its by_wark, which is in `rows`.
    by_wark: HashMap<Wark, FilePath>,
    /// Oldest first; by_wark that are not in `rows` any more stay until their turn comes.
    order: VecDeque<FilePath>,
}

struct Entry {
    row: Arc<FileRow>,
    is_durable: bool,
}

impl RecentFiles {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A row is queued; it takes the path of an earlier one.
    pub fn add_queued(&self, row: &Arc<FileRow>) {
        let path = (row.folder.clone(), row.name.clone());
        let is_wanted = row.wark.is_some() && row.hashes.len() <= MAX_CHUNKS && row.verified.ino != 0;
        let mut inner = self.lock();
        inner.remove(&path);
        if !is_wanted {
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

    /// The file with this inode is safe under this name. Nothing happens if its row is not the last one of that path.
    pub fn mark_durable(&self, folder: &VPath, name: &FileName, ino: u64) {
        let path = (folder.clone(), name.clone());
        if let Some(entry) = self.lock().rows.get_mut(&path)
            && entry.row.verified.ino == ino
        {
            entry.is_durable = true;
        }
    }

    /// The safe file at a path, if it has this content.
    pub fn get(&self, folder: &VPath, name: &FileName, wark: &Wark) -> Option<Arc<FileRow>> {
        let path = (folder.clone(), name.clone());
        let inner = self.lock();
        let entry = inner.rows.get(&path)?;
        (entry.is_durable && entry.row.wark.as_ref() == Some(wark)).then(|| entry.row.clone())
    }

    /// A safe file with this content, wherever it is.
    pub fn with_wark(&self, wark: &Wark) -> Option<Arc<FileRow>> {
        let inner = self.lock();
        let entry = inner.rows.get(inner.by_wark.get(wark)?)?;
        entry.is_durable.then(|| entry.row.clone())
    }

    /// What is known of one path changes in a way that only the database knows.
    pub fn forget(&self, folder: &VPath, name: &FileName) {
        self.lock().remove(&(folder.clone(), name.clone()));
    }

    /// The same for many by_wark.
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
    use super::super::tests::file;
    use super::*;

    fn row(name: &str, seed: u8, ino: u64) -> Arc<FileRow> {
        let mut row = file("d", name, seed);
        row.verified.ino = ino;
        Arc::new(row)
    }

    fn find(recent: &RecentFiles, row: &FileRow) -> Option<Arc<FileRow>> {
        recent.get(&row.folder, &row.name, &row.wark.expect("is hashed"))
    }

    #[test]
    fn shown_when_safe_and_only_with_its_own_content() {
        let recent = RecentFiles::default();
        let one = row("a", 1, 7);
        recent.add_queued(&one);
        assert_eq!(find(&recent, &one), None, "not safe yet");
        recent.mark_durable(&one.folder, &one.name, 8);
        assert_eq!(find(&recent, &one), None, "another file is");
        recent.mark_durable(&one.folder, &one.name, 7);
        assert_eq!(find(&recent, &one), Some(one.clone()));
        assert_eq!(find(&recent, &row("a", 2, 7)), None, "other content");
        assert_eq!(find(&recent, &row("b", 1, 7)), None, "other name");
    }

    #[test]
    fn a_later_change_of_the_place_wins() {
        let recent = RecentFiles::default();
        let (one, two) = (row("a", 1, 7), row("a", 2, 8));
        recent.add_queued(&one);
        recent.add_queued(&two);
        // The first becomes safe after the second was queued.
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
    fn found_by_content_while_it_is_there() {
        let recent = RecentFiles::default();
        let (one, two, other) = (row("a", 1, 7), row("b", 1, 8), row("a", 2, 9));
        let with = |row: &FileRow| recent.with_wark(&row.wark.expect("is hashed"));
        recent.add_queued(&one);
        assert_eq!(with(&one), None, "not safe yet");
        recent.mark_durable(&one.folder, &one.name, 7);
        recent.add_queued(&two);
        assert_eq!(with(&one), Some(one.clone()), "the first, which is safe");
        recent.add_queued(&other);
        assert_eq!(with(&one), None, "replaced");
        recent.add_queued(&two);
        recent.mark_durable(&two.folder, &two.name, 8);
        assert_eq!(with(&one), Some(two.clone()));
        recent.forget(&two.folder, &two.name);
        assert_eq!(with(&one), None);
        for at in 0..3 * MAX_ROWS as u64 {
            // Always the same path, and always other content.
            let mut replaced = (*row("c", 1, 7)).clone();
            replaced.wark = Some(Wark::of_content("salt", model::Bytes(at), &replaced.hashes));
            recent.add_queued(&Arc::new(replaced));
        }
        let inner = recent.lock();
        assert!(inner.rows.len() <= MAX_ROWS && inner.by_wark.len() <= 2 * MAX_ROWS, "bounded");
    }

    #[test]
    fn forgotten_and_bounded() {
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
