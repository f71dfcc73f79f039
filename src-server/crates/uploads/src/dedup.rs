//! Deduplication: makes a new file from an existing one with the same content.
//!
//! Knowing a hash grants nothing. The resolver opens the source with the account's own rights; for an account that may
//! not read it the source does not exist, and the replies are the same whether or not it does.

use super::core::{Core, run_long};
use super::file_record::FileRecord;
use super::naming::Naming;
use super::placing::{
    Placing, ReadyFile, begin_placing, keep_links, map_placement_error, place, remove_partial_on_error,
};
use super::sources::Source;
use super::target::Target;
use super::verify::{holds, verified_state};
use super::volume::{VolumeUploads, uploads_of};
use model::chunking::ChunkPlan;
use model::volume::DedupMode;
use model::{FileName, OnConflict, VPath};
use std::sync::Arc;
use store::disk::{FileId, Folder, Meta, OpenFile};
use store::ledger::FileRow;
use store::partial::Partial;
use store::place::{Content, Placed};
use store::{ErrorKind, StoreError};
use tokio::sync::oneshot;
use vfs::access::Access;
use vfs::error::{EngineError, Result, UploadError};
use vfs::files::link_text::relative;
use vfs::volumes::resolve::Located;
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;
use vfs::volumes::write_locks::{LockScope, WriteGuard};

/// The file to make.
pub(super) struct CopyPlan {
    pub target: Target,
    pub naming: Naming,
    pub record: FileRecord,
    pub plan: ChunkPlan,
    pub sharing: Sharing,
}

/// Whether the new file has to share its bytes with the existing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// A full copy will do: it saves a transfer.
    Preferred,
    /// Only a link or clone: the server has the bytes already.
    Required,
}

/// Returns whether equal files are links to one of them.
fn makes_links(mode: DedupMode) -> bool {
    !matches!(mode, DedupMode::Copy | DedupMode::Reflink)
}

/// What a source was turned into.
enum PreparedSource {
    /// A whole copy, as a partial file.
    Copy(Partial),
    /// A link to this file.
    Link(LinkTarget),
}

/// The file that a link points to: its folder in the volume, its name, and the text of a symlink to it.
struct LinkTarget {
    above: VPath,
    name: FileName,
    /// The file. It stays open until the link exists: otherwise a file that takes the name meanwhile could get the same
    /// inode number and pass for it.
    open: OpenFile,
    text: Vec<u8>,
    /// While held, the file is not replaced, moved or removed.
    lock: Option<WriteGuard>,
}

impl LinkTarget {
    fn path(&self) -> VPath {
        self.above.join(&self.name)
    }

    /// Returns what must not change until the link exists: the file, and the folder of the link, because the link text
    /// is relative to it.
    fn scopes(&self, target: &Target) -> Vec<LockScope> {
        vec![LockScope::Source(self.path()), LockScope::Source(target.below.clone())]
    }

    /// Locks the file and the link's folder without waiting for the locks. Blocks on the disk.
    ///
    /// # Errors
    /// `SourceBusy`: one of them is being replaced or moved, or another file has the name by now.
    fn hold(&mut self, target: &Target) -> Result<()> {
        if self.lock.is_none() {
            let (storage, scopes) = (&target.volume.storage, self.scopes(target));
            let lock = storage.state.try_lock(scopes);
            self.lock = Some(lock.ok_or(EngineError::Upload(UploadError::SourceBusy))?);
        }
        self.check(target)
    }

    /// Checks under the lock that the name still belongs to the file and that the link's folder has not moved. Blocks.
    fn check(&self, target: &Target) -> Result<()> {
        let above = self.folder(&target.volume)?;
        let there = above.stat(&self.name).map_err(|error| map_store_error(error, &self.path()))?;
        let is_there = there.is_some_and(|meta| meta.id() == self.open.meta.id());
        if is_there && self.is_in_place(&above, target)? {
            Ok(())
        } else {
            Err(EngineError::Upload(UploadError::SourceBusy))
        }
    }

    /// Returns whether the link's folder still has the path to which the link text is relative. `above`: the folder of
    /// the file.
    fn is_in_place(&self, above: &Folder, target: &Target) -> Result<bool> {
        let failed = |error| map_store_error(error, &target.canonical());
        let Some(open) = &target.folder else { return Ok(true) };
        let there = match target.below == self.above {
            true => above.meta().map_err(failed)?,
            false => {
                let root = target.volume.storage.root().ok_or(EngineError::Upload(UploadError::SourceBusy))?;
                root.folder(&target.below)
                    .and_then(|folder| folder.meta())
                    .map_err(|_| EngineError::Upload(UploadError::SourceBusy))?
            }
        };
        Ok(there.id() == open.meta().map_err(failed)?.id())
    }

    /// Opens the folder of the file. Blocks.
    fn folder(&self, volume: &MountedVolume) -> Result<Folder> {
        let root = volume.storage.root().ok_or(EngineError::Upload(UploadError::SourceBusy))?;
        root.folder(&self.above).map_err(|error| map_store_error(error, &volume.config.mount.append(&self.above)))
    }
}

/// A copy or link that was made and is not visible yet.
pub(super) struct Prepared {
    copy: CopyPlan,
    content: Content,
    /// The server wrote the bytes.
    verified: bool,
    /// Set for a link; if linking fails, other methods are tried.
    link: Option<LinkTarget>,
}

/// Result of placing a prepared copy.
pub(super) struct Copied {
    copy: CopyPlan,
    link: Option<LinkTarget>,
    placed: std::result::Result<Placed, store::StoreError>,
}

impl CopyPlan {
    /// Tries the sources in turn until one can be used; returns itself if none can. Blocks; may read whole files.
    pub fn prepare(
        self,
        core: &Core,
        access: &Access,
        sources: Vec<Source>,
    ) -> Result<std::result::Result<Prepared, Self>> {
        let Some(folder) = self.target.folder.clone() else { return Ok(Err(self)) };
        let mut changed = Vec::new();
        for source in sources {
            match prepare(core, access, source, &self, &folder, &mut changed)? {
                None => {}
                Some(PreparedSource::Copy(partial)) => {
                    let content = Content::Partial(Arc::new(partial));
                    return Ok(Ok(Prepared { copy: self, content, verified: true, link: None }));
                }
                Some(PreparedSource::Link(link)) => {
                    let content = match self.target.volume.config.flags.dedup {
                        DedupMode::Hardlink | DedupMode::HardlinkOnly => {
                            Content::HardLink(link.folder(&self.target.volume)?, link.name.clone())
                        }
                        _ => Content::Symlink(link.text.clone()),
                    };
                    return Ok(Ok(Prepared { copy: self, content, verified: false, link: Some(link) }));
                }
            }
        }
        Ok(Err(self))
    }

    fn place(&self, core: &Arc<Core>, content: Content, verified: bool) -> Placing {
        let record = FileRecord { verified, ..self.record.clone() };
        begin_placing(core, &self.target.volume, self.folder(), content, self.naming.clone(), record)
    }

    fn folder(&self) -> Folder {
        self.target.folder.clone().expect("copies are prepared only where there is a folder")
    }
}

impl Prepared {
    /// Makes the file visible. Blocks while its data is written to the disk; `then` may be called later.
    pub fn place(self, core: &Arc<Core>, then: impl FnOnce(Copied) + Send + 'static) {
        let Self { copy, content, verified, link } = self;
        let record = FileRecord { verified, ..copy.record.clone() };
        let volume = copy.target.volume.clone();
        let tidied = remove_partial_on_error(&content);
        let (folder, naming) = (copy.folder(), copy.naming.clone());
        let file = ReadyFile { folder, content, naming, record, unfinished: None, is_extended: false };
        let replaces = !matches!(copy.naming.on_conflict, OnConflict::Rename | OnConflict::Skip);
        match link {
            Some(link) if replaces => {
                let target = copy.target.clone();
                let end = |link| move |placed| then(Copied { copy, link: Some(link), placed: tidied(placed) });
                replace_by_link(core, target, file, link, end);
            }
            link => {
                let done = move |placed| then(Copied { copy, link, placed: tidied(placed) });
                place(core, &volume, file, None, done);
            }
        }
    }
}

/// Places a link where a file may exist. Locks name and source in one call: holding the source while waiting for the
/// name could deadlock with a change of the source that is queued before it.
fn replace_by_link<End: FnOnce(std::result::Result<Placed, StoreError>) + Send + 'static>(
    core: &Arc<Core>,
    target: Target,
    file: ReadyFile,
    mut link: LinkTarget,
    end: impl FnOnce(LinkTarget) -> End + Send + 'static,
) {
    link.lock = None;
    let (storage, path) = (target.volume.storage.clone(), file.record.below.join(&file.naming.name));
    let mut scopes = link.scopes(&target);
    scopes.push(LockScope::Name(path.clone()));
    let core2 = core.clone();
    let go_on = move |lock: WriteGuard| {
        let busy = |why: EngineError| StoreError::with_kind(ErrorKind::Busy, "link", path.display(), why);
        let volume = &target.volume;
        let kept = link.check(&target).map_err(busy);
        let kept = kept.and_then(|()| keep_links(volume, &file.folder, &path, &file.naming.name));
        match kept {
            Ok(()) => place(&core2, volume, file, Some(lock), end(link)),
            Err(error) => {
                drop(lock);
                end(link)(Err(error));
            }
        }
    };
    storage.state.lock_then(scopes, &core.pool, go_on);
}

impl Copied {
    /// Returns the result of placing.
    pub fn into_placed(self) -> std::result::Result<Placed, StoreError> {
        self.placed
    }

    /// Finishes placing: if no link could be made, tries another kind of link or a copy.
    pub async fn end(self, core: &Arc<Core>) -> Result<(Target, Placed)> {
        let Self { mut copy, link, placed } = self;
        let failed = |error, copy: &CopyPlan| map_placement_error(error, &copy.target, &copy.naming.name);
        let (error, mut link) = match (placed, link) {
            (Ok(placed), _) => return Ok((copy.target, placed)),
            (Err(error), Some(link)) if error.kind() != ErrorKind::Exists => (error, link),
            (Err(error), _) => return Err(failed(error, &copy)),
        };
        // The file system does not support such links, or not between these folders.
        tracing::debug!(%error, "no link can be made; trying another method");
        if copy.target.volume.config.flags.dedup == DedupMode::Hardlink {
            let content = Content::Symlink(link.text.clone());
            let (answer, outcome) = oneshot::channel();
            let prepared = Prepared { copy, content, verified: false, link: Some(link) };
            prepared.place(core, |copied| drop(answer.send(copied)));
            match outcome.await.map_err(|_| EngineError::Busy)? {
                Copied { copy, placed: Ok(placed), .. } => return Ok((copy.target, placed)),
                Copied { copy: back, link: Some(same), .. } => (copy, link) = (back, same),
                Copied { link: None, .. } => return Err(EngineError::Upload(UploadError::SourceBusy)),
            }
        }
        let core2 = core.clone();
        let (copy, placing) = run_long(core, move || -> Result<_> {
            let path = copy.target.canonical();
            link.hold(&copy.target)?;
            let source = link.folder(&copy.target.volume)?;
            let open = store::place::open_file(&source, &link.name).map_err(|error| map_store_error(error, &path))?;
            let folder = copy.target.folder.as_ref().ok_or(EngineError::Upload(UploadError::SourceBusy))?;
            let partial = copy_into(&open, &copy.target, folder, copy.sharing)?
                .ok_or(EngineError::Upload(UploadError::SourceBusy))?;
            // The copy no longer needs the lock; no lock may be held while waiting for a name.
            drop(link);
            let placing = copy.place(&core2, Content::Partial(Arc::new(partial)), true);
            Ok((copy, placing))
        })
        .await??;
        let placed = placing.await.map_err(|_| EngineError::Busy)?.map_err(|error| failed(error, &copy))?;
        Ok((copy.target, placed))
    }
}

/// Checks a source and prepares a copy or link of it. May read the whole file. `changed`: files that were read for an
/// earlier source and have another content; links to one file need not be read again.
fn prepare(
    core: &Core,
    access: &Access,
    mut source: Source,
    copy: &CopyPlan,
    folder: &Folder,
    changed: &mut Vec<FileId>,
) -> Result<Option<PreparedSource>> {
    let (volume, below) = (&copy.target.volume, &copy.target.below);
    let Some(located) = source.open(access) else { return Ok(None) };
    if !is_unchanged(core, volume, &source, &located, &copy.plan, changed)? {
        return Ok(None);
    }
    // Links stay inside one volume: across volumes they would tie together unrelated rights.
    let inside = Arc::ptr_eq(&located.volume.storage, &volume.storage);
    if inside
        && makes_links(volume.config.flags.dedup)
        && let Some((above, name)) = located.below.split_last()
    {
        // Such a source leads to the file that is to be replaced.
        if located.below == below.join(&copy.naming.name) {
            return Ok(None);
        }
        let text = relative(below, &located.below);
        // After a kill the next start looks for links without a row.
        volume.storage.state.mark_changing();
        let mut link = LinkTarget { above, name, open: located.node, text, lock: None };
        return match link.hold(&copy.target) {
            Ok(()) => Ok(Some(PreparedSource::Link(link))),
            Err(EngineError::Upload(UploadError::SourceBusy)) => Ok(None),
            Err(error) => Err(error),
        };
    }
    Ok(copy_into(&located.node, &copy.target, folder, copy.sharing)?.map(PreparedSource::Copy))
}

/// Returns whether a known file still has the recorded content. Reads it, unless the volume trusts the records: a file that
/// was damaged, or changed and given its old modification time, looks the same. A file that cannot be read has not.
/// `changed`: files that need not be read again.
fn is_unchanged(
    core: &Core,
    volume: &MountedVolume,
    source: &Source,
    located: &Located<OpenFile>,
    plan: &ChunkPlan,
    changed: &mut Vec<FileId>,
) -> Result<bool> {
    if source.is_trusted(volume.config.flags.safe_dedup) {
        return Ok(true);
    }
    let (open, id) = (&located.node, located.node.meta.id());
    let read = || holds(&core.upload_state.hasher, &open.file, plan, &source.row.hashes);
    let compared = match &source.row.wark {
        _ if changed.contains(&id) => Ok(false),
        Some(wark) => core.upload_state.comparisons.compare(open, wark, read),
        None => read(),
    };
    let has_content = match compared {
        Ok(has_content) => has_content,
        Err(error) => {
            let path = source.path().display();
            tracing::warn!(%error, %path, "a file is not used for a copy or link, since it cannot be read");
            return Ok(false);
        }
    };
    if !has_content {
        if open.meta.ino != 0 {
            changed.push(id);
        }
        if source.in_ledger {
            forget_changed(source, located);
        }
        return Ok(false);
    }
    let is_linked = Arc::ptr_eq(&source.volume.storage, &volume.storage) && makes_links(volume.config.flags.dedup);
    Ok(source.in_ledger || !is_linked || record_source(uploads_of(&source.volume.storage), source, open)?)
}

/// Removes the row of a file that has another content: another program changed it, or it was replaced since the row was
/// read. A newer row of the name stays. Links to the file become files first, because without the row they would not be
/// kept when it goes away. Does nothing if the name is being changed, or is a link itself.
fn forget_changed(source: &Source, located: &Located<OpenFile>) {
    let (storage, path) = (&source.volume.storage, source.row.folder.join(&source.row.name));
    let uploads = uploads_of(storage);
    if !Arc::ptr_eq(&located.volume.storage, storage) || located.below != path {
        return;
    }
    let lock = uploads.state.try_lock(vec![LockScope::Name(path.clone())]);
    let Some((root, _lock)) = storage.root().zip(lock) else { return };
    let forgotten = uploads.try_keep_links(&root, &path);
    if let Err(error) = forgotten.and_then(|()| uploads.ledger.record_row_removed(source.row.clone())) {
        tracing::warn!(%error, path = %source.path().display(), "a file has another content than the ledger says");
    }
}

/// Enters a file in the ledger that only the index knew, so that links to it are kept when it goes away. Returns false if
/// that is not possible now: its name is being changed, or has a row. `open`: the file, whose content was verified.
fn record_source(uploads: &VolumeUploads, source: &Source, open: &OpenFile) -> Result<bool> {
    let FileRow { folder, name, .. } = &source.row;
    let path = folder.join(name);
    let failed = |error| map_store_error(error, &source.path());
    let Some(_lock) = uploads.state.try_lock(vec![LockScope::Name(path)]) else { return Ok(false) };
    if uploads.ledger.file_at(folder, name).map_err(failed)?.is_some() {
        return Ok(false);
    }
    let Some(root) = source.volume.storage.root() else { return Ok(false) };
    let there = root.folder(folder).and_then(|folder| folder.stat(name)).map_err(failed)?;
    if !there.is_some_and(|meta| meta.id() == open.meta.id() && meta.mtime_ns == open.meta.mtime_ns) {
        return Ok(false);
    }
    let row = FileRow { verified: verified_state(&open.meta), ..source.row.clone() };
    uploads.ledger.put_file(row).and_then(store::db::Pending::wait).map_err(failed)?;
    Ok(true)
}

/// Copies the source into a partial file; `None` if the source changed meanwhile, or bytes have to be shared and cannot.
fn copy_into(open: &OpenFile, target: &Target, folder: &Folder, sharing: Sharing) -> Result<Option<Partial>> {
    let partial = target.uploads().new_partial(folder, target.volume.config.flags.file_mode, &target.shown())?;
    let copied = match sharing {
        Sharing::Preferred => folder.clone_or_copy(&open.file, partial.file()),
        Sharing::Required => match folder.clone_only(&open.file, partial.file()) {
            Ok(()) => Ok(open.meta.size),
            Err(error) => {
                tracing::debug!(%error, "a file keeps bytes of its own");
                Ok(u64::MAX)
            }
        },
    };
    let same = |meta: &Meta, now: &std::fs::Metadata| {
        let mtime = now.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        now.len() == meta.size && mtime.is_none_or(|time| time.as_nanos() as i64 == meta.mtime_ns || meta.mtime_ns < 0)
    };
    let unchanged = open.file.metadata().is_ok_and(|now| same(&open.meta, &now));
    match copied {
        Ok(bytes) if bytes == open.meta.size && unchanged => Ok(Some(partial)),
        answer => {
            let _gone = partial.remove();
            answer.map(|_| None).map_err(|error| map_store_error(error, &target.shown()))
        }
    }
}
