//! The bytes of one body, on their way from its connection to where they are written or hashed.
//!
//! ```text
//! connection ── push ──► belt (bounded) ──► worker, on a thread of the gate while there is a batch for it
//! ```
//!
//! The worker takes all that lies on the belt and comes back for more; meanwhile the connection goes on receiving. No
//! thread waits for a client: five hundred slow phones hold no more than some memory, and the more of them there are,
//! the smaller their batches.

use crate::blocking_pool::BlockingPool;
use crate::core::Core;
use crate::error::{EngineError, Result};
use bytes::Bytes;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// Bytes worth a trip to another thread. A belt holds at most twice that, the worker as much again, and the hash service
/// what the worker had before.
const BATCH: usize = 512 << 10;
/// The same in a crowd, at least.
const BATCH_IN_A_CROWD: usize = 32 << 10;
/// Bytes of one batch for all bodies together.
const BATCHES: usize = 8 << 20;
/// Batches that a worker takes before it stands in line for a thread again.
const TURN: usize = 16;

/// Does something with the bytes of a body, in order. Blocks.
pub(super) trait Worker: Send + 'static {
    /// Takes the next bytes. After an error it is given no more.
    fn work(&mut self, batch: Vec<Bytes>) -> Result<()>;
}

/// How many bodies are under way.
#[derive(Clone, Default)]
pub(crate) struct Bodies(Arc<AtomicUsize>);

/// See the module. Dropping it without [`Conveyor::finish`] ends the work after the batch that is being worked on.
pub(super) struct Conveyor<W> {
    belt: Arc<Belt<W>>,
    pool: BlockingPool,
    bodies: Bodies,
}

struct Belt<W> {
    state: Mutex<State<W>>,
    /// For the connection: the worker has moved.
    moved: Notify,
}

struct State<W> {
    pieces: Vec<Bytes>,
    size: usize,
    /// Bytes that make a batch.
    batch: usize,
    /// `None`: at work.
    worker: Option<W>,
    fault: Option<EngineError>,
    /// What happens when all is worked on.
    end: Option<End<W>>,
    /// The worker panicked; it will not come back.
    is_lost: bool,
}

/// What happens to a worker when all is worked on or it has failed.
pub(super) type End<W> = Box<dyn FnOnce(W, Result<()>) + Send>;

/// The worker has failed and takes no more; `finish` tells why.
#[derive(Debug)]
pub(super) struct Stopped;

/// The value of an [`End`] that was called elsewhere.
pub(super) struct Ending<T>(oneshot::Receiver<T>);

impl<T: Send + 'static> Ending<T> {
    /// `end`, to be called once, and its value.
    pub fn by<W>(end: impl FnOnce(W, Result<()>) -> T + Send + 'static) -> (End<W>, Self) {
        let (answer, outcome) = oneshot::channel();
        let end: End<W> = Box::new(move |worker, worked| {
            let _gone = answer.send(end(worker, worked));
        });
        (end, Self(outcome))
    }

    /// Waits for it.
    ///
    /// # Errors
    /// `Internal` if the worker panicked: then nobody calls it.
    pub async fn value(self) -> Result<T> {
        self.0.await.map_err(|_| {
            let lost = std::io::Error::other("the thread that worked on a body panicked");
            EngineError::internal("Something went wrong inside the server.", lost)
        })
    }
}

impl<W> Drop for Conveyor<W> {
    fn drop(&mut self) {
        self.bodies.0.fetch_sub(1, Relaxed);
    }
}

impl<W: Worker> Conveyor<W> {
    pub fn new(core: &Core, worker: W) -> Self {
        let bodies = core.arrivals.bodies.clone();
        let count = bodies.0.fetch_add(1, Relaxed) + 1;
        let state = State {
            pieces: Vec::new(),
            size: 0,
            batch: (BATCHES / count).clamp(BATCH_IN_A_CROWD, BATCH),
            worker: Some(worker),
            fault: None,
            end: None,
            is_lost: false,
        };
        let belt = Arc::new(Belt { state: Mutex::new(state), moved: Notify::new() });
        Self { belt, pool: core.pool.clone(), bodies }
    }

    /// Lays bytes on the belt; waits while it is full.
    pub async fn push(&self, piece: Bytes) -> std::result::Result<(), Stopped> {
        let mut piece = Some(piece);
        loop {
            let worker = {
                let mut state = self.belt.lock();
                if state.fault.is_some() || state.is_lost {
                    return Err(Stopped);
                }
                if state.size < 2 * state.batch
                    && let Some(piece) = piece.take()
                {
                    state.size += piece.len();
                    state.pieces.push(piece);
                }
                if state.size >= state.batch { state.worker.take() } else { None }
            };
            if let Some(worker) = worker {
                self.start(worker);
            }
            if piece.is_none() {
                return Ok(());
            }
            self.belt.moved.notified().await;
        }
    }

    /// Calls `end`, on the worker's thread, when all is worked on or the worker has failed.
    ///
    /// # Errors
    /// `Internal` if the worker panicked.
    pub async fn finish<T: Send + 'static>(self, end: impl FnOnce(W, Result<()>) -> T + Send + 'static) -> Result<T> {
        let (end, ended) = Ending::by(end);
        let worker = {
            let mut state = self.belt.lock();
            // Dropped where nobody is left to call it, so that nobody waits for it.
            state.end = Some(end).filter(|_| !state.is_lost);
            state.worker.take()
        };
        if let Some(worker) = worker {
            self.start(worker);
        }
        ended.value().await
    }

    fn start(&self, worker: W) {
        let belt = self.belt.clone();
        self.pool.spawn(move || belt.run(worker));
    }
}

impl<W: Worker> Belt<W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until there is no batch left.
    fn run(&self, mut worker: W) {
        let watch = Watch(self);
        for turn in 0.. {
            let batch = {
                let mut state = self.lock();
                let is_ending = state.end.is_some();
                let has_work = state.fault.is_none()
                    && if is_ending { !state.pieces.is_empty() } else { state.size >= state.batch };
                let has_turn = is_ending || turn < TURN;
                if !has_work || !has_turn {
                    std::mem::forget(watch);
                    return self.rest(state, worker);
                }
                state.size = 0;
                std::mem::take(&mut state.pieces)
            };
            self.moved.notify_one();
            if let Err(fault) = worker.work(batch) {
                self.lock().fault = Some(fault);
            }
        }
    }

    /// The worker waits for more, or is done.
    fn rest(&self, mut state: MutexGuard<'_, State<W>>, worker: W) {
        match state.end.take() {
            Some(end) => {
                let worked = state.fault.take().map_or(Ok(()), Err);
                drop(state);
                end(worker, worked);
            }
            None => {
                state.worker = Some(worker);
                drop(state);
                self.moved.notify_one();
            }
        }
    }
}

/// Tells the connection if the worker panics.
struct Watch<'a, W: Worker>(&'a Belt<W>);

impl<W: Worker> Drop for Watch<'_, W> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_lost = true;
        state.end = None;
        drop(state);
        self.0.moved.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Site;

    /// Collects; fails at a byte 0xff, panics at 0xfe.
    #[derive(Default)]
    struct Collector {
        bytes: Vec<u8>,
        batches: usize,
    }

    impl Worker for Collector {
        fn work(&mut self, batch: Vec<Bytes>) -> Result<()> {
            self.batches += 1;
            for piece in batch {
                if piece.contains(&0xff) {
                    return Err(EngineError::TopFolderOnly);
                }
                assert!(!piece.contains(&0xfe), "asked to panic");
                self.bytes.extend_from_slice(&piece);
            }
            Ok(())
        }
    }

    fn conveyor() -> Conveyor<Collector> {
        Conveyor::new(&Site::new(&[("v", "", "rw *")]).core, Collector::default())
    }

    async fn push_until_stopped(conveyor: &Conveyor<Collector>, byte: u8) {
        for _ in 0..100 {
            if conveyor.push(vec![byte; 100_000].into()).await.is_err() {
                return;
            }
        }
        panic!("the connection was not stopped");
    }

    #[tokio::test]
    async fn all_arrives_in_order_and_in_batches() {
        let conveyor = conveyor();
        let mut sent = Vec::new();
        for at in 0..5_000_usize {
            let piece = vec![(at % 200) as u8; at % 1_500];
            sent.extend_from_slice(&piece);
            conveyor.push(piece.into()).await.expect("takes");
            let state = conveyor.belt.lock();
            assert!(state.size <= 2 * BATCH + 1_500, "the belt is bounded");
        }
        let most = sent.len() / BATCH + 2;
        let end = conveyor.finish(|worker, worked| (worker.bytes, worker.batches, worked));
        let (bytes, batches, worked) = end.await.expect("ends");
        worked.expect("without a fault");
        assert!(bytes == sent);
        assert!((1..=most).contains(&batches), "{batches} batches");
    }

    #[tokio::test]
    async fn a_fault_stops_the_connection_and_is_told_at_the_end() {
        let conveyor = conveyor();
        push_until_stopped(&conveyor, 0xff).await;
        let worked = conveyor.finish(|_, worked| worked).await.expect("ends");
        assert!(matches!(worked, Err(EngineError::TopFolderOnly)));
    }

    #[tokio::test]
    async fn a_panic_hangs_nobody() {
        let conveyor = conveyor();
        push_until_stopped(&conveyor, 0xfe).await;
        conveyor.finish(|_, _| ()).await.expect_err("there is no end");
    }

    #[tokio::test]
    async fn a_short_body_takes_one_trip() {
        let conveyor = conveyor();
        conveyor.push(Bytes::from_static(b"short")).await.expect("takes");
        let (bytes, batches) = conveyor.finish(|worker, _| (worker.bytes, worker.batches)).await.expect("ends");
        assert_eq!((bytes.as_slice(), batches), (&b"short"[..], 1));
    }

    #[tokio::test]
    async fn the_more_bodies_the_smaller_the_batches() {
        let site = Site::new(&[("v", "", "rw *")]);
        let core = &site.core;
        let many: Vec<_> = (0..300).map(|_| Conveyor::new(core, Collector::default())).collect();
        assert_eq!(many[0].belt.lock().batch, BATCH);
        assert_eq!(many[299].belt.lock().batch, BATCH_IN_A_CROWD);
        drop(many);
        assert_eq!(core.arrivals.bodies.0.load(Relaxed), 0);
    }
}
