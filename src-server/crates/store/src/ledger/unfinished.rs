//! Rows of unfinished uploads.

use super::boot::boot_id;
use super::columns::{pack, unpack};
use super::open::Ledger;
use crate::db::Pending;
use crate::db::columns::{damaged, name_at, path_at};
use crate::error::StoreError;
use model::chunking::ChunkPlan;
use model::{Bytes, FileName, OnConflict, UnixMillis, Upload, Wark};
use rusqlite::{Connection, Row, params};

/// The stored form of an unfinished upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedRow {
    /// Row id, chosen by the caller, never reused.
    pub id: i64,
    /// The upload.
    pub upload: Upload,
    /// The name that the client requested.
    pub asked_name: FileName,
    /// The final name is random.
    pub random: bool,
    /// Name of the partial file, in the upload's folder.
    pub partial: FileName,
    /// Time of the last activity.
    pub touched: UnixMillis,
    /// The boot in which `have` was recorded; after another one the bytes must be hashed again.
    pub boot: String,
    /// Inode of the partial file that `have` describes. `None`: not known; the bytes must be hashed again.
    pub ino: Option<u64>,
    /// Bytes of the first missing chunk that are in the partial file; 0 for uploads whose chunks are announced.
    pub tail: u64,
}

fn bits(have: &[bool]) -> Vec<u8> {
    let mut bytes = vec![0; have.len().div_ceil(8)];
    for (at, _) in have.iter().enumerate().filter(|(_, have)| **have) {
        bytes[at / 8] |= 1 << (at % 8);
    }
    bytes
}

fn from_bits(bytes: &[u8], count: usize) -> Vec<bool> {
    (0..count).map(|at| bytes.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)).collect()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<UnfinishedRow> {
    let hashes = unpack(row.get_ref(6)?.as_blob()?);
    let size = Bytes(row.get::<_, i64>(5)? as u64);
    let plan = ChunkPlan::for_count(size, hashes.len())
        .ok_or_else(|| damaged(6, std::io::Error::other("the number of chunks does not fit the size")))?;
    let on_conflict = match row.get::<_, i64>(8)? {
        1 => OnConflict::Replace,
        2 => OnConflict::ReplaceOlder,
        3 => OnConflict::Skip,
        4 => OnConflict::ReplaceBlank,
        _ => OnConflict::Rename,
    };
    let wark = Wark::parse(row.get_ref(1)?.as_str()?).map_err(|error| damaged(1, error))?;
    let have = from_bits(row.get_ref(15)?.as_blob_or_null()?.unwrap_or_default(), hashes.len());
    Ok(UnfinishedRow {
        id: row.get(0)?,
        upload: Upload {
            wark,
            folder: path_at(row, 2)?,
            name: name_at(row, 3)?,
            plan,
            hashes,
            have,
            lmod: UnixMillis(row.get(7)?),
            on_conflict,
            account: row.get_ref(10)?.as_str()?.into(),
            address: row.get(11)?,
            started: UnixMillis(row.get(12)?),
            lifetime_secs: row.get::<_, Option<i64>>(13)?.map(|secs| secs as u64),
        },
        asked_name: name_at(row, 4)?,
        random: row.get(9)?,
        partial: name_at(row, 14)?,
        boot: row.get::<_, Option<String>>(16)?.unwrap_or_else(|| boot_id().to_owned()),
        touched: UnixMillis(row.get::<_, Option<i64>>(17)?.unwrap_or(row.get(12)?)),
        ino: row.get::<_, Option<i64>>(18)?.map(|ino| ino as u64),
        tail: row.get::<_, Option<i64>>(19)?.map_or(0, |tail| tail as u64),
    })
}

pub(super) fn remove(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("delete from progress where upload = ?1")?.execute([id])?;
    connection.prepare_cached("delete from upload where id = ?1")?.execute([id])?;
    Ok(())
}

impl Ledger {
    /// Returns all unfinished uploads. Rows that cannot be decoded are logged and skipped.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn unfinished_uploads(&self) -> Result<Vec<UnfinishedRow>, StoreError> {
        self.read(|connection| {
            let mut query = connection.prepare(
                "select id, wark, folder, name, asked_name, size, hashes, lmod, when_taken, random, account, address,
                 started, lifetime_secs, partial, have, boot, touched, ino, tail
                 from upload left join progress on progress.upload = upload.id order by id",
            )?;
            let rows = query.query_map([], |row| Ok(from_row(row)))?;
            let mut sound = Vec::new();
            for row in rows {
                match row? {
                    Ok(row) => sound.push(row),
                    Err(error) => tracing::warn!(%error, "an unfinished upload in the ledger cannot be read"),
                }
            }
            Ok(sound)
        })
    }

    /// Inserts a new unfinished upload. Callers need not wait for the commit: a lost row only costs the client another
    /// handshake.
    ///
    /// # Errors
    /// The database cannot be created.
    pub fn begin_upload(&self, row: UnfinishedRow) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| {
            let upload = &row.upload;
            let on_conflict = match upload.on_conflict {
                OnConflict::Rename => 0,
                OnConflict::Replace => 1,
                OnConflict::ReplaceOlder => 2,
                OnConflict::Skip => 3,
                OnConflict::ReplaceBlank => 4,
            };
            connection
                .prepare_cached(
                    "insert or replace into upload (id, wark, folder, name, asked_name, size, hashes, lmod, when_taken,
                     random, account, address, started, lifetime_secs, partial)
                     values (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
                )?
                .execute(params![
                    row.id,
                    upload.wark.as_str(),
                    upload.folder.as_bytes(),
                    upload.name.as_bytes(),
                    row.asked_name.as_bytes(),
                    upload.plan.size().0 as i64,
                    pack(&upload.hashes),
                    upload.lmod.0,
                    on_conflict,
                    row.random,
                    upload.account.as_str(),
                    upload.address,
                    upload.started.0,
                    upload.lifetime_secs.map(|secs| secs as i64),
                    row.partial.as_bytes(),
                ])?;
            let UnfinishedRow { touched, ino, tail, .. } = row;
            let progress = Progress { have: &bits(&upload.have), boot: &row.boot, touched, ino, tail };
            set_progress(connection, row.id, &progress)
        })
    }

    /// Stores which chunks of an upload are in the partial file with the inode `ino`. Once the returned value has been
    /// waited for, the chunks may be acknowledged to the client.
    ///
    /// # Errors
    /// The database cannot be used. Waiting fails if the upload has no row.
    pub fn save_progress(
        &self,
        id: i64,
        have: &[bool],
        ino: Option<u64>,
        touched: UnixMillis,
    ) -> Result<Pending<()>, StoreError> {
        let have = bits(have);
        self.write(move |connection| {
            // Without its row the acknowledged chunks could not be attributed to an upload after a restart.
            let mut known = connection.prepare_cached("select 1 from upload where id = ?1")?;
            known.query_row([id], |_| Ok(()))?;
            set_progress(connection, id, &Progress { have: &have, boot: boot_id(), touched, ino, tail: 0 })
        })
    }

    /// Removes an upload that was cancelled.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn remove_upload(&self, id: i64) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| remove(connection, id))
    }
}

/// Received bytes of an upload, as a row stores them.
struct Progress<'a> {
    have: &'a [u8],
    boot: &'a str,
    touched: UnixMillis,
    ino: Option<u64>,
    tail: u64,
}

fn set_progress(connection: &Connection, id: i64, progress: &Progress<'_>) -> rusqlite::Result<()> {
    let Progress { have, boot, touched, ino, tail } = progress;
    connection
        .prepare_cached(
            "insert or replace into progress (upload, have, boot, touched, ino, tail) values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id, have, boot, touched.0, ino.map(|ino| ino as i64), *tail as i64])?;
    Ok(())
}
