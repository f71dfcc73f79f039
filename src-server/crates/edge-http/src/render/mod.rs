//! Drawing: one `Listing`, and the small pages around it. The pages are those of `web/templates`, which say what varies.
//!
//! Written by hand and not by a template engine: a folder may have 100,000 rows, and every row is a few pushes into a
//! string here. What comes from outside goes through [`escape`], always.

pub mod basic;
pub mod cards;
pub mod escape;
pub mod formatting;
pub mod guest;
pub mod html;
pub mod join;
pub mod json;
pub mod layout;
pub mod pages;
pub mod plain;
pub mod refusal;
pub mod row_stream;
pub mod rows;
pub mod sort;
pub mod text;
pub mod tree;

use crate::extract::Request;
use engine::listing::Listing;
use model::{Perm, PermSet};

/// Whether the folder with these rights may be had as an archive.
pub fn may_archive(request: &Request, rights: PermSet) -> bool {
    rights.has(Perm::Read) && archives_are_on(request)
}

/// Whether the server makes archives at all.
pub fn archives_are_on(request: &Request) -> bool {
    !request.settings().behaviour.no_archives
}

/// `57 GiB free of 251 GiB`, where the server may tell.
pub fn space_words(listing: &Listing) -> Option<String> {
    listing.space.map(|(free, total)| format!("{} free of {}", free.human(), total.human()))
}
