//! Uploads: every file that arrives, over any protocol. Each upload starts in `admit` and ends in `finish`.
//!
//! ```text
//! handshake ─► admit ─► content known? dedup ──────────────────┐
//!     └─ new ─► registry ─► chunks ─► chunk_writer ─► last? ───┼─► finish ─► store::place ─► ledger ─► reply
//! sink (PUT, forms, other protocols) ─► admit ─► body_writer ──┘
//! ```
//!
//! An upload that is never completed is canceled by its sender (`abandon`) or removed after a time (`sweep`).
#![warn(missing_docs)]

mod abandon;
mod admit;
mod body_pipe;
mod body_writer;
mod checksum;
mod chunk_map;
mod chunk_source;
mod chunk_writer;
mod chunks;
mod claim_guard;
mod core;
mod creation;
mod dedup;
mod extension;
mod fast_path;
mod finish;
mod growing_file;
mod handshake;
mod handshake_context;
mod links;
mod missing_files;
mod my_uploads;
mod names;
mod naming;
mod numbered;
mod quota;
mod readback_hasher;
mod registry;
mod rules;
mod sink;
mod space_reservations;
mod spliced;
mod sweep;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod unfinished_limit;
mod unknown_links;
mod unverified;
mod upload_progress;
mod verify;
mod volume;

pub use checksum::{ChecksumKind, Digest};
pub use chunks::ChunkLease;
pub use extension::UploadService;
pub use my_uploads::OwnUpload;
pub use sink::UploadSink;
/// Lets the engine splice large bodies from a connection into the file.
pub use store::splice::SpliceHandle;
pub use sweep::{Clock, WeakUploads};
pub use volume::VolumeUploads;
pub(crate) use volume::uploads_of;

use crate::core::Core;
use dedup::Source;
use model::chunking::ChunkPlan;
use model::{ChunkHash, FileName, OnConflict, Perm, UnixMillis, VPath, Wark};
use rules::Rates;
use std::sync::Arc;
use store::hash::HashService;
use store::place::Placer;
use vfs::access::Access;
use vfs::error::{EngineError, Result};
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
    /// Bytes, if the client announced them: the volume's rules are then applied before any byte travels.
    pub size: Option<u64>,
    /// Modification time; `None`: the current time.
    pub lmod: Option<UnixMillis>,
    /// What happens if the name is taken.
    pub on_conflict: OnConflict,
    /// Append to the existing file (needs write and delete).
    pub append: bool,
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

/// The upload service.
#[derive(Clone)]
pub struct Uploads {
    core: Arc<Core>,
}

/// State shared by the uploads of all volumes.
pub struct UploadState {
    /// Makes files visible and durable.
    pub(crate) placer: Placer,
    /// Hashes chunks of many uploads in parallel.
    pub(crate) hasher: HashService,
    /// Recent uploads per address, for rate limits.
    rates: Rates,
    /// Number of bodies that are being received.
    bodies: body_pipe::BodyCount,
    /// Limits on unfinished uploads.
    unfinished_limit: unfinished_limit::UnfinishedLimit,
}

impl Default for UploadState {
    fn default() -> Self {
        Self {
            placer: Placer::default(),
            hasher: HashService::start(0),
            rates: Rates::default(),
            bodies: body_pipe::BodyCount::default(),
            unfinished_limit: unfinished_limit::UnfinishedLimit::default(),
        }
    }
}

impl Uploads {
    /// Over the volumes and the pool of `vfs`, which were opened with [`UploadService`] and the same `upload_state`.
    pub fn new(vfs: Arc<vfs::core::Core>, upload_state: Arc<UploadState>) -> Self {
        Self { core: Arc::new(Core { vfs, upload_state }) }
    }

    /// Returns files with this content that the account may read, in all volumes.
    ///
    /// # Errors
    /// `BadRequest` if the number of hashes does not fit the size; `Internal`.
    pub async fn find(&self, access: &Access, size: u64, hashes: &[ChunkHash]) -> Result<Vec<Hit>> {
        if ChunkPlan::for_count(model::Bytes(size), hashes.len()).is_none() {
            return Err(EngineError::BadRequest("The number of chunk hashes does not fit the size.".into()));
        }
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let salt = &access.snapshot().settings.behaviour.wark_salt;
        let wark = Wark::of_content(salt, model::Bytes(size), hashes);
        let access = access.clone();
        self.core.pool.try_run(move || search(&access, &wark)).await
    }
}

/// Maximum number of files that a search by content returns.
const HITS_MAX: u32 = 100;

fn search(access: &Access, wark: &Wark) -> Result<Vec<Hit>> {
    let mut hits = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        if !access.rights_anywhere_in(volume).has(Perm::Read) {
            continue;
        }
        let rows = uploads_of(&volume.storage).ledger.files_with(wark, HITS_MAX);
        for row in rows.map_err(|error| volume::ledger_error(error, &volume.config.mount))? {
            let mut source = Source { volume: volume.clone(), row, open: None };
            if let Some(located) = source.open(access) {
                let (size, modified) = (located.node.meta.size, located.node.meta.mtime());
                hits.push(Hit { path: source.path(), size, modified });
            }
        }
    }
    Ok(hits)
}

/// Runs work that may read a whole file, outside the limit for short blocking calls. A few at a time are enough to keep
/// a disk busy; the hash service limits the processors.
async fn run_long<T: Send + 'static>(core: &Core, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (answer, outcome) = tokio::sync::oneshot::channel();
    let running = core.pool.spawn_streaming(move || {
        let _gone = answer.send(work());
    });
    match outcome.await {
        Ok(value) => Ok(value),
        Err(_) => match running.await {
            Err(error) => Err(EngineError::internal("Something went wrong inside the server.", error)),
            Ok(()) => Err(EngineError::Busy),
        },
    }
}

#[cfg(test)]
mod tests;
