//! Tags of folders that were asked for lately, in memory.

use super::tag_value::TagValue;
use model::VPath;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Folders of one volume whose tags are kept in memory.
const KEPT_FOLDERS_MAX: usize = 32;
/// Bytes of all tags of one volume that are kept in memory, about.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// The tags of one file: positions in a list of names, in ascending order, with values.
pub type FileTags = Arc<[(u16, TagValue)]>;

/// Tags of files by the name of the file.
pub type FolderTags = HashMap<Box<[u8]>, FileTags>;

/// The tags of folders that were asked for lately, the latest last.
#[derive(Default)]
pub(super) struct FolderTagsCache(Mutex<VecDeque<Kept>>);

/// The tags of one folder.
pub(super) struct Kept {
    /// The folder.
    pub folder: VPath,
    /// The tags that were asked for.
    pub names: Vec<String>,
    /// Version of the index that they were read from.
    pub version: u64,
    /// Memory that they take, about.
    pub bytes: usize,
    /// Those that files have.
    pub tags: Arc<FolderTags>,
}

impl FolderTagsCache {
    /// Returns the tags of a folder, if they were read from this version.
    pub fn get(&self, folder: &VPath, names: &[String], version: u64) -> Option<Arc<FolderTags>> {
        let mut all = self.0.lock();
        all.retain(|kept| kept.version == version);
        let at = all.iter().position(|kept| kept.folder == *folder && kept.names == names)?;
        let kept = all.remove(at)?;
        let tags = kept.tags.clone();
        all.push_back(kept);
        Some(tags)
    }

    /// Keeps the tags of a folder, unless they take too much memory.
    pub fn put(&self, kept: Kept) {
        if kept.bytes > KEPT_BYTES_MAX {
            return;
        }
        let mut all = self.0.lock();
        all.retain(|other| other.folder != kept.folder);
        all.push_back(kept);
        while all.len() > KEPT_FOLDERS_MAX || all.iter().map(|kept| kept.bytes).sum::<usize>() > KEPT_BYTES_MAX {
            all.pop_front();
        }
    }
}
