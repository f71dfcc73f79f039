//! A download under way: announced at its start and end, and ended when what it gives is no longer offered.

use crate::access::Access;
use crate::core::Core;
use crate::events::BEAT;
use model::{Event, Operation, VPath, Verdict};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

/// Shared by all bodies of one request.
pub(crate) struct Transfer {
    core: Arc<Core>,
    access: Access,
    path: VPath,
    operation: Operation,
    /// `None`: nobody listened when it began.
    id: Option<u64>,
    done: AtomicU64,
    begun: Instant,
    /// Beats since then when progress was last told.
    told: AtomicU64,
    /// The snapshot that the permission was last compared with.
    generation: AtomicU64,
}

impl Transfer {
    pub(crate) fn start(
        core: Arc<Core>,
        access: Access,
        path: VPath,
        operation: Operation,
        size: Option<u64>,
    ) -> Arc<Self> {
        let id = core.events.is_heard().then(|| core.events.transfer_id());
        if let Some(id) = id {
            core.events.emit(Event::DownloadStarted {
                id,
                path: path.display(),
                size,
                account: access.account().clone(),
                address: access.client().address.to_string(),
            });
        }
        let generation = access.live().generation.into();
        Arc::new(Self {
            core,
            access,
            path,
            operation,
            id,
            done: AtomicU64::new(0),
            begun: Instant::now(),
            told: AtomicU64::new(0),
            generation,
        })
    }

    /// Counts bytes that are about to go out.
    ///
    /// # Errors
    /// The person may no longer have them: settings have changed since the start.
    pub(crate) fn count(&self, bytes: u64) -> io::Result<()> {
        self.tell(self.done.fetch_add(bytes, Ordering::Relaxed) + bytes);
        let live = self.core.live.load();
        if !self.core.links.still_lets(&self.access, &live) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the link that led here has ended"));
        }
        if live.generation == self.generation.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.generation.store(live.generation, Ordering::Relaxed);
        if self.is_still_offered(&live) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "this is no longer shared"))
    }

    /// Ready: nobody has paused it.
    pub(crate) fn poll_held(&self, cx: &Context<'_>) -> Poll<()> {
        self.id.map_or(Poll::Ready(()), |id| self.core.holds.poll(id, cx))
    }

    fn tell(&self, done: u64) {
        let Some(id) = self.id else { return };
        let beat = (self.begun.elapsed().as_millis() / BEAT.as_millis()) as u64;
        if self.told.swap(beat, Ordering::Relaxed) != beat {
            self.core.events.emit(Event::Progress { id, done });
        }
    }

    fn is_still_offered(&self, live: &crate::live::Live) -> bool {
        let Some(spot) = live.tree.spot(&self.path) else { return false };
        let same_folder =
            self.access.spot(&self.path).is_some_and(|old| Arc::ptr_eq(&old.volume.backing, &spot.volume.backing));
        let who = self.access.account();
        // A guest's rights come from an invitation or a link, not from settings; those end with the session.
        let rights = if self.access.rights.is_guest {
            self.access.at(&self.path)
        } else {
            spot.volume.config.rights(who, &live.settings.groups_of(who))
        };
        let verdict = model::decide(rights, self.operation, spot.volume.config.flags.file_keys);
        same_folder && verdict != Verdict::Deny
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.core.events.emit(Event::DownloadEnded { id, done: self.done.load(Ordering::Relaxed) });
        }
    }
}
