//! The body of an archive, and the pool tasks that produce it ahead of its client.

use super::production::{Production, Step};
use bytes::Bytes;
use futures_util::Stream;
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vfs::blocking_pool::BlockingPool;
use vfs::budget::Reservation;
use vfs::files::read::BodyStream;
use vfs::files::transfer::Transfer;

/// Bytes buffered ahead of a client, approximately: production pauses above this and resumes at half of it.
const BUFFERED: usize = 512 << 10;
/// Bytes buffered ahead of a client that has read more than the buffers of a connection hold, and so is known to read.
const BUFFERED_FAST_READER: usize = 1 << 20;
/// Most bytes that those buffers hold.
const CONNECTION_BUFFERS: u64 = 8 << 20;
/// Bytes produced per slot; then the slot goes to another archive that waits for one.
const BYTES_PER_SLOT: usize = 64 << 20;

/// Returns the body of `production`. `slots`: limits how many archives are produced at the same moment.
pub(super) fn body(
    production: Production,
    pool: BlockingPool,
    slots: Arc<Semaphore>,
    transfer: Arc<Transfer>,
    reservations: [Reservation; 3],
) -> BodyStream {
    let queue = Arc::new(Mutex::new(OutputQueue::new(production)));
    Box::pin(Body { queue, pool, slots, waiting: None, taken: 0, transfer, _reservations: reservations })
}

/// State shared by the body and the pool task.
struct OutputQueue {
    /// Output that was not read yet.
    pieces: VecDeque<Bytes>,
    /// Bytes in `pieces`.
    bytes: usize,
    /// Bytes at which production pauses.
    limit: usize,
    /// The archive, while no task produces it and it has not ended.
    paused: Option<Production>,
    /// The end of the archive, also if nothing more will be read; the body takes the error.
    end: Option<io::Result<()>>,
    /// Wakes the body if it waits for a piece.
    body: Option<Waker>,
}

impl OutputQueue {
    fn new(production: Production) -> Self {
        let (pieces, paused) = (VecDeque::new(), Some(production));
        Self { pieces, bytes: 0, limit: BUFFERED, paused, end: None, body: None }
    }

    /// Adds output. Returns the archive if the task should continue.
    fn add(&mut self, production: Production, made: io::Result<Step>, is_slot_over: bool) -> Option<Production> {
        if self.end.is_some() {
            return None;
        }
        match made {
            Ok(step) => {
                self.bytes += step.pieces.iter().map(Bytes::len).sum::<usize>();
                self.pieces.extend(step.pieces);
                if step.is_last {
                    self.end = Some(Ok(()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "an archive could not be completed");
                self.end = Some(Err(error));
            }
        }
        if self.end.is_some() {
            return None;
        }
        if is_slot_over || self.bytes >= self.limit {
            self.paused = Some(production);
            return None;
        }
        Some(production)
    }

    /// Removes the next piece.
    fn take(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.bytes -= piece.len();
        Some(piece)
    }

    /// Discards the output: nothing more will be read.
    fn abandon(&mut self) {
        self.pieces.clear();
        self.paused = None;
        self.end.get_or_insert(Ok(()));
    }

    /// Whether production should resume.
    fn wants_more(&self) -> bool {
        self.paused.is_some() && self.bytes <= self.limit / 2
    }
}

/// A pool task that produces output until enough is buffered, or its slot is over.
struct ProducerTask {
    queue: Arc<Mutex<OutputQueue>>,
    production: Option<Production>,
    /// Whether the archive was put back into the queue, or has ended.
    is_done: bool,
    _slot: OwnedSemaphorePermit,
}

impl ProducerTask {
    fn run(mut self) {
        let mut made_in_slot = 0;
        while let Some(mut production) = self.production.take() {
            let made = production.step();
            made_in_slot += made.as_ref().map_or(0, |step| step.pieces.iter().map(Bytes::len).sum());
            let mut state = self.queue.lock();
            self.production = state.add(production, made, made_in_slot >= BYTES_PER_SLOT);
            self.is_done = self.production.is_none();
            wake(state);
        }
    }
}

impl Drop for ProducerTask {
    /// Ends the archive if the task panicked or was dropped before it ran.
    fn drop(&mut self) {
        if !self.is_done {
            let mut state = self.queue.lock();
            state.end = Some(Err(io::Error::other("the archive could not be completed")));
            wake(state);
        }
    }
}

/// Wakes the waiting body.
fn wake(mut state: MutexGuard<'_, OutputQueue>) {
    let body = state.body.take();
    drop(state);
    if let Some(body) = body {
        body.wake();
    }
}

type SlotFuture = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send + Sync>>;

struct Body {
    queue: Arc<Mutex<OutputQueue>>,
    pool: BlockingPool,
    slots: Arc<Semaphore>,
    /// The archive's place in the queue for a slot.
    waiting: Option<SlotFuture>,
    /// Bytes that the client has read.
    taken: u64,
    transfer: Arc<Transfer>,
    _reservations: [Reservation; 3],
}

impl Body {
    /// Returns a slot; `None`: the task will be woken when there is one.
    fn take_slot(&mut self, cx: &mut Context<'_>) -> Option<OwnedSemaphorePermit> {
        match self.waiting.take() {
            None => match self.slots.clone().try_acquire_owned() {
                Ok(slot) => Some(slot),
                Err(_) => {
                    let slots = self.slots.clone();
                    self.poll_slot(Box::pin(async move { slots.acquire_owned().await.ok() }), cx)
                }
            },
            Some(waiting) => self.poll_slot(waiting, cx),
        }
    }

    fn poll_slot(&mut self, mut waiting: SlotFuture, cx: &mut Context<'_>) -> Option<OwnedSemaphorePermit> {
        match waiting.as_mut().poll(cx) {
            Poll::Ready(slot) => slot,
            Poll::Pending => {
                self.waiting = Some(waiting);
                None
            }
        }
    }

    /// Starts a pool task if the archive should be resumed and a slot is free.
    fn resume_production(&mut self, cx: &mut Context<'_>) {
        if !self.queue.lock().wants_more() {
            return;
        }
        let Some(slot) = self.take_slot(cx) else { return };
        let production = self.queue.lock().paused.take();
        let work = ProducerTask { queue: self.queue.clone(), production, is_done: false, _slot: slot };
        self.pool.spawn(move || work.run());
    }

    /// Returns the next piece; `None`: the archive has ended.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let piece = self.queue.lock().take();
        self.resume_production(cx);
        if let Some(piece) = piece {
            return Poll::Ready(Some(Ok(piece)));
        }
        let mut state = self.queue.lock();
        if let Some(piece) = state.take() {
            return Poll::Ready(Some(Ok(piece)));
        }
        if let Some(end) = &mut state.end {
            return Poll::Ready(std::mem::replace(end, Ok(())).err().map(Err));
        }
        if self.taken >= CONNECTION_BUFFERS {
            state.limit = BUFFERED_FAST_READER;
        }
        state.body = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Stream for Body {
    type Item = io::Result<Bytes>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        ready!(self.transfer.poll_resumed(cx));
        let piece = match ready!(self.poll_piece(cx)) {
            Some(Ok(piece)) => piece,
            end => return Poll::Ready(end),
        };
        self.taken += piece.len() as u64;
        let counted = self.transfer.count(piece.len() as u64);
        if counted.is_err() {
            self.queue.lock().abandon();
        }
        Poll::Ready(Some(counted.map(|()| piece)))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.queue.lock().abandon();
    }
}
