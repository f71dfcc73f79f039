//! The hash service: pieces of messages from many callers meet here and go side by side into lanes.
//!
//! ```text
//! submit ──────────► queue (bounded) ──► leaders: worker threads, or a caller that waits anyway
//! update_blocking ─┘        ▲                  │ each fills its lanes from the queue, hashes a slice of all of
//!                           └──────────────────┘ them, gives back those that ended, and refills
//! ```
//!
//! There are never more leaders than `threads`. A leader that has lanes free takes what comes in before a second
//! one starts: two messages side by side cost little more time than one, so a second core is only used when the
//! first is near its full rate (`Engine::comfortable`). A caller of [`HashService::update_blocking`] leads on its
//! own thread if it can, so a lone upload pays for no change of threads; when its own piece is done, it puts the
//! other lanes back at the front of the queue.
//!
//! Locks: one, around `Queue`; nothing is hashed and no callback runs under it.

use super::engine::{Engine, Lane};
use super::state::{Sha512State, finish_many_with, update_many_with};
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

/// Jobs that may wait; with pieces of 1 MiB this bounds the memory behind them to 64 MiB.
const QUEUE: usize = 64;

/// Blocks of each lane between two looks at the queue: 32 KiB, 40 to 90 microseconds.
const SLICE: usize = 256;

/// Pieces shorter than this are hashed at once by a blocking caller: waiting for company would cost more.
const SMALL: usize = 16 * 1024;

/// A small pool of threads that hash side by side. Clones share it; when the last is dropped, the threads finish
/// what is queued and end.
#[derive(Clone)]
pub struct HashService {
    owner: Arc<Owner>,
}

struct Owner {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    engine: Engine,
    /// The most leaders at a time; at least 1.
    threads: usize,
    queue: Mutex<Queue>,
    /// For workers: there may be a reason to lead, or to end.
    work: Condvar,
    /// For submitters: the queue has room again.
    room: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    leaders: usize,
    /// Lanes in use, over all leaders.
    busy: usize,
    closed: bool,
}

/// One piece of a message on its way.
struct Job {
    state: Sha512State,
    /// Bytes of the piece that are in `state`.
    at: usize,
    work: Box<dyn Work>,
    /// The caller that leads waits for this one.
    own: bool,
}

/// A piece with what to do when it is hashed.
trait Work: Send {
    fn bytes(&self) -> &[u8];
    fn done(self: Box<Self>, state: Sha512State);
}

struct Piece<D, F> {
    data: D,
    done: F,
}

impl<D, F> Work for Piece<D, F>
where
    D: AsRef<[u8]> + Send,
    F: FnOnce(Sha512State, D) + Send,
{
    fn bytes(&self) -> &[u8] {
        self.data.as_ref()
    }
    fn done(self: Box<Self>, state: Sha512State) {
        (self.done)(state, self.data);
    }
}

thread_local! {
    /// Set while this thread leads, so that a callback never waits for room that only its own thread can make.
    static LEADING: Cell<bool> = const { Cell::new(false) };
}

impl HashService {
    /// A service of at most `threads` threads; 0 = one per core, at most 4.
    pub fn start(threads: usize) -> Self {
        Self::with_engine(threads, Engine::best())
    }

    /// The same with a chosen engine; one that this CPU lacks is replaced by the portable one.
    pub fn with_engine(threads: usize, engine: Engine) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let threads = if threads == 0 { cores() } else { threads };
        let shared = Arc::new(Shared {
            engine: engine.or_scalar(),
            threads,
            queue: Mutex::default(),
            work: Condvar::new(),
            room: Condvar::new(),
        });
        let spawn = |i| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("hash-{i}")).spawn(move || shared.serve())
        };
        let mut workers = Vec::with_capacity(threads);
        for i in 0..threads {
            match spawn(i) {
                Ok(worker) => workers.push(worker),
                // With none at all, every caller leads for itself.
                Err(error) => tracing::warn!(%error, "a hash thread could not be started"),
            }
        }
        HashService { owner: Arc::new(Owner { shared, workers }) }
    }

    /// The engine in use.
    pub fn engine(&self) -> Engine {
        self.owner.shared.engine
    }

    /// Queues `data` for `state`. `done` gets both back, on a hash thread: it should be short. Waits while the queue
    /// is full, so it must not be called on an async thread. `data.as_ref()` must give the same bytes every time.
    pub fn submit<D>(&self, state: Sha512State, data: D, done: impl FnOnce(Sha512State, D) + Send + 'static)
    where
        D: AsRef<[u8]> + Send + 'static,
    {
        let job = Job::new(state, Box::new(Piece { data, done }));
        let shared = &self.owner.shared;
        if self.owner.workers.is_empty() {
            shared.lock().leaders += 1;
            shared.lead(Some(job));
        } else {
            let queue = shared.with_room();
            shared.push(queue, job);
        }
    }

    /// Hashes `data` into `state` and waits for it; both come back. Side by side with the pieces of other callers if
    /// there are any, else at once on this thread. Must not be called on an async thread.
    pub fn update_blocking<D>(&self, mut state: Sha512State, data: D) -> (Sha512State, D)
    where
        D: AsRef<[u8]> + Send + 'static,
    {
        let shared = &self.owner.shared;
        if data.as_ref().len() < SMALL || LEADING.get() {
            update_many_with(shared.engine, &mut [(&mut state, data.as_ref())]);
            return (state, data);
        }
        let (answer, wait) = mpsc::sync_channel(1);
        let done = move |state, data| {
            let _ = answer.send((state, data)); // the receiver is on the stack below
        };
        let job = Job::new(state, Box::new(Piece { data, done }));
        let mut queue = shared.lock();
        if shared.wants_leader(&queue, 1) || self.owner.workers.is_empty() {
            queue.leaders += 1;
            drop(queue);
            shared.lead(Some(job));
        } else {
            drop(queue);
            let queue = shared.with_room();
            shared.push(queue, job);
        }
        wait.recv().expect("a job is always answered, unless its data panics when asked for its bytes")
    }

    /// The SHA-512 of each buffer, in order, hashed on this thread (that many fill the lanes by themselves).
    pub fn digest_many(&self, buffers: &[&[u8]]) -> Vec<[u8; 64]> {
        let engine = self.engine();
        let mut states = vec![Sha512State::new(); buffers.len()];
        let mut jobs: Vec<_> = states.iter_mut().zip(buffers.iter().copied()).collect();
        update_many_with(engine, &mut jobs);
        finish_many_with(engine, &states)
    }
}

impl Job {
    fn new(mut state: Sha512State, work: Box<dyn Work>) -> Self {
        let at = state.head(work.bytes());
        Job { state, at, work, own: false }
    }

    /// What kernels can take of it.
    fn lane(&mut self) -> Lane<'_> {
        let (blocks, _) = self.work.bytes()[self.at..].as_chunks();
        Lane { words: &mut self.state.words, blocks }
    }

    fn has_blocks(&self) -> bool {
        self.work.bytes().len() - self.at >= size_of::<super::rounds::Block>()
    }

    /// Counts blocks that a kernel has hashed.
    fn advance(&mut self, blocks: usize) {
        self.state.count(blocks);
        self.at += blocks * size_of::<super::rounds::Block>();
    }

    /// Gives it back. A panic in the callback is its caller's fault and must not take the other lanes along.
    fn end(mut self) {
        self.state.tail(&self.work.bytes()[self.at..]);
        if catch_unwind(AssertUnwindSafe(|| self.work.done(self.state))).is_err() {
            tracing::error!("the callback of a hash job panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `more` jobs beside those queued would justify one more leader.
    fn wants_leader(&self, queue: &Queue, more: usize) -> bool {
        let wanted = queue.jobs.len() + queue.busy + more;
        queue.leaders < self.threads && wanted > queue.leaders * self.engine.comfortable()
    }

    /// The queue, once a job may be pushed.
    fn with_room(&self) -> MutexGuard<'_, Queue> {
        let queue = self.lock();
        if LEADING.get() {
            return queue;
        }
        let full = |queue: &mut Queue| queue.jobs.len() >= QUEUE;
        self.room.wait_while(queue, full).unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, mut queue: MutexGuard<'_, Queue>, job: Job) {
        queue.jobs.push_back(job);
        if self.wants_leader(&queue, 0) {
            self.work.notify_one();
        }
    }

    /// A worker's life: lead when there is a reason, end when the service is closed and nothing waits.
    fn serve(&self) {
        loop {
            let mut queue = self.lock();
            while queue.jobs.is_empty() || !self.wants_leader(&queue, 0) {
                if queue.closed && queue.jobs.is_empty() {
                    return;
                }
                queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            queue.leaders += 1;
            drop(queue);
            if catch_unwind(AssertUnwindSafe(|| self.lead(None))).is_err() {
                tracing::error!("a hash job panicked");
            }
        }
    }

    /// Hashes side by side until `own` is done; without one, until nothing is left. The caller has counted itself
    /// as a leader, and is no leader any more on return.
    fn lead(&self, own: Option<Job>) {
        let _leading = Leading(LEADING.replace(true));
        let mut lead = Leader { shared: self, lanes: Vec::with_capacity(self.engine.lanes()), counted: 0 };
        lead.lanes.extend(own.map(|job| Job { own: true, ..job }));
        let mut go_on = lead.refill() > 0;
        while go_on {
            let ended = lead.slice();
            go_on = !ended.iter().any(|job| job.own) && lead.refill() > 0;
            if !go_on {
                drop(lead);
                ended.into_iter().for_each(Job::end);
                return;
            }
            // Only now, when the queue knows that their lanes are free: a caller that comes back at once with its
            // next piece would else find them taken and start a second leader.
            ended.into_iter().for_each(Job::end);
        }
    }
}

/// Puts `LEADING` back to what it was, further up the stack.
struct Leading(bool);

impl Drop for Leading {
    fn drop(&mut self) {
        LEADING.set(self.0);
    }
}

/// One who leads: its lanes, and the way out, also by panic.
struct Leader<'a> {
    shared: &'a Shared,
    lanes: Vec<Job>,
    /// How many lanes `Queue::busy` knows of.
    counted: usize,
}

impl Leader<'_> {
    /// Fills the free lanes from the queue: all if no other thread can help, else only as many as are comfortable.
    fn refill(&mut self) -> usize {
        let engine = self.shared.engine;
        let mut queue = self.shared.lock();
        let can_start = queue.leaders < self.shared.threads;
        let most = if can_start { engine.comfortable() } else { engine.lanes() };
        let free = most.saturating_sub(self.lanes.len()).min(queue.jobs.len());
        self.lanes.extend(queue.jobs.drain(..free));
        queue.busy = queue.busy + self.lanes.len() - self.counted;
        self.counted = self.lanes.len();
        if free > 0 {
            self.shared.room.notify_all();
        }
        if can_start && !queue.jobs.is_empty() {
            self.shared.work.notify_one();
        }
        self.lanes.len()
    }

    /// Hashes a slice of every lane. Returns the jobs that ended, not yet answered.
    fn slice(&mut self) -> Vec<Job> {
        let mut lanes: Vec<Lane<'_>> = self.lanes.iter_mut().filter(|job| job.has_blocks()).map(Job::lane).collect();
        let blocks = self.shared.engine.step(&mut lanes, SLICE);
        for job in self.lanes.iter_mut().filter(|job| job.has_blocks()) {
            job.advance(blocks);
        }
        self.lanes.extract_if(.., |job| !job.has_blocks()).collect()
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.leaders -= 1;
        queue.busy -= self.counted;
        // After a panic one of these is broken: drop them all, their callers notice.
        if !std::thread::panicking() {
            for job in self.lanes.drain(..).rev() {
                queue.jobs.push_front(job);
            }
        }
        if queue.closed {
            self.shared.work.notify_all();
        } else if !queue.jobs.is_empty() {
            self.shared.work.notify_one();
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.work.notify_all();
        let me = std::thread::current().id();
        for worker in self.workers.drain(..) {
            // The last clone may go in a callback, on one of the threads themselves.
            if worker.thread().id() != me {
                let _ = worker.join(); // a worker catches its panics
            }
        }
    }
}
