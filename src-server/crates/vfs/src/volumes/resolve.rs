//! The path resolver: (access, path, operation) -> [`Located`], an open handle with the rights that hold there.
//!
//! Rights, shadowing, symlinks and reserved names are decided here and nowhere else. What was checked is what is used:
//! later code works on the handle, not on the path.
//!
//! - A path belongs to the volume with the deepest mount point at or above it. Files of an outer volume at that place
//!   are shadowed, also under another spelling where the file system folds case.
//! - A symlink is followed only into a volume, and only with the rights that the account has at the target too. The
//!   volume of the target is the one with the deepest source that contains it. Otherwise the symlink does not exist,
//!   unless its volume has `outlinks`: then targets outside all volumes can be read.
//! - Reserved names (`store::disk::reserved`) do not exist, nor do paths that a volume of chosen files (`only`) does
//!   not offer. Such a volume contains the targets of its own links only.
//! - A folder that is in no volume, or not on disk, and above a volume that the account can see is a *virtual folder*.
//! - An account with a partial scope (a guest) has rights at the paths in it, and through symlinks in it only as far as
//!   their targets are in the scope too.
//!
//! The functions block, except [`find_cached`]; call them on the pool.

use crate::access::Access;
use crate::blocking_pool::BlockingPool;
use crate::changes::Change;
use crate::error::{Conflict, EngineError, Gone, Result, Unfit};
use crate::volumes::lock_table::ChangeScope;
use crate::volumes::store_errors::map_store_error;
use crate::volumes::tree::{MountedVolume, VolumePath};
use model::{FileKeys, FileName, Operation, Perm, PermSet, VPath, Verdict, decide};
use std::sync::Arc;
use store::ErrorKind;
use store::disk::{Folder, Kind, Node, RealPath, reserved};

/// An open file or folder, with the rights that hold for it.
#[derive(Clone)]
pub struct Located<N = Node> {
    /// The volume that contains it; another than the requested one if a symlink led there.
    pub volume: Arc<MountedVolume>,
    /// Its path in that volume, with symlinks resolved.
    pub below: VPath,
    /// The rights of the account.
    pub rights: PermSet,
    /// Whether files need keys here.
    pub keys: FileKeys,
    /// The open handle.
    pub node: N,
}

/// Result of resolving a path.
pub enum Resolved {
    /// A file or folder on disk.
    OnDisk(Located),
    /// A folder that is not on disk and is above visible volumes.
    VirtualFolder,
    /// Nothing that the account may know of.
    Absent,
}

impl<N> Located<N> {
    /// Decides whether an operation is allowed.
    pub fn verdict(&self, operation: Operation) -> Verdict {
        decide(self.rights, operation, self.keys)
    }
    /// The path in the tree, with symlinks resolved.
    pub fn canonical(&self) -> VPath {
        self.volume.config.mount.append(&self.below)
    }
    /// Replaces the handle.
    pub fn with<M>(self, node: M) -> Located<M> {
        Located { volume: self.volume, below: self.below, rights: self.rights, keys: self.keys, node }
    }
}

impl Located {
    /// Returns itself with a folder handle; `None` for a file.
    pub fn into_folder(self) -> Option<Located<Folder>> {
        match &self.node {
            Node::Folder(folder, _) => {
                let folder = folder.clone();
                Some(self.with(folder))
            }
            Node::File(_) => None,
        }
    }
}

/// Resolves `path` from the kernel's caches, without waiting for a disk. `None`: call [`find`].
pub fn find_cached(access: &Access, path: &VPath) -> Option<Resolved> {
    let Some(volume_path) = access.volume_path(path) else { return Some(virtual_or_absent(access, path)) };
    let is_offered = volume_path.volume.config.flags.offers(&volume_path.below);
    if reserved::holds_reserved(&volume_path.below) || may_be_shadowed(&volume_path.volume) || !is_offered {
        return None;
    }
    match volume_path.volume.storage.root()?.open_cached(&volume_path.below)? {
        Ok(node) => {
            #[cfg(test)]
            counter::record(path);
            Some(Resolved::OnDisk(located_at(access, volume_path, node)))
        }
        Err(_) => None,
    }
}

/// Resolves `path`. Blocks.
///
/// # Errors
/// `Unavailable`; `Denied` by the operating system; `Internal`.
pub fn find(access: &Access, path: &VPath) -> Result<Resolved> {
    #[cfg(test)]
    counter::record(path);
    let Some(volume_path) = access.volume_path(path) else { return Ok(virtual_or_absent(access, path)) };
    if reserved::holds_reserved(&volume_path.below) || !volume_path.volume.config.flags.offers(&volume_path.below) {
        return Ok(Resolved::Absent);
    }
    let storage = volume_path.volume.storage.clone();
    let open =
        || storage.root().or_else(|| storage.reopen()).ok_or_else(|| EngineError::Gone(Gone::Folder(path.clone())));
    let mut located = open_below(access, &volume_path, &*open()?, path)?;
    if located.is_none() && storage.recheck_source() {
        located = open_below(access, &volume_path, &*open()?, path)?;
    }
    Ok(located.map_or_else(|| virtual_or_absent(access, path), Resolved::OnDisk))
}

/// [`find`] for a folder. For accounts that may not learn which names are taken, the alternative folder that replaces a
/// taken name ([`folder_for_writing`]) answers to that name; otherwise its existence would tell them.
///
/// # Errors
/// Those of [`find`].
pub fn find_folder(access: &Access, path: &VPath) -> Result<Resolved> {
    let found = find(access, path)?;
    let is_folder = matches!(&found, Resolved::OnDisk(located) if matches!(located.node, Node::Folder(..)));
    if is_folder || matches!(found, Resolved::VirtualFolder) || may_learn_names(access.rights_at(path)) {
        return Ok(found);
    }
    Ok(find_alternative(access, path)?.map_or(found, Resolved::OnDisk))
}

fn find_alternative(access: &Access, path: &VPath) -> Result<Option<Located>> {
    let Some((above, name)) = path.split_last() else { return Ok(None) };
    let Resolved::OnDisk(above) = find_folder(access, &above)? else { return Ok(None) };
    let Some(above) = above.into_folder() else { return Ok(None) };
    // In an alternative folder, the requested name itself is tried first.
    for name in std::iter::once(name.clone()).chain(alternative_names(&name)) {
        let below = above.below.join(&name);
        if owns(access, &above.volume, &below)
            && let Ok(node @ Node::Folder(..)) = above.node.open(&VPath::root().join(&name))
        {
            return Ok(Some(Located { below, ..above.with(node) }));
        }
    }
    Ok(None)
}

/// [`find_cached`], or else [`find`] on the pool.
pub async fn find_async(pool: &BlockingPool, access: &Access, path: &VPath) -> Result<Resolved> {
    if let Some(resolved) = find_cached(access, path) {
        return Ok(resolved);
    }
    let (access, path) = (access.clone(), path.clone());
    pool.try_run(move || find(&access, &path)).await
}

/// Returns the file or folder at `path`, if `operation` is allowed there without conditions.
///
/// # Errors
/// `Denied`; `NotFound` for accounts that may know; those of [`find`].
pub fn resolve(access: &Access, path: &VPath, operation: Operation) -> Result<Located> {
    if access.verdict(path, operation) != Verdict::Allow {
        return Err(refusal(access, path, operation));
    }
    match find(access, path)? {
        Resolved::OnDisk(located) if located.verdict(operation) == Verdict::Allow => Ok(located),
        Resolved::OnDisk(_) | Resolved::VirtualFolder | Resolved::Absent => Err(absence(access, path)),
    }
}

/// Returns the folder at `path`, if `operation` is allowed there.
///
/// # Errors
/// Those of [`resolve`]; `NotAFolder`.
pub fn resolve_folder(access: &Access, path: &VPath, operation: Operation) -> Result<Located<Folder>> {
    as_folder(resolve(access, path, operation)?, path)
}

/// Returns the folder at `path` for adding files (`operation`: `Upload`), and creates it with its parents if it is
/// missing. New folders are durable after a sync of the file system, or of their parents.
///
/// # Errors
/// `Denied`, `NotAFolder`, `Unavailable`, `NoSpace`, `ReadOnly`; `BadRequest` for reserved names.
pub fn folder_for_writing(access: &Access, path: &VPath, operation: Operation) -> Result<Located<Folder>> {
    if access.verdict(path, operation) != Verdict::Allow {
        return Err(refusal(access, path, operation));
    }
    if reserved::holds_reserved(path) {
        return Err(reserved_name());
    }
    // A refusal would tell that the name is taken.
    let hides = !may_learn_names(access.rights_at(path));
    match find(access, path)? {
        Resolved::OnDisk(located) => {
            let is_allowed = located.verdict(operation) == Verdict::Allow;
            match located.into_folder() {
                Some(folder) if is_allowed => return Ok(folder),
                None if is_allowed && hides => {}
                None if is_allowed => return Err(EngineError::Conflict(Conflict::NotAFolder(path.clone()))),
                // A symlink whose target the account may not use.
                _ => return Err(refusal(access, path, operation)),
            }
        }
        Resolved::VirtualFolder | Resolved::Absent => {}
    }
    let Some((above, name)) = path.split_last() else { return Err(EngineError::Gone(Gone::Folder(path.clone()))) };
    let above = folder_for_writing(access, &above, operation)?;
    match make_in(access, above.clone(), &name, path) {
        Err(EngineError::Conflict(Conflict::NotAFolder(_))) if hides => make_alternative(access, &above, &name, path),
        made => made,
    }
}

/// Whether replies may show an account with `rights` which names are taken: only if it can list or fetch the files
/// anyway. For all others every name appears free.
pub fn may_learn_names(rights: PermSet) -> bool {
    [Perm::Read, Perm::Get, Perm::Upget, Perm::Html].into_iter().any(|perm| rights.has(perm))
}

/// Most alternative folders that are tried for a taken name.
const MAX_ALTERNATIVES: usize = 4;

/// Prefix of alternative folder names.
const ALTERNATIVE_PREFIX: &[u8] = b"_wo_";

/// Names of the alternative folders for a taken name, in the order in which they are tried.
fn alternative_names(name: &FileName) -> impl Iterator<Item = FileName> {
    let mut alternative_names = name.as_bytes().to_vec();
    (0..MAX_ALTERNATIVES).map_while(move |_| {
        alternative_names.splice(0..0, ALTERNATIVE_PREFIX.iter().copied());
        alternative_names.truncate(model::vpath::NAME_MAX);
        FileName::new(&alternative_names).ok()
    })
}

/// Returns the name under which a new folder replaces a taken name, for accounts that may not learn that it is taken.
/// `None`: the name leads to a folder that the account may use, or no such name is free. Blocks.
///
/// # Errors
/// Those of [`find`].
pub fn name_for_new_folder(access: &Access, above: &Located<Folder>, path: &VPath) -> Result<Option<FileName>> {
    let Some((_, name)) = path.split_last() else { return Ok(None) };
    if matches!(&find(access, path)?, Resolved::OnDisk(located) if matches!(located.node, Node::Folder(..))) {
        return Ok(None);
    }
    let is_free = |name: &FileName| matches!(above.node.stat(name), Ok(None));
    Ok(alternative_names(&name).find(is_free))
}

/// Returns the path under which accounts that may not learn taken names know a folder: the inverse of [`find_folder`].
pub fn as_requested(path: &VPath) -> VPath {
    let told = |part: &[u8]| {
        let mut rest = part;
        while let Some(shorter) = rest.strip_prefix(ALTERNATIVE_PREFIX).filter(|shorter| !shorter.is_empty()) {
            rest = shorter;
        }
        FileName::new(rest).or_else(|_| FileName::new(part)).ok()
    };
    path.components().filter_map(told).fold(VPath::root(), |path, name| path.join(&name))
}

/// Creates or opens the alternative folder for a taken name; the same one every time.
fn make_alternative(
    access: &Access,
    above: &Located<Folder>,
    name: &FileName,
    path: &VPath,
) -> Result<Located<Folder>> {
    for alternative_names in alternative_names(name) {
        match make_in(access, above.clone(), &alternative_names, path) {
            Err(EngineError::Conflict(Conflict::NotAFolder(_))) => {}
            made => return made,
        }
    }
    Err(EngineError::Busy)
}

fn make_in(access: &Access, above: Located<Folder>, name: &FileName, path: &VPath) -> Result<Located<Folder>> {
    let below = above.below.join(name);
    if !owns(access, &above.volume, &below) {
        return Err(refusal(access, path, Operation::Upload));
    }
    let table = &above.volume.storage.state.lock_table;
    table.check(&below, ChangeScope::Name, access.owner(), access.lock_tokens())?;
    match above.node.make_folder(name, above.volume.config.flags.folder_mode) {
        // The name was taken meanwhile, or is taken by an entry that does not exist for this account: opening tells.
        Err(error) if error.kind() == ErrorKind::Exists => {}
        Err(error) => return Err(map_store_error(error, path)),
        Ok(()) => {
            let changes = &above.volume.storage.state.changes;
            changes.publish(|| Change::Created { path: below.clone(), kind: Kind::Folder });
        }
    }
    let node = above.node.folder(&VPath::root().join(name)).map_err(|error| match error.kind() {
        ErrorKind::Link | ErrorKind::Special => EngineError::Conflict(Conflict::NotAFolder(path.clone())),
        _ => map_store_error(error, path),
    })?;
    Ok(Located { below, ..above.with(node) })
}

/// Returns the error for names reserved for the server.
pub fn reserved_name() -> EngineError {
    Unfit::NameKept.into()
}

/// Returns the error for a path where nothing exists, or nothing that this account may see.
pub fn absence(access: &Access, path: &VPath) -> EngineError {
    match access.verdict(path, Operation::ConfirmMissing) {
        Verdict::Allow => EngineError::NotFound(path.clone()),
        _ => EngineError::denied(path, "read"),
    }
}

/// Returns the error for an operation that the account may not do at `path`.
pub fn refusal(access: &Access, path: &VPath, operation: Operation) -> EngineError {
    EngineError::denied(path, missing(access.rights_at(path), operation))
}

fn missing(rights: PermSet, operation: Operation) -> &'static str {
    use Operation as Op;
    match operation {
        Op::List
        | Op::Tree
        | Op::Download
        | Op::Archive
        | Op::ConfirmMissing
        | Op::Search
        | Op::CopyFrom
        | Op::Message => "read",
        Op::Upload => "write",
        Op::Overwrite if rights.has(Perm::Write) => "delete",
        Op::SaveText | Op::OpenEditor if rights.has(Perm::Write) => "read",
        Op::Overwrite | Op::SaveText | Op::OpenEditor => "write",
        Op::MoveFrom => "move",
        Op::Delete => "delete",
        Op::SeeDotfiles => "dot",
        Op::SeeUploaders | Op::Rescan => "admin",
        Op::LearnKey => "upget",
    }
}

fn as_folder(located: Located, path: &VPath) -> Result<Located<Folder>> {
    located.into_folder().ok_or_else(|| EngineError::Conflict(Conflict::NotAFolder(path.clone())))
}

fn virtual_or_absent(access: &Access, path: &VPath) -> Resolved {
    if access.has_visible_below(path) { Resolved::VirtualFolder } else { Resolved::Absent }
}

fn located_at(access: &Access, volume_path: VolumePath, node: Node) -> Located {
    let rights = access.rights_inside(&volume_path.volume, &volume_path.below);
    let keys = volume_path.volume.config.flags.file_keys;
    Located { volume: volume_path.volume, below: volume_path.below, rights, keys, node }
}

fn open_below(access: &Access, volume_path: &VolumePath, root: &Folder, path: &VPath) -> Result<Option<Located>> {
    if is_shadowed(&volume_path.volume, root, &volume_path.below) {
        return Ok(None);
    }
    match root.open(&volume_path.below) {
        Ok(node) => Ok(Some(located_at(access, volume_path.clone(), node))),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotAFolder | ErrorKind::Special | ErrorKind::BadName => Ok(None),
            ErrorKind::Link => Ok(follow(access, volume_path, root)),
            _ => Err(map_store_error(error, path)),
        },
    }
}

/// Follows the symlinks of a path, if the account may use the target. On any failure the symlink does not exist.
fn follow(access: &Access, volume_path: &VolumePath, root: &Folder) -> Option<Located> {
    let target = root.real_target(&volume_path.below).ok()?;
    let Some((volume, below)) = volume_containing(access, &volume_path.volume, &target) else {
        return follow_outside(access, volume_path, &target);
    };
    let root = volume.storage.root()?;
    if is_shadowed(&volume, &root, &below) {
        return None;
    }
    // The target contains no symlinks now; if one was created meanwhile, this fails.
    let node = root.open(&below).ok()?;
    let (here, there) =
        (access.rights_inside(&volume_path.volume, &volume_path.below), access.rights_inside(&volume, &below));
    let rights = with_get(here).intersection(with_get(there));
    let keyed = [&volume_path.volume, &volume].iter().any(|v| v.config.flags.file_keys == FileKeys::Required);
    let keys = if keyed { FileKeys::Required } else { FileKeys::Off };
    Some(Located { volume, below, rights, keys, node })
}

/// Follows a symlink of a volume with `outlinks` to a target outside all volumes, with the reading rights at the
/// symlink's own place. Targets in a volume and the server's own files are never reached this way.
fn follow_outside(access: &Access, volume_path: &VolumePath, target: &RealPath) -> Option<Located> {
    let is_inside =
        |volume: &Arc<MountedVolume>| volume.storage.root().is_none_or(|root| root.locate(target).is_some());
    let flags = &volume_path.volume.config.flags;
    if !flags.follow_links_out || target.holds_reserved() || access.snapshot().tree.volumes.iter().any(is_inside) {
        return None;
    }
    let reading = PermSet::default() | Perm::Read | Perm::Get | Perm::Html | Perm::Dot;
    let rights = with_get(access.rights_inside(&volume_path.volume, &volume_path.below)).intersection(reading);
    let node = target.open().ok()?;
    Some(Located {
        volume: volume_path.volume.clone(),
        below: volume_path.below.clone(),
        rights,
        keys: flags.file_keys,
        node,
    })
}

/// Returns the volume with the deepest source that contains a host path, and the path in it. Among several with the
/// same source: the requested one, else the first that the account may read, else the first.
fn volume_containing(
    access: &Access,
    asked: &Arc<MountedVolume>,
    target: &RealPath,
) -> Option<(Arc<MountedVolume>, VPath)> {
    let holders = access.snapshot().tree.volumes.iter().filter_map(|volume| {
        let flags = &volume.config.flags;
        let is_possible = flags.only.is_empty() || Arc::ptr_eq(volume, asked);
        let below = is_possible.then(|| volume.storage.root()?.locate(target))??;
        flags.offers(&below).then_some((volume, below))
    });
    let holders: Vec<_> = holders.collect();
    let nearest = holders.iter().map(|(_, below)| below.as_bytes().len()).min()?;
    let usable = holders.into_iter().filter(|(volume, below)| {
        below.as_bytes().len() == nearest && !reserved::holds_reserved(below) && is_innermost(access, volume, below)
    });
    let rank = |volume: &Arc<MountedVolume>, below: &VPath| match volume {
        volume if Arc::ptr_eq(volume, asked) => 0,
        volume if access.rights_inside(volume, below).has(Perm::Read) => 1,
        _ => 2,
    };
    usable.min_by_key(|(volume, below)| rank(volume, below)).map(|(volume, below)| (volume.clone(), below))
}

/// Whether clients reach the file of `volume` at `below` under its path: it is not shadowed by a volume mounted deeper,
/// also not under another spelling.
pub fn owns(access: &Access, volume: &Arc<MountedVolume>, below: &VPath) -> bool {
    is_innermost(access, volume, below) && !volume.storage.root().is_some_and(|root| is_shadowed(volume, &root, below))
}

/// Returns the paths in `volume` that recursive operations must not touch: mount points of other volumes, and source
/// folders of other volumes.
pub fn foreign_paths(access: &Access, volume: &MountedVolume) -> Vec<VPath> {
    let root = volume.storage.root();
    let inside = |other: &Arc<MountedVolume>| root.as_ref()?.locate(&other.storage.root()?.real_path());
    let whole = |other: &&Arc<MountedVolume>| other.config.flags.only.is_empty();
    let sources =
        access.snapshot().tree.volumes.iter().filter(whole).filter_map(inside).filter(|below| !below.is_root());
    volume.shadows.iter().cloned().chain(sources).collect()
}

/// Whether `below` in `volume` is not shadowed by a volume mounted deeper.
fn is_innermost(access: &Access, volume: &Arc<MountedVolume>, below: &VPath) -> bool {
    let canonical = volume.config.mount.append(below);
    access.volume_path(&canonical).is_some_and(|at| at.volume.index == volume.index)
}

/// Adds `g`, which `r` implies, so that an intersection of two sets keeps it.
fn with_get(rights: PermSet) -> PermSet {
    if rights.has(Perm::Read) { rights | Perm::Get } else { rights }
}

fn may_be_shadowed(volume: &MountedVolume) -> bool {
    !volume.shadows.is_empty() && volume.storage.folds_case()
}

/// Lower-cases a path: an approximation of case folding that needs no disk access.
fn folded(path: &VPath) -> String {
    String::from_utf8_lossy(path.as_bytes()).to_lowercase()
}

/// Whether `path` is `other` or below it on a file system that folds case.
pub fn is_within_folded(path: &VPath, other: &VPath) -> bool {
    let (path, other) = (folded(path), folded(other));
    path.strip_prefix(&other).is_some_and(|rest| other.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// Whether `below` is another spelling of a path at or below a mount point: `/SECRET` beside a volume at `/secret` on a
/// file system that folds case. (The exact spelling belongs to the other volume and is never passed here.) Compares the
/// identities of the folders on disk; without identities, compares lower-cased names.
fn is_shadowed(volume: &MountedVolume, root: &Folder, below: &VPath) -> bool {
    if !may_be_shadowed(volume) {
        return false;
    }
    let id = |path: &VPath| root.folder(path).and_then(|folder| folder.meta()).ok().map(|meta| meta.id());
    volume.shadows.iter().any(|shadow| {
        let top = shadow.depth();
        let parts: Vec<&[u8]> = below.components().take(top).collect();
        let Ok(start) = VPath::parse(&parts.join(&b'/')) else { return true };
        parts.len() == top
            && (folded(&start) == folded(shadow)
                || id(&start).is_some_and(|start| start.ino != 0 && id(shadow) == Some(start)))
    })
}

/// How often a path was resolved. By path, since tests of one process run at once.
#[cfg(test)]
pub(crate) mod counter {
    use model::VPath;
    use parking_lot::Mutex;
    use std::collections::BTreeMap;

    static COUNTS: Mutex<BTreeMap<VPath, usize>> = Mutex::new(BTreeMap::new());

    pub(super) fn record(path: &VPath) {
        *COUNTS.lock().entry(path.clone()).or_default() += 1;
    }

    /// Returns the number since the last call.
    pub(crate) fn take(path: &VPath) -> usize {
        COUNTS.lock().remove(path).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
