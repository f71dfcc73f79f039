//! The body of an archive: asks for the next step when the client has taken what the one before made.

use super::production::{CHUNK, CHUNK_MAX, Production, Step};
use crate::blocking::Gate;
use crate::budget::Share;
use crate::error::EngineError;
use crate::files::read::BodyStream;
use crate::files::transfer::Transfer;
use bytes::Bytes;

use futures_util::{FutureExt, Stream};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// The body of `production`. `turns`: how many archives may be worked at in the same moment.
pub(super) fn body(
    production: Production,
    gate: Gate,
    turns: Arc<Semaphore>,
    transfer: Arc<Transfer>,
    shares: [Share; 2],
) -> BodyStream {
    let workshop = Workshop { gate, turns };
    let next = Some(workshop.start(production, CHUNK));
    Box::pin(Body { workshop, next, chunk: CHUNK, taken: 0, transfer, _shares: shares })
}

/// Bytes that come in small chunks: more than the buffers of a connection take from an archive that nobody reads.
const SMALL_FIRST: u64 = 8 << 20;

struct Workshop {
    gate: Gate,
    turns: Arc<Semaphore>,
}

/// A step under way, or one that waits for its turn.
type Made = Pin<Box<dyn Future<Output = Result<(Production, io::Result<Step>), EngineError>> + Send + Sync>>;

impl Workshop {
    /// Starts the next step, so that it is under way while the client takes the last one. If too many others are, it
    /// waits, and begins when it is polled in its turn; dropped before, it is not made.
    fn start(&self, production: Production, chunk: usize) -> Made {
        match self.turns.clone().try_acquire_owned() {
            Ok(turn) => {
                let (sender, made) = oneshot::channel();
                self.gate.start(move || {
                    let _gone = sender.send(step(production, chunk, turn));
                });
                let lost = |error| EngineError::internal("The archive could not be completed.", error);
                Box::pin(async move { made.await.map_err(lost) })
            }
            Err(_) => {
                let (gate, turns) = (self.gate.clone(), self.turns.clone());
                Box::pin(async move {
                    let turn = turns.acquire_owned().await;
                    let turn = turn.map_err(|error| EngineError::internal("The server is stopping.", error))?;
                    gate.run(move || step(production, chunk, turn)).await
                })
            }
        }
    }
}

/// One step, which gives its turn back before it is handed over.
fn step(mut production: Production, chunk: usize, turn: OwnedSemaphorePermit) -> (Production, io::Result<Step>) {
    let made = production.step(chunk);
    drop(turn);
    (production, made)
}

struct Body {
    workshop: Workshop,
    /// The step under way; `None`: the body has ended.
    next: Option<Made>,
    /// Bytes that the next step makes: more, the more often a client that takes a lot has to wait for them.
    chunk: usize,
    /// Bytes that the client has taken.
    taken: u64,
    transfer: Arc<Transfer>,
    _shares: [Share; 2],
}

impl Body {
    /// What the client gets of a step that was made; `None`: nothing yet.
    fn take(&mut self, made: Result<(Production, io::Result<Step>), EngineError>) -> Option<io::Result<Bytes>> {
        let (production, step) = match made {
            Ok(made) => made,
            Err(error) => return Some(Err(io::Error::other(error))),
        };
        let (bytes, is_last) = match step {
            Ok(Step::More(bytes)) => (bytes, false),
            Ok(Step::Last(bytes)) => (bytes, true),
            Err(error) => {
                tracing::warn!(%error, "an archive could not be completed");
                return Some(Err(error));
            }
        };
        if !is_last {
            self.next = Some(self.workshop.start(production, self.chunk));
        }
        self.taken += bytes.len() as u64;
        (!bytes.is_empty()).then(|| self.transfer.count(bytes.len() as u64).map(|()| bytes))
    }
}

impl Stream for Body {
    type Item = io::Result<Bytes>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            ready!(self.transfer.poll_held(cx));
            let Some(next) = &mut self.next else { return Poll::Ready(None) };
            let Poll::Ready(made) = next.poll_unpin(cx) else {
                if self.taken >= SMALL_FIRST {
                    self.chunk = (self.chunk * 2).min(CHUNK_MAX);
                }
                return Poll::Pending;
            };
            self.next = None;
            if let Some(item) = self.take(made) {
                if item.is_err() {
                    self.next = None;
                }
                return Poll::Ready(Some(item));
            }
        }
    }
}
