//! The same bytes are here already: make the new file out of them.
//!
//! Knowing a hash grants nothing. A source is opened with the asker's own rights, by the resolver; for people who may
//! not read where it is, it does not exist, and their answers are the same whether or not it does.

use super::admit::Target;
use super::finish::{Arrival, Naming, place_and_wait};
use super::handshake::taken_or;
use super::long;
use super::verify::{holds, seen, unchanged};
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::volumes::lift::lift;
use crate::volumes::resolve::{Located, resolve};
use crate::volumes::tree::MountedVolume;
use model::chunking::ChunkPlan;
use model::volume::DedupMode;
use model::{FileName, Operation, VPath};
use std::sync::Arc;
use store::ErrorKind;
use store::disk::{Folder, Meta, Node, OpenFile};
use store::ledger::FileRow;
use store::partial::Partial;
use store::place::{Content, Placed};

/// A file that the ledger knows to have the content.
pub(super) struct Source {
    pub volume: Arc<MountedVolume>,
    pub row: FileRow,
}

impl Source {
    /// Where, in the tree.
    pub fn path(&self) -> VPath {
        self.volume.config.mount.append(&self.row.folder).join(&self.row.name)
    }

    /// Opens it with the asker's rights; `None` if it is gone, has another size, or is not for the asker.
    pub fn open(&self, access: &Access) -> Option<Located<OpenFile>> {
        let located = resolve(access, &self.path(), Operation::CopyFrom).ok()?;
        let Located { volume, below, rights, keys, node } = located;
        match node {
            Node::File(open) if open.meta.size == self.row.size.0 => {
                Some(Located { volume, below, rights, keys, node: open })
            }
            _ => None,
        }
    }
}

/// What shall be made.
pub(super) struct Copy<'a> {
    pub target: &'a Target,
    pub naming: Naming,
    pub arrival: Arrival,
    pub plan: ChunkPlan,
}

/// What a source gave.
enum Made {
    /// A whole copy, as a partial file.
    Copy(Partial),
    /// Link to this file: its folder, its name, and the text of a symbolic link to it.
    Link { folder: Folder, name: FileName, text: Vec<u8> },
}

impl Copy<'_> {
    /// Tries the sources in turn; `None`: none of them would do.
    pub async fn make(mut self, core: &Arc<Core>, access: &Access, sources: Vec<Source>) -> Result<Option<Placed>> {
        let Some(folder) = self.target.folder.clone() else { return Ok(None) };
        let mode = self.target.volume.config.flags.dedup;
        for source in sources {
            let made = {
                let (core2, access, folder) = (core.clone(), access.clone(), folder.clone());
                let (volume, below, plan) = (self.target.volume.clone(), self.target.below.clone(), self.plan);
                long(core, move || prepare(&core2, &access, &source, &volume, &below, &folder, &plan, mode)).await??
            };
            let Some(made) = made else { continue };
            return self.put(core, folder, made, mode).await.map(Some);
        }
        Ok(None)
    }

    async fn put(&mut self, core: &Arc<Core>, folder: Folder, made: Made, mode: DedupMode) -> Result<Placed> {
        let (source, name, text) = match made {
            Made::Copy(partial) => {
                let placed = self.place(core, &folder, Content::Partial(Arc::new(partial))).await?;
                return placed.map_err(|error| taken_or(error, self.target, &self.naming.name));
            }
            Made::Link { folder, name, text } => (folder, name, text),
        };
        self.arrival.verified = false;
        let first = match mode {
            DedupMode::Hardlink | DedupMode::HardlinkOnly => Content::HardLink(source.clone(), name.clone()),
            _ => Content::Symlink(text.clone()),
        };
        match self.place(core, &folder, first).await? {
            Ok(placed) => return Ok(placed),
            Err(error) if error.kind() == ErrorKind::Exists => {
                return Err(taken_or(error, self.target, &self.naming.name));
            }
            // The file system has no such links, or not between these folders.
            Err(error) => tracing::debug!(%error, "no link can be made; another way is taken"),
        }
        if mode == DedupMode::Hardlink
            && let Ok(placed) = self.place(core, &folder, Content::Symlink(text)).await?
        {
            return Ok(placed);
        }
        let (to, volume) = (folder.clone(), self.target.volume.clone());
        let path = self.target.canonical();
        let partial = long(core, move || {
            let open = store::place::open_file(&source, &name).map_err(|error| lift(error, &path))?;
            copy_into(&open, &volume, &to)
        });
        let partial = partial.await??.ok_or(EngineError::SourceBusy)?;
        self.arrival.verified = true;
        let placed = self.place(core, &folder, Content::Partial(Arc::new(partial))).await?;
        placed.map_err(|error| taken_or(error, self.target, &self.naming.name))
    }

    async fn place(
        &self,
        core: &Arc<Core>,
        folder: &Folder,
        content: Content,
    ) -> Result<std::result::Result<Placed, store::StoreError>> {
        let naming = Naming { name: self.naming.name.clone(), when_taken: self.naming.when_taken };
        place_and_wait(core, self.target.uploads(), folder.clone(), content, naming, self.arrival.clone()).await
    }
}

/// Checks a source and takes from it what the mode wants. May read the whole file.
#[allow(clippy::too_many_arguments)]
fn prepare(
    core: &Core,
    access: &Access,
    source: &Source,
    volume: &Arc<MountedVolume>,
    below: &VPath,
    folder: &Folder,
    plan: &ChunkPlan,
    mode: DedupMode,
) -> Result<Option<Made>> {
    let Some(located) = source.open(access) else { return Ok(None) };
    if !still_the_same(core, volume, source, &located.node, plan)? {
        return Ok(None);
    }
    // Links stay inside one volume: across volumes they would tie together rights that have nothing in common.
    let inside = Arc::ptr_eq(&located.volume.backing, &volume.backing);
    if inside
        && !matches!(mode, DedupMode::Copy | DedupMode::Reflink)
        && let Some((above, name)) = located.below.split_last()
        && let Some(root) = volume.backing.root()
        && let Ok(source_folder) = root.folder(&above)
    {
        let text = relative(below, &located.below);
        return Ok(Some(Made::Link { folder: source_folder, name, text }));
    }
    Ok(copy_into(&located.node, volume, folder)?.map(Made::Copy))
}

/// Whether a known file still holds what the ledger says.
fn still_the_same(
    core: &Core,
    volume: &MountedVolume,
    source: &Source,
    open: &OpenFile,
    plan: &ChunkPlan,
) -> Result<bool> {
    let level = volume.config.flags.safe_dedup;
    if level < 50 || (level == 50 && unchanged(&source.row, &open.meta)) {
        return Ok(true);
    }
    let unread = |error| EngineError::internal("The server cannot read the file that it wants to copy.", error);
    let ledger = &source.volume.backing.uploads.ledger;
    let path = source.row.folder.join(&source.row.name);
    let failed = |error| lift(error, &source.path());
    if holds(&core.arrivals.hasher, &open.file, plan, &source.row.hashes).map_err(unread)? {
        let row = FileRow { seen: seen(&open.meta), ..source.row.clone() };
        ledger.put_file(row).map_err(failed)?.forget();
        Ok(true)
    } else {
        // Somebody changed it behind our back: what the ledger says about it is worth nothing.
        ledger.forget(&path).and_then(store::db::Pending::wait).map_err(failed)?;
        Ok(false)
    }
}

/// A copy as a partial file; `None` if the source changed meanwhile.
fn copy_into(open: &OpenFile, volume: &MountedVolume, folder: &Folder) -> Result<Option<Partial>> {
    let partial = volume.backing.uploads.new_partial(folder, volume.config.flags.file_mode)?;
    let copied = folder.clone_or_copy(&open.file, partial.file());
    let same = |meta: &Meta, now: &std::fs::Metadata| {
        let mtime = now.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        now.len() == meta.size && mtime.is_none_or(|time| time.as_nanos() as i64 == meta.mtime_ns || meta.mtime_ns < 0)
    };
    let unchanged = open.file.metadata().is_ok_and(|now| same(&open.meta, &now));
    match copied {
        Ok(bytes) if bytes == open.meta.size && unchanged => Ok(Some(partial)),
        answer => {
            let _gone = partial.remove();
            answer.map(|_| None).map_err(|error| lift(error, &volume.config.mount))
        }
    }
}

/// The text of a symbolic link in `folder` that leads to `file`; both in one volume, without links.
pub(super) fn relative(folder: &VPath, file: &VPath) -> Vec<u8> {
    let (from, to): (Vec<&[u8]>, Vec<&[u8]>) = (folder.components().collect(), file.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(&b".."[..], from.len() - common);
    up.chain(to[common..].iter().copied()).collect::<Vec<_>>().join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative() {
        for (folder, file, want) in [
            ("", "a", "a"),
            ("d", "a", "../a"),
            ("d/e", "d/a", "../a"),
            ("d", "d/e/a", "e/a"),
            ("x/y", "d/e/a", "../../d/e/a"),
        ] {
            let path = |text: &str| VPath::parse(text.as_bytes()).expect("parses");
            assert_eq!(relative(&path(folder), &path(file)), want.as_bytes(), "{folder} {file}");
        }
    }
}
