//! Renders responses: a `Listing` in several formats, and the small pages around it. Markup stands in `web/templates`,
//! which are compiled into the structs of these modules; only the rows of a listing are written by hand ([`rows`]).
//! Templates escape every value by [`escape::Html`] unless they name another escaper; `|safe` is for nested templates.

pub mod basic;
pub mod cards;
pub mod connect;
pub mod control;
pub mod device;
pub mod entry;
pub mod escape;
pub mod folder_texts;
pub mod formatting;
pub mod guest;
pub mod html;
pub mod join;
pub mod json;
mod languages;
pub mod layout;
pub mod login;
pub mod own_uploads;
pub mod pages;
pub mod paging;
pub mod password;
pub mod plain;
pub mod query_faults;
pub mod refusal;
pub mod rights_words;
pub mod row_stream;
pub mod rows;
pub mod search;
pub mod search_form;
pub mod sort;
pub mod tags;
pub mod text;
pub mod trash;
pub mod tree;
pub mod type_icon;
pub mod upload_lines;
pub mod upload_only;

use crate::request::Request;
use crate::texts::Texts;
use engine::listing::Listing;
use model::{Bytes, Perm, PermSet, VPath};

/// Returns true if a folder with these rights may be downloaded as an archive.
pub fn may_archive(request: &Request, rights: PermSet) -> bool {
    rights.has(Perm::Read) && archives_are_on(request)
}

/// Returns true if these rights in a folder are enough to move or delete what is in it.
pub fn may_change_in(request: &Request, rights: PermSet) -> bool {
    let behaviour = &request.settings().behaviour;
    (rights.has(Perm::Move) && !behaviour.no_move) || (rights.has(Perm::Delete) && !behaviour.no_delete)
}

/// Returns true if archives are enabled on this server.
pub fn archives_are_on(request: &Request) -> bool {
    !request.settings().behaviour.no_archives
}

/// Returns the free space in words for people, if the volume may show it.
pub fn space_words(texts: Texts, listing: &Listing) -> Option<String> {
    let size = |bytes: Bytes| formatting::size_words(texts, bytes.0);
    listing.space.map(|(free, total)| texts.list_space(&size(free), &size(total)))
}

/// Returns `57 GiB free of 251 GiB` for programs, if the volume may show its free space.
pub fn space_info(listing: &Listing) -> Option<String> {
    listing.space.map(|(free, total)| format!("{} free of {}", free.human(), total.human()))
}

/// Returns the path of a folder for people; the root folder has a name of its own.
pub fn folder_path(texts: Texts, path: &VPath) -> String {
    if path.is_root() { texts.page_home().to_owned() } else { escape::visible(path.as_bytes()) }
}

/// Returns the folder's name for people; the root folder has one of its own.
pub fn folder_title(texts: Texts, path: &VPath) -> String {
    path.name().map_or_else(|| texts.page_home().to_owned(), |name| escape::visible(name.as_bytes()))
}
