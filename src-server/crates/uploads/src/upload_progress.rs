//! Events about a whole body while it is received, so that a window can show the transfer and warn before the program
//! quits.
//!
//! The value is passed from the sink to the code that places the file: placing goes on when the request has vanished,
//! and then a file has been received.

use super::core::Core;
use super::sender::Sender;
use model::{Event, VPath};
use std::sync::Arc;
use tokio::time::Instant;
use vfs::access::Access;
use vfs::error::{Conflict, Denial, EngineError, Gone, Interruption, NoSpace, Result, Rule, TooMany, UploadError};
use vfs::events::PROGRESS_INTERVAL;
use vfs::running_transfers::{RunningGuard, TransferStart};

/// Smaller bodies of known size emit no start or progress events, only the end: they end at once, and there may be many
/// of them.
const SILENT_MAX: u64 = 256 << 10;

/// Emits the events of one body. If dropped before its end, reports a failure if a start was reported.
pub(super) struct UploadProgress {
    core: Arc<Core>,
    access: Access,
    /// `None`: no start event was emitted, or the body has ended.
    running: Option<Running>,
    /// Its place in the list of transfers; `None`: it is small, or has ended.
    listed: Option<RunningGuard>,
}

struct Running {
    /// Number of the transfer.
    id: u64,
    /// Time of the last event.
    told: Instant,
}

impl UploadProgress {
    /// Emits nothing yet.
    pub fn new(core: &Arc<Core>, access: &Access) -> Self {
        Self { core: core.clone(), access: access.clone(), running: None, listed: None }
    }

    /// Reports that the body has started and will be stored at `path` if the name stays free. `size`: bytes, if the
    /// sender announced them; small bodies are not reported.
    pub fn begin(&mut self, path: impl FnOnce() -> VPath, size: Option<u64>) {
        if size.is_some_and(|size| size <= SILENT_MAX) {
            return;
        }
        let (path, sender) = (path(), Sender::of(&self.access));
        self.listed = self.core.running.begin(size, || {
            let (account, address) = (sender.account.clone(), sender.address.clone());
            TransferStart { path: path.clone(), is_upload: true, size, account, address }
        });
        if !self.core.events.has_subscribers() {
            return;
        }
        let id = self.core.events.transfer_id();
        let path = path.display();
        let (account, address) = (sender.account.public(), sender.address);
        self.core.events.emit(Event::UploadStarted { id, path, size, account, address });
        self.running = Some(Running { id, told: Instant::now() });
    }

    /// Reports that `done` bytes were received. Waits while the transfer is paused.
    pub async fn advance(&mut self, done: u64) {
        self.core.events.note_traffic();
        if let Some(listed) = &self.listed {
            listed.set_done(done);
        }
        if let Some(running) = &mut self.running
            && running.told.elapsed() >= PROGRESS_INTERVAL
        {
            running.told = Instant::now();
            self.core.events.emit(Event::Progress { id: running.id, done });
        }
        if let Some(running) = &self.running {
            self.core.paused_transfers.wait_resumed(running.id).await;
        }
    }

    /// Reports that the body failed, and why.
    pub fn failed(&mut self, why: &EngineError) {
        self.fail(|| reason(why));
    }

    /// Reports the end: the path and size of the durable file, or why it could not be placed.
    pub fn end(mut self, placed: Result<(&VPath, u64), &EngineError>) {
        self.listed = None;
        match placed {
            Ok((path, size)) if self.core.events.has_subscribers() => {
                let id = self.running.take().map_or(0, |running| running.id);
                let (path, sender) = (path.display(), Sender::of(&self.access));
                let (account, address) = (sender.account.public(), sender.address);
                self.core.events.emit(Event::UploadFinished { id, path, size, account, address });
            }
            Ok(_) => self.running = None,
            Err(why) => self.failed(why),
        }
    }

    fn fail(&mut self, reason: impl FnOnce() -> String) {
        if let Some(Running { id, .. }) = self.running.take() {
            self.core.events.emit(Event::TransferFailed { id, reason: reason() });
        }
    }
}

impl Drop for UploadProgress {
    fn drop(&mut self) {
        self.fail(|| reason(&EngineError::Interrupted(Interruption::Client)));
    }
}

/// Returns one or two plain sentences for the person who runs the server.
fn reason(why: &EngineError) -> String {
    let sentence = match why {
        EngineError::Interrupted(Interruption::Client) => "The upload was interrupted. Nothing was saved.",
        EngineError::NoSpace(NoSpace::Disk { .. }) => {
            "The disk is full. Free some space, then ask for it to be sent again."
        }
        EngineError::NoSpace(NoSpace::Reserved { .. }) => {
            "Other uploads need the rest of the disk. Ask for it to be sent again later."
        }
        EngineError::RuleBroken(Rule::Size { too_big: true, .. }) => "The file is larger than this folder allows.",
        EngineError::RuleBroken(Rule::Size { too_big: false, .. }) => "The file is smaller than this folder allows.",
        EngineError::NoSpace(NoSpace::VolumeBytes | NoSpace::VolumeFiles) => {
            "The folder has reached the limit in its settings."
        }
        EngineError::NoSpace(NoSpace::Link { .. }) => "The upload link has reached its limit.",
        EngineError::TooMany(TooMany::Files | TooMany::Bytes) => {
            "The sender uploaded too much in a short time and can continue later."
        }
        EngineError::Denied(Denial::Right { .. }) | EngineError::Gone(Gone::Link) => {
            "The sender may no longer upload here."
        }
        EngineError::Upload(UploadError::NameTaken(_)) | EngineError::Conflict(Conflict::Exists(_)) => {
            "There is already a file with this name."
        }
        EngineError::Gone(Gone::Folder(_)) => {
            "The folder is missing. Connect its disk, then ask for the file to be sent again."
        }
        EngineError::Denied(Denial::ReadOnly(_)) => "The folder is read-only.",
        EngineError::Internal { sentence, .. } => sentence,
        other => return format!("The file could not be saved: {other}."),
    };
    sentence.to_owned()
}
