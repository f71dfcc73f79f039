//! The body of an archive: asks for the next step when the client has taken what the one before made.

use super::production::{Production, Step};
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
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// The body of `production`. `turns`: how many archives may be worked at in the same moment.
pub(super) fn body(
    production: Production,
    gate: Gate,
    turns: Arc<Semaphore>,
    transfer: Arc<Transfer>,
    shares: [Share; 2],
) -> BodyStream {
    let workshop = Workshop { gate, turns };
    let next = Some(workshop.start(production));
    Box::pin(Body { workshop, next, transfer, _shares: shares })
}

struct Workshop {
    gate: Gate,
    turns: Arc<Semaphore>,
}

type Made = Result<(Production, io::Result<Step>), EngineError>;

impl Workshop {
    /// Starts the next step, so that it is under way while the client takes the last one.
    fn start(&self, mut production: Production) -> JoinHandle<Made> {
        let (gate, turns) = (self.gate.clone(), self.turns.clone());
        tokio::spawn(async move {
            let turn = turns.acquire_owned().await;
            gate.run(move || {
                let _turn = turn;
                let step = production.step();
                (production, step)
            })
            .await
        })
    }
}

struct Body {
    workshop: Workshop,
    /// The step under way; `None`: the body has ended.
    next: Option<JoinHandle<Made>>,
    transfer: Arc<Transfer>,
    _shares: [Share; 2],
}

impl Body {
    /// What the client gets of a step that was made; `None`: nothing yet.
    fn take(&mut self, made: Result<Made, tokio::task::JoinError>) -> Option<io::Result<Bytes>> {
        let (production, step) = match made.map_err(io::Error::other).and_then(|made| made.map_err(io::Error::other)) {
            Ok(made) => made,
            Err(error) => return Some(Err(error)),
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
            self.next = Some(self.workshop.start(production));
        }
        (!bytes.is_empty()).then(|| self.transfer.count(bytes.len() as u64).map(|()| bytes))
    }
}

impl Drop for Body {
    /// A step that waits for its turn is for nobody any more; one under way ends by itself.
    fn drop(&mut self) {
        if let Some(next) = &self.next {
            next.abort();
        }
    }
}

impl Stream for Body {
    type Item = io::Result<Bytes>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            ready!(self.transfer.poll_held(cx));
            let Some(next) = &mut self.next else { return Poll::Ready(None) };
            let made = ready!(next.poll_unpin(cx));
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
