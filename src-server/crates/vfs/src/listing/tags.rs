//! Tags in listings: those of all files of a folder, from the index of its volume.

use crate::volumes::resolve::Located;
use model::FileName;
use model::tag_flags::TagMode;
use std::sync::Arc;
use store::disk::Folder;
use store::index::{FileTags, FolderTags};

/// Tags that take as much memory as a row.
const TAGS_PER_ROW: usize = 2;

/// Tags of one file: their positions in the listing's `tags`, in ascending order, with their values.
pub type EntryTags = FileTags;

/// A tag that a volume keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagColumn {
    /// Its name.
    pub name: String,
    /// Whether pages leave it out.
    pub is_hidden: bool,
    /// Whether a file of the listing has it.
    pub occurs: bool,
}

/// The tags of the files of one folder, while its listing is made.
pub(super) struct KnownTags {
    columns: Vec<TagColumn>,
    by_name: Arc<FolderTags>,
    taken: usize,
}

impl KnownTags {
    /// Returns what the index of the volume knows of a folder; `None`: it holds no tags. Blocks.
    pub fn of(located: &Located<Folder>) -> Option<Self> {
        let flags = &located.volume.config.flags;
        if flags.tag_mode() == TagMode::Off {
            return None;
        }
        let by_name = located.volume.storage.tags_in(&located.below, &flags.tags.names);
        let is_hidden = |name: &String| flags.tags.hidden.contains(name);
        let column = |name: &String| TagColumn { name: name.clone(), is_hidden: is_hidden(name), occurs: false };
        Some(Self { columns: flags.tags.names.iter().map(column).collect(), by_name, taken: 0 })
    }

    /// Takes the tags of a file.
    pub fn take(&mut self, name: &FileName) -> EntryTags {
        let Some(tags) = self.by_name.get(name.as_bytes()) else { return EntryTags::default() };
        self.taken += tags.len();
        tags.iter().for_each(|(position, _)| self.columns[usize::from(*position)].occurs = true);
        tags.clone()
    }

    /// Returns the columns, and the number of rows that take as much memory as the tags that were taken.
    pub fn finish(self) -> (Arc<[TagColumn]>, usize) {
        (self.columns.into(), self.taken / TAGS_PER_ROW)
    }
}
