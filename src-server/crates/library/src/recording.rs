//! Records changes of names and compares folders: the parts of an indexer's step.

use crate::cores::on_all_cores;
use crate::queued::{Queued, wait_for};
use crate::scanning::Work;
use crate::skipped::SkipReason;
use crate::volume::{VolumeIndex, index_of};
use crate::walk::{Entry, is_absence};
use model::VPath;
use std::sync::Arc;
use store::disk::{Folder, Meta};
use store::index::{ContentId, FolderContents, Index};
use store::{ErrorKind, StoreError};
use vfs::changes::{Change, Notice};

impl Work {
    /// Records one notice or compares one folder. Returns false if there was nothing to do.
    pub(crate) fn advance(
        &mut self,
        root: &Folder,
        index: &Arc<Index>,
        queued: &mut Vec<Queued>,
    ) -> Result<bool, StoreError> {
        if self.apply_rules(index)? {
            return Ok(true);
        }
        if let Some(notice) = self.notices.pop_front() {
            self.record(root, index, notice, queued)?;
            return Ok(true);
        }
        self.compare_some(root, index, queued)
    }

    /// Reads some folders side by side, and compares one after the other. Returns false if there was none.
    fn compare_some(
        &mut self,
        root: &Folder,
        index: &Arc<Index>,
        queued: &mut Vec<Queued>,
    ) -> Result<bool, StoreError> {
        let storage = self.volume.storage.clone();
        let Some(own) = index_of(&storage).filter(|_| !self.todo.is_empty()) else { return Ok(false) };
        let mut folders = self.todo.split_off(self.todo.len().saturating_sub(self.scan.at_once.max(1)));
        folders.reverse();
        let read = on_all_cores(&folders, || false, |path| Some(self.rules.read(root, path, &own.skipped)));
        let mut files = 0;
        for (path, contents) in folders.into_iter().zip(read) {
            files += contents.as_ref().map_or(0, |contents| contents.files.len());
            self.compare_read(own, index, path, contents, queued)?;
        }
        self.scan.adapt(files);
        Ok(true)
    }

    /// Compares the rows of one folder with the contents that were read from disk.
    fn compare_read(
        &mut self,
        own: &VolumeIndex,
        index: &Arc<Index>,
        path: VPath,
        contents: Result<FolderContents, StoreError>,
        queued: &mut Vec<Queued>,
    ) -> Result<(), StoreError> {
        self.scan.folders += 1;
        match contents {
            Ok(contents) => {
                own.progress.add_files(contents.files.len() as u64);
                self.compare(index, &path, contents, queued)?;
            }
            Err(error) if is_absence(&error) => {
                self.check_disk()?;
                if !path.is_root() {
                    queued.push(Queued::Change(index.remove(&path)?));
                }
            }
            // Its rows stay as they are: a folder that cannot be read now is not an empty one.
            Err(error) => {
                tracing::warn!(%error, "a folder is not compared with the index");
                let is_too_deep = error.kind() == ErrorKind::BadName;
                let reason = if is_too_deep { SkipReason::TooDeep } else { SkipReason::Unreadable };
                own.skipped.add(path.display(), reason, Some(error.source.to_string()));
            }
        }
        Ok(())
    }

    fn compare(
        &mut self,
        index: &Arc<Index>,
        path: &VPath,
        contents: FolderContents,
        queued: &mut Vec<Queued>,
    ) -> Result<(), StoreError> {
        self.check_disk()?;
        let below: Vec<VPath> = contents.folders.iter().map(|name| path.join(name)).collect();
        let files = contents.files.len();
        if let Some(change) = index.compare_folder(path, contents)? {
            queued.push(Queued::Compared(change, files));
        }
        self.todo.extend(below);
        Ok(())
    }

    fn record(
        &mut self,
        root: &Folder,
        index: &Arc<Index>,
        notice: Notice,
        queued: &mut Vec<Queued>,
    ) -> Result<(), StoreError> {
        match notice {
            Notice::Rescan(folder) => self.todo.push(folder),
            Notice::Change(
                Change::Created { path, .. } | Change::Replaced { path, .. } | Change::Removed { path, .. },
            ) => {
                self.look_at(root, index, &path, Folders::Compare, queued)?;
            }
            Notice::Change(Change::Moved { from, to, .. }) => {
                if self.rules.allows(&from) && self.rules.allows(&to) {
                    queued.push(Queued::Change(index.move_to(&from, &to)?));
                }
                self.look_at(root, index, &from, Folders::Compare, queued)?;
                self.look_at(root, index, &to, Folders::Moved, queued)?;
            }
        }
        Ok(())
    }

    /// Makes the index agree with what is at `path` now.
    fn look_at(
        &mut self,
        root: &Folder,
        index: &Arc<Index>,
        path: &VPath,
        folders: Folders,
        queued: &mut Vec<Queued>,
    ) -> Result<(), StoreError> {
        let mut entry = self.rules.look(root, path)?;
        if matches!(entry, Entry::File(_) | Entry::Folder)
            && self.volume.storage.folds_case()
            && !self.exact.has(root, path)?
        {
            // Another spelling of a name that has a row of its own.
            entry = Entry::Nothing;
        }
        match entry {
            Entry::File(meta) => queued.extend(self.put(index, path, &meta)?),
            Entry::Folder if folders == Folders::Moved && self.is_moved(index, path, queued)? => {}
            Entry::Folder => self.todo.push(path.clone()),
            Entry::Skipped(reason) => {
                let own = index_of(&self.volume.storage);
                own.into_iter().for_each(|own| own.skipped.add(path.display(), reason, None));
                queued.push(Queued::Change(index.remove(path)?));
            }
            Entry::Nothing => {
                self.check_disk()?;
                index_of(&self.volume.storage).into_iter().for_each(|own| own.skipped.remove(|| path.display()));
                queued.push(Queued::Change(index.remove(path)?));
            }
        }
        Ok(())
    }

    /// Whether the index has the folder, after the queued changes.
    fn is_moved(&self, index: &Arc<Index>, path: &VPath, queued: &mut Vec<Queued>) -> Result<bool, StoreError> {
        wait_for(queued)?;
        index.has_folder(path)
    }

    fn put(&self, index: &Arc<Index>, path: &VPath, meta: &Meta) -> Result<Option<Queued>, StoreError> {
        let Some((folder, name)) = path.split_last() else { return Ok(None) };
        let known = self.volume.storage.known_content(&folder, &name, meta);
        let (wark, uploaded_at) = known.map_or((None, None), |known| (known.wark, known.uploaded_at));
        let mut file = self.rules.found(&folder, name, meta);
        file.content = wark.as_ref().map(ContentId::of).or(file.content);
        index.put_file(&folder, file, uploaded_at).map(|put| Some(Queued::Change(put)))
    }
}

/// What is done with a folder that is at the path of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folders {
    /// It is compared with the index, with all below.
    Compare,
    /// Its rows have moved; it is compared only if there were none.
    Moved,
}
