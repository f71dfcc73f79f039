//! A text file as a page: to read, and to edit in a form.

use super::escape::{push_html, push_signed, push_text};
use super::layout;
use crate::request::Request;
use crate::urls;
use model::Operation;

/// Renders a page with the source of a text. It is never rendered as markup: it must not act in our origin.
pub fn show(request: &Request, text: &str) -> String {
    let mut out = begin(request, text.len());
    out.push_str("<section class=\"doc\"><pre>");
    push_text(&mut out, text);
    out.push_str("</pre></section>\n<p class=\"actions\">");
    if request.may(Operation::SaveText) {
        out.push_str("<a class=\"btn primary\" href=\"?edit\">Edit</a> ");
    }
    push_back(&mut out, request);
    out
}

/// Renders a page with a form to edit the text. `modified_ms`: its modification time; saving fails if the file has
/// changed since.
pub fn edit(request: &Request, text: &str, modified_ms: i64) -> String {
    let mut out = begin(request, text.len());
    layout::push_form(&mut out, " class=\"card\"", &request.href(&request.path));
    out.push_str(
        "<input type=\"hidden\" name=\"act\" value=\"tput\">\n<input type=\"hidden\" name=\"lastmod\" value=\"",
    );
    push_signed(&mut out, modified_ms);
    // HTML drops a line feed directly after the tag.
    out.push_str(
        "\">\n<p><label for=\"ed-t\">Text</label>\n<textarea id=\"ed-t\" name=\"body\" rows=\"30\" cols=\"80\" \
         spellcheck=\"false\">\n",
    );
    push_text(&mut out, text);
    out.push_str("</textarea></p>\n<p><button class=\"btn primary\">Save</button></p>\n</form>\n<p class=\"actions\">");
    push_back(&mut out, request);
    out
}

fn begin(request: &Request, text: usize) -> String {
    let mut out = String::with_capacity(text + text / 8 + 2048);
    let name = super::folder_title(&request.path);
    layout::begin_page(&mut out, request, &name, "", false);
    out.push_str("<header class=\"top\">\n");
    layout::push_brand(&mut out, request);
    layout::push_sign_in_links(&mut out, request, &urls::control_page(request));
    out.push_str("</header>\n<main>\n<h1>");
    push_html(&mut out, &name);
    out.push_str("</h1>\n");
    out
}

fn push_back(out: &mut String, request: &Request) {
    out.push_str("<a class=\"btn\" href=\"?raw\">Plain file</a> <a class=\"btn\" href=\"");
    out.push_str(&request.folder_href(&request.path.parent().unwrap_or_default()));
    out.push_str("\">Back to the folder</a></p>\n</main>\n");
    layout::end_page(out);
}
