//! What the upload service answers.

use model::{ChunkHash, FileName, UnixMillis, VPath, Wark};

/// The reply to a handshake.
#[derive(Clone, Debug)]
pub struct HandshakeReply {
    /// The name that the file has or will have, with the folders that the client put in front of it.
    pub name: Vec<u8>,
    /// The folder to which the client sends chunks and later handshakes.
    pub folder: VPath,
    /// Bytes.
    pub size: u64,
    /// Modification time.
    pub lmod: UnixMillis,
    /// Hashes that are still missing, each once, in file order. Empty: the file is complete and on stable storage.
    pub missing: Vec<ChunkHash>,
    /// Identity of the upload.
    pub wark: Wark,
    /// The client may send chunks in any order.
    pub any_order: bool,
    /// Access key of the complete file, if the volume uses keys and the account may learn it.
    pub key: Option<String>,
}

/// A file that is complete and on stable storage.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Path of the file.
    pub path: VPath,
    /// Its final name.
    pub name: FileName,
    /// Bytes.
    pub size: u64,
    /// The checksum; empty for `None`.
    pub checksum: Vec<u8>,
    /// Modification time.
    pub lmod: UnixMillis,
    /// Access key of the file, if the volume uses keys and the account may learn it.
    pub key: Option<String>,
}

/// A file found by the hashes of its content.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Path of the file.
    pub path: VPath,
    /// Bytes.
    pub size: u64,
    /// Modification time.
    pub modified: UnixMillis,
}
