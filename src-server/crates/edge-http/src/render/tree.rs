//! The folder tree as a page of nested lists (`?folders`, `web/templates/tree.html`), for browsers without script.

use super::escape::{push_href, push_html, push_html_bytes};
use super::{folder_title, layout};
use crate::request::Request;
use crate::urls;
use engine::listing::TreeNode;
use model::FileName;

/// Renders the tree from the root down to the requested folder.
pub fn page(request: &Request, top: &TreeNode) -> String {
    let mut out = String::with_capacity(4 << 10);
    layout::begin_page(&mut out, request, "All folders", "narrow", false);
    out.push_str("<header class=\"top\">\n");
    layout::push_brand(&mut out, request);
    layout::push_sign_in_links(&mut out, request, &urls::control_page(request));
    out.push_str("</header>\n<main>\n<h1>All folders</h1>\n<ul class=\"tree\">\n<li><a href=\"");
    let base = format!("{}/", request.policy.base);
    out.push_str(&base);
    out.push('"');
    if request.path.is_root() {
        out.push_str(" aria-current=\"page\"");
    }
    out.push_str(">Home</a>");
    push_node(&mut out, top, &base, request.path.depth());
    out.push_str("</li>\n</ul>\n<p class=\"actions\"><a class=\"btn primary\" href=\"");
    out.push_str(&request.folder_href(&request.path));
    out.push_str("\">Back to ");
    push_html(&mut out, &folder_title(&request.path));
    out.push_str("</a></p>\n</main>\n");
    layout::end_page(&mut out);
    out
}

/// `here`: URL of the node's folder; `depth`: levels from it down to the current folder.
fn push_node(out: &mut String, node: &TreeNode, here: &str, depth: usize) {
    let mut names: Vec<(&FileName, Option<&TreeNode>)> = node.closed.iter().map(|name| (name, None)).collect();
    if let Some((name, inner)) = &node.open {
        names.push((name, Some(inner)));
    }
    if names.is_empty() {
        return;
    }
    names.sort_by(|a, b| node.order.compare(a.0.as_bytes(), b.0.as_bytes()));
    out.push_str("\n<ul>\n");
    for (name, inner) in names {
        let mut href = here.to_owned();
        push_href(&mut href, name.as_bytes());
        href.push('/');
        out.push_str("<li><a href=\"");
        out.push_str(&href);
        out.push('"');
        if inner.is_some() && depth == 1 {
            out.push_str(" aria-current=\"page\"");
        }
        out.push('>');
        push_html_bytes(out, name.as_bytes());
        out.push_str("</a>");
        match inner {
            Some(inner) => push_node(out, inner, &href, depth.saturating_sub(1)),
            None => {
                out.push_str(" <a class=\"open\" href=\"");
                out.push_str(&href);
                out.push_str("?folders\">open</a>");
            }
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>");
}
