//! Properties that clients attach to files and folders of a volume (WebDAV's dead properties): names and values that mean
//! nothing to the server.
//!
//! A row is kept under the name of its file. Whatever renames, copies or removes the file tells so; a file that another
//! program has removed leaves its rows, which the next file of that name gets. The database is created by the first
//! property; until then a look for properties costs nothing.

use crate::db::ranges::below;
use crate::db::volume_database::{Purpose, VolumeDatabase};
use crate::error::StoreError;
use crate::state_location::StateLocation;
use model::{FileName, VPath};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// The database. The folder and the name of the top folder are empty.
const PURPOSE: Purpose = Purpose {
    file: "properties.db",
    name: "database of properties",
    migrations: &["create table property (
         folder blob not null, name blob not null, property text not null, value text not null,
         primary key (folder, name, property)) strict, without rowid;"],
};

/// Most properties of one file.
pub const PROPERTIES_MAX: usize = 100;
/// Most bytes of the names and values of all properties of one file.
pub const PROPERTY_BYTES_MAX: usize = 64 << 10;

/// A property of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A change of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyChange {
    /// It is added, or has another value.
    Set(Property),
    /// It is removed, if there is one.
    Remove(String),
}

/// The properties of one volume. Paths are relative to its top folder.
pub struct PropertyTable {
    db: VolumeDatabase,
}

impl PropertyTable {
    /// Opens the database, if there is one.
    ///
    /// # Errors
    /// As [`VolumeDatabase::open`].
    pub fn open(location: StateLocation) -> Result<Self, StoreError> {
        Ok(Self { db: VolumeDatabase::open(&PURPOSE, location)? })
    }

    /// Whether nothing ever had a property. Never blocks on the disk.
    pub fn is_unused(&self) -> bool {
        self.db.get().is_none()
    }

    /// Returns the properties of the file or folder at `path`, sorted by name.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn of(&self, path: &VPath) -> Result<Vec<Property>, StoreError> {
        let (folder, name) = key(path);
        self.db.read_cached(|db| {
            let mut query = db.prepare_cached(
                "select property, value from property where folder = ?1 and name = ?2 order by property",
            )?;
            query
                .query_map(params![folder, name], |row| Ok(Property { name: row.get(0)?, value: row.get(1)? }))?
                .collect()
        })
    }

    /// Returns the properties of everything directly in `folder`, by name.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn in_folder(&self, folder: &VPath) -> Result<HashMap<FileName, Vec<Property>>, StoreError> {
        self.db.read_cached(|db| {
            let mut found: HashMap<FileName, Vec<Property>> = HashMap::new();
            let mut query =
                db.prepare_cached("select name, property, value from property where folder = ?1 and name <> x''")?;
            let mut rows = query.query([folder.as_bytes()])?;
            while let Some(row) = rows.next()? {
                let name: Vec<u8> = row.get(0)?;
                if let Ok(name) = FileName::new(&name) {
                    found.entry(name).or_default().push(Property { name: row.get(1)?, value: row.get(2)? });
                }
            }
            Ok(found)
        })
    }

    /// Makes all `changes` at `path`, in order, or none of them. Returns false if the file would have too many properties.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn change(&self, path: &VPath, changes: Vec<PropertyChange>) -> Result<bool, StoreError> {
        let (folder, name) = key(path);
        let job = move |db: &Connection| {
            db.execute_batch("savepoint changes")?;
            changes.iter().try_for_each(|change| apply(db, (&folder, &name), change))?;
            let fits = fits(db, (&folder, &name))?;
            db.execute_batch(if fits { "release changes" } else { "rollback to changes; release changes" })?;
            Ok(fits)
        };
        self.db.write(job)?.wait()
    }

    /// Removes the properties of `path` and of everything below it.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn remove(&self, path: &VPath) -> Result<(), StoreError> {
        if self.is_unused() {
            return Ok(());
        }
        let path = path.clone();
        self.db.write(move |db| remove(db, &path))?.wait()
    }

    /// Gives the properties of `from`, and of everything below it, to `to`, which loses those that it has.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn rename(&self, from: &VPath, to: &VPath) -> Result<(), StoreError> {
        if self.is_unused() {
            return Ok(());
        }
        let (from, to) = (from.clone(), to.clone());
        let job = move |db: &Connection| {
            let rows = select(db, &from)?;
            remove(db, &from)?;
            remove(db, &to)?;
            insert(db, &to, &rows)
        };
        self.db.write(job)?.wait()
    }

    /// Copies the properties of `from`, and of everything below it, to `to` in `target`, which loses those that it has.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn copy(&self, from: &VPath, target: &Self, to: &VPath) -> Result<(), StoreError> {
        let rows = self.db.read(|db| select(db, from))?;
        if rows.is_empty() {
            return target.remove(to);
        }
        let to = to.clone();
        let job = move |db: &Connection| {
            remove(db, &to)?;
            insert(db, &to, &rows)
        };
        target.db.write(job)?.wait()
    }
}

/// A row below some path: the rest of its folder, or `None` for the path itself.
struct RowBelow {
    /// Folder relative to the path, without slash in front.
    folder: Option<Vec<u8>>,
    name: Vec<u8>,
    property: String,
    value: String,
}

/// Returns folder and name of a path; both are empty for the top folder.
fn key(path: &VPath) -> (Vec<u8>, Vec<u8>) {
    path.split_last()
        .map_or_else(Default::default, |(folder, name)| (folder.as_bytes().to_vec(), name.as_bytes().to_vec()))
}

fn apply(db: &Connection, (folder, name): (&[u8], &[u8]), change: &PropertyChange) -> rusqlite::Result<()> {
    match change {
        PropertyChange::Set(property) => db
            .prepare_cached("insert or replace into property values (?1, ?2, ?3, ?4)")?
            .execute(params![folder, name, property.name, property.value]),
        PropertyChange::Remove(property) => db
            .prepare_cached("delete from property where folder = ?1 and name = ?2 and property = ?3")?
            .execute(params![folder, name, property]),
    }
    .map(drop)
}

fn fits(db: &Connection, (folder, name): (&[u8], &[u8])) -> rusqlite::Result<bool> {
    let mut query = db.prepare_cached(
        "select count(*), coalesce(sum(length(property) + length(value)), 0) from property where folder = ?1 and name = ?2",
    )?;
    let sums = query.query_row(params![folder, name], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    let (count, bytes) = sums.optional()?.unwrap_or_default();
    Ok(count <= PROPERTIES_MAX as i64 && bytes <= PROPERTY_BYTES_MAX as i64)
}

fn remove(db: &Connection, path: &VPath) -> rusqlite::Result<()> {
    let ((folder, name), (first, end)) = (key(path), below(path));
    db.prepare_cached("delete from property where folder = ?1 and name = ?2")?.execute(params![folder, name])?;
    db.prepare_cached("delete from property where folder = ?1 and name <> x''")?.execute([path.as_bytes()])?;
    db.prepare_cached("delete from property where folder >= ?1 and folder < ?2")?.execute([first, end]).map(drop)
}

fn select(db: &Connection, path: &VPath) -> rusqlite::Result<Vec<RowBelow>> {
    let ((folder, name), (first, end)) = (key(path), below(path));
    let skipped = if path.is_root() { 0 } else { path.as_bytes().len() + 1 };
    let mut rows = Vec::new();
    let mut own = db.prepare_cached("select property, value from property where folder = ?1 and name = ?2")?;
    let of_itself = own.query_map(params![folder, name], |row| {
        Ok(RowBelow { folder: None, name: Vec::new(), property: row.get(0)?, value: row.get(1)? })
    })?;
    for row in of_itself {
        rows.push(row?);
    }
    let mut below = db.prepare_cached(
        "select folder, name, property, value from property where name <> x'' and (folder = ?1 or folder >= ?2 and folder < ?3)",
    )?;
    let inside = below.query_map(params![path.as_bytes(), first, end], |row| {
        let folder: Vec<u8> = row.get(0)?;
        let rest = folder.get(skipped..).unwrap_or_default().to_vec();
        Ok(RowBelow { folder: Some(rest), name: row.get(1)?, property: row.get(2)?, value: row.get(3)? })
    })?;
    for row in inside {
        rows.push(row?);
    }
    Ok(rows)
}

fn insert(db: &Connection, to: &VPath, rows: &[RowBelow]) -> rusqlite::Result<()> {
    let (own_folder, own_name) = key(to);
    let mut insert = db.prepare_cached("insert or replace into property values (?1, ?2, ?3, ?4)")?;
    for RowBelow { folder, name, property, value } in rows {
        match folder {
            None => insert.execute(params![own_folder, own_name, property, value])?,
            Some(rest) => {
                let parts = [to.as_bytes(), rest];
                let parts: Vec<&[u8]> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                insert.execute(params![parts.join(&b'/'), name, property, value])?
            }
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("parses")
    }

    fn set(name: &str, value: &str) -> PropertyChange {
        PropertyChange::Set(Property { name: name.into(), value: value.into() })
    }

    fn table(paths: &[&str]) -> PropertyTable {
        let table = PropertyTable::open(StateLocation::Memory).expect("opens");
        paths.iter().for_each(|at| assert!(table.change(&path(at), vec![set("p", at)]).expect("changes")));
        table
    }

    /// The value of `p` at each path.
    fn values(table: &PropertyTable, paths: &[&str]) -> Vec<Option<String>> {
        let value = |at: &&str| table.of(&path(at)).expect("reads").pop().map(|property| property.value);
        paths.iter().map(value).collect()
    }

    fn some(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect()
    }

    #[test]
    fn nothing_is_created_before_the_first_property() {
        let table = PropertyTable::open(StateLocation::Memory).expect("opens");
        assert!(table.of(&path("f")).expect("reads").is_empty());
        table.rename(&path("f"), &path("g")).expect("nothing to do");
        table.remove(&path("f")).expect("nothing to do");
        assert!(table.is_unused());
    }

    #[test]
    fn changes_are_made_in_order_and_together() {
        let table = table(&["f"]);
        let changes = vec![set("a", "1"), set("b", "2"), PropertyChange::Remove("p".into()), set("a", "3")];
        assert!(table.change(&path("f"), changes).expect("changes"));
        let found: Vec<_> = table.of(&path("f")).expect("reads").into_iter().map(|p| p.name + &p.value).collect();
        assert_eq!(found, ["a3", "b2"]);
        let too_many = (0..=PROPERTIES_MAX).map(|number| set(&number.to_string(), "x")).collect();
        assert!(!table.change(&path("f"), too_many).expect("is answered"));
        let too_long = vec![set("long", &"x".repeat(PROPERTY_BYTES_MAX))];
        assert!(!table.change(&path("f"), too_long).expect("is answered"));
        assert_eq!(table.of(&path("f")).expect("reads").len(), 2, "a refused change changes nothing");
    }

    #[test]
    fn a_rename_takes_what_is_below_along_and_replaces_what_was_there() {
        let all = ["d", "d/f", "d/e/f", "d0", "d-", "n", "n/old", "x/y"];
        let table = table(&all);
        table.rename(&path("d"), &path("n")).expect("renames");
        let now = ["d", "d/f", "d/e/f", "d0", "d-", "n", "n/f", "n/e/f", "n/old", "x/y"];
        assert_eq!(values(&table, &now), some(&["", "", "", "d0", "d-", "d", "d/f", "d/e/f", "", "x/y"]));
    }

    #[test]
    fn copies_leave_the_source_and_may_go_to_another_volume() {
        let (one, other) = (table(&["", "f", "d/f"]), table(&["d", "d/old", "f"]));
        one.copy(&path("d"), &one, &path("e")).expect("copies");
        assert_eq!(
            values(&one, &["", "d/f", "e/f", "f"]),
            some(&["", "d/f", "d/f", "f"])
                .into_iter()
                .enumerate()
                .map(|(index, value)| if index == 0 { Some(String::new()) } else { value })
                .collect::<Vec<_>>()
        );
        one.copy(&path("d"), &other, &path("d")).expect("copies");
        one.copy(&path("nothing"), &other, &path("f")).expect("copies");
        assert_eq!(values(&other, &["d", "d/f", "d/old", "f"]), some(&["", "d/f", "", ""]));
    }

    #[test]
    fn the_top_folder_has_properties_of_its_own() {
        let table = table(&["", "f", "d/f"]);
        let mut names: Vec<_> = table.in_folder(&path("")).expect("reads").into_keys().map(|n| n.display()).collect();
        names.sort();
        assert_eq!(names, ["f"]);
        table.remove(&path("f")).expect("removes");
        table.remove(&path("d")).expect("removes");
        assert_eq!(values(&table, &["f", "d/f"]), some(&["", ""]));
        assert_eq!(table.of(&path("")).expect("reads").len(), 1);
    }
}
