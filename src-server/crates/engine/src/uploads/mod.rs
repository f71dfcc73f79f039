//! Uploads: every file that arrives, by whatever door. All start in `admit` and end in `finish`.
//!
//! ```text
//! handshake ─► admit ─► known? dedup ───────────────────┐
//!     └─ new ─► registry ─► chunks ─► intake ─► last? ──┼─► finish ─► store::place ─► ledger ─► answer
//! sink (PUT, forms, other doors) ─► admit ─► partial ───┘
//! ```
//!
//! What never gets so far is taken back by its sender (`abandon`) or goes by itself (`sweep`).

mod abandon;
mod admit;
mod body_pipe;
mod body_writer;
mod checksum;
mod chunk_map;
mod chunk_writer;
mod chunks;
pub(crate) mod creation;
mod dedup;
mod fast_path;
mod finish;
pub(crate) mod growing_file;
mod handshake;
mod handshake_context;
mod links;
pub(crate) mod missing_files;
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
mod unfinished_limit;
mod unknown_links;
mod unverified;
mod upload_progress;
mod verify;
mod volume;

pub use chunks::ChunkLease;
pub(crate) use dedup::relative;
pub use my_uploads::OwnUpload;
#[cfg(test)]
pub(crate) use names::run_token;
pub(crate) use names::{mask_special_name, now};
pub use sink::UploadSink;
/// Where a connection lets large bodies be siphoned off.
pub use store::splice::SpliceHandle;
#[cfg(test)]
pub(crate) use sweep::remove_orphans;
pub use volume::VolumeUploads;
pub(crate) use volume::{KnownFile, check_states};

use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::files::condition::Condition;
use dedup::Source;
use model::chunking::ChunkPlan;
use model::{ChunkHash, FileName, OnConflict, Perm, UnixMillis, VPath, Wark};
use rules::Rates;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use store::hash::HashService;
use store::place::Placer;

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
    pub on_conflict: OnConflict,
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

/// A checksum of a whole body that its sender knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// How it is computed.
    pub kind: ChecksumKind,
    /// Its bytes.
    pub value: Vec<u8>,
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
    pub on_conflict: OnConflict,
    /// Append to the existing file instead (needs write and delete).
    pub append: bool,
    /// Seconds after which the file shall delete itself.
    pub lifetime_secs: Option<u64>,
    /// Characters of a random name, if one is wanted.
    pub random_name: Option<u32>,
    /// Which checksum to compute on the way.
    pub checksum: ChecksumKind,
    /// What the body must be; else nothing of it is stored.
    pub digests: Vec<Digest>,
    /// What the sender asks of what is there already.
    pub condition: Condition,
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

/// What uploads share over all volumes.
pub struct UploadState {
    /// Makes files visible and safe.
    pub(crate) placer: Placer,
    /// Hashes chunks of many uploads side by side.
    pub(crate) hasher: HashService,
    /// Who sent how much lately.
    rates: Rates,
    /// Whether the rounds of `sweep` run.
    sweeping: AtomicBool,
    /// How many bodies are under way.
    bodies: body_pipe::BodyCount,
    /// How many uploads are begun.
    unfinished_limit: unfinished_limit::UnfinishedLimit,
}

impl Default for UploadState {
    fn default() -> Self {
        Self {
            placer: Placer::default(),
            hasher: HashService::start(0),
            rates: Rates::default(),
            sweeping: AtomicBool::new(false),
            bodies: body_pipe::BodyCount::default(),
            unfinished_limit: unfinished_limit::UnfinishedLimit::default(),
        }
    }
}

impl Uploads {
    /// Identical files that the person may read, in all volumes.
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

/// Most files that one search by content answers with.
const HITS_MAX: u32 = 100;

fn search(access: &Access, wark: &Wark) -> Result<Vec<Hit>> {
    let mut hits = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        if !access.rights_anywhere_in(volume).has(Perm::Read) {
            continue;
        }
        let rows = volume.storage.uploads.ledger.files_with(wark, HITS_MAX);
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

/// Runs work that may read a whole file: outside the bound of short calls. A few at a time are enough to keep a disk
/// busy; the hash service bounds the processors.
async fn long<T: Send + 'static>(core: &Core, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
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
