//! Files that have just arrived, kept in memory: the question that ends an upload comes at once and needs no database.
//!
//! Bounded, and only a shortcut: what is not here is in the database. A row is here from the moment when it is queued, so
//! that any later change of its place can throw it out, but it is shown only when the file is safe.

use model::{FileName, VPath, Wark};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::FileRow;

/// Most rows.
const MOST: usize = 2048;
/// Files with more chunks are left to the database: their rows are large, and their questions few.
const CHUNKS: usize = 4;

type Place = (VPath, FileName);

/// See the module.
#[derive(Default)]
pub(super) struct Recent(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    rows: HashMap<Place, Entry>,
    /// For each content one of its places, which is in `rows`.
    places: HashMap<Wark, Place>,
    /// Oldest first; places that are not in `rows` any more stay until their turn comes.
    order: VecDeque<Place>,
}

struct Entry {
    row: Arc<FileRow>,
    is_safe: bool,
}

impl Recent {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A row is queued; it takes the place of an earlier one.
    pub fn queued(&self, row: &Arc<FileRow>) {
        let place = (row.folder.clone(), row.name.clone());
        let is_wanted = row.wark.is_some() && row.hashes.len() <= CHUNKS && row.seen.ino != 0;
        let mut inner = self.lock();
        inner.remove(&place);
        if !is_wanted {
            return;
        }
        inner.rows.insert(place.clone(), Entry { row: row.clone(), is_safe: false });
        if let Some(wark) = row.wark {
            inner.places.entry(wark).or_insert_with(|| place.clone());
        }
        inner.order.push_back(place);
        while inner.order.len() > MOST {
            let Some(oldest) = inner.order.pop_front() else { break };
            inner.remove(&oldest);
        }
    }

    /// The file with this inode is safe under this name. Nothing happens if its row is not the last one of that place.
    pub fn is_safe(&self, folder: &VPath, name: &FileName, ino: u64) {
        let place = (folder.clone(), name.clone());
        if let Some(entry) = self.lock().rows.get_mut(&place)
            && entry.row.seen.ino == ino
        {
            entry.is_safe = true;
        }
    }

    /// The safe file at a place, if it has this content.
    pub fn find(&self, folder: &VPath, name: &FileName, wark: &Wark) -> Option<Arc<FileRow>> {
        let place = (folder.clone(), name.clone());
        let inner = self.lock();
        let entry = inner.rows.get(&place)?;
        (entry.is_safe && entry.row.wark.as_ref() == Some(wark)).then(|| entry.row.clone())
    }

    /// A safe file with this content, wherever it is.
    pub fn with_content(&self, wark: &Wark) -> Option<Arc<FileRow>> {
        let inner = self.lock();
        let entry = inner.rows.get(inner.places.get(wark)?)?;
        entry.is_safe.then(|| entry.row.clone())
    }

    /// What is known of one place changes in a way that only the database knows.
    pub fn forget(&self, folder: &VPath, name: &FileName) {
        self.lock().remove(&(folder.clone(), name.clone()));
    }

    /// The same for many places.
    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }
}

impl Inner {
    fn remove(&mut self, place: &Place) {
        let wark = self.rows.remove(place).and_then(|entry| entry.row.wark);
        if let Some(wark) = wark.filter(|wark| self.places.get(wark) == Some(place)) {
            self.places.remove(&wark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    fn row(name: &str, seed: u8, ino: u64) -> Arc<FileRow> {
        let mut row = file("d", name, seed);
        row.seen.ino = ino;
        Arc::new(row)
    }

    fn find(recent: &Recent, row: &FileRow) -> Option<Arc<FileRow>> {
        recent.find(&row.folder, &row.name, &row.wark.expect("is hashed"))
    }

    #[test]
    fn shown_when_safe_and_only_with_its_own_content() {
        let recent = Recent::default();
        let one = row("a", 1, 7);
        recent.queued(&one);
        assert_eq!(find(&recent, &one), None, "not safe yet");
        recent.is_safe(&one.folder, &one.name, 8);
        assert_eq!(find(&recent, &one), None, "another file is");
        recent.is_safe(&one.folder, &one.name, 7);
        assert_eq!(find(&recent, &one), Some(one.clone()));
        assert_eq!(find(&recent, &row("a", 2, 7)), None, "other content");
        assert_eq!(find(&recent, &row("b", 1, 7)), None, "other name");
    }

    #[test]
    fn a_later_change_of_the_place_wins() {
        let recent = Recent::default();
        let (one, two) = (row("a", 1, 7), row("a", 2, 8));
        recent.queued(&one);
        recent.queued(&two);
        // The first becomes safe after the second was queued.
        recent.is_safe(&one.folder, &one.name, 7);
        assert_eq!((find(&recent, &one), find(&recent, &two)), (None, None));
        recent.is_safe(&two.folder, &two.name, 8);
        assert_eq!(find(&recent, &two), Some(two.clone()));
        let unhashed = Arc::new(FileRow { wark: None, ..(*two).clone() });
        recent.queued(&unhashed);
        recent.is_safe(&two.folder, &two.name, 8);
        assert_eq!(find(&recent, &two), None);
    }

    #[test]
    fn found_by_content_while_it_is_there() {
        let recent = Recent::default();
        let (one, two, other) = (row("a", 1, 7), row("b", 1, 8), row("a", 2, 9));
        let with = |row: &FileRow| recent.with_content(&row.wark.expect("is hashed"));
        recent.queued(&one);
        assert_eq!(with(&one), None, "not safe yet");
        recent.is_safe(&one.folder, &one.name, 7);
        recent.queued(&two);
        assert_eq!(with(&one), Some(one.clone()), "the first, which is safe");
        recent.queued(&other);
        assert_eq!(with(&one), None, "replaced");
        recent.queued(&two);
        recent.is_safe(&two.folder, &two.name, 8);
        assert_eq!(with(&one), Some(two.clone()));
        recent.forget(&two.folder, &two.name);
        assert_eq!(with(&one), None);
        for at in 0..3 * MOST as u64 {
            // Always the same place, and always other content.
            let mut replaced = (*row("c", 1, 7)).clone();
            replaced.wark = Some(Wark::of_content("salt", model::Bytes(at), &replaced.hashes));
            recent.queued(&Arc::new(replaced));
        }
        let inner = recent.lock();
        assert!(inner.rows.len() <= MOST && inner.places.len() <= 2 * MOST, "bounded");
    }

    #[test]
    fn forgotten_and_bounded() {
        let recent = Recent::default();
        for at in 0..MOST as u64 + 10 {
            let one = row(&format!("f{at}"), 1, 7);
            recent.queued(&one);
            recent.is_safe(&one.folder, &one.name, 7);
        }
        assert_eq!(recent.lock().rows.len(), MOST);
        assert_eq!(find(&recent, &row("f9", 1, 7)), None);
        let last = row("f2000", 1, 7);
        assert!(find(&recent, &last).is_some());
        recent.forget(&last.folder, &last.name);
        assert_eq!(find(&recent, &last), None);
        recent.clear();
        assert_eq!(find(&recent, &row("f2001", 1, 7)), None);
    }
}
