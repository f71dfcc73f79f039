//! Symbolic links that the ledger does not know: a program was killed after deduplication had made one, and before its row
//! was committed. Whatever moves or removes the file that such a link leads to would not know that it has to be kept.
//!
//! The start after a kill enters them, before anything that a link may lead to goes away.

use super::volume::VolumeUploads;
use model::{FileName, VPath};
use std::ops::ControlFlow;
use std::sync::PoisonError;
use std::time::UNIX_EPOCH;
use store::StoreError;
use store::disk::{Folder, Kind, Meta, reserved};
use store::ledger::FileRow;

impl VolumeUploads {
    /// After a start that found the volume as a killed program left it: walks through all folders and enters links to known
    /// files that are not known themselves. Does nothing otherwise, and nothing again once it has succeeded. `root`: the
    /// volume's top. Blocks; waits for another one who is at it.
    ///
    /// # Errors
    /// The ledger cannot be read or written; then what links may lead to should stay.
    pub(super) fn record_unknown_links(&self, root: &Folder) -> Result<(), StoreError> {
        if self.run_marker.killed_runs().is_empty() {
            return Ok(());
        }
        // Needs no lock of a name: what a link leads to is only changed by those who have waited here.
        let mut are_entered = self.links_recorded.lock().unwrap_or_else(PoisonError::into_inner);
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
            tracing::info!(found, "links that a killed program had not entered in the ledger are known now");
        }
        Ok(())
    }

    /// Whether a killed program may have made a link: it gives them times in whole milliseconds, right after making them.
    /// Those that the owner of the disk has made are left alone.
    fn may_be_of_killed(&self, link: &Meta) -> bool {
        let since = self.run_marker.killed_since().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        link.mtime_ns % 1_000_000 == 0
            || since.is_none_or(|since| i128::from(link.mtime_ns) >= since.as_nanos() as i128)
    }

    /// Returns whether it was unknown and leads to a known file.
    fn record_unknown_link(&self, root: &Folder, above: &VPath, name: &FileName) -> Result<bool, StoreError> {
        let link = above.join(name);
        let target = root.real_target(&link).ok().and_then(|target| root.locate(&target));
        let Some((folder, file)) = target.and_then(|target| target.split_last()) else { return Ok(false) };
        let Some(known) = self.ledger.file_at(&folder, &file)?.filter(|row| row.wark.is_some()) else {
            return Ok(false);
        };
        // What is known of the link may be of the file that it replaced.
        if self.ledger.file_at(above, name)?.is_some_and(|row| row.wark == known.wark) {
            return Ok(false);
        }
        let row = FileRow { folder: above.clone(), name: name.clone(), verified: Default::default(), ..known };
        self.ledger.put_file(row)?.wait().map(|()| true)
    }
}
