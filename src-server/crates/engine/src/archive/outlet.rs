//! The body of an archive, and the work on a thread that stays ahead of its client.

use super::production::{Production, Step};
use crate::blocking_pool::BlockingPool;
use crate::budget::Share;
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
const AHEAD: usize = 512 << 10;
/// The same once a client has taken more than the buffers of a connection take from an archive that nobody reads.
const AHEAD_OF_READER: usize = 1 << 20;
/// Bytes that those buffers take at most.
const CONNECTION: u64 = 8 << 20;
/// Bytes that are made in one turn: then another archive that waits for its turn gets it.
const TURN: usize = 64 << 20;

/// The body of `production`. `turns`: how many archives may be worked at in the same moment.
pub(super) fn body(
    production: Production,
    pool: BlockingPool,
    turns: Arc<Semaphore>,
    transfer: Arc<Transfer>,
    shares: [Share; 2],
) -> BodyStream {
    let handover = Arc::new(Mutex::new(Handover::new(production)));
    Box::pin(Body { handover, pool, turns, waiting: None, taken: 0, transfer, _shares: shares })
}

/// What body and thread share.
struct Handover {
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

impl Handover {
    fn new(production: Production) -> Self {
        let (pieces, paused) = (VecDeque::new(), Some(production));
        Self { pieces, bytes: 0, ahead: AHEAD, paused, end: None, body: None }
    }

    /// Adds what was made; the answer is the archive if its thread shall go on.
    fn add(&mut self, production: Production, made: io::Result<Step>, is_turn_over: bool) -> Option<Production> {
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
        if is_turn_over || self.bytes >= self.ahead {
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
struct Work {
    handover: Arc<Mutex<Handover>>,
    production: Option<Production>,
    /// The archive was handed back, or has ended.
    is_done: bool,
    _turn: OwnedSemaphorePermit,
}

impl Work {
    fn run(mut self) {
        let mut made_in_turn = 0;
        while let Some(mut production) = self.production.take() {
            let made = production.step();
            made_in_turn += made.as_ref().map_or(0, |step| step.pieces.iter().map(Bytes::len).sum());
            let mut state = lock(&self.handover);
            self.production = state.add(production, made, made_in_turn >= TURN);
            self.is_done = self.production.is_none();
            wake(state);
        }
    }
}

impl Drop for Work {
    /// An archive whose work was not done, or failed on the way, has ended.
    fn drop(&mut self) {
        if !self.is_done {
            let mut state = lock(&self.handover);
            state.end = Some(Err(io::Error::other("the archive could not be completed")));
            wake(state);
        }
    }
}

/// Wakes the body that waits.
fn wake(mut state: MutexGuard<'_, Handover>) {
    let body = state.body.take();
    drop(state);
    if let Some(body) = body {
        body.wake();
    }
}

fn lock(handover: &Mutex<Handover>) -> MutexGuard<'_, Handover> {
    handover.lock().unwrap_or_else(PoisonError::into_inner)
}

type Turn = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send + Sync>>;

struct Body {
    handover: Arc<Mutex<Handover>>,
    pool: BlockingPool,
    turns: Arc<Semaphore>,
    /// The archive's place among those that wait for a turn.
    waiting: Option<Turn>,
    /// Bytes that the client has taken.
    taken: u64,
    transfer: Arc<Transfer>,
    _shares: [Share; 2],
}

impl Body {
    /// A turn for this archive; `None`: the task is woken when there is one.
    fn take_turn(&mut self, cx: &mut Context<'_>) -> Option<OwnedSemaphorePermit> {
        match self.waiting.take() {
            None => match self.turns.clone().try_acquire_owned() {
                Ok(turn) => Some(turn),
                Err(_) => {
                    let turns = self.turns.clone();
                    self.poll_turn(Box::pin(async move { turns.acquire_owned().await.ok() }), cx)
                }
            },
            Some(waiting) => self.poll_turn(waiting, cx),
        }
    }

    fn poll_turn(&mut self, mut waiting: Turn, cx: &mut Context<'_>) -> Option<OwnedSemaphorePermit> {
        match waiting.as_mut().poll(cx) {
            Poll::Ready(turn) => turn,
            Poll::Pending => {
                self.waiting = Some(waiting);
                None
            }
        }
    }

    /// Lets a thread go on with the archive, if it is time and there is a turn.
    fn go_on(&mut self, cx: &mut Context<'_>) {
        if !lock(&self.handover).wants_more() {
            return;
        }
        let Some(turn) = self.take_turn(cx) else { return };
        let production = lock(&self.handover).paused.take();
        let work = Work { handover: self.handover.clone(), production, is_done: false, _turn: turn };
        self.pool.spawn(move || work.run());
    }

    /// The next piece; `None`: the archive has ended.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let piece = lock(&self.handover).take();
        self.go_on(cx);
        if let Some(piece) = piece {
            return Poll::Ready(Some(Ok(piece)));
        }
        let mut state = lock(&self.handover);
        if let Some(piece) = state.take() {
            return Poll::Ready(Some(Ok(piece)));
        }
        if let Some(end) = &mut state.end {
            return Poll::Ready(std::mem::replace(end, Ok(())).err().map(Err));
        }
        if self.taken >= CONNECTION {
            state.ahead = AHEAD_OF_READER;
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
            lock(&self.handover).abandon();
        }
        Poll::Ready(Some(counted.map(|()| piece)))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        lock(&self.handover).abandon();
    }
}
