//! Names and values of tags that occur, for completions.

use super::open::Index;
use crate::error::StoreError;
use rusqlite::params;

impl Index {
    /// Returns those of `names` that a tag has, in their order.
    ///
    /// # Errors
    /// Database errors.
    pub fn occurring_tags(&self, names: &[String]) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let mut exists = connection.prepare_cached("select exists (select 1 from tag where name = ?1)")?;
            let mut found = Vec::new();
            for name in names {
                if exists.query_row([name], |row| row.get(0))? {
                    found.push(name.clone());
                }
            }
            Ok(found)
        })
    }

    /// Returns at most `limit` values of the tag `name` that are texts and begin with `prefix`, in their order. The case of
    /// ASCII letters does not matter.
    ///
    /// # Errors
    /// Database errors.
    pub fn tag_values(&self, name: &str, prefix: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        // The greatest character ends the range of texts that begin with the prefix.
        let end = format!("{prefix}\u{10ffff}");
        self.read(|connection| {
            let sql =
                "select value from tag where name = ?1 and value collate nocase >= ?2 and value collate nocase < ?3
                       and typeof(value) = 'text' group by value collate nocase order by value collate nocase limit ?4";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map(params![name, prefix, end, limit as i64], |row| row.get(0))?.collect()
        })
    }
}
