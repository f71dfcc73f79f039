//! Uploads: every file that arrives, by whatever door. All start in `admit` and end in `finish`.

use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use bytes::Bytes;
use futures_util::Stream;
use model::{ChunkHash, FileName, UnixMillis, VPath, Wark, WhenTaken};
use std::sync::Arc;

/// Ledger and unfinished uploads of one volume.
pub struct VolumeUploads {}

impl VolumeUploads {
    pub(crate) fn forget(&self, _below: &VPath) -> Result<()> {
        Ok(())
    }
    pub(crate) fn moved(&self, _from: &VPath, _to: &VPath) -> Result<()> {
        Ok(())
    }
}

/// What a client announces (spec/up2k.md 4).
#[derive(Clone, Debug)]
pub struct Handshake {
    /// Name as sent; from the oldest clients with folders in front.
    pub name: Vec<u8>,
    /// Bytes.
    pub size: u64,
    /// Modification time; `None`: now.
    pub lmod: Option<UnixMillis>,
    /// Hash of every chunk, in file order.
    pub hashes: Vec<ChunkHash>,
    /// What happens if the name is taken by other content.
    pub when_taken: WhenTaken,
    /// Seconds after which the file shall delete itself; 0 or `None`: as the volume says.
    pub lifetime_secs: Option<u64>,
    /// The server invents the name.
    pub random_name: bool,
    /// An existing file with this content gets `lmod` (needs write and delete).
    pub touch_existing: bool,
    /// Old clients may put folders into `name`.
    pub folders_in_name: bool,
}

/// The answer to a handshake.
#[derive(Clone, Debug)]
pub struct HandshakeReply {
    /// The name it has or will have, with the folders that were sent in front.
    pub name: Vec<u8>,
    /// The folder that chunks and later handshakes go to.
    pub folder: VPath,
    /// Bytes.
    pub size: u64,
    /// Modification time.
    pub lmod: UnixMillis,
    /// Hashes still needed, each once, in file order; empty = complete and safe.
    pub missing: Vec<ChunkHash>,
    /// Identity.
    pub wark: Wark,
    /// Chunks may come in any order.
    pub any_order: bool,
    /// Key of the complete file, if the volume has keys and the person may learn it.
    pub key: Option<String>,
}

/// Which chunks a body holds (spec/up2k.md 6).
#[derive(Clone, Debug)]
pub enum ChunkSelection {
    /// One chunk, or a piece of it from this offset within the chunk.
    One(ChunkHash, Option<u64>),
    /// Neighbours, named in full.
    Full(Vec<ChunkHash>),
    /// Neighbours: the first in full, the following by prefixes of equal length.
    Compact(ChunkHash, Vec<String>),
}

/// The right to send some chunks of one upload; dropped = released.
pub struct ChunkLease {}

impl ChunkLease {
    /// Receives the body. Returns when what it holds would survive the end of the program, and, if the file is
    /// complete now, the end of power.
    ///
    /// # Errors
    /// `ChunkCorrupt` (chunks before the damaged one stay accepted), `Interrupted`, `NoSpace`, `BodyTooLong`.
    pub async fn receive<S, E>(self, body: S) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Send,
        E: std::error::Error + Send + Sync + 'static,
    {
        let _ = body;
        unimplemented!()
    }
}

/// A checksum that a client wants of a whole body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ChecksumKind {
    Md5,
    Sha1,
    Sha256,
    #[default]
    Sha512,
    Blake2b,
    Blake2s,
    None,
}

/// How a file arrives whole (PUT, POST, forms; later FTP, WebDAV, TFTP).
#[derive(Clone, Debug)]
pub struct SinkRequest {
    /// The folder; made if missing.
    pub folder: VPath,
    /// The name; `None`: the server invents one (`put-...`).
    pub name: Option<Vec<u8>>,
    /// Bytes, if the client said so beforehand: rules are applied before any of them travels.
    pub size: Option<u64>,
    /// Modification time; `None`: now.
    pub lmod: Option<UnixMillis>,
    /// What happens if the name is taken.
    pub when_taken: WhenTaken,
    /// Append to the existing file instead (needs write and delete).
    pub append: bool,
    /// Seconds after which the file shall delete itself.
    pub lifetime_secs: Option<u64>,
    /// Characters of a random name, if one is wanted.
    pub random_name: Option<u32>,
    /// Which checksum to compute on the way.
    pub checksum: ChecksumKind,
}

/// A file that is complete and safe.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Where it is.
    pub path: VPath,
    /// Its final name.
    pub name: FileName,
    /// Bytes.
    pub size: u64,
    /// The checksum; empty for `None`.
    pub checksum: Vec<u8>,
    /// Modification time.
    pub lmod: UnixMillis,
    /// Key of the file, if the volume has keys and the person may learn it.
    pub key: Option<String>,
}

/// Takes a whole body; dropped = aborted, and no byte of it visible.
pub struct UploadSink {}

impl UploadSink {
    /// Takes the next bytes; waits if the disk is slower than the client.
    ///
    /// # Errors
    /// `NoSpace`, `SizeRule`, `Internal`.
    pub async fn push(&mut self, bytes: Bytes) -> Result<()> {
        let _ = bytes;
        unimplemented!()
    }
    /// Makes the file visible, and returns when it would survive the end of power.
    ///
    /// # Errors
    /// `NoSpace`, `SizeRule`, `NameTaken`, `Internal`.
    pub async fn finish(self) -> Result<Stored> {
        unimplemented!()
    }
}

/// An identical file that somebody asked for by its hashes.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Where.
    pub path: VPath,
    /// Bytes.
    pub size: u64,
    /// Modification time.
    pub modified: UnixMillis,
}

/// The service.
#[derive(Clone)]
pub struct Uploads {
    pub(crate) core: Arc<Core>,
}

impl Uploads {
    /// Hash list in, missing chunks out; idempotent (spec/up2k.md 8 is its decision table).
    ///
    /// # Errors
    /// Those of `admit`, `PartialElsewhere`, `DupeRefused`, `NameTaken`, `SourceBusy`, `BadRequest`.
    pub async fn handshake(&self, access: &Access, folder: &VPath, request: Handshake) -> Result<HandshakeReply> {
        let _ = (&self.core, access, folder, request);
        unimplemented!()
    }
    /// Claims chunks for one request; `length`: bytes of the body that follows.
    ///
    /// # Errors
    /// `Denied`, `UnknownWark`, `ChunkKnown`, `ChunkForeign`, `ChunkBusy`, `StitchPrefix`, `StitchGap`,
    /// `BodyTooLong`, `SubchunkOffset`, `OutOfOrder`.
    pub async fn claim(
        &self,
        access: &Access,
        folder: &VPath,
        wark: &Wark,
        wanted: ChunkSelection,
        length: u64,
    ) -> Result<ChunkLease> {
        let _ = (access, folder, wark, wanted, length);
        unimplemented!()
    }
    /// Starts a whole body.
    ///
    /// # Errors
    /// Those of `admit`: `Denied`, `NotAFolder`, `SizeRule`, `NoSpace`, ...
    pub async fn sink(&self, access: &Access, request: SinkRequest) -> Result<UploadSink> {
        let _ = (access, request);
        unimplemented!()
    }
    /// Identical files that the person may read, in all volumes.
    pub async fn find(&self, access: &Access, size: u64, hashes: &[ChunkHash]) -> Result<Vec<Hit>> {
        let _ = (access, size, hashes);
        unimplemented!()
    }
}
