//! The folder tree of the side bar: collapsed folders, expanded along the path to the current folder.

use super::children::{Dots, Via, visit};
use super::omitted::Omitted;
use super::order::NameOrder;
use crate::access::Access;
use crate::error::Result;
use crate::volumes::resolve::{Resolved, find, refusal};
use model::{FileName, Operation, VPath, Verdict};
use store::disk::Kind;

/// A collapsed subfolder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedFolder {
    /// Its name.
    pub name: FileName,
    /// It certainly has no folders. False: it may have some.
    pub is_leaf: bool,
}

/// A node of the side bar's folder tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// The order of the names.
    pub order: NameOrder,
    /// Collapsed subfolders, sorted.
    pub closed: Vec<ClosedFolder>,
    /// The expanded subfolder, on the way to the requested path.
    pub open: Option<(FileName, Box<TreeNode>)>,
}

/// Links of a folder without subfolders: its name and its own `.`.
const LEAF_LINKS: u64 = 2;

pub(super) fn tree(access: &Access, top: &VPath, path: &VPath, only_children: bool) -> Result<TreeNode> {
    if access.verdict(path, Operation::Tree) == Verdict::Deny && !access.has_visible_below(path) {
        return Err(refusal(access, path, Operation::Tree));
    }
    if only_children {
        let order = NameOrder::of(access, path);
        return Ok(TreeNode { order, closed: folders(access, path, order)?, open: None });
    }
    let components: Vec<FileName> = match path.strip_prefix(top) {
        Some(below) => below.components().filter_map(|part| FileName::new(part).ok()).collect(),
        None => return Ok(TreeNode { order: NameOrder::of(access, top), closed: Vec::new(), open: None }),
    };
    open(access, top, &components)
}

/// Returns the node of `path`, with the first of `components` expanded.
fn open(access: &Access, path: &VPath, components: &[FileName]) -> Result<TreeNode> {
    let order = NameOrder::of(access, path);
    let mut closed = folders(access, path, order)?;
    let Some((next, rest)) = components.split_first() else { return Ok(TreeNode { order, closed, open: None }) };
    // Folders that are not visible here are not expanded either: the reply must not tell that they exist.
    let open = match closed.binary_search_by(|one| order.compare(one.name.as_bytes(), next.as_bytes())) {
        Ok(at) => {
            let name = closed.remove(at).name;
            let node = open(access, &path.join(next), rest)?;
            Some((name, Box::new(node)))
        }
        Err(_) => None,
    };
    Ok(TreeNode { order, closed, open })
}

/// Returns the visible subfolders of `path`, sorted; none if there is no such folder.
fn folders(access: &Access, path: &VPath, order: NameOrder) -> Result<Vec<ClosedFolder>> {
    let located = match find(access, path)? {
        Resolved::OnDisk(located) => match located.into_folder() {
            Some(folder) => Some(folder),
            None => return Ok(Vec::new()),
        },
        Resolved::VirtualFolder => None,
        Resolved::Absent => return Ok(Vec::new()),
    };
    let may_list = located.as_ref().is_some_and(|located| located.verdict(Operation::Tree) == Verdict::Allow);
    let omitted = located.as_ref().map(|located| Omitted::in_folder(located, false)).unwrap_or_default();
    // Local file systems count the link `..` of each subfolder. Others, and volumes without a folder, tell nothing.
    let counts = located.as_ref().is_some_and(|located| located.volume.storage.uses_page_cache());
    let mut folders = Vec::new();
    visit(access, path, located.as_ref(), may_list, Dots::Hidden, |name, meta, via| {
        if meta.kind == Kind::Folder && !omitted.has(&name) {
            let is_leaf = counts
                && matches!(via, Via::Handle)
                && meta.links == LEAF_LINKS
                && !access.has_visible_below(&path.join(&name));
            folders.push(ClosedFolder { name, is_leaf });
        }
    })?;
    order.sort(&mut folders, |folder| folder.name.as_bytes());
    Ok(folders)
}
