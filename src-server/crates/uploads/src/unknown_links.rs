//! Records symlinks that the ledger does not know: a program was killed after deduplication had made one and before its
//! row was committed. Code that moves or removes the target of such a link would not know that the link has to be kept.
//!
//! The start after a kill records them, before any possible target is changed.

use super::volume::VolumeUploads;
use model::{FileName, VPath};
use std::ops::ControlFlow;
use std::time::UNIX_EPOCH;
use store::StoreError;
use store::disk::{Folder, Kind, Meta, reserved};
use store::ledger::FileRow;

impl VolumeUploads {
    /// After a program was killed: walks through all folders of the volume and records unknown links to known files.
    /// Does nothing otherwise, or once it has succeeded. `root`: the volume's top folder. Blocks; waits for another
    /// thread that is doing this.
    ///
    /// # Errors
    /// The ledger cannot be read or written; then possible targets of links should not be changed.
    pub(super) fn record_unknown_links(&self, root: &Folder) -> Result<(), StoreError> {
        if self.state.run_marker.killed_runs().is_empty() {
            return Ok(());
        }
        // Needs no lock of a name: every change of a link's target waits for this function first.
        let mut are_entered = self.links_recorded.lock();
        if *are_entered {
            return Ok(());
        }
        self.apply_interrupted_moves(root);
        let (mut waiting, mut found) = (vec![VPath::root()], 0);
        while let Some(path) = waiting.pop() {
            let Ok(folder) = root.folder(&path) else { continue };
            let mut links = Vec::new();
            let _what_was_read_counts = folder.visit(|name, meta| {
                let Ok(name) = FileName::new(name) else { return ControlFlow::Continue(()) };
                match meta.kind {
                    _ if reserved::is_reserved(name.as_bytes()) => {}
                    Kind::Folder => waiting.push(path.join(&name)),
                    Kind::Link if self.may_be_of_killed(&meta) => links.push(name),
                    _ => {}
                }
                ControlFlow::Continue(())
            });
            for name in links {
                found += u64::from(self.record_unknown_link(root, &path, &name)?);
            }
        }
        *are_entered = true;
        if found > 0 {
            tracing::info!(found, "links that a killed program had not recorded were added to the ledger");
        }
        Ok(())
    }

    /// Returns whether a killed program may have made a link: it sets times in whole milliseconds right after making
    /// one. Links made by the owner of the disk are skipped.
    fn may_be_of_killed(&self, link: &Meta) -> bool {
        let since = self.state.run_marker.killed_since().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        link.mtime_ns % 1_000_000 == 0
            || since.is_none_or(|since| i128::from(link.mtime_ns) >= since.as_nanos() as i128)
    }

    /// Returns true if the link was unknown and points to a known file.
    fn record_unknown_link(&self, root: &Folder, above: &VPath, name: &FileName) -> Result<bool, StoreError> {
        let link = above.join(name);
        let target = root.real_target(&link).ok().and_then(|target| root.locate(&target));
        let Some((folder, file)) = target.and_then(|target| target.split_last()) else { return Ok(false) };
        let Some(known) = self.ledger.file_at(&folder, &file)?.filter(|row| row.wark.is_some()) else {
            return Ok(false);
        };
        // The row may describe the file that the link replaced.
        if self.ledger.file_at(above, name)?.is_some_and(|row| row.wark == known.wark) {
            return Ok(false);
        }
        let row = FileRow { folder: above.clone(), name: name.clone(), verified: Default::default(), ..known };
        self.ledger.put_file(row)?.wait().map(|()| true)
    }
}
