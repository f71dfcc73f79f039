//! JSON responses: a listing (`?ls`), the tree of folders (`?tree`), the visitor's own uploads (`?ups`).

use super::escape::{push_href, push_json, push_number, push_signed};
use super::row_stream::RowStream;
use crate::request::Request;
use crate::urls;
use engine::listing::{Entry, Listing, TagColumn, TagValue, TreeNode};
use engine::uploads::OwnUpload;
use model::PermSet;
use std::fmt::Write as _;
use warp::reply::Response;

/// Renders a listing. Keys, order and blanks are those of copyparty, because some clients search the text for them.
pub fn listing(request: &Request, listing: Listing) -> Response {
    let zip = super::archives_are_on(request);
    let head = String::from("{\"dirs\": [");
    let mut tail = String::with_capacity(512);
    let turn = "], \"files\": [";
    if listing.files.is_empty() {
        tail.push_str(turn);
    }
    push_tail(&mut tail, request, &listing);
    let folders = listing.folders.len();
    let rows = folders + listing.files.len();
    let Listing { folders: dirs, files, tags, reservation, .. } = listing;
    let render_row = move |out: &mut String, row: usize| match row.checked_sub(folders) {
        None => push_folder(out, &dirs[row], row > 0, zip),
        Some(at) => {
            out.push_str(if at == 0 { turn } else { ", " });
            push_file(out, &files[at], &tags);
        }
    };
    RowStream { head, rows, render_row, reservation, tail }.reply(request, "application/json")
}

fn push_folder(out: &mut String, entry: &Entry, comma: bool, zip: bool) {
    if comma {
        out.push_str(", ");
    }
    let name = entry.name.as_bytes();
    if zip && entry.archivable {
        out.push_str("{\"lead\": \"<a href=\\\"");
        push_href(out, name);
        out.push_str("/?zip\\\" rel=\\\"nofollow\\\">zip</a>\", \"href\": \"");
    } else {
        out.push_str("{\"lead\": \"-\", \"href\": \"");
    }
    push_href(out, name);
    out.push_str("/\", \"sz\": ");
    push_number(out, entry.size);
    out.push_str(", \"ext\": \"---\", \"ts\": ");
    push_signed(out, entry.modified.secs());
    out.push_str(", \"tags\": {");
    if let Some(files) = entry.files_below {
        out.push_str("\".files\": ");
        push_number(out, files);
    }
    out.push('}');
    if let Some(rights) = entry.mount_rights {
        out.push_str(", \"perms\": ");
        push_json(out, &rights.letters());
    }
    out.push('}');
}

fn push_file(out: &mut String, entry: &Entry, columns: &[TagColumn]) {
    out.push_str("{\"lead\": \"-\", \"href\": \"");
    push_href(out, entry.name.as_bytes());
    push_key(out, entry);
    out.push_str("\", \"sz\": ");
    push_number(out, entry.size);
    out.push_str(", \"ext\": ");
    match entry.name.extension().filter(|extension| !extension.is_empty()) {
        None => out.push_str("\"%\""),
        Some(extension) => push_json(out, &String::from_utf8_lossy(&extension[..extension.len().min(16)])),
    }
    out.push_str(", \"ts\": ");
    push_signed(out, entry.modified.secs());
    out.push_str(", \"tags\": {");
    for (at, (position, value)) in entry.tags.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        push_json(out, &columns[usize::from(*position)].name);
        out.push_str(": ");
        push_tag(out, value);
    }
    out.push('}');
    if let Some(picture) = &entry.picture {
        out.push_str(", \"pic\": [");
        push_number(out, picture.width.into());
        out.push_str(", ");
        push_number(out, picture.height.into());
        out.push_str(", ");
        push_json(out, &picture.thumbhash);
        out.push(']');
    }
    out.push('}');
}

/// Appends the value of a tag. As in copyparty, a text that is written as a number is one.
pub fn push_tag(out: &mut String, value: &TagValue) {
    match value {
        TagValue::Integer(number) => push_signed(out, *number),
        TagValue::Real(number) => push_real(out, *number),
        TagValue::Text(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) if number.to_string() == *text => push_signed(out, number),
            (_, Ok(number)) if number.is_finite() && number.to_string() == *text => push_real(out, number),
            _ => push_json(out, text),
        },
        TagValue::Null => out.push_str("null"),
    }
}

fn push_real(out: &mut String, number: f64) {
    let _written_to_memory = write!(out, "{number}");
}

/// Appends `?k=` and the file's key, if the volume has file keys and the visitor may see them.
pub fn push_key(out: &mut String, entry: &Entry) {
    if let Some(key) = &entry.key {
        for part in ["?", urls::KEY, "="] {
            out.push_str(part);
        }
        push_href(out, key.as_bytes());
    }
}

fn push_tail(out: &mut String, request: &Request, listing: &Listing) {
    out.push_str("], \"taglist\": [");
    let counted = listing.folders.iter().any(|entry| entry.files_below.is_some()).then_some(".files");
    let occurring = listing.tags.iter().filter(|column| column.occurs).map(|column| column.name.as_str());
    for (at, name) in counted.into_iter().chain(occurring).enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        push_json(out, name);
    }
    out.push_str("], \"srvinf\": ");
    push_json(out, &super::space_info(listing).unwrap_or_default());
    out.push_str(", \"acct\": ");
    push_json(out, request.access.shown_account());
    out.push_str(", \"perms\": ");
    push_names(out, listing.rights);
    out.push_str(", \"cfg\": {\"idx\": ");
    out.push_str(if listing.has_index { "true" } else { "false" });
    out.push_str(", \"itag\": ");
    out.push_str(if listing.has_tags { "true" } else { "false" });
    out.push_str(", \"u2ts\": \"c\", \"unlist\": \"\", \"frand\": ");
    out.push_str(if listing.random_names { "true" } else { "false" });
    out.push_str(", \"lifetime\": ");
    push_number(out, listing.lifetime_secs.unwrap_or(0));
    out.push_str("}, \"logues\": [");
    push_json(out, listing.prologue.as_deref().unwrap_or(""));
    out.push_str(", ");
    push_json(out, listing.epilogue.as_deref().unwrap_or(""));
    out.push_str("], \"readmes\": [");
    push_json(out, listing.preadme.as_ref().map_or("", |readme| &readme.text));
    out.push_str(", ");
    push_json(out, listing.readme.as_ref().map_or("", |readme| &readme.text));
    out.push_str("]}\n");
}

fn push_names(out: &mut String, rights: PermSet) {
    out.push('[');
    for (at, name) in rights.names().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        push_json(out, name);
    }
    out.push(']');
}

/// Returns the visitor's own uploads: `vp` is a URL, `nu` and `nc` count the unfinished and the complete ones.
pub fn my_uploads(request: &Request, uploads: &[OwnUpload]) -> String {
    let unfinished = uploads.iter().filter(|upload| upload.unfinished.is_some()).count();
    let mut out = String::from("{\"f\": [");
    for (at, upload) in uploads.iter().enumerate() {
        out.push_str(if at > 0 { ", {\"vp\": " } else { "{\"vp\": " });
        push_json(&mut out, &request.href(&upload.path));
        out.push_str(", \"sz\": ");
        push_number(&mut out, upload.size);
        out.push_str(", \"at\": ");
        push_signed(&mut out, upload.at.secs());
        if let Some(percent) = upload.unfinished {
            out.push_str(", \"pd\": ");
            push_number(&mut out, u64::from(percent));
        }
        out.push('}');
    }
    out.push_str("], \"nu\": ");
    push_number(&mut out, unfinished as u64);
    out.push_str(", \"nc\": ");
    push_number(&mut out, (uploads.len() - unfinished) as u64);
    out.push_str("}\n");
    out
}

/// Returns the tree as `{"k<open folder>": {...}, "a": [closed folders]}`.
pub fn tree(node: &TreeNode) -> String {
    let mut out = String::with_capacity(256);
    push_node(&mut out, node);
    out
}

fn push_node(out: &mut String, node: &TreeNode) {
    out.push('{');
    if let Some((name, inner)) = &node.open {
        out.push_str("\"k");
        push_href(out, name.as_bytes());
        out.push_str("\": ");
        push_node(out, inner);
        out.push_str(", ");
    }
    out.push_str("\"a\": [");
    for (at, folder) in node.closed.iter().enumerate() {
        out.push_str(if at > 0 { ", \"" } else { "\"" });
        push_href(out, folder.name.as_bytes());
        out.push('"');
    }
    out.push_str("]}");
}
