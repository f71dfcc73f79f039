//! An unfinished upload.
//!
//! ```text
//! Unverified ──verified──► Receiving ──last chunk──► Finishing ──durable──► removed (a row of the ledger)
//! (from the ledger)            ▲                         │
//!                              └─────────failed──────────┘
//! ```

use super::append_turn::AppendTurn;
use super::chunk_index::ChunkIndex;
use crate::allowance::Allowance;
use crate::numbered::OtherNames;
use crate::sender::Sender;
use crate::unfinished_limit::UnfinishedPermit;
use model::{ChunkHash, FileName, UnixMillis, Upload, VPath, Wark};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, Weak};
use store::partial::Partial;
use tokio::sync::watch;
use vfs::error::Result;

/// State of an upload.
pub(crate) enum Stage {
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
pub(crate) type Finished = Result<FinishedFile>;

/// A file that became visible.
#[derive(Clone, Debug)]
pub(crate) struct FinishedFile {
    pub name: FileName,
}

/// An unfinished upload, with the state that exists only while the program runs.
pub(crate) struct Unfinished {
    /// Number of its row in the ledger.
    pub id: i64,
    /// The identity that a sequential upload had while its content was not known.
    pub began_as: Option<Wark>,
    /// The upload as the ledger stores it. `have` is changed only by [`Unfinished::mark`] and similar methods, which
    /// keep `chunk_index` consistent.
    pub upload: Upload,
    /// Positions of its chunks in the file, and how many are received.
    pub chunk_index: ChunkIndex,
    /// The name that the client requested.
    pub asked_name: FileName,
    /// The folder that the client requested. `upload.folder` differs from it after the folder was moved.
    pub asked_folder: VPath,
    /// The name is random.
    pub random: bool,
    /// Kind of name to use if the name is taken when the upload is finished.
    pub other_names: OtherNames,
    /// Name of the partial file.
    pub partial_name: FileName,
    /// The partial file while a request or reader uses it: no handle is kept open between requests.
    pub partial: Weak<Partial>,
    /// Inode of the partial file that `upload.have` and `subchunks` describe; `None`: unknown. A file opened later
    /// under that name counts only if it has this inode (`partial_file::open_partial`), so that received bits never
    /// outlive their bytes.
    pub partial_ino: Option<u64>,
    /// Held while the partial file is created, so that two requests do not both create it.
    pub open_lock: Arc<Mutex<()>>,
    /// Chunks that a request is sending now.
    pub busy: HashSet<ChunkHash>,
    /// Chunks sent in subchunks: number of bytes received.
    pub subchunks: HashMap<ChunkHash, u64>,
    /// Orders the requests that append to it (`sequential`).
    pub append_turn: Arc<AppendTurn>,
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

impl Unfinished {
    /// Returns a new upload without chunks or sender state. `upload` has the name that its sender requested.
    pub fn new(id: i64, upload: Upload, partial_name: FileName, stage: Stage) -> Self {
        Self {
            id,
            began_as: None,
            chunk_index: ChunkIndex::new(&upload),
            asked_name: upload.name.clone(),
            asked_folder: upload.folder.clone(),
            random: false,
            other_names: OtherNames::Marked,
            partial_name,
            partial: Weak::new(),
            partial_ino: None,
            open_lock: Arc::default(),
            busy: HashSet::new(),
            subchunks: HashMap::new(),
            append_turn: Arc::default(),
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

    /// Returns whether it has received nothing and is receiving nothing.
    pub fn is_only_announced(&self) -> bool {
        matches!(self.stage, Stage::Receiving)
            && !self.is_in_use()
            && self.subchunks.is_empty()
            && self.received_chunks() == 0
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

/// Returns one of several uploads of the same content: the sender's own, else the oldest if `can_read` allows it.
pub(crate) fn choose_upload<'a>(
    uploads: impl Iterator<Item = &'a Unfinished>,
    sender: &Sender,
    can_read: impl Fn(&Unfinished) -> bool,
) -> Option<&'a Unfinished> {
    let mut other = None;
    for unfinished in uploads {
        if sender.is(&unfinished.upload.account, &unfinished.upload.address) {
            return Some(unfinished);
        }
        other = other.or_else(|| can_read(unfinished).then_some(unfinished));
    }
    other
}
