//! What is told of a whole body while it comes, so that a window shows it and nobody quits in its midst.
//!
//! It goes with the body: from its sink to whoever places the file, since placing goes on when the request has vanished,
//! and then a file has arrived.

use super::chunks::sender;
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::events::PROGRESS_INTERVAL;
use model::{Event, VPath};
use std::sync::Arc;
use tokio::time::Instant;

/// Bodies that are known to be no larger end at once, and only their end is told: many small files are worth no more.
const SILENT_MAX: u64 = 256 << 10;

/// What listeners know of a body. Dropped before its end: if they have heard of it, they are told that it failed.
pub(super) struct UploadProgress {
    core: Arc<Core>,
    access: Access,
    /// `None`: nobody has heard of it, or it has ended.
    running: Option<Running>,
}

struct Running {
    /// The number of the transfer.
    id: u64,
    /// When something was last told of it.
    told: Instant,
}

impl UploadProgress {
    /// Nothing is told yet.
    pub fn new(core: &Arc<Core>, access: &Access) -> Self {
        Self { core: core.clone(), access: access.clone(), running: None }
    }

    /// The body has begun, and will be `path` if nobody takes that name meanwhile. `size`: bytes, if its sender has said
    /// so; nothing is told if they are few.
    pub fn begin(&mut self, path: impl FnOnce() -> VPath, size: Option<u64>) {
        if size.is_some_and(|size| size <= SILENT_MAX) || !self.core.events.has_subscribers() {
            return;
        }
        let id = self.core.events.transfer_id();
        let (path, sender) = (path().display(), sender(&self.access));
        let (account, address) = (sender.account.public(), sender.address);
        self.core.events.emit(Event::UploadStarted { id, path, size, account, address });
        self.running = Some(Running { id, told: Instant::now() });
    }

    /// `done` bytes are here. Waits while somebody has paused it.
    pub async fn advance(&mut self, done: u64) {
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

    /// It will not arrive, and why.
    pub fn failed(&mut self, why: &EngineError) {
        self.fail(|| reason(why));
    }

    /// It has its name (where, and how many bytes) and is safe, or it was refused one.
    pub fn end(mut self, placed: Result<(&VPath, u64), &EngineError>) {
        match placed {
            Ok((path, size)) if self.core.events.has_subscribers() => {
                let id = self.running.take().map_or(0, |running| running.id);
                let (path, sender) = (path.display(), sender(&self.access));
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
        self.fail(|| reason(&EngineError::Interrupted));
    }
}

/// One plain sentence or two, for whoever looks after the server.
fn reason(why: &EngineError) -> String {
    let sentence = match why {
        EngineError::Interrupted => "It broke off before all of it was here. Nothing of it is kept.",
        EngineError::NoSpace { .. } => "The disk is full. Make room, then have it sent again.",
        EngineError::SpaceReserved { .. } => "Other uploads need the rest of the disk. Have it sent again later.",
        EngineError::SizeRule { too_big: true } => "It is larger than this folder takes.",
        EngineError::SizeRule { too_big: false } => "It is smaller than this folder takes.",
        EngineError::VolumeFull | EngineError::VolumeFileLimit => "The folder is as full as its settings allow.",
        EngineError::LinkFull { .. } => "The link that it came by takes no more.",
        EngineError::TooManyUploads | EngineError::TooMuchData => {
            "Its sender sent too much in a short time, and can go on later."
        }
        EngineError::Denied { .. } | EngineError::UnknownLink => "Its sender may no longer put files here.",
        EngineError::NameTaken(_) | EngineError::Exists(_) => "A file of that name is here already.",
        EngineError::Unavailable(_) => "Its folder is not there. Connect its disk, then have it sent again.",
        EngineError::ReadOnly(_) => "Nothing can be written to its folder.",
        EngineError::Internal { sentence, .. } => sentence,
        other => return format!("It could not be kept: {other}."),
    };
    sentence.to_owned()
}
