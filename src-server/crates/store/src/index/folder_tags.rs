//! Tags of all files in one folder, for listings.

use super::folder_tags_cache::{FolderTags, Kept};
use super::open::Index;
use super::tag_value::{TagValue, value_at};
use crate::error::StoreError;
use model::VPath;
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::sync::Arc;

/// Most tags that are returned of one folder, for all its files together.
pub const FOLDER_TAGS_MAX: usize = 500_000;

/// One statement for a whole folder. All that is needed of its files is in the index `file_tagged`.
pub(super) const SQL: &str = "select f.name, t.name, t.value
    from file f indexed by file_tagged join tag t on t.content = substr(f.content, 1, 12)
    where f.folder = (select id from folder where path = ?1) and f.tag_state in (1, 3, 4) limit ?2";

impl Index {
    /// Returns those tags of the files in `folder` that `names` lists (at most 65,536). Beyond [`FOLDER_TAGS_MAX`], tags of
    /// the last files are missing. Folders that were asked for lately cost no query until the index changes.
    ///
    /// # Errors
    /// Database errors.
    pub fn tags_in(&self, folder: &VPath, names: &[String]) -> Result<Arc<FolderTags>, StoreError> {
        // Before the query: what it reads may be newer than the version, never older.
        let version = self.version();
        if let Some(known) = self.folder_tags.get(folder, names, version) {
            return Ok(known);
        }
        let (tags, bytes) = self.read(|connection| read(connection, folder, names))?;
        let tags = Arc::new(tags);
        self.folder_tags.put(Kept {
            folder: folder.clone(),
            names: names.to_vec(),
            version,
            bytes,
            tags: tags.clone(),
        });
        Ok(tags)
    }
}

/// Returns the tags, and about how many bytes they take.
fn read(connection: &Connection, folder: &VPath, names: &[String]) -> rusqlite::Result<(FolderTags, usize)> {
    let positions: HashMap<&str, u16> = names.iter().map(String::as_str).zip(0..=u16::MAX).collect();
    let mut statement = connection.prepare_cached(SQL)?;
    let mut rows = statement.query(params![folder.as_bytes(), FOLDER_TAGS_MAX as i64])?;
    let (mut all, mut file, mut tags, mut bytes) = (FolderTags::new(), Vec::new(), Vec::new(), 0);
    let mut finish = |file: &[u8], tags: &mut Vec<(u16, TagValue)>| {
        if !tags.is_empty() {
            tags.sort_by_key(|(position, _)| *position);
            bytes +=
                64 + file.len() + tags.iter().map(|(_, value)| size_of_val(value) + text_len(value)).sum::<usize>();
            all.insert(file.into(), tags.drain(..).collect());
        }
    };
    // The rows of a file follow each other.
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_blob()?;
        if name != file {
            finish(&file, &mut tags);
            file.clear();
            file.extend_from_slice(name);
        }
        if let Some(position) = positions.get(row.get_ref(1)?.as_str()?) {
            tags.push((*position, value_at(row, 2)?));
        }
    }
    finish(&file, &mut tags);
    Ok((all, bytes))
}

fn text_len(value: &TagValue) -> usize {
    match value {
        TagValue::Text(text) => text.len(),
        TagValue::Integer(_) | TagValue::Real(_) | TagValue::Null => 0,
    }
}
