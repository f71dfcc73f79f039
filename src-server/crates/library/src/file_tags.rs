//! The tags of one file, for its properties.

use crate::Library;
use crate::volume::used_index;
use model::tag_flags::TagMode;
use model::{Operation, VPath, Verdict};
use store::disk::Node;
use store::index::TagValue;
use vfs::access::Access;
use vfs::error::Result;
use vfs::volumes::resolve::{Resolved, find};

impl Library {
    /// Returns all tags of the file at `path` that its volume keeps, by their names; none without an index of tags, or if the
    /// account may not download the file.
    ///
    /// # Errors
    /// Those of resolving the path.
    pub async fn file_tags(&self, access: &Access, path: &VPath) -> Result<Vec<(String, TagValue)>> {
        let (access, path) = (access.clone(), path.clone());
        self.core.pool.try_run(move || file_tags(&access, &path)).await
    }
}

fn file_tags(access: &Access, path: &VPath) -> Result<Vec<(String, TagValue)>> {
    let Resolved::OnDisk(located) = find(access, path)? else { return Ok(Vec::new()) };
    let Node::File(open) = &located.node else { return Ok(Vec::new()) };
    let flags = &located.volume.config.flags;
    let may_know = located.verdict(Operation::Download) == Verdict::Allow && flags.tag_mode() > TagMode::Off;
    let Some((own, (folder, name))) = used_index(&located.volume).filter(|_| may_know).zip(located.below.split_last())
    else {
        return Ok(Vec::new());
    };
    let read = own.open().and_then(|index| index.tags_of_file(&folder, &name, open.meta.size));
    let mut tags = read.unwrap_or_else(|error| {
        tracing::warn!(%error, "the tags of a file are not shown");
        own.replace_if_damaged(&error);
        Vec::new()
    });
    tags.retain(|(name, _)| flags.tags.names.contains(name));
    Ok(tags)
}
