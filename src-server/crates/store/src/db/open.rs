//! Opens connections, sets pragmas, runs migrations.

use super::error::WrittenByNewer;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Location of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file, with `-wal` and `-shm` files beside it.
    File(PathBuf),
    /// In memory, until the program ends.
    Memory,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Memory => f.write_str("in-memory database"),
        }
    }
}

/// How long a call waits for another process that holds a lock on the file (a backup, a person with `sqlite3`).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn wal_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push("-wal");
    name.into()
}

/// Applies the settings of all connections.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Makes query plans independent of bound values. Otherwise a query whose parameter decides whether a partial index
    // is usable is parsed and planned anew at every use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Returns the connection that writes, and whether other connections can share the file.
pub(super) fn open_writer(location: &Location, migrations: &[&str]) -> rusqlite::Result<(Connection, bool)> {
    match connect(location, "normal", migrations) {
        Ok(connection) => Ok((connection, matches!(location, Location::File(_)))),
        Err(error) if may_work_exclusively(&error) => {
            // On a full disk there is no space for the shared-memory file (`-shm`) of the WAL index, and some file
            // systems do not support shared memory. In exclusive mode the WAL index is kept in the process's own
            // memory.
            let connection = connect(location, "exclusive", migrations)?;
            if connection.is_readonly(rusqlite::MAIN_DB)? {
                return Err(error);
            }
            tracing::warn!(database = %location, %error, "opened in exclusive mode; other programs cannot read it");
            Ok((connection, false))
        }
        Err(error) => Err(error),
    }
}

/// Whether the error is one that SQLite reports where the `-shm` file cannot be used.
fn may_work_exclusively(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(error.sqlite_error_code(), Some(Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly))
}

fn connect(location: &Location, locking: &str, migrations: &[&str]) -> rusqlite::Result<Connection> {
    let mut connection = match location {
        // Only one thread uses a connection at a time, so SQLite's own mutex would add nothing.
        Location::File(path) => {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?
        }
        Location::Memory => Connection::open_in_memory()?,
    };
    configure(&connection)?;
    connection.pragma_update(None, "locking_mode", locking)?;
    // NORMAL: SQLite itself syncs only around checkpoints, which keeps the file consistent after a loss of power. What
    // must be durable earlier is synced by callers, in groups.
    connection.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = off;
         pragma temp_store = memory; pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 33554432;",
    )?;
    migrate(&mut connection, migrations)?;
    Ok(connection)
}

pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    Ok(connection)
}

/// Runs missing migrations. The number of those that have run is the file's `user_version`.
fn migrate(connection: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    let done: usize = connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))? as usize;
    if done > migrations.len() {
        return Err(rusqlite::Error::UserFunctionError(Box::new(WrittenByNewer)));
    }
    for (number, sql) in migrations.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", number as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
