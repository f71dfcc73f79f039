//! The unfinished uploads of one volume, in memory: state only, no I/O, and the rules for claiming chunks.
//!
//! ```text
//! Unverified ──verified──► Receiving ──last chunk──► Finishing ──durable──► removed (a row of the ledger)
//! (from the ledger)            ▲                         │
//!                              └─────────failed──────────┘
//! ```
//!
//! Lock order: only the lock of the link registry is taken below the registry's lock (to return reserved bytes). The
//! lock is held briefly, never across disk or database access or an await.

use super::numbered::OtherNames;
mod claims;

pub(super) use claims::ChunkIndex;

use super::quota::Allowance;
use super::unfinished_limit::UnfinishedPermit;
use model::{AccountName, ChunkHash, FileName, UnixMillis, Upload, VPath, Wark};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, Weak};
use store::partial::Partial;
use tokio::sync::watch;
use vfs::clock::now;
use vfs::error::{EngineError, Result};

/// Number of renames remembered for closing handshakes.
const RENAMES_MAX: usize = 10_000;

/// State of an upload.
pub(super) enum Stage {
    /// From an earlier run of the program. Before its chunks count, the partial file has to be found, and hashed if the
    /// machine was restarted since.
    Unverified {
        /// Boot id under which the chunks were written.
        boot: String,
    },
    /// Waiting for chunks.
    Receiving,
    /// All chunks are received; the file is being placed.
    Finishing(watch::Receiver<Option<Finished>>),
}

/// Result of finishing an upload.
pub(super) type Finished = Result<FinishedFile>;

/// A file that became visible.
#[derive(Clone, Debug)]
pub(super) struct FinishedFile {
    pub name: FileName,
}

/// An unfinished upload, with the state that exists only while the program runs.
pub(super) struct Unfinished {
    /// Number of its row in the ledger.
    pub id: i64,
    /// The upload as the ledger stores it. `have` is changed only by [`Unfinished::mark`] and similar methods, which
    /// keep `chunk_index` consistent.
    pub upload: Upload,
    /// Positions of its chunks in the file, and how many are received.
    pub chunk_index: ChunkIndex,
    /// The name that the client requested.
    pub asked_name: FileName,
    /// The name is random.
    pub random: bool,
    /// Kind of name to use if the name is taken when the upload is finished.
    pub other_names: OtherNames,
    /// Name of the partial file.
    pub partial_name: FileName,
    /// The partial file while a request or reader uses it: no handle is kept open between requests.
    pub partial: Weak<Partial>,
    /// Inode of the partial file that `upload.have` and `subchunks` describe; `None`: unknown. A file opened later
    /// under that name counts only if it has this inode (`chunk_writer::open_partial`), so that received bits never
    /// outlive their bytes.
    pub partial_ino: Option<u64>,
    /// Held while the partial file is created, so that two requests do not both create it.
    pub open_lock: Arc<Mutex<()>>,
    /// Chunks that a request is sending now.
    pub busy: HashSet<ChunkHash>,
    /// Chunks sent in subchunks: number of bytes received.
    pub subchunks: HashMap<ChunkHash, u64>,
    /// State of the upload.
    pub stage: Stage,
    /// Whether the ledger has a row for it.
    pub recorded: bool,
    /// Time of the last activity.
    pub touched: UnixMillis,
    /// Number of the transfer in events.
    pub transfer: u64,
    /// Space reserved for it.
    pub allowance: Allowance,
    /// Its share of the limits on unfinished uploads; `None`: from an earlier run of the program and not counted yet.
    pub permit: Option<UnfinishedPermit>,
    /// The file system that stores it, if it was determined; otherwise that of the volume's top folder.
    pub device: Option<u64>,
    /// The disk has allocated the whole partial file: further chunks need no more space.
    pub is_allocated: bool,
    /// Bytes received from the start without a gap, for readers of the growing file. Closed below the full size if the
    /// upload is dropped.
    pub arrived: watch::Sender<u64>,
}

/// Identity of a sender: account and address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sender {
    pub account: AccountName,
    pub address: String,
}

impl Sender {
    /// Returns whether `account` at `address` is this sender. Visitors without any other identity are distinguished by
    /// address.
    pub fn is(&self, account: &AccountName, address: &str) -> bool {
        self.account == *account && (!account.is_owned_by_address() || self.address == address)
    }
}

/// One chunk of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClaimedChunk {
    pub hash: ChunkHash,
    /// Bytes of the chunk.
    pub length: u64,
    /// All offsets of the chunk in the file; never empty.
    pub offsets: Vec<u64>,
}

/// A successful claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub id: i64,
    /// Number of the transfer in events.
    pub transfer: u64,
    /// In the order of the body.
    pub chunks: Vec<ClaimedChunk>,
    /// The body is a subchunk of the one chunk, at this offset in it.
    pub subchunk_at: Option<u64>,
}

/// The chunks of a body, after stitched forms were expanded.
pub(super) enum Wanted {
    Chunks(Vec<ChunkHash>),
    Subchunk(ChunkHash, u64),
}

#[derive(Default)]
pub(super) struct Registry {
    uploads: HashMap<i64, Unfinished>,
    by_wark: HashMap<Wark, Vec<i64>>,
    /// Names reserved by unfinished uploads.
    reserved: HashMap<(VPath, FileName), i64>,
    /// (content, folder, reserved name) -> the name the file got because the reserved one was taken at the end.
    renamed: HashMap<(Wark, VPath, FileName), FileName>,
    /// (content, folder, requested name) -> the name the file has, for senders who may not learn taken names.
    believed: HashMap<(Wark, VPath, FileName), FileName>,
    last_id: i64,
}

impl Registry {
    pub fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }
    /// Adds an upload and reserves its name.
    pub fn insert(&mut self, unfinished: Unfinished) {
        let (id, upload) = (unfinished.id, &unfinished.upload);
        self.last_id = self.last_id.max(id);
        self.by_wark.entry(upload.wark).or_default().push(id);
        self.reserved.insert((upload.folder.clone(), upload.name.clone()), id);
        self.uploads.insert(id, unfinished);
    }
    /// Removes an upload and releases its name.
    pub fn remove(&mut self, id: i64) -> Option<Unfinished> {
        let unfinished = self.uploads.remove(&id)?;
        let upload = &unfinished.upload;
        if let Some(ids) = self.by_wark.get_mut(&upload.wark) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_wark.remove(&upload.wark);
            }
        }
        let place = (upload.folder.clone(), upload.name.clone());
        if self.reserved.get(&place) == Some(&id) {
            self.reserved.remove(&place);
        }
        Some(unfinished)
    }
    pub fn get(&self, id: i64) -> Option<&Unfinished> {
        self.uploads.get(&id)
    }
    pub fn get_mut(&mut self, id: i64) -> Option<&mut Unfinished> {
        self.uploads.get_mut(&id)
    }
    /// Returns the sizes of the collections that grow with uploads: unfinished uploads, contents, reserved names,
    /// renames.
    #[cfg(test)]
    pub fn sizes(&self) -> [usize; 4] {
        let instead = self.renamed.len() + self.believed.len();
        [self.uploads.len(), self.by_wark.len(), self.reserved.len(), instead]
    }
    /// Acquires permits for uploads that have none.
    pub fn add_permits(&mut self, permit: impl Fn(&Unfinished) -> UnfinishedPermit) {
        for one in self.uploads.values_mut().filter(|one| one.permit.is_none()) {
            one.permit = Some(permit(one));
        }
    }
    pub fn all(&self) -> impl Iterator<Item = &Unfinished> {
        self.uploads.values()
    }
    /// Returns uploads of this content, oldest first.
    pub fn of(&self, wark: &Wark) -> impl Iterator<Item = &Unfinished> {
        self.by_wark.get(wark).into_iter().flatten().filter_map(|id| self.uploads.get(id))
    }
    /// Returns the upload that reserved this name.
    pub fn reserved_by(&self, folder: &VPath, name: &FileName) -> Option<&Unfinished> {
        self.reserved.get(&(folder.clone(), name.clone())).and_then(|id| self.uploads.get(id))
    }
    /// Records that a file got another name than the reserved one.
    pub fn record_rename(&mut self, wark: Wark, folder: VPath, reserved: FileName, got: FileName) {
        if self.renamed.len() >= RENAMES_MAX {
            self.renamed.clear();
        }
        self.renamed.insert((wark, folder, reserved), got);
    }
    /// Returns the name that a finished file got instead of `reserved`.
    pub fn name_instead(&self, wark: &Wark, folder: &VPath, reserved: &FileName) -> Option<FileName> {
        self.renamed.get(&(*wark, folder.clone(), reserved.clone())).cloned()
    }
    /// Records the name of the file that its sender believes to be called `asked`.
    pub fn record_believed(&mut self, wark: Wark, folder: VPath, asked: FileName, got: FileName) {
        if self.believed.len() >= RENAMES_MAX {
            self.believed.clear();
        }
        self.believed.insert((wark, folder, asked), got);
    }
    /// Returns the name of the finished file that its sender believes to be called `asked`.
    pub fn name_believed(&self, wark: &Wark, folder: &VPath, asked: &FileName) -> Option<FileName> {
        self.believed.get(&(*wark, folder.clone(), asked.clone())).cloned()
    }

    /// Claims chunks for a body of `length` bytes.
    pub fn claim(&mut self, id: i64, wanted: &Wanted, length: u64) -> Result<Claimed> {
        let unfinished = self.uploads.get_mut(&id).ok_or(EngineError::UnknownWark)?;
        match wanted {
            Wanted::Chunks(hashes) => unfinished.claim_chunks(hashes, length),
            Wanted::Subchunk(hash, at) => unfinished.claim_subchunk(hash, *at, length),
        }
    }
    /// Releases claimed chunks.
    pub fn release(&mut self, id: i64, chunks: &[ClaimedChunk]) {
        if let Some(unfinished) = self.uploads.get_mut(&id) {
            for chunk in chunks {
                unfinished.busy.remove(&chunk.hash);
            }
            unfinished.touched = now();
        }
    }
}

impl Unfinished {
    /// Returns a new upload without chunks or sender state. `upload` has the name that its sender requested.
    pub fn new(id: i64, upload: Upload, partial_name: FileName, stage: Stage) -> Self {
        Self {
            id,
            chunk_index: ChunkIndex::new(&upload),
            asked_name: upload.name.clone(),
            random: false,
            other_names: OtherNames::Marked,
            partial_name,
            partial: Weak::new(),
            partial_ino: None,
            open_lock: Arc::default(),
            busy: HashSet::new(),
            subchunks: HashMap::new(),
            stage,
            recorded: false,
            touched: upload.started,
            transfer: 0,
            allowance: Allowance::default(),
            permit: None,
            device: None,
            is_allocated: false,
            arrived: watch::channel(0).0,
            upload,
        }
    }

    /// Returns the path of the complete file, relative to the volume's top folder.
    pub fn path(&self) -> VPath {
        self.upload.folder.join(&self.upload.name)
    }

    /// Returns whether a chunk is being received or the upload is being finished.
    pub fn is_arriving(&self) -> bool {
        !self.busy.is_empty() || matches!(self.stage, Stage::Finishing(_))
    }

    /// Returns whether a request sends chunks of it or a reader downloads it now.
    pub fn is_in_use(&self) -> bool {
        self.is_arriving() || self.partial.strong_count() > 0
    }

    /// Returns whether a request is finishing it now.
    pub fn is_finishing(&self) -> bool {
        matches!(&self.stage, Stage::Finishing(end) if end.has_changed().is_ok())
    }
}

#[cfg(test)]
mod tests;
