//! The table of sessions, so that people stay logged in across a restart.
//!
//! Only digests of tokens are stored, so a reader of the file cannot log in with it. The table is small (one row per
//! login); its owner reads it once and then keeps it in memory.

use crate::db::{Db, Location};
use crate::error::StoreError;
use rusqlite::{Connection, Row, params};
use std::path::Path;

/// The migrations in order; new ones are appended, existing ones never edited. The first one also accepts databases
/// from before migrations were counted. Sessions from before devices had names are named "Device".
const MIGRATIONS: &[&str] = &[
    "create table if not exists session (
         digest blob primary key, account text not null, secret_tag blob not null,
         expires_ms integer not null, mount blob, letters text) strict, without rowid;",
    "alter table session add column id text not null default '';
     alter table session add column name text not null default 'Device';
     alter table session add column first_seen_ms integer not null default 0;
     alter table session add column last_seen_ms integer not null default 0;
     alter table session add column address text;
     alter table session add column link text;
     update session set id = lower(hex(randomblob(8))),
         first_seen_ms = unixepoch() * 1000, last_seen_ms = unixepoch() * 1000;
     create unique index session_by_id on session (id);",
];

/// One login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the token.
    pub digest: [u8; 32],
    /// Identifies the session to people; random and unique, gives no access.
    pub id: String,
    /// Name of the account.
    pub account: String,
    /// Fingerprint of the password that was used: changing it ends the session.
    pub secret_tag: Vec<u8>,
    /// Expiry, milliseconds since 1970.
    pub expires_ms: i64,
    /// For guests: the path that they may access, and permission letters.
    pub guest: Option<(Vec<u8>, String)>,
    /// Id of the share link that the login came from, if any.
    pub link: Option<String>,
    /// Name of the device.
    pub name: String,
    /// Time of the login, milliseconds since 1970.
    pub first_seen_ms: i64,
    /// Most recent use.
    pub last_seen: LastSeen,
}

/// Most recent use of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSeen {
    /// Time, milliseconds since 1970.
    pub at_ms: i64,
    /// Address of the client; `None`: not known.
    pub address: Option<String>,
}

/// The table of sessions.
pub struct Sessions {
    db: Db,
}

impl Sessions {
    /// Opens or creates the database in `folder`.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self { db: Db::open(&Location::File(folder.join("sessions.db")), MIGRATIONS)? })
    }

    /// Removes expired sessions and returns all others. Blocks.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn load(&self, now_ms: i64) -> Result<Vec<SessionRow>, StoreError> {
        let ended = "delete from session where expires_ms <= ?1";
        self.db.write(move |db| db.execute(ended, [now_ms])).wait()?;
        self.db.read(|db| {
            let mut query = db.prepare(
                "select digest, id, account, secret_tag, expires_ms, mount, letters, link, name, first_seen_ms, \
                 last_seen_ms, address from session",
            )?;
            query.query_map([], row_of)?.collect()
        })
    }

    /// Adds a session. Blocks until it is committed.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn add(&self, session: SessionRow) -> Result<(), StoreError> {
        self.db.write(move |db| insert(db, session)).wait()
    }

    /// Removes sessions by digest. Blocks until it is committed.
    ///
    /// # Errors
    /// SQLite errors; then none is removed.
    pub fn remove(&self, digests: Vec<[u8; 32]>) -> Result<(), StoreError> {
        let job = move |db: &Connection| {
            let mut delete = db.prepare_cached("delete from session where digest = ?1")?;
            digests.iter().try_for_each(|digest| delete.execute([digest]).map(drop))
        };
        self.db.write(job).wait()
    }

    /// Changes the name of a device. Blocks until it is committed.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn rename(&self, digest: [u8; 32], name: String) -> Result<(), StoreError> {
        let update = "update session set name = ?2 where digest = ?1";
        self.db.write(move |db| db.execute(update, params![digest, name]).map(drop)).wait()
    }

    /// Stores the most recent use of sessions, in one transaction. Digests without a row are ignored. Blocks.
    ///
    /// # Errors
    /// SQLite errors; then none is stored.
    pub fn save_last_seen(&self, uses: Vec<([u8; 32], LastSeen)>) -> Result<(), StoreError> {
        let job = move |db: &Connection| {
            let mut update =
                db.prepare_cached("update session set last_seen_ms = ?2, address = ?3 where digest = ?1")?;
            let mut save = |(digest, seen): &([u8; 32], LastSeen)| {
                update.execute(params![digest, seen.at_ms, seen.address]).map(drop)
            };
            uses.iter().try_for_each(&mut save)
        };
        self.db.write(job).wait()
    }
}

fn insert(db: &Connection, session: SessionRow) -> rusqlite::Result<()> {
    let (path, letters) = session.guest.unzip();
    db.execute(
        "insert or replace into session (digest, id, account, secret_tag, expires_ms, mount, letters, link, name, \
         first_seen_ms, last_seen_ms, address) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            session.digest,
            session.id,
            session.account,
            session.secret_tag,
            session.expires_ms,
            path,
            letters,
            session.link,
            session.name,
            session.first_seen_ms,
            session.last_seen.at_ms,
            session.last_seen.address,
        ],
    )?;
    Ok(())
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    let path: Option<Vec<u8>> = row.get(5)?;
    let letters: Option<String> = row.get(6)?;
    Ok(SessionRow {
        digest: row.get(0)?,
        id: row.get(1)?,
        account: row.get(2)?,
        secret_tag: row.get(3)?,
        expires_ms: row.get(4)?,
        guest: path.zip(letters),
        link: row.get(7)?,
        name: row.get(8)?,
        first_seen_ms: row.get(9)?,
        last_seen: LastSeen { at_ms: row.get(10)?, address: row.get(11)? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(digest: u8, expires_ms: i64) -> SessionRow {
        SessionRow {
            digest: [digest; 32],
            id: format!("id{digest}"),
            account: "ed".into(),
            secret_tag: vec![1, 2],
            expires_ms,
            guest: (digest == 2).then(|| (b"inbox".to_vec(), "w".into())),
            link: (digest == 3).then(|| "a link".into()),
            name: "Firefox on Android".into(),
            first_seen_ms: 10,
            last_seen: LastSeen { at_ms: 20, address: Some("192.0.2.1".into()) },
        }
    }

    #[test]
    fn rows_survive_reopening_and_expire() {
        let folder = tempfile::tempdir().expect("temp folder");
        {
            let sessions = Sessions::open(folder.path()).expect("opens");
            for (digest, expires) in [(1, 100), (2, 5000), (3, 5000), (4, 5000)] {
                sessions.add(row(digest, expires)).expect("adds");
            }
            sessions.rename([3; 32], "Kim's phone".into()).expect("renames");
            let seen = LastSeen { at_ms: 30, address: None };
            sessions.save_last_seen(vec![([2; 32], seen.clone()), ([9; 32], seen)]).expect("saves");
        }
        let sessions = Sessions::open(folder.path()).expect("opens");
        sessions.remove(vec![[4; 32]]).expect("removes");
        let mut noted = row(2, 5000);
        noted.last_seen = LastSeen { at_ms: 30, address: None };
        let mut renamed = row(3, 5000);
        renamed.name = "Kim's phone".into();
        assert_eq!(sessions.load(1000).expect("loads"), [noted, renamed]);
    }

    #[test]
    fn a_database_without_device_names_keeps_its_sessions() {
        let folder = tempfile::tempdir().expect("temp folder");
        let old = Connection::open(folder.path().join("sessions.db")).expect("opens");
        // Exactly what the program created before migrations were counted.
        old.execute_batch(
            "pragma journal_mode = wal; pragma synchronous = normal;
             create table if not exists session (
                 digest blob primary key, account text not null, secret_tag blob not null,
                 expires_ms integer not null, mount blob, letters text) strict, without rowid;",
        )
        .expect("the old table");
        for (digest, mount, letters) in [(1u8, None, None), (2, Some(b"inbox".to_vec()), Some("w"))] {
            let values = params![[digest; 32], "ed", [1u8, 2], 5000, mount, letters];
            old.execute("insert into session values (?1, ?2, ?3, ?4, ?5, ?6)", values).expect("an old row");
        }
        drop(old);
        let ids = |sessions: &Sessions| -> Vec<String> {
            sessions.load(1000).expect("loads").into_iter().map(|row| row.id).collect()
        };
        let sessions = Sessions::open(folder.path()).expect("migrates");
        let rows = sessions.load(1000).expect("loads");
        let [first, second] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((first.digest, first.account.as_str(), &first.secret_tag[..]), ([1; 32], "ed", &[1, 2][..]));
        assert_eq!((&first.guest, &second.guest), (&None, &Some((b"inbox".to_vec(), "w".into()))));
        assert!(first.id.len() == 16 && second.id.len() == 16 && first.id != second.id, "{rows:?}");
        assert!(first.first_seen_ms > 1_700_000_000_000 && first.last_seen.address.is_none(), "{rows:?}");
        let before = ids(&sessions);
        drop(sessions);
        assert_eq!(ids(&Sessions::open(folder.path()).expect("opens again")), before, "migrated once");
    }
}
