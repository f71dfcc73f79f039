//! Which files and folders searches may name.

use crate::access::Access;
use crate::volumes::resolve::{Located, Resolved, find, find_cached};
use crate::volumes::tree::MountedVolume;
use model::{Operation, Perm, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Meta, Node, OpenFile};

/// Returns the file at `below` in a volume if a search may name it: it exists, the account may list and read it where it
/// is, and if a name on the way begins with a dot, may see dotfiles. Blocks.
pub fn findable(access: &Access, volume: &Arc<MountedVolume>, below: &VPath) -> Option<(VPath, Located<OpenFile>)> {
    let (path, located) = findable_entry(access, volume, below)?;
    let Located { volume, below, rights, keys, node } = located;
    match node {
        Node::File(open) => Some((path, Located { volume, below, rights, keys, node: open })),
        Node::Folder(..) => None,
    }
}

/// [`findable`] for a folder. Blocks.
pub fn findable_folder(access: &Access, volume: &Arc<MountedVolume>, below: &VPath) -> Option<(VPath, Located<Meta>)> {
    let (path, located) = findable_entry(access, volume, below)?;
    match located.node {
        Node::Folder(_, meta) => Some((path, located.with(meta))),
        Node::File(_) => None,
    }
}

fn findable_entry(access: &Access, volume: &Arc<MountedVolume>, below: &VPath) -> Option<(VPath, Located)> {
    let path = volume.config.mount.append(below);
    if access.verdict(&path, Operation::Search) != Verdict::Allow {
        return None;
    }
    let found = find_cached(access, &path).map_or_else(|| find(access, &path), Ok).ok()?;
    let Resolved::OnDisk(located) = found else { return None };
    let has_dot = || below.components().any(|name| name.starts_with(b"."));
    let is_findable =
        located.verdict(Operation::Search) == Verdict::Allow && (located.rights.has(Perm::Dot) || !has_dot());
    is_findable.then_some((path, located))
}
