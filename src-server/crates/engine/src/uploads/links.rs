//! A file that others link to goes away: one of them becomes the file, the rest link to that one.

use super::dedup::relative;
use super::names;
use super::volume::{VolumeUploads, unreadable};
use crate::error::Result;
use crate::volumes::lift::lift;
use model::VPath;
use store::StoreError;
use store::disk::{Clobber, Folder, Kind};
use store::ledger::FileRow;
use store::place::open_file;

/// Links looked at for one file.
const LINKS_MAX: u32 = 10_000;

impl VolumeUploads {
    /// Before what is at or below `path` (in the volume, whose top is `root`) is removed or moved: files outside that
    /// are links into it become files of their own. Blocks.
    ///
    /// # Errors
    /// The disk's; then nothing should be removed, or links would lead nowhere.
    pub(crate) fn keep_links(&self, root: &Folder, path: &VPath) -> Result<()> {
        let failed = |error| unreadable(error, path);
        for row in self.ledger.twins_below(path).map_err(failed)? {
            let Some(wark) = row.wark else { continue };
            let file = row.folder.join(&row.name);
            let others = self.ledger.files_with(&wark, LINKS_MAX).map_err(failed)?;
            let outside = |other: &&FileRow| !other.folder.join(&other.name).is_within(path);
            let links: Vec<_> = others.iter().filter(outside).filter(|other| leads_to(root, other, &file)).collect();
            if let Some((heir, rest)) = links.split_first() {
                self.inherit(root, &row, heir, rest).map_err(|error| lift(error, path))?;
            }
        }
        Ok(())
    }

    /// `heir` becomes the file itself; the others link to it.
    fn inherit(
        &self,
        root: &Folder,
        row: &FileRow,
        heir: &FileRow,
        rest: &[&FileRow],
    ) -> std::result::Result<(), StoreError> {
        let (from, to) = (root.folder(&row.folder)?, root.folder(&heir.folder)?);
        let copy = names::partial();
        // A second name for the same file, where the file system has that; it is the only one soon.
        if from.hard_link(&row.name, &to, &copy).is_err() {
            let source = open_file(&from, &row.name)?;
            let target = to.create_new(&copy, source.meta.mode)?;
            to.clone_or_copy(&source.file, &target)?;
            target.sync_all().map_err(|error| StoreError::new("sync", "a copy", error))?;
        }
        to.rename(&copy, &to, &heir.name, Clobber::Replace)?;
        to.sync()?;
        let heir_path = heir.folder.join(&heir.name);
        for link in rest {
            let folder = root.folder(&link.folder)?;
            let fresh = names::partial();
            folder.symlink(&relative(&link.folder, &heir_path), &fresh)?;
            folder.rename(&fresh, &folder, &link.name, Clobber::Replace)?;
            folder.sync()?;
        }
        Ok(())
    }
}

/// Whether a known file is a link to `file`.
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
