//! Unfinished uploads, and what to do when their name is taken.

use crate::account::AccountName;
use crate::chunking::ChunkPlan;
use crate::units::UnixMillis;
use crate::vpath::{FileName, VPath};
use crate::wark::{ChunkHash, Wark};

/// What to do when the name of an upload is taken by a file with other content (`replace` in docs/up2k.md "Handshake").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Give the new file another name.
    #[default]
    Rename,
    /// Overwrite, if the account may delete.
    Replace,
    /// Overwrite only an older file.
    ReplaceOlder,
    /// Overwrite only an empty file.
    ReplaceBlank,
    /// Refuse the upload.
    Skip,
}

/// One unfinished file of one volume: its sender, its destination, its chunks, and which of them were received.
///
/// Invariant: `have[i]` is true only if every byte of chunk `i` is in the partial file and was verified against
/// `hashes[i]`. Chunks with equal hashes are always marked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Identity of the content.
    pub wark: Wark,
    /// Folder, relative to the volume.
    pub folder: VPath,
    /// The final name; changes only if it is taken when the upload is complete.
    pub name: FileName,
    /// Its division into chunks.
    pub plan: ChunkPlan,
    /// Hash of every chunk, in file order, repeats included.
    pub hashes: Vec<ChunkHash>,
    /// Which chunks were received and verified.
    pub have: Vec<bool>,
    /// Modification time to set on the file.
    pub lmod: UnixMillis,
    /// What to do if the name is taken when the upload is complete.
    pub on_conflict: OnConflict,
    /// The sender.
    pub account: AccountName,
    /// The sender's address.
    pub address: String,
    /// Time of its first handshake.
    pub started: UnixMillis,
    /// Seconds after completion when the file is deleted; `None`: never.
    pub lifetime_secs: Option<u64>,
}

impl Upload {
    /// Returns the hashes of the missing chunks in file order, each hash once.
    pub fn missing(&self) -> Vec<ChunkHash> {
        let mut seen = std::collections::HashSet::new();
        let wanted = self.hashes.iter().zip(&self.have).filter(|(_, have)| !**have).map(|(hash, _)| *hash);
        wanted.filter(|hash| seen.insert(*hash)).collect()
    }
}
