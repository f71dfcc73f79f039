//! The entries of a folder without what pages show around them: no order, no texts, no keys.

use super::children::{Dots, Via, visit};
use super::folder::{as_listed, open_listed};
use super::rows::{ROWS_UNCOUNTED, RowsReservation};
use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use crate::files::condition::tag;
use crate::files::read::OpenedFolder;
use crate::files::stat::{FileKind, Place};
use model::{FileName, UnixMillis, VPath, Verdict};
use store::disk::{Kind, Meta};

/// An entry of a folder. Symlinks are what they lead to. Its rights are told by
/// [`Reader::stat`](crate::files::read::Reader::stat).
#[derive(Clone, Debug)]
pub struct PlainEntry {
    /// Its name.
    pub name: FileName,
    /// What it is in the tree of volumes.
    pub place: Place,
    meta: Meta,
}

impl PlainEntry {
    /// File or folder.
    pub fn kind(&self) -> FileKind {
        if self.meta.kind == Kind::Folder { FileKind::Folder } else { FileKind::File }
    }

    /// Size in bytes; 0 for folders.
    pub fn size(&self) -> u64 {
        if self.kind() == FileKind::Folder { 0 } else { self.meta.size }
    }

    /// Modification time; `None` for a virtual folder.
    pub fn modified(&self) -> Option<UnixMillis> {
        (self.place != Place::Virtual).then(|| self.meta.mtime())
    }

    /// Strong validator of a file without quotes: the one that [`Reader::stat`](crate::files::read::Reader::stat) tells.
    pub fn etag(&self) -> Option<String> {
        (self.kind() == FileKind::File).then(|| tag(&self.meta))
    }
}

/// The entries of a folder that an account may see, in no particular order.
#[derive(Clone, Debug)]
pub struct PlainListing {
    /// The entries.
    pub entries: Vec<PlainEntry>,
    /// Counts the rows against the budget; keep it as long as the rows.
    pub reservation: Option<RowsReservation>,
}

/// Reads a folder; `opened`: the folder, if it was found before.
pub(super) fn read(core: &Core, access: &Access, path: &VPath, opened: Option<OpenedFolder>) -> Result<PlainListing> {
    let (located, verdict) = match opened {
        Some(opened) => as_listed(access, path, opened.located)?,
        None => open_listed(access, path)?,
    };
    let mut reservation = core.listings.reservation(access.client().address);
    let (mut entries, mut refusal) = (Vec::new(), None);
    visit(access, path, located.as_ref(), verdict == Verdict::Allow, Dots::Shown, |name, meta, via| {
        if refusal.is_some() {
            return;
        }
        if entries.len() % ROWS_UNCOUNTED == ROWS_UNCOUNTED - 1
            && let Err(error) = reservation.grow(ROWS_UNCOUNTED)
        {
            refusal = Some(error);
            return;
        }
        let place = match via {
            Via::Tree(Some(_)) => Place::VolumeTop,
            Via::Tree(None) => Place::Virtual,
            // A folder above the scope is not on disk for this account.
            Via::Scope if meta.ino == 0 && meta.mtime_ns == 0 => Place::Virtual,
            Via::Handle | Via::Link | Via::Scope => Place::Inside,
        };
        entries.push(PlainEntry { name, place, meta });
    })?;
    match refusal {
        Some(error) => Err(error),
        None => {
            let reservation = (!reservation.is_empty()).then(|| RowsReservation::new(reservation));
            Ok(PlainListing { entries, reservation })
        }
    }
}
