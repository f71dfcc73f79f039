//! Visible children of a folder: entries on disk, without reserved, shadowed and inaccessible ones, and volumes mounted
//! there. Blocks.

use crate::access::Access;
use crate::error::Result;
use crate::volumes::resolve::{Located, Resolved, find};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::tree::MountedVolume;
use model::{FileName, Operation, Perm, VPath, Verdict};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use store::disk::{Folder, Kind, Meta, Node, reserved};

/// Whether dotfiles are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dots {
    /// None.
    Hidden,
    /// If the account may see them.
    Shown,
    /// All of them; the caller filters.
    All,
}

/// How to open a child.
#[derive(Clone)]
pub enum Via {
    /// By its name, from the folder's handle.
    Handle,
    /// By its path, with the resolver: a symlink.
    Link,
    /// By its path: the volume that is mounted there, or `None` for a virtual folder above one.
    Tree(Option<Arc<MountedVolume>>),
    /// By its path: the partial scope of the account, or a folder above it that the account cannot list.
    Scope,
}

/// What is known of the entries of the folder.
#[derive(Clone, Copy)]
enum Details {
    All,
    Kinds,
}

/// A name in a folder that leads to mounted volumes.
struct MountEntry {
    /// The volume mounted at exactly this name.
    volume: Option<Arc<MountedVolume>>,
    is_visible: bool,
    is_on_disk: bool,
}

/// Calls `each` for every visible child of the folder `path`, in no particular order. `located`: the folder on disk;
/// without it, or if `may_list` is false, only volumes are visited. Files come with their size and time, symlinks with
/// those of their target.
pub fn visit(
    access: &Access,
    path: &VPath,
    located: Option<&Located<Folder>>,
    may_list: bool,
    dots: Dots,
    each: impl FnMut(FileName, Meta, Via),
) -> Result<()> {
    visit_details(access, path, located, may_list, (dots, Details::All), each)
}

/// [`visit`] of all entries of a folder on disk that may be listed. Only the kind of its own entries (`Via::Handle`) is known,
/// which is much faster: their other metadata is zero.
pub fn visit_kinds(
    access: &Access,
    path: &VPath,
    located: &Located<Folder>,
    each: impl FnMut(FileName, Meta, Via),
) -> Result<()> {
    visit_details(access, path, Some(located), true, (Dots::All, Details::Kinds), each)
}

fn visit_details(
    access: &Access,
    path: &VPath,
    located: Option<&Located<Folder>>,
    may_list: bool,
    (dots, details): (Dots, Details),
    mut each: impl FnMut(FileName, Meta, Via),
) -> Result<()> {
    let canonical = located.map_or_else(|| path.clone(), Located::canonical);
    let mut mounts = mounts(access, &canonical);
    let mut scope = scope_in(access, &canonical).filter(|(name, _)| match mounts.get_mut(name) {
        Some(mount) => {
            mount.is_visible = true;
            false
        }
        None => true,
    });
    let may_see = || located.is_none_or(|located| located.rights.has(Perm::Dot));
    let dots = dots == Dots::All || (dots == Dots::Shown && may_see());
    let shown = |name: &[u8]| !name.starts_with(b".") || dots;

    if let Some(located) = located.filter(|_| may_list) {
        let folds = !mounts.is_empty() && located.volume.storage.folds_case();
        let only = &located.volume.config.flags.only;
        // The target of a symlink out of a volume may contain a folder of another volume, with rights of its own: the
        // resolver decides for every entry.
        let is_outside = located.volume.config.flags.follow_links_out
            && located.volume.storage.root().is_none_or(|root| root.locate(&located.node.real_path()).is_none());
        let mut links = Vec::new();
        let mut entry = |name: &[u8], meta: Meta| {
            if reserved::is_reserved(name) || !shown(name) || meta.kind == Kind::Other {
                return;
            }
            let Ok(name) = FileName::new(name) else { return };
            if !only.is_empty() && !located.volume.config.flags.offers(&located.below.join(&name)) {
                return;
            }
            if let Some(mount) = mount_named(&mut mounts, &name, folds) {
                if mount.volume.is_some() {
                    return;
                }
                mount.is_on_disk = true;
            }
            if scope.as_ref().is_some_and(|(scope, _)| *scope == name) {
                scope = None;
            }
            match meta.kind {
                Kind::Link => links.push(name),
                _ if is_outside => links.push(name),
                _ => each(name, meta, Via::Handle),
            }
        };
        let visited = match details {
            Details::All => located.node.visit(|name, meta| {
                entry(name, meta);
                ControlFlow::Continue(())
            }),
            Details::Kinds => located.node.visit_kinds(|name, kind| entry(name, Meta { kind, ..VIRTUAL_FOLDER })),
        };
        visited.map_err(|error| map_store_error(error, path))?;
        for name in links {
            if let Some(meta) = link_target(access, &path.join(&name)) {
                each(name, meta, Via::Link);
            }
        }
    }
    // Mounted volumes are not reachable through a symlink; there, only the entries that they shadow are left out.
    if canonical == *path {
        for (name, mount) in mounts {
            if mount.is_visible && !mount.is_on_disk && shown(name.as_bytes()) {
                let meta = mount.volume.as_ref().and_then(|volume| volume.storage.root()?.meta().ok());
                each(name, meta.unwrap_or(VIRTUAL_FOLDER), Via::Tree(mount.volume));
            }
        }
        if let Some((name, meta)) = scope.filter(|(name, _)| shown(name.as_bytes())) {
            each(name, meta, Via::Scope);
        }
    }
    Ok(())
}

/// Metadata of a virtual folder.
const VIRTUAL_FOLDER: Meta = Meta { kind: Kind::Folder, size: 0, mtime_ns: 0, dev: 0, ino: 0, links: 1, mode: 0 };

fn mounts(access: &Access, folder: &VPath) -> BTreeMap<FileName, MountEntry> {
    let mut mounts: BTreeMap<FileName, MountEntry> = BTreeMap::new();
    for volume in access.snapshot().tree.below(folder) {
        let below = volume.config.mount.strip_prefix(folder).unwrap_or_default();
        let Some(Ok(name)) = below.components().next().map(FileName::new) else { continue };
        let mount = mounts.entry(name).or_insert(MountEntry { volume: None, is_visible: false, is_on_disk: false });
        mount.is_visible |= access.can_see(volume);
        if below.depth() == 1 {
            mount.volume = Some(volume.clone());
        }
    }
    mounts
}

/// Returns the name in `folder` that leads to the partial scope of the account, with its metadata: a virtual folder
/// above the scope, or the scope itself.
fn scope_in(access: &Access, folder: &VPath) -> Option<(FileName, Meta)> {
    let top = access.scope_below(folder)?;
    let rest = top.strip_prefix(folder)?;
    let name = FileName::new(rest.components().next()?).ok()?;
    if rest.depth() > 1 {
        return Some((name, VIRTUAL_FOLDER));
    }
    match find(access, &top) {
        Ok(Resolved::OnDisk(located)) => Some((name, meta_of(&located))),
        _ => None,
    }
}

fn mount_named<'a>(
    mounts: &'a mut BTreeMap<FileName, MountEntry>,
    name: &FileName,
    folds: bool,
) -> Option<&'a mut MountEntry> {
    if mounts.is_empty() {
        return None;
    }
    if folds {
        let folded = name.display().to_lowercase();
        return mounts.iter_mut().find(|(mount, _)| mount.display().to_lowercase() == folded).map(|(_, mount)| mount);
    }
    mounts.get_mut(name)
}

/// Returns the metadata of a symlink's target, if the account may use it.
fn link_target(access: &Access, path: &VPath) -> Option<Meta> {
    let Ok(Resolved::OnDisk(located)) = find(access, path) else { return None };
    let meta = meta_of(&located);
    let operation = if meta.kind == Kind::Folder { Operation::List } else { Operation::Download };
    (located.verdict(operation) == Verdict::Allow).then_some(meta)
}

fn meta_of(located: &Located) -> Meta {
    match &located.node {
        Node::File(open) => open.meta,
        Node::Folder(_, meta) => *meta,
    }
}
