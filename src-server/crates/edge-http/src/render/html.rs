//! A listing as an HTML page (`web/templates/listing.html` and `upload-only.html`, which document what varies).

use super::escape::{push_href, push_html, push_html_bytes, push_number};
use super::formatting::push_size;
use super::sort::{Column, Direction, Order};
use super::{cards, folder_title, layout, may_archive, rows};
use crate::request::Request;
use engine::listing::Listing;
use model::{Perm, VPath};
use warp::reply::Response;

/// Renders the page of a folder that the visitor may list.
pub fn listing(request: &Request, mut listing: Listing) -> Response {
    let order = Order::from_query(&request.query);
    order.apply(&mut listing);
    let zip = may_archive(request, listing.rights);
    let mut head = String::with_capacity(8 << 10);
    push_top(&mut head, request, &listing, zip);
    let mut tail = String::with_capacity(6 << 10);
    if !is_empty(&listing) {
        push_table_head(&mut head, request, order);
        tail.push_str("</tbody>\n</table>\n");
    }
    push_end(&mut tail, request, &listing);
    rows::reply(request, listing, rows::PAGE, head, tail)
}

fn push_top(out: &mut String, request: &Request, listing: &Listing, zip: bool) {
    let title = folder_title(&listing.path);
    layout::begin_page(out, request, &title, "", true);
    out.push_str("<a class=\"skip\" href=\"#content\">Skip to the files</a>\n<header class=\"top\">\n");
    layout::push_brand(out, request);
    push_crumbs(out, request, &listing.path);
    layout::push_account(out, request);
    out.push_str("</header>\n\n<div class=\"columns\">\n<main id=\"content\">\n<div class=\"bar\">\n<h1>");
    push_html(out, &title);
    out.push_str("</h1>\n<p class=\"summary\">");
    push_summary(out, listing);
    out.push_str("</p>\n");
    push_actions(out, listing, zip && !is_empty(listing));
    out.push_str("</div>\n\n");
    cards::push_banner(out, request, listing);
    cards::push_document(out, "prologue", None, listing.prologue.as_deref());
}

fn push_crumbs(out: &mut String, request: &Request, path: &VPath) {
    out.push_str("<nav class=\"crumbs\" aria-label=\"Path\">\n");
    let base = &request.policy.base;
    let names: Vec<&[u8]> = path.components().collect();
    if names.is_empty() {
        out.push_str("<b aria-current=\"page\">Home</b>\n</nav>\n");
        return;
    }
    out.push_str("<a href=\"");
    out.push_str(base);
    out.push_str("/\">Home</a>");
    let mut href = format!("{base}/");
    for (at, name) in names.iter().enumerate() {
        out.push_str(" <i>/</i> ");
        push_href(&mut href, name);
        href.push('/');
        if at + 1 == names.len() {
            out.push_str("<b aria-current=\"page\">");
            push_html_bytes(out, name);
            out.push_str("</b>");
        } else {
            out.push_str("<a href=\"");
            out.push_str(&href);
            out.push_str("\">");
            push_html_bytes(out, name);
            out.push_str("</a>");
        }
    }
    out.push_str("\n</nav>\n");
}

fn is_empty(listing: &Listing) -> bool {
    listing.folders.is_empty() && listing.files.is_empty()
}

fn push_summary(out: &mut String, listing: &Listing) {
    let (folders, files) = (listing.folders.len() as u64, listing.files.len() as u64);
    if is_empty(listing) {
        out.push_str("This folder is empty.");
        return;
    }
    push_count(out, folders, "folder");
    if folders > 0 && files > 0 {
        out.push_str(", ");
    }
    push_count(out, files, "file");
    let total = listing.files.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.size));
    if total > 0 {
        out.push_str(", ");
        push_size(out, total);
    }
}

fn push_count(out: &mut String, count: u64, word: &str) {
    if count == 0 {
        return;
    }
    push_number(out, count);
    out.push(' ');
    out.push_str(word);
    if count > 1 {
        out.push('s');
    }
}

fn push_actions(out: &mut String, listing: &Listing, zip: bool) {
    let writes = listing.rights.has(Perm::Write);
    out.push_str("<p class=\"actions\">\n");
    if writes {
        out.push_str("<a class=\"btn primary\" href=\"#upload\">Upload</a>\n");
    }
    if zip {
        let class = if writes { "btn" } else { "btn primary" };
        out.push_str("<a class=\"");
        out.push_str(class);
        out.push_str(
            "\" href=\"?zip\" rel=\"nofollow\">Download zip</a>\n<a class=\"btn\" href=\"?tar\" \
             rel=\"nofollow\">Download tar</a>\n",
        );
    }
    out.push_str("<a class=\"btn quiet\" href=\"?folders\">All folders</a>\n</p>\n");
}

fn push_table_head(out: &mut String, request: &Request, order: Order) {
    out.push_str(
        "<table class=\"list\" id=\"files\">\n<thead><tr><th scope=\"col\"><span class=\"sr\">Download</span></th>\n",
    );
    let dots = if request.query.has("dots") { "dots&amp;" } else { "" };
    let columns =
        [(Column::Name, "Name"), (Column::Size, "Size"), (Column::Extension, "Type"), (Column::Date, "Changed")];
    for (at, (column, words)) in columns.iter().enumerate() {
        out.push_str("<th scope=\"col\"");
        let mut minus = "";
        if order.column == *column {
            let up = order.direction == Direction::Ascending;
            out.push_str(if up { " aria-sort=\"ascending\"" } else { " aria-sort=\"descending\"" });
            minus = if up { "-" } else { "" };
        }
        for part in ["><a href=\"?", dots, "sort=", minus, column.parameter(), "\">", words, "</a></th>"] {
            out.push_str(part);
        }
        out.push_str(if at + 1 == columns.len() { "</tr></thead>\n<tbody>\n" } else { "\n" });
    }
}

fn push_end(out: &mut String, request: &Request, listing: &Listing) {
    cards::push_document(out, "readme", Some("README.md"), listing.readme.as_deref());
    cards::push_document(out, "epilogue", None, listing.epilogue.as_deref());
    out.push_str("</main>\n\n");
    cards::push_aside(out, request, listing);
    out.push_str("</div>\n\n<footer class=\"foot\">\n");
    if let Some(space) = super::space_words(listing) {
        out.push_str("<p>");
        push_html(out, &space);
        out.push_str("</p>\n");
    }
    out.push_str("<p class=\"page-link\"><a href=\"?b\">Simple view</a></p>\n</footer>\n");
    layout::end_page(out);
}
