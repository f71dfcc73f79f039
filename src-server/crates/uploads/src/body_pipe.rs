//! A bounded queue between a connection and the code that writes or hashes its body.
//!
//! ```text
//! connection ── push ──► queue (bounded) ──► consumer, on a pool thread while there is a batch for it
//! ```
//!
//! The consumer takes all queued bytes and comes back for more; meanwhile the connection goes on receiving. No thread
//! waits for a client: five hundred slow phones hold some memory and no thread, and the more bodies there are, the
//! smaller their batches.

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::sync::{Notify, oneshot};
use vfs::blocking_pool::BlockingPool;
use vfs::error::{EngineError, Result};

/// Bytes worth a switch to another thread. A queue holds at most twice that, the consumer as much again, and the hash
/// service the batch that the consumer had before.
const BATCH_MAX: usize = 512 << 10;
/// Minimum batch size when many bodies are received.
const BATCH_MIN: usize = 32 << 10;
/// Total bytes of one batch of each body.
const ALL_BATCH_BYTES: usize = 8 << 20;
/// Batches that a consumer takes before it queues for a pool thread again.
const BATCHES_PER_RUN: usize = 16;

/// Processes the bytes of a body, in order. Blocks.
pub(super) trait Consumer: Send + 'static {
    /// Processes the next bytes. Not called again after an error.
    fn consume(&mut self, batch: Vec<Bytes>) -> Result<()>;
}

/// Number of bodies that are being received.
#[derive(Clone, Default)]
pub(crate) struct BodyCount(Arc<AtomicUsize>);

/// A bounded queue between a connection and a [`Consumer`]. Dropping it without [`BodyPipe::finish`] stops the consumer
/// after the current batch.
pub(super) struct BodyPipe<C> {
    queue: Arc<Queue<C>>,
    pool: BlockingPool,
    bodies: BodyCount,
}

struct Queue<C> {
    state: Mutex<State<C>>,
    /// Wakes the connection when the consumer took a batch or stopped.
    progress: Notify,
}

struct State<C> {
    pieces: Vec<Bytes>,
    size: usize,
    /// Batch size in bytes.
    batch: usize,
    /// `None`: running on a pool thread.
    consumer: Option<C>,
    fault: Option<EngineError>,
    /// Called when all bytes are consumed.
    end: Option<OnEnd<C>>,
    /// The consumer panicked and is lost.
    panicked: bool,
}

/// Callback for a consumer that has processed everything or has failed.
pub(super) type OnEnd<C> = Box<dyn FnOnce(C, Result<()>) + Send>;

/// The consumer has failed and takes no more bytes; `finish` returns the error.
#[derive(Debug)]
pub(super) struct Stopped;

/// Receives the value of an [`OnEnd`] callback.
pub(super) struct EndResult<T>(oneshot::Receiver<T>);

impl<T: Send + 'static> EndResult<T> {
    /// Wraps `end` into a callback and the receiver of its value.
    pub fn channel<C>(end: impl FnOnce(C, Result<()>) -> T + Send + 'static) -> (OnEnd<C>, Self) {
        let (answer, outcome) = oneshot::channel();
        let end: OnEnd<C> = Box::new(move |consumer, consumed| {
            let _gone = answer.send(end(consumer, consumed));
        });
        (end, Self(outcome))
    }

    /// Waits for the value.
    ///
    /// # Errors
    /// `Internal` if the consumer panicked: then the callback is never called.
    pub async fn value(self) -> Result<T> {
        self.0.await.map_err(|_| {
            let lost = std::io::Error::other("the consumer of a body panicked");
            EngineError::internal("Something went wrong inside the server.", lost)
        })
    }
}

impl<C> Drop for BodyPipe<C> {
    fn drop(&mut self) {
        self.bodies.0.fetch_sub(1, Relaxed);
    }
}

impl<C: Consumer> BodyPipe<C> {
    /// Opens the queue; `bodies` counts those that are being received, on which the size of a batch depends.
    pub fn new(pool: &BlockingPool, bodies: &BodyCount, consumer: C) -> Self {
        let bodies = bodies.clone();
        let count = bodies.0.fetch_add(1, Relaxed) + 1;
        let state = State {
            pieces: Vec::new(),
            size: 0,
            batch: (ALL_BATCH_BYTES / count).clamp(BATCH_MIN, BATCH_MAX),
            consumer: Some(consumer),
            fault: None,
            end: None,
            panicked: false,
        };
        let queue = Arc::new(Queue { state: Mutex::new(state), progress: Notify::new() });
        Self { queue, pool: pool.clone(), bodies }
    }

    /// Queues bytes; waits while the queue is full.
    pub async fn push(&self, piece: Bytes) -> std::result::Result<(), Stopped> {
        let mut piece = Some(piece);
        loop {
            let consumer = {
                let mut state = self.queue.lock();
                if state.fault.is_some() || state.panicked {
                    return Err(Stopped);
                }
                if state.size < 2 * state.batch
                    && let Some(piece) = piece.take()
                {
                    state.size += piece.len();
                    state.pieces.push(piece);
                }
                if state.size >= state.batch { state.consumer.take() } else { None }
            };
            if let Some(consumer) = consumer {
                self.start(consumer);
            }
            if piece.is_none() {
                return Ok(());
            }
            self.queue.progress.notified().await;
        }
    }

    /// Calls `end`, on the consumer's thread, when all bytes are consumed or the consumer has failed.
    ///
    /// # Errors
    /// `Internal` if the consumer panicked.
    pub async fn finish<T: Send + 'static>(self, end: impl FnOnce(C, Result<()>) -> T + Send + 'static) -> Result<T> {
        let (end, ended) = EndResult::channel(end);
        let consumer = {
            let mut state = self.queue.lock();
            // After a panic nothing would call it; dropping it ends the wait below.
            state.end = Some(end).filter(|_| !state.panicked);
            state.consumer.take()
        };
        if let Some(consumer) = consumer {
            self.start(consumer);
        }
        ended.value().await
    }

    fn start(&self, consumer: C) {
        let queue = self.queue.clone();
        self.pool.spawn(move || queue.run(consumer));
    }
}

impl<C: Consumer> Queue<C> {
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock()
    }

    /// Consumes batches until none is left.
    fn run(&self, mut consumer: C) {
        let watch = PanicGuard(self);
        for batches in 0.. {
            let batch = {
                let mut state = self.lock();
                let is_ending = state.end.is_some();
                let has_work = state.fault.is_none()
                    && if is_ending { !state.pieces.is_empty() } else { state.size >= state.batch };
                let may_go_on = is_ending || batches < BATCHES_PER_RUN;
                if !has_work || !may_go_on {
                    std::mem::forget(watch);
                    return self.park_or_end(state, consumer);
                }
                state.size = 0;
                std::mem::take(&mut state.pieces)
            };
            self.progress.notify_one();
            if let Err(fault) = consumer.consume(batch) {
                self.lock().fault = Some(fault);
            }
        }
    }

    /// Parks the consumer until there is another batch, or calls the end callback.
    fn park_or_end(&self, mut state: MutexGuard<'_, State<C>>, consumer: C) {
        match state.end.take() {
            Some(end) => {
                let consumed = state.fault.take().map_or(Ok(()), Err);
                drop(state);
                end(consumer, consumed);
            }
            None => {
                state.consumer = Some(consumer);
                drop(state);
                self.progress.notify_one();
            }
        }
    }
}

/// Wakes the connection if the consumer panics.
struct PanicGuard<'a, C: Consumer>(&'a Queue<C>);

impl<C: Consumer> Drop for PanicGuard<'_, C> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.panicked = true;
        state.end = None;
        drop(state);
        self.0.progress.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Site, uploads_at};
    use vfs::error::Rule;

    /// Collects bytes; fails at a byte 0xff, panics at 0xfe.
    #[derive(Default)]
    struct Collector {
        bytes: Vec<u8>,
        batches: usize,
    }

    impl Consumer for Collector {
        fn consume(&mut self, batch: Vec<Bytes>) -> Result<()> {
            self.batches += 1;
            for piece in batch {
                if piece.contains(&0xff) {
                    return Err(EngineError::RuleBroken(Rule::TopFolderOnly));
                }
                assert!(!piece.contains(&0xfe), "asked to panic");
                self.bytes.extend_from_slice(&piece);
            }
            Ok(())
        }
    }

    fn pipe() -> BodyPipe<Collector> {
        let core = uploads_at(&Site::new(&[("v", "", "rw *")])).core;
        BodyPipe::new(&core.pool, &core.upload_state.bodies, Collector::default())
    }

    async fn push_until_stopped(pipe: &BodyPipe<Collector>, byte: u8) {
        for _ in 0..100 {
            if pipe.push(vec![byte; 100_000].into()).await.is_err() {
                return;
            }
        }
        panic!("the connection was not stopped");
    }

    #[tokio::test]
    async fn bytes_arrive_in_order_and_in_batches() {
        let pipe = pipe();
        let mut sent = Vec::new();
        for at in 0..5_000_usize {
            let piece = vec![(at % 200) as u8; at % 1_500];
            sent.extend_from_slice(&piece);
            pipe.push(piece.into()).await.expect("takes");
            let state = pipe.queue.lock();
            assert!(state.size <= 2 * BATCH_MAX + 1_500, "the queue is bounded");
        }
        let most = sent.len() / BATCH_MAX + 2;
        let end = pipe.finish(|consumer, consumed| (consumer.bytes, consumer.batches, consumed));
        let (bytes, batches, consumed) = end.await.expect("ends");
        consumed.expect("without an error");
        assert!(bytes == sent);
        assert!((1..=most).contains(&batches), "{batches} batches");
    }

    #[tokio::test]
    async fn an_error_stops_the_connection_and_is_returned_at_the_end() {
        let pipe = pipe();
        push_until_stopped(&pipe, 0xff).await;
        let consumed = pipe.finish(|_, consumed| consumed).await.expect("ends");
        assert!(matches!(consumed, Err(EngineError::RuleBroken(Rule::TopFolderOnly))));
    }

    #[tokio::test]
    async fn a_panic_ends_the_wait() {
        let pipe = pipe();
        push_until_stopped(&pipe, 0xfe).await;
        pipe.finish(|_, _| ()).await.expect_err("the end callback is dropped");
    }

    #[tokio::test]
    async fn a_short_body_is_one_batch() {
        let pipe = pipe();
        pipe.push(Bytes::from_static(b"short")).await.expect("takes");
        let (bytes, batches) = pipe.finish(|consumer, _| (consumer.bytes, consumer.batches)).await.expect("ends");
        assert_eq!((bytes.as_slice(), batches), (&b"short"[..], 1));
    }

    #[tokio::test]
    async fn more_bodies_mean_smaller_batches() {
        let site = Site::new(&[("v", "", "rw *")]);
        let core = &uploads_at(&site).core;
        let pipe = |_| BodyPipe::new(&core.pool, &core.upload_state.bodies, Collector::default());
        let many: Vec<_> = (0..300).map(pipe).collect();
        assert_eq!(many[0].queue.lock().batch, BATCH_MAX);
        assert_eq!(many[299].queue.lock().batch, BATCH_MIN);
        drop(many);
        assert_eq!(core.upload_state.bodies.0.load(Relaxed), 0);
    }
}
