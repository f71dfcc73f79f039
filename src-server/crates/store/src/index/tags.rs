//! Tags: which files are to be read, what was found, tags of contents.

use super::content_id::ContentId;
use super::open::Index;
use super::tag_value::{TagValue, value_at};
use crate::db::Pending;
use crate::db::columns::{name_at, path_at};
use crate::error::StoreError;
use model::{FileName, VPath};

use rusqlite::{Connection, OptionalExtension as _, params};

/// A file of which the tags are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToTag {
    /// Number of its row.
    pub id: i64,
    /// Its folder.
    pub folder: VPath,
    /// Its name.
    pub name: FileName,
    /// Its size when it was found.
    pub size: u64,
    /// Its modification time when it was found, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Its content.
    pub content: ContentId,
    /// Whether the tags of this content are known, from another file.
    pub is_copy: bool,
}

/// What came of reading tags.
#[derive(Clone, Debug, PartialEq)]
pub enum TagResult {
    /// The tags of the content; also none.
    Found(Vec<(String, TagValue)>),
    /// The tags that were found without a program that reads more formats; [`Index::read_partly_again`] finds them.
    Partly(Vec<(String, TagValue)>),
    /// The tags of the content are known already.
    Known,
    /// A file of this name has no tags. Another name of the same content may have.
    NoMedia,
}

/// A file of which the tags were read.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged {
    /// The file.
    pub file: ToTag,
    /// The outcome.
    pub result: TagResult,
}

/// A file that parsers were run on.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The file.
    pub file: ToTag,
    /// The tags that they found.
    pub tags: Vec<(String, TagValue)>,
}

impl Index {
    /// Returns at most `limit` files of which tags are to be read, by number of their rows, those above `after`.
    /// `only_uploads`: only files that clients uploaded.
    ///
    /// # Errors
    /// Database errors.
    pub fn to_tag(&self, after: i64, limit: usize, only_uploads: bool) -> Result<Vec<ToTag>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "select f.id, d.path, f.name, f.size, f.mtime_ns, f.content, exists (
                         select 1 from file o where o.content is not null
                         and substr(o.content, 1, 12) = substr(f.content, 1, 12) and o.tag_state in (1, 3))
                     from file f join folder d on d.id = f.folder
                     where f.tag_state = 0 and f.content is not null and f.id > ?1
                     and (?3 = 0 or f.uploaded_at is not null) order by f.id limit ?2",
                )?
                .query_map(params![after, limit as i64, only_uploads], to_tag_at)?
                // A row with a damaged path is skipped; the next scan removes it.
                .filter(|row| !matches!(row, Err(rusqlite::Error::FromSqlConversionFailure(..))))
                .collect()
        })
    }

    /// Records tags. They replace those of the same content. A file that has changed since it was taken from the index
    /// stays to be read. `has_parsers`: parsers are to be run on contents that were not known.
    ///
    /// # Errors
    /// Database errors.
    pub fn put_tags(&self, mut tagged: Vec<Tagged>, has_parsers: bool) -> Result<Pending<()>, StoreError> {
        // Copies come after the file that was read.
        tagged.sort_by_key(|one| one.result == TagResult::Known);
        self.write(move |connection| tagged.iter().try_for_each(|one| put(connection, one, has_parsers)))
    }

    /// Returns at most `limit` files that parsers are to be run on, by number of their rows, those above `after`.
    ///
    /// # Errors
    /// Database errors.
    pub fn to_parse(&self, after: i64, limit: usize) -> Result<Vec<ToTag>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "select f.id, d.path, f.name, f.size, f.mtime_ns, f.content, false
                     from file f join folder d on d.id = f.folder
                     where f.parser_state = 1 and f.tag_state <> 0 and f.content is not null and f.id > ?1
                     order by f.id limit ?2",
                )?
                .query_map(params![after, limit as i64], to_tag_at)?
                .filter(|row| !matches!(row, Err(rusqlite::Error::FromSqlConversionFailure(..))))
                .collect()
        })
    }

    /// Records what parsers found: these tags are added to those of the content, or replace them. They are not run on this
    /// content again, whatever came of it.
    ///
    /// # Errors
    /// Database errors.
    pub fn put_parsed(&self, parsed: Vec<Parsed>) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| parsed.iter().try_for_each(|one| put_parsed(connection, one)))
    }

    /// Forgets all tags, so that all files are read again.
    ///
    /// # Errors
    /// Database errors.
    pub fn forget_tags(&self) -> Result<Pending<()>, StoreError> {
        self.write(|connection| {
            connection.execute_batch("delete from tag; update file set tag_state = 0, parser_state = 0;")
        })
    }

    /// Makes files be read again for which the outcome was [`TagResult::Partly`].
    ///
    /// # Errors
    /// Database errors.
    pub fn read_partly_again(&self) -> Result<(), StoreError> {
        let is_any = self.read(|connection| {
            let sql = "select exists (select 1 from file where tag_state = 3)";
            connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
        })?;
        if is_any {
            let sql = "update file set tag_state = 0 where tag_state = 3";
            self.write(|connection| connection.execute(sql, []).map(drop))?.wait()?;
        }
        Ok(())
    }

    /// Makes files be read again that had no tags for an older version of the reader. `version`: of the present one.
    ///
    /// # Errors
    /// Database errors.
    pub fn set_reader_version(&self, version: i64) -> Result<(), StoreError> {
        let known: Option<i64> = self.read(|connection| {
            connection
                .prepare_cached("select number from version where name = 'reader'")?
                .query_row([], |row| row.get(0))
                .optional()
        })?;
        if known == Some(version) {
            return Ok(());
        }
        self.write(move |connection| {
            connection.execute("update file set tag_state = 0 where tag_state in (2, 3, 4)", [])?;
            connection
                .execute("insert or replace into version (name, number) values ('reader', ?1)", [version])
                .map(drop)
        })?
        .wait()
    }

    /// Deletes tags of contents that no file has any more.
    ///
    /// # Errors
    /// Database errors.
    pub fn delete_unused_tags(&self) -> Result<Pending<()>, StoreError> {
        let sql = "delete from tag where not exists (
                       select 1 from file where file.content is not null and substr(file.content, 1, 12) = tag.content)";
        self.write(move |connection| connection.execute(sql, []).map(drop))
    }

    /// Returns all tags of one file, in order of their names; none if the file is not known with this size.
    ///
    /// # Errors
    /// Database errors.
    pub fn tags_of_file(
        &self,
        folder: &VPath,
        name: &FileName,
        size: u64,
    ) -> Result<Vec<(String, TagValue)>, StoreError> {
        let content = self.read(|connection| {
            let sql = "select content from file where folder = (select id from folder where path = ?1) and name = ?2
                       and size = ?3";
            let mut select = connection.prepare_cached(sql)?;
            let found = select.query_row(params![folder.as_bytes(), name.as_bytes(), size as i64], |row| row.get(0));
            found.optional().map(Option::flatten)
        })?;
        let content = content.map(ContentId::from_column);
        Ok(self.tags_of(std::iter::once(content.as_ref()))?.pop().unwrap_or_default())
    }

    /// Returns the tags of each content, in order of their names.
    ///
    /// # Errors
    /// Database errors.
    pub fn tags_of<'a>(
        &self,
        contents: impl Iterator<Item = Option<&'a ContentId>>,
    ) -> Result<Vec<Vec<(String, TagValue)>>, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached("select name, value from tag where content = ?1")?;
            let mut tags = |content: &ContentId| select.query_map([content.tag_key()], tag_at)?.collect();
            contents.map(|content| content.map_or_else(|| Ok(Vec::new()), &mut tags)).collect()
        })
    }
}

fn put(connection: &Connection, tagged: &Tagged, has_parsers: bool) -> rusqlite::Result<()> {
    let (file, key) = (&tagged.file, tagged.file.content.tag_key());
    let (state, tags) = match &tagged.result {
        TagResult::Found(tags) => (1, tags),
        TagResult::Partly(tags) => (3, tags),
        // A copy under another name may have tags; searches find both by them, so that listings show both with them.
        TagResult::NoMedia => (if has_tags(connection, &file.content)? { 4 } else { 2 }, &Vec::new()),
        // 0 if the file that was read has changed meanwhile: this one stays to be read.
        TagResult::Known => (known_state(connection, &file.content)?, &Vec::new()),
    };
    let sql = "update file set tag_state = ?3 where id = ?1 and content = ?2 and tag_state = 0";
    let changed = connection.prepare_cached(sql)?.execute(params![file.id, file.content.as_bytes(), state])?;
    if changed == 0 || tagged.result == TagResult::Known {
        return Ok(());
    }
    if has_parsers {
        demand_parsers(connection, tagged)?;
    }
    if tagged.result == TagResult::NoMedia {
        return Ok(());
    }
    connection.prepare_cached("delete from tag where content = ?1")?.execute([key])?;
    let mut insert =
        connection.prepare_cached("insert or replace into tag (content, name, value) values (?1, ?2, ?3)")?;
    tags.iter().try_for_each(|(name, value)| insert.execute(params![key, name, value]).map(drop))?;
    if tags.is_empty() {
        return Ok(());
    }
    let sql = "update file set tag_state = 4
               where content is not null and substr(content, 1, 12) = ?1 and tag_state = 2";
    connection.prepare_cached(sql)?.execute([key]).map(drop)
}

/// Whether a content has tags.
fn has_tags(connection: &Connection, content: &ContentId) -> rusqlite::Result<bool> {
    let sql = "select exists (select 1 from tag where content = ?1)";
    connection.prepare_cached(sql)?.query_row([content.tag_key()], |row| row.get(0))
}

/// Notes that parsers are to be run. A file without tags by its name may be a copy that they were run on.
fn demand_parsers(connection: &Connection, tagged: &Tagged) -> rusqlite::Result<()> {
    let unless_known = match tagged.result {
        TagResult::NoMedia => {
            " and not exists (select 1 from file o where o.content is not null
              and substr(o.content, 1, 12) = substr(file.content, 1, 12) and o.tag_state <> 0 and o.id <> ?1)"
        }
        _ => "",
    };
    let sql = ["update file set parser_state = 1 where id = ?1", unless_known].concat();
    connection.prepare_cached(&sql)?.execute([tagged.file.id]).map(drop)
}

fn put_parsed(connection: &Connection, parsed: &Parsed) -> rusqlite::Result<()> {
    let key = parsed.file.content.tag_key();
    // Also for a file that has changed meanwhile: its new content is read, and parsed, as one.
    let sql = "update file set parser_state = 0, tag_state = iif(tag_state = 2 and ?2, 4, tag_state)
               where content is not null and substr(content, 1, 12) = ?1";
    connection.prepare_cached(sql)?.execute(params![key, !parsed.tags.is_empty()])?;
    let mut insert =
        connection.prepare_cached("insert or replace into tag (content, name, value) values (?1, ?2, ?3)")?;
    parsed.tags.iter().try_for_each(|(name, value)| insert.execute(params![key, name, value]).map(drop))
}

/// Returns the state of a file of this content whose tags are known, else 0.
fn known_state(connection: &Connection, content: &ContentId) -> rusqlite::Result<i64> {
    let sql = "select tag_state from file where content is not null
               and substr(content, 1, 12) = ?1 and tag_state in (1, 3) limit 1";
    let state = connection.prepare_cached(sql)?.query_row([content.tag_key()], |row| row.get(0)).optional()?;
    Ok(state.unwrap_or(0))
}

fn to_tag_at(row: &rusqlite::Row<'_>) -> rusqlite::Result<ToTag> {
    Ok(ToTag {
        id: row.get(0)?,
        folder: path_at(row, 1)?,
        name: name_at(row, 2)?,
        size: row.get::<_, i64>(3)? as u64,
        mtime_ns: row.get(4)?,
        content: ContentId::from_column(row.get(5)?),
        is_copy: row.get(6)?,
    })
}

fn tag_at(row: &rusqlite::Row<'_>) -> rusqlite::Result<(String, TagValue)> {
    Ok((row.get(0)?, value_at(row, 1)?))
}
