//! The values that the ledger will record about a file.

use super::allowance::Allowance;
use super::lifetime::expiry;
use super::verify;
use model::{AccountName, Bytes, ChunkHash, FileName, UnixMillis, VPath, Wark};
use std::sync::Arc;
use store::disk::Meta;
use store::ledger::{FileRow, VerifiedState};
use vfs::clock::now;
use vfs::volumes::lock_table::LockToken;

/// The values that the ledger will record about a file.
#[derive(Clone)]
pub(super) struct FileRecord {
    /// Folder, relative to the volume's top folder.
    pub below: VPath,
    /// Identity of the content, if it was hashed by chunks.
    pub wark: Option<Wark>,
    pub hashes: Vec<ChunkHash>,
    pub size: u64,
    pub lmod: UnixMillis,
    pub account: AccountName,
    pub address: String,
    pub lifetime_secs: Option<u64>,
    /// The server verified or wrote the bytes (false for a link to a file that another program wrote).
    pub verified: bool,
    /// Space reserved for the file.
    pub allowance: Allowance,
    /// Locks that the sender says to hold.
    pub lock_tokens: Arc<[LockToken]>,
}

impl FileRecord {
    pub fn row(self, name: &FileName, meta: &Meta) -> FileRow {
        let uploaded_at = now();
        FileRow {
            folder: self.below,
            name: name.clone(),
            size: Bytes(self.size),
            lmod: self.lmod,
            wark: self.wark,
            hashes: self.hashes,
            address: self.address,
            account: self.account,
            uploaded_at,
            expires_at: self.lifetime_secs.map(|secs| expiry(uploaded_at, secs)),
            verified: if self.verified { verify::verified_state(meta) } else { VerifiedState::default() },
        }
    }
}
