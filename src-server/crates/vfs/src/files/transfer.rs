//! A download in progress. Announces its start and end as events, and ends it when its path is no longer shared.

use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::events::PROGRESS_INTERVAL;
use crate::running_transfers::{RunningGuard, TransferStart};
use crate::snapshot::Snapshot;
use model::{Event, Operation, VPath, Verdict};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

/// Shared by all bodies of one request.
pub struct Transfer {
    core: Arc<Core>,
    access: Access,
    path: VPath,
    operation: Operation,
    /// `None`: there were no event subscribers when it began.
    id: Option<u64>,
    done: AtomicU64,
    /// `None`: it is small.
    running: Option<RunningGuard>,
    begun: Instant,
    /// Number of the interval in which progress was last reported.
    reported: AtomicU64,
    /// Generation of the snapshot under which the permission was last checked.
    generation: AtomicU64,
}

impl Transfer {
    /// Announces the start of a download; dropping the result announces its end. `size`: bytes, if known.
    pub fn start(core: Arc<Core>, access: Access, path: VPath, operation: Operation, size: Option<u64>) -> Arc<Self> {
        let id = core.events.has_subscribers().then(|| core.events.transfer_id());
        if let Some(id) = id {
            core.events.emit(Event::DownloadStarted {
                id,
                path: path.display(),
                size,
                account: access.account().clone(),
                address: access.client().address.to_string(),
            });
        }
        let running = core.running.begin(size, || TransferStart {
            path: path.clone(),
            is_upload: false,
            size,
            account: access.owner().clone(),
            address: access.client().address.to_string(),
        });
        let generation = access.snapshot().generation.into();
        Arc::new(Self {
            core,
            access,
            path,
            operation,
            id,
            done: AtomicU64::new(0),
            running,
            begun: Instant::now(),
            reported: AtomicU64::new(0),
            generation,
        })
    }

    /// Counts bytes that are about to be sent.
    ///
    /// # Errors
    /// `PermissionDenied`: settings have changed and the account may no longer read the path, or its link has ended.
    pub fn count(&self, bytes: u64) -> io::Result<()> {
        self.core.events.note_traffic();
        self.report_progress(self.done.fetch_add(bytes, Ordering::Relaxed) + bytes);
        let snapshot = self.core.snapshot.load();
        if !self.core.grants.still_holds(&self.access, &snapshot) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the share link has ended"));
        }
        if snapshot.generation == self.generation.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.generation.store(snapshot.generation, Ordering::Relaxed);
        if is_still_offered(&self.access, &snapshot, &self.path, self.operation) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "this is no longer shared"))
    }

    /// Ready unless the transfer is paused.
    pub fn poll_resumed(&self, cx: &Context<'_>) -> Poll<()> {
        self.id.map_or(Poll::Ready(()), |id| self.core.paused_transfers.poll_resumed(id, cx))
    }

    fn report_progress(&self, done: u64) {
        if let Some(running) = &self.running {
            running.set_done(done);
        }
        let Some(id) = self.id else { return };
        let beat = (self.begun.elapsed().as_millis() / PROGRESS_INTERVAL.as_millis()) as u64;
        if self.reported.swap(beat, Ordering::Relaxed) != beat {
            self.core.events.emit(Event::Progress { id, done });
        }
    }
}

/// Checks again whether an operation is allowed before its result becomes visible: the share link or the right may have
/// ended since the request began, or the folder may no longer be shared. `path` is called only if the settings have
/// changed.
///
/// # Errors
/// `Denied`; those of `path`.
pub fn recheck_access(
    core: &Core,
    access: &Access,
    operation: Operation,
    path: impl FnOnce() -> Result<VPath>,
) -> Result<()> {
    let snapshot = core.snapshot.load();
    let still_holds = core.grants.still_holds(access, &snapshot);
    if still_holds && snapshot.generation == access.snapshot().generation {
        return Ok(());
    }
    let path = path()?;
    let is_allowed = still_holds && is_still_offered(access, &snapshot, &path, operation);
    if is_allowed { Ok(()) } else { Err(EngineError::denied(&path, "write")) }
}

fn is_still_offered(access: &Access, snapshot: &Snapshot, path: &VPath, operation: Operation) -> bool {
    let Some(volume_path) = snapshot.tree.volume_path(path) else { return false };
    let same_folder =
        access.volume_path(path).is_some_and(|old| Arc::ptr_eq(&old.volume.storage, &volume_path.volume.storage));
    let who = access.account();
    // A guest's rights come from an invitation or a link, not from settings; they end with the session.
    let rights = if access.rights().is_guest {
        access.rights_at(path)
    } else {
        volume_path.volume.config.rights(who, &snapshot.settings.groups_of(who))
    };
    let verdict = model::decide(rights, operation, volume_path.volume.config.flags.file_keys);
    same_folder && verdict != Verdict::Deny
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.core.events.emit(Event::DownloadEnded { id, done: self.done.load(Ordering::Relaxed) });
        }
    }
}
