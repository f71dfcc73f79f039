//! The upload service through its public API: handshakes, chunks, whole bodies, on real folders.

mod abandon;
mod announcements;
mod basics;
mod body_dedup;
mod changes;
mod client_locks;
mod conditional;
mod conditions;
mod crashes;
mod fast_path;
mod fault_points;
mod faults;
mod growing_file;
mod links;
mod moved_links;
mod my_uploads;
mod numbered;
mod rules;
mod running_requests;
mod schedules;
mod sequential;
mod sinks;
mod soak;
mod speed;
mod trash;

use crate::testing::{Site, uploads_at};
use crate::volume::uploads_of;
use crate::{ChecksumKind, ChunkSelection, Handshake, HandshakeReply, SinkRequest, Stored, UploadSink, Uploads};
use bytes::Bytes;
use futures_util::stream;
use model::chunking::{ChunkPlan, Generation};
use model::{ChunkHash, FileName, OnConflict, UnixMillis, VPath, Wark};
use sha2::{Digest, Sha512};
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use vfs::access::Access;
use vfs::error::{EngineError, NoSpace, Result};
use vfs::files::condition::Condition;
use vfs::testing::vpath;

/// Returns `size` pseudo-random bytes.
pub(super) fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// A file as its client sees it.
#[derive(Clone)]
pub(super) struct Sent {
    pub content: Bytes,
    pub plan: ChunkPlan,
    pub hashes: Vec<ChunkHash>,
}

impl Sent {
    pub fn new(content: impl Into<Bytes>) -> Self {
        let content = content.into();
        let plan = ChunkPlan::new(model::Bytes(content.len() as u64), Generation::G2);
        let part = |index| {
            let range = plan.range(index);
            ChunkHash::from_sha512(&Sha512::digest(&content[range.start as usize..range.end as usize]).into())
        };
        let hashes = plan.indices().map(part).collect();
        Self { content, plan, hashes }
    }
    pub fn noise(seed: u64, size: usize) -> Self {
        Self::new(noise(seed, size))
    }
    pub fn chunk(&self, hash: &ChunkHash) -> Bytes {
        let at = self.hashes.iter().position(|other| other == hash).expect("a chunk of this file");
        let range = self.plan.range(self.plan.index(at).expect("in range"));
        self.content.slice(range.start as usize..range.end as usize)
    }
    pub fn ask(&self, name: &str) -> Handshake {
        Handshake {
            name: name.as_bytes().to_vec(),
            size: self.content.len() as u64,
            lmod: Some(UnixMillis::from_secs(1_700_000_000)),
            hashes: self.hashes.clone(),
            on_conflict: OnConflict::Rename,
            lifetime_secs: None,
            random_name: false,
            touch_existing: false,
            folders_in_name: false,
        }
    }
}

/// A client with an account.
pub(super) struct Person {
    pub uploads: Uploads,
    pub access: Access,
}

impl Person {
    pub fn new(site: &Site, name: &str) -> Self {
        Self { uploads: uploads_at(site), access: site.access(name) }
    }
    pub async fn ask(&self, folder: &str, request: Handshake) -> Result<HandshakeReply> {
        self.uploads.handshake(&self.access, &vpath(folder), request).await
    }
    pub async fn send(&self, folder: &str, wark: &Wark, selection: ChunkSelection, body: Bytes) -> Result<()> {
        let length = body.len() as u64;
        self.uploads.claim(&self.access, &vpath(folder), wark, selection, length).await?.receive(in_pieces(body)).await
    }
    pub async fn send_chunk(&self, folder: &str, wark: &Wark, sent: &Sent, hash: &ChunkHash) -> Result<()> {
        self.send(folder, wark, ChunkSelection::One(*hash, None), sent.chunk(hash)).await
    }
    /// Uploads the whole file; returns the reply to the closing handshake.
    pub async fn upload(&self, folder: &str, name: &str, sent: &Sent) -> Result<HandshakeReply> {
        self.upload_as(folder, sent, sent.ask(name)).await
    }
    pub async fn upload_as(&self, folder: &str, sent: &Sent, mut request: Handshake) -> Result<HandshakeReply> {
        let reply = self.ask(folder, request.clone()).await?;
        for hash in &reply.missing {
            self.send_chunk(folder, &reply.wark, sent, hash).await?;
        }
        if reply.missing.is_empty() {
            return Ok(reply);
        }
        request.name = reply.name;
        self.ask(folder, request).await
    }
}

/// Splits a body into pieces, as hyper yields it.
pub(super) fn in_pieces(
    body: Bytes,
) -> impl futures_util::Stream<Item = std::result::Result<Bytes, Infallible>> + Send {
    let pieces: Vec<_> =
        (0..body.len()).step_by(100_000).map(|at| Ok(body.slice(at..body.len().min(at + 100_000)))).collect();
    stream::iter(pieces)
}

/// A body whose connection breaks at `at`.
pub(super) fn cut(
    body: Bytes,
    at: usize,
) -> impl futures_util::Stream<Item = std::result::Result<Bytes, std::io::Error>> + Send {
    stream::iter([Ok(body.slice(..at)), Err(std::io::ErrorKind::ConnectionReset.into())])
}

/// Returns the sorted names in a folder of the host, without reserved ones.
pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let all = all_in(folder);
    all.into_iter().filter(|name| !store::disk::reserved::is_reserved(name.as_bytes())).collect()
}

pub(super) fn all_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("lists");
    let mut names: Vec<_> = entries.map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Returns the kind of an error, for comparisons.
pub(super) fn kind<T: std::fmt::Debug>(answer: Result<T>) -> String {
    vfs::testing::error_name(&answer.expect_err("fails"))
}

/// Returns the same folders after a restart of the program.
pub(super) fn restarted(site: Site) -> Site {
    site.restarted()
}

/// Deletes expired files and drops idle uploads, as the periodic jobs do.
pub(super) fn sweep_all(storage: &vfs::volumes::storage::VolumeStorage, now: UnixMillis, idle: std::time::Duration) {
    crate::cleanup::expire_files(storage, now);
    crate::cleanup::drop_idle_uploads(storage, now, idle);
}
