//! The table of share links. It is small; its owner reads it once and then keeps it in memory.

use crate::db::{Db, Location, Pending};
use crate::error::StoreError;
use rusqlite::{Row, params};
use std::path::Path;

const MIGRATIONS: &[&str] = &[include_str!("db/sql/links/001.sql")];

/// A share link as stored. `db/sql/links/001.sql` explains the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are explained in the migration")]
pub struct LinkRow {
    pub id: String,
    pub digest: [u8; 32],
    pub token: String,
    pub kind: String,
    pub mount: Vec<u8>,
    pub below: Vec<u8>,
    pub source: [u8; 32],
    pub letters: String,
    pub note: String,
    pub pin: Option<String>,
    pub owner: Option<String>,
    pub created_ms: i64,
    pub expires_ms: Option<i64>,
    pub uses: u32,
    pub max_uses: Option<u32>,
    pub received: u64,
    pub max_bytes: Option<u64>,
}

/// The table of share links.
pub struct Links {
    db: Db,
}

impl Links {
    /// Opens or creates the database in `folder`, readable by its owner only.
    ///
    /// # Errors
    /// File system and SQLite errors.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("links.db");
        // SQLite would create the file readable by all users. The files that it creates beside it get the mode of this
        // one.
        match crate::platform::create_private_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(StoreError::new("create", path.display().to_string(), error));
            }
            _ => {}
        }
        Ok(Self { db: Db::open(&Location::File(path), MIGRATIONS)? })
    }

    /// Returns all links, oldest first.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn all(&self) -> Result<Vec<LinkRow>, StoreError> {
        self.db.read(|db| {
            let mut query = db.prepare(
                "select id, digest, token, kind, mount, below, source, letters, note, pin, owner, created, expires, \
                 uses, max_uses, received, max_bytes from link order by created, id",
            )?;
            query.query_map([], row)?.collect()
        })
    }

    /// Inserts a link, or replaces the one with its id.
    pub fn put(&self, link: LinkRow) -> Pending<()> {
        self.db.write(move |db| {
            db.execute(
                "insert or replace into link (id, digest, token, kind, mount, below, source, letters, note, pin, \
                 owner, created, expires, uses, max_uses, received, max_bytes) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, \
                 ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
                params![
                    link.id,
                    link.digest,
                    link.token,
                    link.kind,
                    link.mount,
                    link.below,
                    link.source,
                    link.letters,
                    link.note,
                    link.pin,
                    link.owner,
                    link.created_ms,
                    link.expires_ms,
                    link.uses,
                    link.max_uses,
                    to_integer(link.received),
                    link.max_bytes.map(to_integer),
                ],
            )
            .map(drop)
        })
    }

    /// Stores how often a link was used and how many bytes were received through it.
    pub fn count(&self, id: &str, uses: u32, received: u64) -> Pending<()> {
        let id = id.to_owned();
        self.db.write(move |db| {
            let counts = params![id, uses, to_integer(received)];
            db.execute("update link set uses = ?2, received = ?3 where id = ?1", counts).map(drop)
        })
    }

    /// Removes a link.
    pub fn remove(&self, id: &str) -> Pending<()> {
        let id = id.to_owned();
        self.db.write(move |db| db.execute("delete from link where id = ?1", [id]).map(drop))
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<LinkRow> {
    Ok(LinkRow {
        id: row.get(0)?,
        digest: row.get(1)?,
        token: row.get(2)?,
        kind: row.get(3)?,
        mount: row.get(4)?,
        below: row.get(5)?,
        source: row.get(6)?,
        letters: row.get(7)?,
        note: row.get(8)?,
        pin: row.get(9)?,
        owner: row.get(10)?,
        created_ms: row.get(11)?,
        expires_ms: row.get(12)?,
        uses: row.get(13)?,
        max_uses: row.get(14)?,
        received: row.get::<_, i64>(15)?.max(0) as u64,
        max_bytes: row.get::<_, Option<i64>>(16)?.map(|bytes| bytes.max(0) as u64),
    })
}

/// Converts to SQLite's signed integers, saturating.
fn to_integer(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(id: &str) -> LinkRow {
        LinkRow {
            id: id.into(),
            digest: [id.as_bytes()[0]; 32],
            token: format!("token-{id}"),
            kind: "request".into(),
            mount: b"in".to_vec(),
            below: b"a\xff".to_vec(),
            source: [9; 32],
            letters: "w".into(),
            note: "Please".into(),
            pin: None,
            owner: Some("ann".into()),
            created_ms: 5,
            expires_ms: Some(7),
            uses: 0,
            max_uses: None,
            received: 0,
            max_bytes: Some(u64::MAX >> 1),
        }
    }

    #[test]
    fn links_survive_reopening_in_a_private_file() {
        let folder = tempfile::tempdir().expect("temp folder");
        {
            let links = Links::open(folder.path()).expect("opens");
            for id in ["a", "b"] {
                links.put(link(id)).wait().expect("puts");
            }
            links.put(LinkRow { note: "Changed".into(), ..link("a") }).wait().expect("puts again");
            links.count("a", 3, 1 << 40).wait().expect("counts");
            links.remove("b").wait().expect("removes");
        }
        let links = Links::open(folder.path()).expect("opens");
        let want = LinkRow { note: "Changed".into(), uses: 3, received: 1 << 40, ..link("a") };
        assert_eq!(links.all().expect("reads"), [want]);
        #[cfg(unix)]
        for name in ["links.db", "links.db-wal"] {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join(name)).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
