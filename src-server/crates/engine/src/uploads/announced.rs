//! What is told of a whole body while it comes, so that a window shows it and nobody quits in its midst.

use super::SinkRequest;
use super::chunks::sender;
use super::names::{self, Prefix};
use crate::access::Access;
use crate::core::Core;
use model::Event;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often progress is told at most.
const BEAT: Duration = Duration::from_millis(250);

/// A transfer that was announced. Dropped before its end: it failed.
pub(super) struct Announced {
    core: Arc<Core>,
    /// 0: it has ended.
    id: u64,
    told: Instant,
}

impl Announced {
    /// Announces a body.
    pub(super) fn begin(core: &Arc<Core>, access: &Access, request: &SinkRequest) -> Self {
        let id = core.events.transfer_id();
        // The name that it gets may be another one; the end tells it.
        let name = request.name.as_ref().and_then(|name| names::treat(name, Prefix::Refused).ok());
        let path = name.map_or_else(|| request.folder.clone(), |(_, name)| request.folder.join(&name));
        let sender = sender(access);
        core.events.emit(Event::UploadStarted {
            id,
            path: path.display(),
            size: request.size,
            account: sender.account,
            address: sender.address,
        });
        Self { core: core.clone(), id, told: Instant::now() }
    }

    /// So many bytes have come.
    pub(super) fn moved(&mut self, done: u64) {
        if self.told.elapsed() >= BEAT && self.core.events.is_heard() {
            self.told = Instant::now();
            self.core.events.emit(Event::Progress { id: self.id, done });
        }
    }

    /// It is whole and safe; whoever tells so uses this number.
    pub(super) fn end(mut self) -> u64 {
        std::mem::take(&mut self.id)
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        if self.id != 0 {
            let reason = "It ended before the whole file was here; nothing of it is kept.".into();
            self.core.events.emit(Event::TransferFailed { id: self.id, reason });
        }
    }
}
