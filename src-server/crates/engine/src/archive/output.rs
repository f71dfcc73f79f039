//! The body of an archive, and the work on a thread that stays ahead of its client.

use super::production::{Production, Step};
use crate::blocking_pool::BlockingPool;
use crate::budget::Reservation;
use crate::files::read::BodyStream;
use crate::files::transfer::Transfer;
use bytes::Bytes;
use futures_util::Stream;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that are made ahead of a client, about: work pauses when there are more, and begins again at half of it.
const BUFFERED: usize = 512 << 10;
/// The same once a client has taken more than the buffers of a connection take from an archive that nobody reads.
const BUFFERED_FAST_READER: usize = 1 << 20;
/// Bytes that those buffers take at most.
const CONNECTION_BUFFERS: u64 = 8 << 20;
/// Bytes that are made in one turn: then another archive that waits for its turn gets it.
const BYTES_PER_SLOT: usize = 64 << 20;

/// The body of `production`. `slots`: how many archives may be worked at in the same moment.
pub(super) fn body(
    production: Production,
    pool: BlockingPool,
    slots: Arc<Semaphore>,
    transfer: Arc<Transfer>,
    reservations: [Reservation; 2],
) -> BodyStream {
    let queue = Arc::new(Mutex::new(OutputQueue::new(production)));
    Box::pin(Body { queue, pool, slots, waiting: None, taken: 0, transfer, _reservations: reservations })
}

/// What body and thread share.
struct OutputQueue {
    /// What was made and not taken.
    pieces: VecDeque<Bytes>,
    /// Bytes in `pieces`.
    bytes: usize,
    /// Bytes at which work pauses.
    ahead: usize,
    /// The archive, while no thread works at it and it has not ended.
    paused: Option<Production>,
    /// How the archive ended, also where nothing more will be taken of it; the error is taken by the body.
    end: Option<io::Result<()>>,
    /// The body, if it waits for a piece.
    body: Option<Waker>,
}

impl OutputQueue {
    fn new(production: Production) -> Self {
        let (pieces, paused) = (VecDeque::new(), Some(production));
        Self { pieces, bytes: 0, ahead: BUFFERED, paused, end: None, body: None }
    }

    /// Adds what was made; the answer is the archive if its thread shall go on.
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
        if is_slot_over || self.bytes >= self.ahead {
            self.paused = Some(production);
            return None;
        }
        Some(production)
    }

    /// Takes the next piece.
    fn take(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.bytes -= piece.len();
        Some(piece)
    }

    /// Drops what was made: nothing more will be taken.
    fn abandon(&mut self) {
        self.pieces.clear();
        self.paused = None;
        self.end.get_or_insert(Ok(()));
    }

    /// Whether work shall begin again.
    fn wants_more(&self) -> bool {
        self.paused.is_some() && self.bytes <= self.ahead / 2
    }
}

/// A turn of the work: makes pieces until enough of them wait, or the turn is over.
struct ProducerTask {
    queue: Arc<Mutex<OutputQueue>>,
    production: Option<Production>,
    /// The archive was handed back, or has ended.
    is_done: bool,
    _slot: OwnedSemaphorePermit,
}

impl ProducerTask {
    fn run(mut self) {
        let mut made_in_slot = 0;
        while let Some(mut production) = self.production.take() {
            let made = production.step();
            made_in_slot += made.as_ref().map_or(0, |step| step.pieces.iter().map(Bytes::len).sum());
            let mut state = lock(&self.queue);
            self.production = state.add(production, made, made_in_slot >= BYTES_PER_SLOT);
            self.is_done = self.production.is_none();
            wake(state);
        }
    }
}

impl Drop for ProducerTask {
    /// An archive whose work was not done, or failed on the way, has ended.
    fn drop(&mut self) {
        if !self.is_done {
            let mut state = lock(&self.queue);
            state.end = Some(Err(io::Error::other("the archive could not be completed")));
            wake(state);
        }
    }
}

/// Wakes the body that waits.
fn wake(mut state: MutexGuard<'_, OutputQueue>) {
    let body = state.body.take();
    drop(state);
    if let Some(body) = body {
        body.wake();
    }
}

fn lock(queue: &Mutex<OutputQueue>) -> MutexGuard<'_, OutputQueue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

type SlotFuture = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send + Sync>>;

struct Body {
    queue: Arc<Mutex<OutputQueue>>,
    pool: BlockingPool,
    slots: Arc<Semaphore>,
    /// The archive's place among those that wait for a turn.
    waiting: Option<SlotFuture>,
    /// Bytes that the client has taken.
    taken: u64,
    transfer: Arc<Transfer>,
    _reservations: [Reservation; 2],
}

impl Body {
    /// A turn for this archive; `None`: the task is woken when there is one.
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

    /// Lets a thread go on with the archive, if it is time and there is a turn.
    fn go_on(&mut self, cx: &mut Context<'_>) {
        if !lock(&self.queue).wants_more() {
            return;
        }
        let Some(slot) = self.take_slot(cx) else { return };
        let production = lock(&self.queue).paused.take();
        let work = ProducerTask { queue: self.queue.clone(), production, is_done: false, _slot: slot };
        self.pool.spawn(move || work.run());
    }

    /// The next piece; `None`: the archive has ended.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let piece = lock(&self.queue).take();
        self.go_on(cx);
        if let Some(piece) = piece {
            return Poll::Ready(Some(Ok(piece)));
        }
        let mut state = lock(&self.queue);
        if let Some(piece) = state.take() {
            return Poll::Ready(Some(Ok(piece)));
        }
        if let Some(end) = &mut state.end {
            return Poll::Ready(std::mem::replace(end, Ok(())).err().map(Err));
        }
        if self.taken >= CONNECTION_BUFFERS {
            state.ahead = BUFFERED_FAST_READER;
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
            lock(&self.queue).abandon();
        }
        Poll::Ready(Some(counted.map(|()| piece)))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        lock(&self.queue).abandon();
    }
}
