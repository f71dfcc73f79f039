//! What is known of a file that is still arriving.

use crate::account::AccountName;
use crate::chunking::ChunkPlan;
use crate::units::UnixMillis;
use crate::vpath::{FileName, VPath};
use crate::wark::{ChunkHash, Wark};

/// What a client wants done when the name is taken by other content (`replace`, spec/up2k.md 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// The newcomer gets another name.
    #[default]
    Rename,
    /// Overwrite, where the account may delete.
    Replace,
    /// Overwrite only what is older.
    ReplaceOlder,
    /// Overwrite only a file without content.
    ReplaceBlank,
    /// Refuse.
    Skip,
}

/// One unfinished file of one volume: who sends what to where, and what has arrived.
///
/// Invariant: `have[i]` is true only if every byte of chunk `i` is in the partial file and was verified against
/// `hashes[i]`; equal hashes are always had together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Identity of the content.
    pub wark: Wark,
    /// Folder, below the volume's top.
    pub folder: VPath,
    /// The name it will have; changed only by finding it taken at the end.
    pub name: FileName,
    /// How it is cut.
    pub plan: ChunkPlan,
    /// Hash of every chunk, in file order, repeats included.
    pub hashes: Vec<ChunkHash>,
    /// Which chunks are here and verified.
    pub have: Vec<bool>,
    /// Modification time the file shall have.
    pub lmod: UnixMillis,
    /// What happens if the name is taken by the time it is complete.
    pub on_conflict: OnConflict,
    /// Who sends it.
    pub account: AccountName,
    /// From which address.
    pub address: String,
    /// When it was announced.
    pub started: UnixMillis,
    /// Seconds after arrival at which it deletes itself, if any.
    pub lifetime_secs: Option<u64>,
}

impl Upload {
    /// Each hash that is still missing once, in file order.
    pub fn missing(&self) -> Vec<ChunkHash> {
        let mut seen = std::collections::HashSet::new();
        let wanted = self.hashes.iter().zip(&self.have).filter(|(_, have)| !**have).map(|(hash, _)| *hash);
        wanted.filter(|hash| seen.insert(*hash)).collect()
    }
}
