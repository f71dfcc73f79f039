//! Keeps symlinks valid when the file they point to is removed: one of the links becomes the file, and the others point
//! to it.

use super::volume::{VolumeUploads, ledger_error};
use model::{FileName, VPath};
use store::StoreError;
use store::disk::{Folder, Kind, OnExisting};
use store::ledger::FileRow;
use store::place::open_file;
use vfs::changes::Change;
use vfs::error::Result;
use vfs::files::link_text::relative;
use vfs::volumes::store_errors::map_store_error;

/// Maximum number of links examined per file.
const LINKS_MAX: u32 = 10_000;

impl VolumeUploads {
    /// Turns links from outside into `path` into files, before `path` or anything below it is removed or moved. `path`
    /// is relative to the volume's top folder `root`. Blocks.
    ///
    /// # Errors
    /// Disk errors; then nothing should be removed, because links would dangle.
    pub(crate) fn keep_links(&self, root: &Folder, path: &VPath) -> Result<()> {
        self.try_keep_links(root, path).map_err(|error| ledger_error(error, path))
    }

    /// Like [`VolumeUploads::keep_links`], with store errors.
    pub(super) fn try_keep_links(&self, root: &Folder, path: &VPath) -> std::result::Result<(), StoreError> {
        self.record_unknown_links(root)?;
        for row in self.ledger.duplicates_below(path)? {
            let Some(wark) = row.wark else { continue };
            let file = row.folder.join(&row.name);
            let others = self.ledger.files_with(&wark, LINKS_MAX)?;
            let outside = |other: &&FileRow| !other.folder.join(&other.name).is_within(path);
            let links: Vec<_> = others.iter().filter(outside).filter(|other| leads_to(root, other, &file)).collect();
            if let Some((successor, rest)) = links.split_first() {
                self.state.locks.set_has_links();
                self.promote_successor(root, &row, successor, rest)?;
            }
        }
        Ok(())
    }

    /// Turns links below `path` that point outside it into files, before the folder moves: link texts are relative to
    /// the folder of the link. With `itself` also the link at `path`. Blocks.
    ///
    /// # Errors
    /// Disk errors; then nothing should be moved.
    pub(crate) fn materialize_links(&self, root: &Folder, path: &VPath, itself: bool) -> Result<()> {
        let materialize = |row: &FileRow| -> std::result::Result<(), StoreError> {
            let link = row.folder.join(&row.name);
            let folder = root.folder(&row.folder)?;
            if (!itself && link == *path) || folder.stat(&row.name)?.is_none_or(|meta| meta.kind != Kind::Link) {
                return Ok(());
            }
            let target = root.real_target(&link).ok().and_then(|target| root.locate(&target));
            let Some(file) = target.filter(|file| itself || !file.is_within(path)) else { return Ok(()) };
            let Some((above, name)) = file.split_last() else { return Ok(()) };
            self.materialize_link(&root.folder(&above)?, &name, &folder, &row.name)?;
            self.state.changes.publish(|| Change::Replaced { path: link, kind: Kind::File });
            Ok(())
        };
        let rows = self.record_unknown_links(root).and_then(|()| self.ledger.duplicates_below(path));
        let rows = rows.map_err(|error| ledger_error(error, path))?;
        rows.iter().try_for_each(materialize).map_err(|error| map_store_error(error, path))
    }

    /// Replaces the link `link` in `to`, in one step, by a file with the content of `name` in `from`.
    fn materialize_link(
        &self,
        from: &Folder,
        name: &FileName,
        to: &Folder,
        link: &FileName,
    ) -> std::result::Result<(), StoreError> {
        let copy = self.state.hidden_name();
        // A hard link to the same file where the file system supports it: the server never changes bytes in place.
        if from.hard_link(name, to, &copy).is_err() {
            let source = open_file(from, name)?;
            let target = to.create_new(&copy, source.meta.mode)?;
            let copied = to.clone_or_copy(&source.file, &target).and_then(|_| {
                to.set_file_mtime(&target, &copy, source.meta.mtime())?;
                to.sync_file(&target, &copy)
            });
            copied.inspect_err(|_| drop(to.remove_file(&copy)))?;
        }
        to.rename(&copy, to, link, OnExisting::Replace).inspect_err(|_| drop(to.remove_file(&copy)))?;
        to.sync()
    }

    /// Makes `successor` the file itself, and the other links point to it.
    fn promote_successor(
        &self,
        root: &Folder,
        row: &FileRow,
        successor: &FileRow,
        rest: &[&FileRow],
    ) -> std::result::Result<(), StoreError> {
        let (from, to) = (root.folder(&row.folder)?, root.folder(&successor.folder)?);
        self.materialize_link(&from, &row.name, &to, &successor.name)?;
        let successor_path = successor.folder.join(&successor.name);
        self.state.changes.publish(|| Change::Replaced { path: successor_path.clone(), kind: Kind::File });
        for link in rest {
            let folder = root.folder(&link.folder)?;
            let fresh = self.state.hidden_name();
            folder.symlink(&relative(&link.folder, &successor_path), &fresh)?;
            folder
                .rename(&fresh, &folder, &link.name, OnExisting::Replace)
                .inspect_err(|_| drop(folder.remove_file(&fresh)))?;
            folder.sync()?;
        }
        Ok(())
    }
}

/// Returns whether a known file is a link to `file`.
fn leads_to(root: &Folder, link: &FileRow, file: &VPath) -> bool {
    let is_link = root
        .folder(&link.folder)
        .and_then(|folder| folder.stat(&link.name))
        .is_ok_and(|meta| meta.is_some_and(|meta| meta.kind == Kind::Link));
    is_link
        && root
            .real_target(&link.folder.join(&link.name))
            .is_ok_and(|target| root.locate(&target).as_ref() == Some(file))
}
