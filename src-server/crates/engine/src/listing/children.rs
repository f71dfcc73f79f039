//! What somebody sees in a folder: what is on disk there, without what is reserved, shadowed or none of his business,
//! and the volumes mounted there. Blocks.

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

/// Whether names with a dot in front are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dots {
    Hidden,
    /// By those who may.
    #[allow(dead_code, reason = "archives ask for it")]
    Shown,
    /// By the caller, who decides what becomes of them.
    All,
}

/// How a child is reached.
#[derive(Clone)]
pub(crate) enum Via {
    /// By its name from the folder's handle.
    Handle,
    /// By its path from the resolver: a link.
    Link,
    /// By its path: the volume that is mounted there, or `None` for a folder on the way to one.
    Tree(Option<Arc<MountedVolume>>),
    /// By its path: the part of a volume that the asker has, and cannot look around above it.
    Part,
}

/// Which tree a folder's name leads to.
struct Lead {
    /// Mounted exactly here.
    volume: Option<Arc<MountedVolume>>,
    is_seen: bool,
    is_on_disk: bool,
}

/// Calls `each` with everything that the asker sees in the folder `path`, in no order. `located`: its storage; without
/// it, or with `look` false, only volumes are seen. Files come with their size and time, links with those of what they
/// lead to.
pub(crate) fn visit(
    access: &Access,
    path: &VPath,
    located: Option<&Located<Folder>>,
    look: bool,
    dots: Dots,
    mut each: impl FnMut(FileName, Meta, Via),
) -> Result<()> {
    let canonical = located.map_or_else(|| path.clone(), Located::canonical);
    let mut leads = leads(access, &canonical);
    let mut part = part_in(access, &canonical).filter(|(name, _)| match leads.get_mut(name) {
        Some(lead) => {
            lead.is_seen = true;
            false
        }
        None => true,
    });
    let may_see = || located.is_none_or(|located| located.rights.has(Perm::Dot));
    let dots = dots == Dots::All || (dots == Dots::Shown && may_see());
    let shown = |name: &[u8]| !name.starts_with(b".") || dots;

    if let Some(located) = located.filter(|_| look) {
        let folds = !leads.is_empty() && located.volume.storage.folds_case();
        let only = &located.volume.config.flags.only;
        // A folder of a volume may lie in what a link out of a volume leads to, and has rights of its own: the resolver says
        // for every entry.
        let is_outside = located.volume.config.flags.follow_links_out
            && located.volume.storage.root().is_none_or(|root| root.locate(&located.node.real_path()).is_none());
        let mut links = Vec::new();
        let visited = located.node.visit(|name, meta| {
            if reserved::is_reserved(name) || !shown(name) || meta.kind == Kind::Other {
                return ControlFlow::Continue(());
            }
            let Ok(name) = FileName::new(name) else { return ControlFlow::Continue(()) };
            if !only.is_empty() && !located.volume.config.flags.offers(&located.below.join(&name)) {
                return ControlFlow::Continue(());
            }
            if let Some(lead) = lead_of(&mut leads, &name, folds) {
                if lead.volume.is_some() {
                    return ControlFlow::Continue(());
                }
                lead.is_on_disk = true;
            }
            if part.as_ref().is_some_and(|(part, _)| *part == name) {
                part = None;
            }
            match meta.kind {
                Kind::Link => links.push(name),
                _ if is_outside => links.push(name),
                _ => each(name, meta, Via::Handle),
            }
            ControlFlow::Continue(())
        });
        visited.map_err(|error| map_store_error(error, path))?;
        for name in links {
            if let Some(meta) = behind_link(access, &path.join(&name)) {
                each(name, meta, Via::Link);
            }
        }
    }
    // Through a link the tree's own paths are not reachable, so there only what they shadow is left out.
    if canonical == *path {
        for (name, lead) in leads {
            if lead.is_seen && !lead.is_on_disk && shown(name.as_bytes()) {
                let meta = lead.volume.as_ref().and_then(|volume| volume.storage.root()?.meta().ok());
                each(name, meta.unwrap_or(NOWHERE), Via::Tree(lead.volume));
            }
        }
        if let Some((name, meta)) = part.filter(|(name, _)| shown(name.as_bytes())) {
            each(name, meta, Via::Part);
        }
    }
    Ok(())
}

/// A folder that is on no disk.
const NOWHERE: Meta = Meta { kind: Kind::Folder, size: 0, mtime_ns: 0, dev: 0, ino: 0, links: 1, mode: 0 };

fn leads(access: &Access, folder: &VPath) -> BTreeMap<FileName, Lead> {
    let mut leads: BTreeMap<FileName, Lead> = BTreeMap::new();
    for volume in access.snapshot().tree.below(folder) {
        let below = volume.config.mount.strip_prefix(folder).unwrap_or_default();
        let Some(Ok(name)) = below.components().next().map(FileName::new) else { continue };
        let lead = leads.entry(name).or_insert(Lead { volume: None, is_seen: false, is_on_disk: false });
        lead.is_seen |= access.can_see(volume);
        if below.depth() == 1 {
            lead.volume = Some(volume.clone());
        }
    }
    leads
}

/// The name in `folder` that leads to the part of a volume that the asker has, and what it is: a folder on the way, or
/// the part itself.
fn part_in(access: &Access, folder: &VPath) -> Option<(FileName, Meta)> {
    let top = access.scope_below(folder)?;
    let rest = top.strip_prefix(folder)?;
    let name = FileName::new(rest.components().next()?).ok()?;
    if rest.depth() > 1 {
        return Some((name, NOWHERE));
    }
    match find(access, &top) {
        Ok(Resolved::OnDisk(located)) => Some((name, meta_of(&located))),
        _ => None,
    }
}

fn lead_of<'a>(leads: &'a mut BTreeMap<FileName, Lead>, name: &FileName, folds: bool) -> Option<&'a mut Lead> {
    if leads.is_empty() {
        return None;
    }
    if folds {
        let folded = name.display().to_lowercase();
        return leads.iter_mut().find(|(lead, _)| lead.display().to_lowercase() == folded).map(|(_, lead)| lead);
    }
    leads.get_mut(name)
}

/// What a link leads to, if the asker may have it.
fn behind_link(access: &Access, path: &VPath) -> Option<Meta> {
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
