//! The unfinished uploads of one volume, in memory: pure state and the rules of claiming chunks.
//!
//! ```text
//! Unverified ──looked at──► Receiving ──last chunk──► Finishing ──safe──► gone (a row of the ledger)
//! (from the ledger)          ▲                         │
//!                            └────────failed───────────┘
//! ```
//!
//! Lock order: below the registry's lock is only that of the links' book (room that is given back). It is held for
//! moments, never across disk, database or an await.

use super::numbered::OtherNames;
mod claims;

pub(super) use claims::ChunkIndex;

use super::names::now;
use super::quota::Allowance;
use super::unfinished_limit::UnfinishedPermit;
use crate::error::{EngineError, Result};
use model::{AccountName, ChunkHash, FileName, UnixMillis, Upload, VPath, Wark};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, Weak};
use store::partial::Partial;
use tokio::sync::watch;

/// Renames remembered for closing handshakes.
const RENAMES_MAX: usize = 10_000;

/// How far an upload is.
pub(super) enum Stage {
    /// From before this start of the program: look whether the partial file is there, and if the machine was started
    /// again since, hash it, before its chunks count.
    Unverified {
        /// The boot in which the chunks were written.
        boot: String,
    },
    /// Waiting for chunks.
    Receiving,
    /// All is here, and being made visible and safe.
    Finishing(watch::Receiver<Option<Finished>>),
}

/// How finishing ended.
pub(super) type Finished = Result<FinishedFile>;

/// A file that became visible.
#[derive(Clone, Debug)]
pub(super) struct FinishedFile {
    pub name: FileName,
}

/// An upload with what is only known while the program runs.
pub(super) struct Unfinished {
    /// Number of its row in the ledger.
    pub id: i64,
    /// What is known of it. `have` is changed only by [`Unfinished::mark`] and its like, which keep `tracked` true.
    pub upload: Upload,
    /// Where its chunks are, and how many are here.
    pub chunk_index: ChunkIndex,
    /// The name that the client asked for.
    pub asked_name: FileName,
    /// The name was invented.
    pub random: bool,
    /// What other name it gets, if the name is taken at its end.
    pub other_names: OtherNames,
    /// Name of the partial file.
    pub partial_name: FileName,
    /// The partial file, while somebody works on it: no handle is kept open between requests.
    pub partial: Weak<Partial>,
    /// Inode of the partial file that `upload.have` and `pieces` speak of; `None`: not known. A file that is opened later
    /// under that name counts only if it is this one (`chunk_writer::open_partial`), so bits never outlive their bytes.
    pub partial_ino: Option<u64>,
    /// Keeps two requests from making the partial file at the same time.
    pub open_lock: Arc<Mutex<()>>,
    /// Chunks that a request is sending now.
    pub busy: HashSet<ChunkHash>,
    /// Chunks that come in pieces: how many bytes are here.
    pub subchunks: HashMap<ChunkHash, u64>,
    /// See there.
    pub stage: Stage,
    /// Whether the ledger knows it.
    pub recorded: bool,
    /// When something last happened to it.
    pub touched: UnixMillis,
    /// Number of the transfer in events.
    pub transfer: u64,
    /// Room for it.
    pub allowance: Allowance,
    /// Its share of what may be begun; `None`: from before this start of the program, and not counted yet.
    pub permit: Option<UnfinishedPermit>,
    /// The file system that it goes to, where that was asked for; else that of the volume's top folder.
    pub device: Option<u64>,
    /// The disk has set room aside for the whole partial file: nothing that comes takes any more.
    pub is_allocated: bool,
    /// Bytes from the start that are here without a gap; for those who read along. Closed with less than all: given up.
    pub arrived: watch::Sender<u64>,
}

/// Who asks, as far as uploads know people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sender {
    pub account: AccountName,
    pub address: String,
}

impl Sender {
    /// Whether something that `account` sent from `address` is theirs. Visitors that nothing else tells apart are told
    /// apart by address.
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
    /// All places it goes to, as offsets in the file; never empty.
    pub offsets: Vec<u64>,
}

/// What was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub id: i64,
    /// Number of the transfer in events.
    pub transfer: u64,
    /// In the order of the body.
    pub chunks: Vec<ClaimedChunk>,
    /// The body is a piece of the one part, at this offset of it.
    pub subchunk_at: Option<u64>,
}

/// Which chunks a body holds, after the stitched forms were understood.
pub(super) enum Wanted {
    Chunks(Vec<ChunkHash>),
    Subchunk(ChunkHash, u64),
}

#[derive(Default)]
pub(super) struct Registry {
    uploads: HashMap<i64, Unfinished>,
    by_wark: HashMap<Wark, Vec<i64>>,
    /// Names that were promised.
    reserved: HashMap<(VPath, FileName), i64>,
    /// (content, folder, promised name) -> the name it got, where it was found taken at the end.
    renamed: HashMap<(Wark, VPath, FileName), FileName>,
    /// (content, folder, asked name) -> the name it has, for senders who are not told of taken names.
    believed: HashMap<(Wark, VPath, FileName), FileName>,
    last_id: i64,
}

impl Registry {
    pub fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }
    /// Takes an upload in; its name is reserved.
    pub fn insert(&mut self, unfinished: Unfinished) {
        let (id, upload) = (unfinished.id, &unfinished.upload);
        self.last_id = self.last_id.max(id);
        self.by_wark.entry(upload.wark).or_default().push(id);
        self.reserved.insert((upload.folder.clone(), upload.name.clone()), id);
        self.uploads.insert(id, unfinished);
    }
    /// Takes it out.
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
    /// Entries of what grows with uploads: unfinished ones, their contents, reserved names, names that were given instead.
    #[cfg(test)]
    pub fn sizes(&self) -> [usize; 4] {
        let instead = self.renamed.len() + self.believed.len();
        [self.uploads.len(), self.by_wark.len(), self.reserved.len(), instead]
    }
    /// Counts those that are not counted yet.
    pub fn add_permits(&mut self, permit: impl Fn(&Unfinished) -> UnfinishedPermit) {
        for one in self.uploads.values_mut().filter(|one| one.permit.is_none()) {
            one.permit = Some(permit(one));
        }
    }
    pub fn all(&self) -> impl Iterator<Item = &Unfinished> {
        self.uploads.values()
    }
    /// Uploads of this content, oldest first.
    pub fn of(&self, wark: &Wark) -> impl Iterator<Item = &Unfinished> {
        self.by_wark.get(wark).into_iter().flatten().filter_map(|id| self.uploads.get(id))
    }
    /// The upload that was promised this name.
    pub fn reserved_by(&self, folder: &VPath, name: &FileName) -> Option<&Unfinished> {
        self.reserved.get(&(folder.clone(), name.clone())).and_then(|id| self.uploads.get(id))
    }
    /// Remembers that a file got another name than was promised.
    pub fn record_rename(&mut self, wark: Wark, folder: VPath, reserved: FileName, got: FileName) {
        if self.renamed.len() >= RENAMES_MAX {
            self.renamed.clear();
        }
        self.renamed.insert((wark, folder, reserved), got);
    }
    /// The name that a finished file got instead of `promised`.
    pub fn name_instead(&self, wark: &Wark, folder: &VPath, reserved: &FileName) -> Option<FileName> {
        self.renamed.get(&(*wark, folder.clone(), reserved.clone())).cloned()
    }
    /// Remembers which file it is that its sender believes to be called `asked`.
    pub fn record_believed(&mut self, wark: Wark, folder: VPath, asked: FileName, got: FileName) {
        if self.believed.len() >= RENAMES_MAX {
            self.believed.clear();
        }
        self.believed.insert((wark, folder, asked), got);
    }
    /// The name of the finished file that its sender believes to be called `asked`.
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
    /// Gives claimed chunks back.
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
    /// An upload that nothing is known of but this. `upload` has the name that its sender asked for.
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

    /// Where it will be, below the volume's top.
    pub fn path(&self) -> VPath {
        self.upload.folder.join(&self.upload.name)
    }

    /// Whether something of it arrives just now, or it is being finished.
    pub fn is_arriving(&self) -> bool {
        !self.busy.is_empty() || matches!(self.stage, Stage::Finishing(_))
    }

    /// Whether somebody has it in hand just now: to bring something of it, or to read along.
    pub fn is_in_use(&self) -> bool {
        self.is_arriving() || self.partial.strong_count() > 0
    }

    /// Whether a request is finishing it just now.
    pub fn is_finishing(&self) -> bool {
        matches!(&self.stage, Stage::Finishing(end) if end.has_changed().is_ok())
    }
}

#[cfg(test)]
mod tests;
