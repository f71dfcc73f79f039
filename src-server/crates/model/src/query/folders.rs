//! Queries about folders: only conditions on names and paths can hold for one.

use super::condition::{Query, Text};
use crate::fold::folded_bytes;

/// The names of a folder that a query is asked about.
#[derive(Debug)]
pub struct FolderNames<'a> {
    name: FoldedText<'a>,
    path: FoldedText<'a>,
}

/// A text and its folded form.
#[derive(Debug)]
struct FoldedText<'a> {
    bytes: &'a [u8],
    folded: String,
}

impl FoldedText<'_> {
    fn passes(&self, test: &Text) -> bool {
        test.holds(self.bytes, |pattern| pattern.matches_folded(&self.folded))
    }
}

impl<'a> FolderNames<'a> {
    /// `name`: its own. `path`: of the folder that it is in, with the mount point of the volume, without outer slashes.
    pub fn new(name: &'a [u8], path: &'a [u8]) -> Self {
        let texts = |bytes| FoldedText { bytes, folded: folded_bytes(bytes) };
        Self { name: texts(name), path: texts(path) }
    }
}

impl Query {
    /// Whether the query can hold for folders at all: it has conditions on names and paths only, and one on names.
    pub fn is_about_names(&self) -> bool {
        self.has_only_names() && !self.name_patterns().is_empty()
    }

    fn has_only_names(&self) -> bool {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().all(Self::has_only_names),
            Self::Not(inner) => inner.has_only_names(),
            // Words look into tags, too, which folders do not have.
            Self::Name(_) | Self::Path(_) | Self::TagText(_) => true,
            _ => false,
        }
    }

    /// Whether the query holds for a folder, and names it: one of its patterns matches the folder's own name. Otherwise
    /// everything below a folder that matches would match, too.
    pub fn names_folder(&self, folder: &FolderNames<'_>) -> bool {
        let own = &folder.name.folded;
        self.name_patterns().iter().any(|pattern| pattern.matches_folded(own)) && self.holds_for(folder)
    }

    fn holds_for(&self, folder: &FolderNames<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::And(all) => all.iter().all(|one| one.holds_for(folder)),
            Self::Or(all) => all.iter().any(|one| one.holds_for(folder)),
            Self::Not(inner) => !inner.holds_for(folder),
            Self::Name(test) => folder.name.passes(test),
            Self::Path(test) => folder.path.passes(test),
            _ => false,
        }
    }
}
