//! What callers ask of the upload service.

use super::checksum::{ChecksumKind, Digest};
use model::{ChunkHash, OnConflict, UnixMillis, VPath};
use vfs::files::condition::Condition;

/// A handshake as the client sends it (docs/up2k.md "Handshake").
#[derive(Clone, Debug)]
pub struct Handshake {
    /// Name as sent. The oldest clients put folders in front of it.
    pub name: Vec<u8>,
    /// Bytes.
    pub size: u64,
    /// Modification time; `None`: the current time.
    pub lmod: Option<UnixMillis>,
    /// Hash of every chunk, in file order.
    pub hashes: Vec<ChunkHash>,
    /// What happens if other content has the name.
    pub on_conflict: OnConflict,
    /// Seconds after which the file is deleted; 0 or `None`: the volume's setting applies.
    pub lifetime_secs: Option<u64>,
    /// The server chooses a random name.
    pub random_name: bool,
    /// A complete file with this content gets `lmod` as its modification time (needs write and delete).
    pub touch_existing: bool,
    /// `name` may contain folders (old clients).
    pub folders_in_name: bool,
}

/// The chunks that a body contains (docs/up2k.md "Chunks").
#[derive(Clone, Debug)]
pub enum ChunkSelection {
    /// One chunk, or a subchunk that starts at this offset within the chunk.
    One(ChunkHash, Option<u64>),
    /// Consecutive chunks, each hash in full.
    Full(Vec<ChunkHash>),
    /// Consecutive chunks: the first hash in full, the following ones as prefixes of equal length.
    Compact(ChunkHash, Vec<String>),
}

/// Parameters of a file that arrives as one body (PUT, POST, forms; later FTP, WebDAV, TFTP).
#[derive(Clone, Debug)]
pub struct SinkRequest {
    /// The folder; created if missing.
    pub folder: VPath,
    /// The name; `None`: the server chooses one (`put-...`).
    pub name: Option<Vec<u8>>,
    /// Blanks at the ends of the name belong to it: the client will look for exactly this name.
    pub exact_name: bool,
    /// Bytes, if the client announced them: the volume's rules are then applied before any byte travels.
    pub size: Option<u64>,
    /// Modification time; `None`: the current time.
    pub lmod: Option<UnixMillis>,
    /// What happens if the name is taken.
    pub on_conflict: OnConflict,
    /// Append to the existing file (needs write and delete).
    pub append: bool,
    /// The body begins as a copy of the existing file (needs write and delete), of which the client overwrites parts.
    pub keeps_content: bool,
    /// Seconds after which the file is deleted.
    pub lifetime_secs: Option<u64>,
    /// Length of a random name, if one is requested.
    pub random_name: Option<u32>,
    /// Checksum to compute while the body arrives, for the reply.
    pub checksum: ChecksumKind,
    /// Checksums that the body must have; otherwise nothing is stored.
    pub digests: Vec<Digest>,
    /// Preconditions on the file that has the name.
    pub condition: Condition,
}

impl SinkRequest {
    /// A whole file for a client that will look for exactly `name`, with nothing else asked for.
    pub fn exact(folder: VPath, name: Option<Vec<u8>>, on_conflict: OnConflict) -> Self {
        Self {
            folder,
            name,
            exact_name: true,
            size: None,
            lmod: None,
            on_conflict,
            append: false,
            keeps_content: false,
            lifetime_secs: None,
            random_name: None,
            checksum: ChecksumKind::None,
            digests: Vec::new(),
            condition: Condition::default(),
        }
    }
}
