//! Sessions on disk: one small table, so that people stay logged in across a restart.
//!
//! Only digests of tokens are stored: whoever reads the file cannot log in with it. The table is small (one row per
//! login), read once and then kept in memory by its owner.

use rusqlite::{Connection, params};
use std::path::Path;

/// One login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the token.
    pub digest: [u8; 32],
    /// Whose.
    pub account: String,
    /// Fingerprint of the secret that proved it: a changed password ends its sessions.
    pub secret_tag: Vec<u8>,
    /// End, milliseconds since the epoch.
    pub expires_ms: i64,
    /// For guests by invitation: mount point and permission letters.
    pub guest: Option<(Vec<u8>, String)>,
    /// The id of the link that it came by.
    pub link: Option<String>,
}

/// The table.
pub struct Sessions {
    db: Connection,
}

impl Sessions {
    /// Opens or makes the database in `folder`.
    ///
    /// # Errors
    /// Those of SQLite: no permission, disk full, not a database.
    pub fn open(folder: &Path) -> rusqlite::Result<Self> {
        let db = Connection::open(folder.join("sessions.db"))?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        db.execute_batch(
            "pragma journal_mode = wal; pragma synchronous = normal;
             create table if not exists session (
                 digest blob primary key, account text not null, secret_tag blob not null,
                 expires_ms integer not null, mount blob, letters text) strict, without rowid;",
        )?;
        add_link(&db)?;
        Ok(Self { db })
    }

    /// All sessions that end after `now_ms`; those that ended are removed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn load(&self, now_ms: i64) -> rusqlite::Result<Vec<SessionRow>> {
        self.db.execute("delete from session where expires_ms <= ?1", [now_ms])?;
        let mut query =
            self.db.prepare("select digest, account, secret_tag, expires_ms, mount, letters, link from session")?;
        let rows = query.query_map([], |row| {
            let mount: Option<Vec<u8>> = row.get(4)?;
            let letters: Option<String> = row.get(5)?;
            Ok(SessionRow {
                digest: row.get(0)?,
                account: row.get(1)?,
                secret_tag: row.get(2)?,
                expires_ms: row.get(3)?,
                guest: mount.zip(letters),
                link: row.get(6)?,
            })
        })?;
        rows.collect()
    }

    /// Adds a session.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn add(&self, session: &SessionRow) -> rusqlite::Result<()> {
        let (mount, letters) = session.guest.clone().unzip();
        self.db.execute(
            "insert or replace into session (digest, account, secret_tag, expires_ms, mount, letters, link)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                session.digest,
                session.account,
                session.secret_tag,
                session.expires_ms,
                mount,
                letters,
                session.link
            ],
        )?;
        Ok(())
    }

    /// Removes sessions by digest.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remove(&mut self, digests: &[[u8; 32]]) -> rusqlite::Result<()> {
        let transaction = self.db.transaction()?;
        for digest in digests {
            transaction.execute("delete from session where digest = ?1", [digest])?;
        }
        transaction.commit()
    }
}

/// The column came later than the table.
fn add_link(db: &Connection) -> rusqlite::Result<()> {
    match db.prepare("select link from session limit 0") {
        Ok(_) => Ok(()),
        Err(_) => db.execute_batch("alter table session add column link text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_reopening_and_expire() {
        let folder = std::env::temp_dir().join(format!("potluck-sessions-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("temp folder");
        let row = |digest: u8, expires_ms| SessionRow {
            digest: [digest; 32],
            account: "ed".into(),
            secret_tag: vec![1, 2],
            expires_ms,
            guest: (digest == 2).then(|| (b"inbox".to_vec(), "w".into())),
            link: (digest == 2).then(|| "l1".into()),
        };
        {
            let sessions = Sessions::open(&folder).expect("opens");
            for (digest, expires) in [(1, 100), (2, 5000), (3, 5000)] {
                sessions.add(&row(digest, expires)).expect("adds");
            }
        }
        let mut sessions = Sessions::open(&folder).expect("opens");
        sessions.remove(&[[3; 32]]).expect("removes");
        assert_eq!(sessions.load(1000).expect("loads"), [row(2, 5000)]);
        std::fs::remove_dir_all(&folder).expect("cleans up");
    }
}
