//! The folder tree as a page of nested lists (`?folders`, `web/templates/tree.html`), for browsers without script.

use super::escape::{push_href, visible};
use super::folder_title;
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use askama::Template;
use engine::listing::TreeNode;
use model::FileName;

#[derive(Template)]
#[template(path = "tree.html")]
struct TreePage<'a> {
    layout: Layout<'a>,
    /// The requested folder is the root.
    is_top: bool,
    top: Level,
    /// URL of the requested folder.
    back: String,
    folder: String,
}

/// The folders in one folder.
#[derive(Template)]
#[template(path = "tree-level.html")]
struct Level {
    t: Texts,
    folders: Vec<Folder>,
}

struct Folder {
    href: String,
    name: String,
    is_current: bool,
    /// The folders in this one, if it is open.
    inner: Option<Box<Level>>,
}

/// Renders the tree from the root down to the requested folder.
pub fn page(request: &Request, top: &TreeNode) -> String {
    let t = request.texts();
    to_html(&TreePage {
        layout: Layout::small(request, t.list_all_folders()),
        is_top: request.path.is_root(),
        top: level(t, top, &urls::home(request), request.path.depth()),
        back: request.folder_href(&request.path),
        folder: folder_title(t, &request.path),
    })
}

/// `here`: URL of the node's folder; `depth`: levels from it down to the current folder.
fn level(t: Texts, node: &TreeNode, here: &str, depth: usize) -> Level {
    let mut names: Vec<(&FileName, Option<&TreeNode>)> =
        node.closed.iter().map(|folder| (&folder.name, None)).collect();
    if let Some((name, inner)) = &node.open {
        names.push((name, Some(inner)));
    }
    names.sort_by(|a, b| node.order.compare(a.0.as_bytes(), b.0.as_bytes()));
    let folder = |(name, inner): (&FileName, Option<&TreeNode>)| {
        let mut href = here.to_owned();
        push_href(&mut href, name.as_bytes());
        href.push('/');
        let is_current = inner.is_some() && depth == 1;
        let inner = inner.map(|inner| Box::new(level(t, inner, &href, depth.saturating_sub(1))));
        Folder { href, name: visible(name.as_bytes()), is_current, inner }
    };
    Level { t, folders: names.into_iter().map(folder).collect() }
}
