//! Downloads: opens a path that the account may download, and streams its bytes.

pub use super::body::{BodyKind, BodyStream, FileMaps};

use super::condition::tag;
use super::content::{Content, read_cached};
use super::handle::FileHandle;
use super::key::{file_key, same_key};
use super::stat::{FileKind, Place, Stat};
use super::transfer::Transfer;
use crate::access::Access;
use crate::budget::Budget;
use crate::core::Core;
use crate::error::{Conflict, Denial, EngineError, Result};
use crate::volumes::resolve::{self, Located, Resolved};
use bytes::Bytes;
use model::{FileKeys, FileName, Operation, Perm, PermSet, UnixMillis, VPath, Verdict};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use store::disk::{Folder, Node, OpenFile};
use store::hash::HashService;

/// The file or folder at a path.
pub enum Found {
    /// A file that the account may download.
    File(Download),
    /// A folder; `verdict` decides what may be shown of it (never `Deny`).
    Folder {
        /// `Allow`, `ContentsHidden` or `IndexOnly`.
        verdict: Verdict,
        /// The account's rights there.
        rights: PermSet,
        /// Modification time; `None` for a virtual folder.
        modified: Option<UnixMillis>,
        /// The folder itself, to be listed without another look for its path.
        opened: OpenedFolder,
    },
}

/// A folder as it was found, for [`Listings::list_opened`](crate::listing::Listings::list_opened).
pub struct OpenedFolder {
    /// `None`: only volumes below it are visible.
    pub(crate) located: Option<Located<Folder>>,
}

impl OpenedFolder {
    const VOLUMES_ONLY: Self = Self { located: None };
}

/// An open file.
pub struct Download {
    /// Its name.
    pub name: FileName,
    /// Size in bytes; for an unfinished upload, its final size.
    pub size: u64,
    /// Modification time.
    pub modified: UnixMillis,
    /// Strong validator without quotes: changes whenever the content may have changed.
    pub etag: String,
    /// The account's rights there.
    pub rights: PermSet,
    content: Content,
    core: Arc<Core>,
    access: Access,
    path: VPath,
}

impl Download {
    /// Returns the bytes of `range` (from 0, end exclusive, within the size) if they are few and in the page cache.
    /// Never blocks.
    pub fn read_cached(&self, range: Range<u64>) -> Option<Bytes> {
        let length = range.end.saturating_sub(range.start);
        if length == 0 {
            return Some(Bytes::new());
        }
        let Content::Whole(file) = &self.content else { return None };
        read_cached(file, range.start, usize::try_from(length).ok()?)
    }

    /// Returns the bytes of `range` as a stream.
    pub fn stream(self, range: Range<u64>, kind: BodyKind) -> BodyStream {
        let transfer = self.transfer(range.end.saturating_sub(range.start));
        self.content.body(range, kind, &self.core, transfer)
    }

    /// Returns one stream per range, in order (multipart/byteranges).
    pub fn streams(self, ranges: Vec<Range<u64>>, kind: BodyKind) -> Vec<BodyStream> {
        let transfer = self.transfer(ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum());
        let body = |range| self.content.body(range, kind.clone(), &self.core, transfer.clone());
        ranges.into_iter().map(body).collect()
    }

    /// Returns the inode number, which distinguishes files with the same name and size; part of the file key.
    pub fn ino(&self) -> u64 {
        match &self.content {
            Content::Whole(file) => file.meta.ino,
            Content::Growing(_) => 0,
        }
    }

    /// Returns the file itself, to be read by services; `None` while it is being uploaded. What is read this way counts as
    /// no transfer.
    pub fn open_file(&self) -> Option<Arc<OpenFile>> {
        match &self.content {
            Content::Whole(file) => Some(file.clone()),
            Content::Growing(_) => None,
        }
    }

    /// Returns who downloads it.
    pub(super) fn client(&self) -> crate::access::Client {
        self.access.client()
    }

    /// Returns the download of `file` instead, which was made from this one: the same account gets it by the same path.
    pub fn answered_by(self, file: OpenFile, name: FileName) -> Self {
        let meta = file.meta;
        Self {
            name,
            size: meta.size,
            modified: meta.mtime(),
            etag: tag(&meta),
            content: Content::Whole(Arc::new(file)),
            ..self
        }
    }

    /// Returns the download of `file`: the file at `path`, or an earlier version of it. The caller has checked that the account
    /// may read it. `rights`: the account's rights at `path`.
    pub(super) fn of(core: &Arc<Core>, access: &Access, path: &VPath, rights: PermSet, file: OpenFile) -> Self {
        let meta = file.meta;
        Self {
            name: path.name().unwrap_or_else(|| FileName::new(b"file").expect("is a name")),
            size: meta.size,
            modified: meta.mtime(),
            etag: tag(&meta),
            rights,
            content: Content::Whole(Arc::new(file)),
            core: core.clone(),
            access: access.clone(),
            path: path.clone(),
        }
    }

    /// Keeps the file open for reads at offsets.
    pub fn into_handle(self) -> FileHandle {
        let transfer = self.transfer(self.size);
        let Self { size, modified, etag, content, core, path, .. } = self;
        FileHandle { size, modified, etag, content, pool: core.pool.clone(), transfer, path }
    }

    fn transfer(&self, bytes: u64) -> Arc<Transfer> {
        let (core, access, path) = (self.core.clone(), self.access.clone(), self.path.clone());
        Transfer::start(core, access, path, Operation::Download, Some(bytes))
    }
}

/// The service for downloads.
#[derive(Clone)]
pub struct Reader {
    pub(super) core: Arc<Core>,
    pub(super) checksums: Budget,
    /// Hashes chunks; started with the first ones.
    pub(super) hashing: Arc<OnceLock<HashService>>,
}

/// Most checksums at once.
pub const CHECKSUMS_AT_ONCE: usize = 4;
/// Most checksums at once for one address.
pub const CHECKSUMS_PER_ADDRESS: usize = 2;

impl Reader {
    /// Over the volumes and the pool of `core`.
    pub fn new(core: Arc<Core>) -> Self {
        let checksums = Budget::new("checksums", CHECKSUMS_AT_ONCE, CHECKSUMS_PER_ADDRESS);
        Self { core, checksums, hashing: Arc::default() }
    }

    /// Opens `path` for download. Never blocks if the path is in the kernel's caches.
    ///
    /// # Errors
    /// `NotFound` (only for accounts that may know), `Denied`, `KeyNeeded`, `Unavailable`.
    pub async fn open(&self, access: &Access, path: &VPath, key: Option<&str>) -> Result<Found> {
        let rights = access.rights_at(path);
        let located = match self.find(access, path, rights).await? {
            Resolved::OnDisk(located) => located,
            Resolved::VirtualFolder => {
                let opened = OpenedFolder::VOLUMES_ONLY;
                return Ok(Found::Folder { verdict: Verdict::Allow, rights, modified: None, opened });
            }
            Resolved::Absent => return self.growing(access, path).await,
        };
        let (list, download) = (located.verdict(Operation::List), located.verdict(Operation::Download));
        let rights = located.rights;
        match located.node {
            // Only other volumes below the folder are visible.
            Node::Folder(..) if list == Verdict::Deny && access.has_visible_below(path) => {
                let opened = OpenedFolder::VOLUMES_ONLY;
                Ok(Found::Folder { verdict: Verdict::Allow, rights, modified: None, opened })
            }
            Node::Folder(..) if list == Verdict::Deny => Err(absent(access, path)),
            Node::Folder(_, meta) => {
                let opened = OpenedFolder { located: located.into_folder() };
                Ok(Found::Folder { verdict: list, rights, modified: Some(meta.mtime()), opened })
            }
            Node::File(open) if download == Verdict::Allow => Ok(self.download(access, path, rights, open)),
            Node::File(open) if download == Verdict::NeedsKey => {
                let flags = &located.volume.config.flags;
                let right = file_key(&self.core.secret, flags, path, open.meta.size, open.meta.ino);
                match key {
                    Some(key) if same_key(key, &right) => Ok(self.download(access, path, rights, open)),
                    _ => Err(EngineError::Denied(Denial::KeyNeeded(path.clone()))),
                }
            }
            Node::File(_) => Err(absent(access, path)),
        }
    }

    /// Returns the attributes of `path`: those of the file or folder that [`Reader::open`] would open. Resolves the path
    /// once, and touches no disk besides.
    ///
    /// # Errors
    /// Those of [`Reader::open`]: an account learns no more by asking than by reading.
    pub async fn stat(&self, access: &Access, path: &VPath) -> Result<Stat> {
        Ok(match self.open(access, path, None).await? {
            Found::File(Download { size, modified, etag, rights, .. }) => Stat {
                kind: FileKind::File,
                place: Place::on_disk(access, path),
                size,
                modified: Some(modified),
                etag: Some(etag),
                rights,
            },
            Found::Folder { rights, modified, .. } => Stat {
                kind: FileKind::Folder,
                place: modified.map_or(Place::Virtual, |_| Place::on_disk(access, path)),
                size: 0,
                modified,
                etag: None,
                rights,
            },
        })
    }

    /// Opens `path` for reads at offsets.
    ///
    /// # Errors
    /// Those of [`Reader::open`]; `IsAFolder`.
    pub async fn open_handle(&self, access: &Access, path: &VPath) -> Result<FileHandle> {
        match self.open(access, path, None).await? {
            Found::File(download) => Ok(download.into_handle()),
            Found::Folder { .. } => Err(EngineError::Conflict(Conflict::IsAFolder(path.clone()))),
        }
    }

    /// Resolves `path`; to the folder with that name for accounts that may enter folders and not learn which names are
    /// taken.
    async fn find(&self, access: &Access, path: &VPath, rights: PermSet) -> Result<Resolved> {
        let found = resolve::find_async(&self.core.pool, access, path).await?;
        let is_folder = match &found {
            Resolved::OnDisk(located) => matches!(located.node, Node::Folder(..)),
            Resolved::VirtualFolder => true,
            Resolved::Absent => false,
        };
        if is_folder || !rights.has(Perm::Write) || resolve::may_learn_names(rights) {
            return Ok(found);
        }
        let (access, path) = (access.clone(), path.clone());
        self.core.pool.try_run(move || resolve::find_folder(&access, &path)).await
    }

    /// Opens an unfinished upload that will have that path, if there is one.
    async fn growing(&self, access: &Access, path: &VPath) -> Result<Found> {
        let may = access.verdict(path, Operation::Download) == Verdict::Allow;
        let place = access.volume_path(path).filter(|_| may).and_then(|volume_path| {
            let (folder, name) = volume_path.below.split_last()?;
            volume_path.volume.storage.is_receiving(&folder, &name).then_some((volume_path.volume, folder, name))
        });
        let Some((volume, folder, name)) = place else { return Err(absent(access, path)) };
        let called = name.clone();
        let core = self.core.clone();
        let growing = self.core.pool.try_run(move || core.open_growing(&volume, &folder, &name)).await?;
        let growing = growing.ok_or_else(|| absent(access, path))?;
        Ok(Found::File(Download {
            name: called,
            size: growing.size(),
            modified: growing.modified(),
            etag: growing.etag(),
            rights: access.rights_at(path),
            content: Content::Growing(growing),
            core: self.core.clone(),
            access: access.clone(),
            path: path.clone(),
        }))
    }

    fn download(&self, access: &Access, path: &VPath, rights: PermSet, open: OpenFile) -> Found {
        Found::File(Download::of(&self.core, access, path, rights, open))
    }

    /// Returns the key of a file (`fk`), if the volume has keys and the account may learn them.
    pub fn key(&self, access: &Access, path: &VPath, size: u64, ino: u64) -> Option<String> {
        let volume_path = access.volume_path(path)?;
        let flags = &volume_path.volume.config.flags;
        let may_learn = access.verdict(path, Operation::LearnKey) == Verdict::Allow;
        (flags.file_keys == FileKeys::Required && may_learn)
            .then(|| file_key(&self.core.secret, flags, path, size, ino))
    }
}

/// Returns the error for a missing file. Where files need keys, it is the same as for an existing one, so that clients
/// cannot probe names.
fn absent(access: &Access, path: &VPath) -> EngineError {
    match access.verdict(path, Operation::Download) {
        Verdict::NeedsKey => EngineError::Denied(Denial::KeyNeeded(path.clone())),
        _ => resolve::absence(access, path),
    }
}

#[cfg(test)]
mod tests;
