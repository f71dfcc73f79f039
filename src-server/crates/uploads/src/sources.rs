//! Stored files with a content, as sources of copies and links.

use super::target::Target;
use super::volume::{ledger_error, uploads_of};
use model::volume::DedupMode;
use model::{AccountName, Bytes, ChunkHash, Operation, UnixMillis, VPath, Wark};
use std::sync::Arc;
use store::disk::{Node, OpenFile};
use store::ledger::{FileRow, VerifiedState};
use vfs::access::Access;
use vfs::error::Result;
use vfs::volumes::extension::RecordedFile;
use vfs::volumes::resolve::{Located, resolve};
use vfs::volumes::tree::MountedVolume;

/// Maximum number of known files that are tried as the source of a copy.
pub(super) const SOURCES_MAX: u32 = 16;
/// From this level of `safededup` on, a file is hashed again each time before it is used.
const HASHED_FROM: u32 = 50;
/// Files up to this size are copied or hashed within a short call.
const QUICK_MAX: u64 = 256 << 10;

/// A file that has the content according to the ledger or the index.
pub(super) struct Source {
    pub volume: Arc<MountedVolume>,
    pub row: FileRow,
    /// The ledger has the row. Other rows are made from records that are not checked against the disk.
    pub in_ledger: bool,
    /// Open handle, if it was opened before.
    pub open: Option<Located<OpenFile>>,
}

/// A content, as its sender announced it or the server hashed it.
pub(super) struct AnnouncedContent<'a> {
    pub wark: &'a Wark,
    pub hashes: &'a [ChunkHash],
    pub size: u64,
}

/// Returns whether a file in `there` may be made from one in `here`: in the same volume, or if both allow it (`xlink`).
pub(super) fn shares_content(here: &MountedVolume, there: &MountedVolume) -> bool {
    here.index == there.index || (here.config.flags.cross_volume_dedup && there.config.flags.cross_volume_dedup)
}

impl Source {
    /// Returns the path of the file.
    pub fn path(&self) -> VPath {
        self.volume.config.mount.append(&self.row.folder).join(&self.row.name)
    }

    /// Opens the file with the account's rights; `None` if it is gone, has another size, or may not be read.
    pub fn open(&mut self, access: &Access) -> Option<Located<OpenFile>> {
        if let Some(open) = self.open.take() {
            return Some(open);
        }
        open_recorded(access, &self.path(), self.row.size)
    }

    /// Returns whether the recorded content is believed without reading the file, at this level of `safededup`.
    pub fn is_trusted(&self, safe_level: u32) -> bool {
        self.in_ledger && safe_level < HASHED_FROM
    }

    /// Returns whether making a file from this source takes no longer than other short calls.
    pub fn is_quick(&self, mode: DedupMode, safe_level: u32) -> bool {
        let is_link = !matches!(mode, DedupMode::Copy | DedupMode::Reflink);
        self.row.size.0 <= QUICK_MAX || (is_link && self.is_trusted(safe_level))
    }
}

/// Opens a file that records name, with the account's rights; `None` if it is gone, has another size than `size`, or may
/// not be read. Blocks.
fn open_recorded(access: &Access, path: &VPath, size: Bytes) -> Option<Located<OpenFile>> {
    let Located { volume, below, rights, keys, node } = resolve(access, path, Operation::CopyFrom).ok()?;
    match node {
        Node::File(open) if open.meta.size == size.0 => Some(Located { volume, below, rights, keys, node: open }),
        _ => None,
    }
}

/// Returns files with this content at other paths, in this volume or (`xlink`) in others, that the account may read.
/// `here`: the rows of this volume's ledger. Files that the ledgers do not know come from the index, if the ledgers have
/// none. Blocks.
///
/// # Errors
/// Database errors.
pub(super) fn find_sources(
    access: &Access,
    target: &Target,
    content: &AnnouncedContent<'_>,
    here: Vec<FileRow>,
) -> Result<Vec<Source>> {
    let failed = |error| ledger_error(error, &target.shown());
    let is_linked = |volume: &&Arc<MountedVolume>| shares_content(volume, &target.volume);
    let volumes: Vec<_> = access.snapshot().tree.volumes.iter().filter(is_linked).cloned().collect();
    let recorded =
        |volume: &Arc<MountedVolume>, row| Source { volume: volume.clone(), row, in_ledger: true, open: None };
    let mut sources: Vec<Source> = here.into_iter().map(|row| recorded(&target.volume, row)).collect();
    for volume in volumes.iter().filter(|volume| volume.index != target.volume.index) {
        let rows = uploads_of(&volume.storage).ledger.files_with(content.wark, SOURCES_MAX).map_err(failed)?;
        sources.extend(rows.into_iter().map(|row| recorded(volume, row)));
    }
    let usable = skip_unusable(access, sources);
    if !usable.is_empty() {
        return Ok(usable);
    }
    let mut sources = Vec::new();
    for volume in volumes.iter().filter(|volume| volume.storage.knows_all_files()) {
        let files = volume.storage.files_with(content.wark, SOURCES_MAX as usize).map_err(failed)?;
        let indexed =
            |file| Source { volume: volume.clone(), row: row_of(file, content), in_ledger: false, open: None };
        sources.extend(files.into_iter().filter(|file| file.size.0 == content.size).map(indexed));
    }
    Ok(skip_unusable(access, sources))
}

/// Removes the sources before the first one that the account may read. Later ones are checked when they are tried.
/// Knowing a hash grants nothing: a file that the account may not copy from does not exist here.
fn skip_unusable(access: &Access, mut sources: Vec<Source>) -> Vec<Source> {
    let is_usable = |source: &mut Source| {
        source.open = source.open(access);
        source.open.is_some()
    };
    let first = sources.iter_mut().position(is_usable).unwrap_or(sources.len());
    sources.split_off(first)
}

/// Returns the row that the ledger would have of a file that was never uploaded: it has no sender.
fn row_of(file: RecordedFile, content: &AnnouncedContent<'_>) -> FileRow {
    FileRow {
        folder: file.folder,
        name: file.name,
        size: file.size,
        lmod: UnixMillis(0),
        wark: Some(*content.wark),
        hashes: content.hashes.to_vec(),
        address: String::new(),
        account: AccountName::anonymous(),
        uploaded_at: UnixMillis(0),
        expires_at: None,
        verified: VerifiedState::default(),
    }
}
