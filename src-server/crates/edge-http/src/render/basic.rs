//! The simple view (`?b`): one table that any browser of any age can show; with `?b=u` also an upload form. Programs
//! parse it too, so sizes are in bytes and times include seconds.

use super::escape::push_html;
use super::{folder_title, layout, rows, space_words};
use crate::request::Request;
use crate::urls;
use engine::listing::Listing;
use http::{HeaderName, HeaderValue};
use model::Perm;
use warp::reply::Response;

/// Renders the simple view of a listing.
pub fn listing(request: &Request, listing: Listing) -> Response {
    let uploads = request.query.text("b").is_some_and(|value| value == "u");
    let keep = if uploads { "?b=u" } else { "?b" };
    let mut head = String::with_capacity(2 << 10);
    push_head(&mut head, request, &listing, uploads, keep);
    let mut tail = String::from("</table>\n");
    layout::push_sign_in_links(&mut tail, request, &urls::control_page(request));
    tail.push_str("</main>\n</body>\n</html>\n");
    let mut response = rows::reply(request, listing, rows::basic(keep), head, tail);
    let robots = HeaderValue::from_static("noindex, nofollow");
    response.headers_mut().insert(HeaderName::from_static("x-robots-tag"), robots);
    response
}

fn push_head(out: &mut String, request: &Request, listing: &Listing, uploads: bool, keep: &str) {
    out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    push_html(out, &folder_title(&listing.path));
    out.push_str(" - ");
    push_html(out, layout::server_name(request));
    out.push_str("</title>\n</head>\n<body>\n<main>\n<h1>");
    push_html(out, &listing.path.display());
    out.push_str("</h1>\n");
    if let Some(space) = space_words(listing) {
        out.push_str("<p>");
        push_html(out, &space);
        out.push_str("</p>\n");
    }
    if uploads && listing.rights.has(Perm::Write) {
        let action = format!("{}?b=u", request.folder_href(&listing.path));
        layout::push_form(out, "", &action);
        out.push_str(
            "<input type=\"hidden\" name=\"act\" value=\"bput\">\n<p><label for=\"f\">Files to add to this folder</label>\n<input id=\"f\" type=\"file\" name=\"f\" multiple>\n<input \
             type=\"submit\" value=\"upload\"></p>\n</form>\n",
        );
    }
    out.push_str("<table border=\"1\" cellpadding=\"5\">\n<tr><th>c</th><th>File Name</th><th>Size</th><th>T</th><th>Date</th></tr>\n");
    if let Some(parent) = listing.path.parent() {
        out.push_str("<tr><td>-</td><td><a href=\"");
        out.push_str(&request.folder_href(&parent));
        out.push_str(keep);
        out.push_str("\">parent folder</a></td><td>-</td>\n<td>-</td><td>-</td></tr>\n");
    }
}
