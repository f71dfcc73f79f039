//! The plainest page (`?b`), one table that any browser of any age shows; with `?b=u` also the upload form. Programs
//! read it too, so sizes are bytes and times have seconds (spec/http-api.md 4.6).

use super::escape::{push_href, push_html, push_html_bytes, push_number};
use super::figures::{Precision, push_date};
use super::html::{folder_title, push_extension, rows_prefix};
use super::pieces::Rows;
use super::{may_archive, shell, space_words};
use crate::extract::Request;
use engine::listing::{Entry, Listing};
use http::{HeaderName, HeaderValue};
use model::Perm;
use warp::reply::Response;

/// Draws it.
pub fn listing(request: &Request, listing: Listing) -> Response {
    let uploads = request.query.text("b").is_some_and(|value| value == "u");
    let keep = if uploads { "?b=u" } else { "?b" };
    let zip = may_archive(request, listing.rights);
    let mut head = String::with_capacity(2 << 10);
    push_head(&mut head, request, &listing, uploads, keep);
    let here = rows_prefix(request);
    let Listing { folders, files, .. } = listing;
    let rows = folders.len() + files.len();
    let draw = move |out: &mut String, row: usize| match row.checked_sub(folders.len()) {
        None => push_folder(out, &folders[row], &here, keep, zip),
        Some(at) => push_file(out, &files[at], &here),
    };
    let tail = String::from("</table>\n</body>\n</html>\n");
    let mut response = Rows { head, rows, draw, tail }.reply(request, "text/html; charset=utf-8");
    let robots = HeaderValue::from_static("noindex, nofollow");
    response.headers_mut().insert(HeaderName::from_static("x-robots-tag"), robots);
    response
}

fn push_head(out: &mut String, request: &Request, listing: &Listing, uploads: bool, keep: &str) {
    out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    push_html(out, &folder_title(&listing.path));
    out.push_str(" - ");
    push_html(out, shell::name(request));
    out.push_str("</title>\n</head>\n<body>\n<p>");
    push_html(out, &listing.path.display());
    if let Some(space) = space_words(listing) {
        out.push_str(" - ");
        push_html(out, &space);
    }
    out.push_str("</p>\n");
    if uploads && listing.rights.has(Perm::Write) {
        let action = format!("{}?b=u", request.folder_href(&listing.path));
        shell::push_form(out, "", &action);
        out.push_str(
            "<input type=\"hidden\" name=\"act\" value=\"bput\">\n<input type=\"file\" name=\"f\" multiple>\n<input \
             type=\"submit\" value=\"upload\">\n</form>\n",
        );
    }
    out.push_str("<table border=\"1\">\n<tr><th>c</th><th>File Name</th><th>Size</th><th>T</th><th>Date</th></tr>\n");
    if let Some(parent) = listing.path.parent() {
        out.push_str("<tr><td>-</td><td><a href=\"");
        out.push_str(&request.folder_href(&parent));
        out.push_str(keep);
        out.push_str("\">parent folder</a></td><td>-</td>\n<td>-</td><td>-</td></tr>\n");
    }
}

fn push_folder(out: &mut String, entry: &Entry, here: &str, keep: &str, zip: bool) {
    let name = entry.name.as_bytes();
    out.push_str("<tr><td>");
    if zip && entry.mount_rights.is_none_or(|rights| rights.has(Perm::Read)) {
        out.push_str("<a href=\"");
        out.push_str(here);
        push_href(out, name);
        out.push_str("/?zip\" rel=\"nofollow\">zip</a>");
    } else {
        out.push('-');
    }
    out.push_str("</td><td><a href=\"");
    out.push_str(here);
    push_href(out, name);
    out.push('/');
    out.push_str(keep);
    out.push_str("\">");
    push_html_bytes(out, name);
    out.push_str("/</a></td><td>0</td>\n<td>---</td><td>");
    push_date(out, entry.modified, Precision::Seconds);
    out.push_str("</td></tr>\n");
}

fn push_file(out: &mut String, entry: &Entry, here: &str) {
    let name = entry.name.as_bytes();
    out.push_str("<tr><td>-</td><td><a href=\"");
    out.push_str(here);
    push_href(out, name);
    super::json::push_key(out, entry);
    out.push_str("\">");
    push_html_bytes(out, name);
    out.push_str("</a></td><td>");
    push_number(out, entry.size);
    out.push_str("</td>\n<td>");
    push_extension(out, entry);
    out.push_str("</td><td>");
    push_date(out, entry.modified, Precision::Seconds);
    out.push_str("</td></tr>\n");
}
