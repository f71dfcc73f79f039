//! The hash service: hashes pieces of messages from many callers side by side in the lanes of a vector kernel.
//!
//! ```text
//! submit ──────────► queue (bounded) ──► leaders: worker threads, or a caller that waits anyway
//! update_blocking ─┘        ▲                  │ each fills its lanes from the queue, hashes a slice of
//!                           └──────────────────┘ all of them, returns those that ended, and refills
//! ```
//!
//! There are never more leaders than `threads`. A leader with free lanes takes new jobs before a second leader starts:
//! two messages side by side cost little more time than one, so a second core is used only when the lanes of the first
//! are full. A single caller of [`HashService::update_blocking`] leads on its own thread, so it pays for no change of
//! threads; when its own piece is done, it puts the other lanes back at the front of the queue.
//!
//! Eight lanes hash four times as fast as one. So a leader with free lanes that knows of further messages being
//! received ([`StreamGuard`]) waits a moment for their next pieces; after waits in vain it does so less often.
//!
//! Locks: one, around `Queue`. No hashing and no callback happens while it is held.

use super::engine::{Engine, Lane};
use super::state::{Sha512State, finish_many_with, update_many_with};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// Upper limit of queued jobs; with pieces of 1 MiB this bounds their memory to 64 MiB.
const MAX_QUEUED: usize = 64;

/// Blocks of each lane hashed between two checks of the queue: 32 KiB, which takes 40 to 90 microseconds.
const SLICE: usize = 256;

/// Shorter pieces are hashed at once by a blocking caller: queueing them would cost more. Bytes.
const MIN_QUEUED_SIZE: usize = 16 * 1024;

/// How long a leader waits for more jobs: about the time in which a few connections receive and write their next
/// pieces.
const REFILL_WAIT: Duration = Duration::from_millis(1);

/// After this many waits in vain in a row, the number of refills without a wait no longer grows (it is 63 then).
const MAX_MISSES: u32 = 6;

/// A small pool of threads that hash side by side. Clones share it. When the last clone is dropped, the threads finish
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
    /// Upper limit of leaders at a time; at least 1.
    threads: usize,
    queue: Mutex<Queue>,
    /// Wakes workers: another leader is wanted, or the service is closed.
    wake_worker: Condvar,
    /// Wakes submitters: the queue has space.
    space: Condvar,
    /// Wakes the leader that waits for more jobs.
    jobs_arrived: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    leaders: usize,
    /// Lanes in use, over all leaders.
    busy: usize,
    /// Number of messages whose next piece is expected.
    streams: usize,
    /// Queue length that a waiting leader waits for; 0: none waits.
    jobs_wanted: usize,
    /// Waits in vain in a row, and the number of refills that are still to be done without a wait because of them.
    misses: u32,
    skip: u32,
    closed: bool,
}

/// A piece of a message that is queued or being hashed.
struct Job {
    state: Sha512State,
    /// Bytes of the current part that are already in `state`.
    at: usize,
    input: Box<dyn JobInput>,
    /// The leading caller waits for this job.
    is_callers: bool,
    /// A leader has already waited for more jobs while this one was in a lane.
    has_waited: bool,
}

/// The data of a job, in consecutive parts, and the callback for its end.
trait JobInput: Send {
    /// Returns the current part.
    fn bytes(&self) -> &[u8];
    /// Moves to the next part; returns false if there is none.
    fn next(&mut self) -> bool;
    fn done(self: Box<Self>, state: Sha512State);
}

struct Piece<D, F> {
    parts: Vec<D>,
    part: usize,
    done: F,
}

impl<D, F> JobInput for Piece<D, F>
where
    D: AsRef<[u8]> + Send,
    F: FnOnce(Sha512State, Vec<D>) + Send,
{
    fn bytes(&self) -> &[u8] {
        self.parts.get(self.part).map_or(&[], AsRef::as_ref)
    }
    fn next(&mut self) -> bool {
        let has_more = self.part + 1 < self.parts.len();
        self.part += usize::from(has_more);
        has_more
    }
    fn done(self: Box<Self>, state: Sha512State) {
        (self.done)(state, self.parts);
    }
}

/// Data that is read while it is hashed, a slice at a time.
struct Read<R, F> {
    slice: Vec<u8>,
    /// Bytes that are still to be read.
    left: u64,
    read: R,
    error: io::Result<()>,
    done: F,
}

impl<R, F> JobInput for Read<R, F>
where
    R: FnMut(&mut [u8]) -> io::Result<()> + Send,
    F: FnOnce(Sha512State, io::Result<()>) + Send,
{
    fn bytes(&self) -> &[u8] {
        &self.slice
    }
    fn next(&mut self) -> bool {
        let size = self.left.min((SLICE * size_of::<super::rounds::Block>()) as u64);
        if size == 0 || self.error.is_err() {
            return false;
        }
        self.left -= size;
        self.slice.resize(size as usize, 0);
        self.error = (self.read)(&mut self.slice);
        self.error.is_ok()
    }
    fn done(self: Box<Self>, state: Sha512State) {
        (self.done)(state, self.error);
    }
}

/// A piece that is being hashed; returned by [`HashService::begin_update`].
#[must_use = "the state of the message is returned by `wait`"]
pub struct PendingUpdate<D> {
    outcome: mpsc::Receiver<(Sha512State, Vec<D>)>,
}

impl<D> PendingUpdate<D> {
    /// Blocks until it is hashed. Returns the state and the parts.
    pub fn wait(self) -> (Sha512State, Vec<D>) {
        self.outcome.recv().expect("the callback is always called, unless `as_ref` of the data panics")
    }
}

/// Announces a message that is being received: while it is held, leaders expect further pieces.
pub struct StreamGuard {
    shared: Arc<Shared>,
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.shared.lock().streams -= 1;
    }
}

thread_local! {
    /// Set while this thread leads, so that a callback never waits for queue space that only its own thread can make.
    static LEADING: Cell<bool> = const { Cell::new(false) };
}

impl HashService {
    /// Starts a service with at most `threads` threads. 0 = automatic, at most 4: half of the cores if one core hashes
    /// several messages side by side (the others receive and write), else all cores.
    pub fn start(threads: usize) -> Self {
        Self::with_engine(threads, Engine::best())
    }

    /// Like [`HashService::start`], with a chosen engine; an unsupported one is replaced by the portable one.
    pub fn with_engine(threads: usize, engine: Engine) -> Self {
        let engine = engine.or_scalar();
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let default_threads = || if engine.lanes() > 1 { cores().div_ceil(2) } else { cores() }.min(4);
        let threads = if threads == 0 { default_threads() } else { threads };
        let shared = Arc::new(Shared {
            engine,
            threads,
            queue: Mutex::default(),
            wake_worker: Condvar::new(),
            space: Condvar::new(),
            jobs_arrived: Condvar::new(),
        });
        let spawn = |i| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("hash-{i}")).spawn(move || shared.run_worker())
        };
        let mut workers = Vec::with_capacity(threads);
        for i in 0..threads {
            match spawn(i) {
                Ok(worker) => workers.push(worker),
                // Without any worker every caller leads on its own thread.
                Err(error) => tracing::warn!(%error, "cannot start a hash thread"),
            }
        }
        HashService { owner: Arc::new(Owner { shared, workers }) }
    }

    /// Returns the most threads that hash at a time.
    pub fn threads(&self) -> usize {
        self.owner.shared.threads
    }

    /// Returns the engine in use.
    pub fn engine(&self) -> Engine {
        self.owner.shared.engine
    }

    /// Announces a message whose pieces will follow one another, until the guard is dropped.
    pub fn stream(&self) -> StreamGuard {
        let shared = Arc::clone(&self.owner.shared);
        shared.lock().streams += 1;
        StreamGuard { shared }
    }

    /// Queues `data` to be hashed into `state`. `done` gets both back, on a hash thread, and must be short. Blocks
    /// while the queue is full, so it must not be called on an async thread. `data.as_ref()` must return the same bytes
    /// every time.
    pub fn submit<D>(&self, state: Sha512State, data: D, done: impl FnOnce(Sha512State, D) + Send + 'static)
    where
        D: AsRef<[u8]> + Send + 'static,
    {
        let job = Job::new(state, vec![data], |state, mut parts: Vec<D>| {
            done(state, parts.pop().expect("the parts are returned"));
        });
        self.enqueue(job);
    }

    /// Starts hashing consecutive `parts` into `state`, side by side with the pieces of other callers. Short pieces are
    /// hashed at once on this thread. Blocks while the queue is full, so it must not be called on an async thread.
    pub fn begin_update<D>(&self, mut state: Sha512State, parts: Vec<D>) -> PendingUpdate<D>
    where
        D: AsRef<[u8]> + Send + 'static,
    {
        let shared = &self.owner.shared;
        let (answer, outcome) = mpsc::sync_channel(1);
        let size: usize = parts.iter().map(|part| part.as_ref().len()).sum();
        if size < MIN_QUEUED_SIZE || LEADING.get() || self.owner.workers.is_empty() {
            for part in &parts {
                update_many_with(shared.engine, &mut [(&mut state, part.as_ref())]);
            }
            let _receiver_is_held = answer.send((state, parts));
        } else {
            let job = Job::new(state, parts, move |state, parts| {
                let _ = answer.send((state, parts)); // the caller may have dropped the receiver
            });
            let queue = shared.with_space();
            shared.push(queue, job);
        }
        PendingUpdate { outcome }
    }

    /// Queues `length` bytes that `read` provides, in order, on a hash thread; it should not block. `done` gets the
    /// state, on a hash thread; after a read error, the state covers the bytes before it. Blocks while the queue is
    /// full, so it must not be called on an async thread.
    pub fn submit_reader(
        &self,
        state: Sha512State,
        length: u64,
        read: impl FnMut(&mut [u8]) -> io::Result<()> + Send + 'static,
        done: impl FnOnce(Sha512State, io::Result<()>) + Send + 'static,
    ) {
        let job = Job::of(state, Box::new(Read { slice: Vec::new(), left: length, read, error: Ok(()), done }));
        self.enqueue(job);
    }

    fn enqueue(&self, job: Job) {
        let shared = &self.owner.shared;
        if self.owner.workers.is_empty() {
            shared.lock().leaders += 1;
            shared.lead(Some(job));
        } else {
            let queue = shared.with_space();
            shared.push(queue, job);
        }
    }

    /// Hashes consecutive `parts` into `state` and returns both. Blocks; must not be called on an async thread. Shares
    /// lanes with the pieces of other callers if there are any, else hashes on this thread.
    pub fn update_blocking<D>(&self, state: Sha512State, parts: Vec<D>) -> (Sha512State, Vec<D>)
    where
        D: AsRef<[u8]> + Send + 'static,
    {
        let shared = &self.owner.shared;
        let size: usize = parts.iter().map(|part| part.as_ref().len()).sum();
        let mut queue = shared.lock();
        let is_alone = queue.streams <= 1 && shared.wants_leader(&queue, 1);
        if size < MIN_QUEUED_SIZE || LEADING.get() || !is_alone {
            drop(queue);
            return self.begin_update(state, parts).wait();
        }
        queue.leaders += 1;
        drop(queue);
        let (answer, outcome) = mpsc::sync_channel(1);
        shared.lead(Some(Job::new(state, parts, move |state, parts| {
            let _ = answer.send((state, parts)); // the receiver is on the stack below
        })));
        PendingUpdate { outcome }.wait()
    }

    /// Returns the SHA-512 of each buffer, in order. Hashes on this thread, since many buffers fill the lanes by
    /// themselves.
    pub fn digest_many(&self, buffers: &[&[u8]]) -> Vec<[u8; 64]> {
        let engine = self.engine();
        let mut states = vec![Sha512State::new(); buffers.len()];
        let mut jobs: Vec<_> = states.iter_mut().zip(buffers.iter().copied()).collect();
        update_many_with(engine, &mut jobs);
        finish_many_with(engine, &states)
    }
}

impl Job {
    fn new<D, F>(state: Sha512State, parts: Vec<D>, done: F) -> Self
    where
        D: AsRef<[u8]> + Send + 'static,
        F: FnOnce(Sha512State, Vec<D>) + Send + 'static,
    {
        Self::of(state, Box::new(Piece { parts, part: 0, done }))
    }

    fn of(mut state: Sha512State, input: Box<dyn JobInput>) -> Self {
        let at = state.head(input.bytes());
        let mut job = Job { state, at, input, is_callers: false, has_waited: false };
        job.skip_to_blocks();
        job
    }

    /// Returns the whole blocks of the current part.
    fn lane(&mut self) -> Lane<'_> {
        let (blocks, _) = self.input.bytes()[self.at..].as_chunks();
        Lane { words: &mut self.state.words, blocks }
    }

    fn has_blocks(&self) -> bool {
        self.input.bytes().len() - self.at >= size_of::<super::rounds::Block>()
    }

    /// Moves on to the next part that has a whole block; bytes before it go into the state's partial block.
    fn skip_to_blocks(&mut self) {
        while !self.has_blocks() {
            self.state.tail(&self.input.bytes()[self.at..]);
            self.at = self.input.bytes().len();
            if !self.input.next() {
                return;
            }
            self.at = self.state.head(self.input.bytes());
        }
    }

    /// Records that a kernel has hashed `blocks` blocks.
    fn advance(&mut self, blocks: usize) {
        self.state.count(blocks);
        self.at += blocks * size_of::<super::rounds::Block>();
        self.skip_to_blocks();
    }

    /// Calls the callback. A panic in it must not affect the jobs in other lanes.
    fn end(self) {
        if catch_unwind(AssertUnwindSafe(|| self.input.done(self.state))).is_err() {
            tracing::error!("the callback of a hash job panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    /// Whether another leader would be worth it if `more` jobs were added.
    fn wants_leader(&self, queue: &Queue, more: usize) -> bool {
        let wanted = queue.jobs.len() + queue.busy + more;
        queue.leaders < self.threads && wanted > queue.leaders * self.engine.lanes()
    }

    /// Waits until the queue has space and returns it locked.
    fn with_space(&self) -> MutexGuard<'_, Queue> {
        let mut queue = self.lock();
        if !LEADING.get() {
            self.space.wait_while(&mut queue, |queue| queue.jobs.len() >= MAX_QUEUED);
        }
        queue
    }

    fn push(&self, mut queue: MutexGuard<'_, Queue>, job: Job) {
        queue.jobs.push_back(job);
        if queue.jobs_wanted > 0 && queue.jobs.len() >= queue.jobs_wanted {
            self.jobs_arrived.notify_all();
        } else if self.wants_leader(&queue, 0) {
            self.wake_worker.notify_one();
        }
    }

    /// Main loop of a worker thread: leads when another leader is wanted. Returns when the service is closed and the
    /// queue is empty.
    fn run_worker(&self) {
        loop {
            let mut queue = self.lock();
            while queue.jobs.is_empty() || !self.wants_leader(&queue, 0) {
                if queue.closed && queue.jobs.is_empty() {
                    return;
                }
                self.wake_worker.wait(&mut queue);
            }
            queue.leaders += 1;
            drop(queue);
            if catch_unwind(AssertUnwindSafe(|| self.lead(None))).is_err() {
                tracing::error!("a hash job panicked");
            }
        }
    }

    /// Hashes side by side until `own` is done; without `own`, until no job is left. The caller has increased
    /// `Queue::leaders`, which is decreased on return.
    fn lead(&self, own: Option<Job>) {
        let _leading = LeadingGuard(LEADING.replace(true));
        let mut leader = Leader { shared: self, lanes: Vec::with_capacity(self.engine.lanes()), counted: 0 };
        leader.lanes.extend(own.map(|job| Job { is_callers: true, ..job }));
        let mut has_work = leader.refill() > 0;
        while has_work {
            let ended = leader.slice();
            has_work = !ended.iter().any(|job| job.is_callers) && leader.refill() > 0;
            if !has_work {
                drop(leader);
                ended.into_iter().for_each(Job::end);
                return;
            }
            // Only after `refill` has freed their lanes: otherwise a caller that returns at once with its next piece
            // would find the lanes taken and start a second leader.
            ended.into_iter().for_each(Job::end);
        }
    }
}

/// Restores the previous value of `LEADING`.
struct LeadingGuard(bool);

impl Drop for LeadingGuard {
    fn drop(&mut self) {
        LEADING.set(self.0);
    }
}

/// A leader with its lanes. Dropping it, also by a panic, returns unfinished jobs to the queue.
struct Leader<'a> {
    shared: &'a Shared,
    lanes: Vec<Job>,
    /// Lanes of this leader that are included in `Queue::busy`.
    counted: usize,
}

impl Leader<'_> {
    /// Fills free lanes from the queue, possibly after waiting for more jobs. Returns the number of lanes in use.
    fn refill(&mut self) -> usize {
        let mut queue = self.shared.lock();
        self.take(&mut queue);
        let missing = self.jobs_worth_waiting_for(&queue);
        if missing > 0 && queue.skip == 0 {
            queue.jobs_wanted = missing;
            let alone = |queue: &mut Queue| queue.jobs.len() < queue.jobs_wanted && !queue.closed;
            self.shared.jobs_arrived.wait_while_for(&mut queue, alone, REFILL_WAIT);
            queue.jobs_wanted = 0;
            queue.misses = if queue.jobs.is_empty() { (queue.misses + 1).min(MAX_MISSES) } else { 0 };
            queue.skip = (1 << queue.misses) - 1;
            self.lanes.iter_mut().for_each(|job| job.has_waited = true);
            self.take(&mut queue);
        } else if missing > 0 {
            queue.skip -= 1;
            self.lanes.iter_mut().for_each(|job| job.has_waited = true);
        }
        if queue.leaders < self.shared.threads && !queue.jobs.is_empty() {
            self.shared.wake_worker.notify_one();
        }
        self.lanes.len()
    }

    /// Returns the number of jobs worth waiting for: as many as messages are being received and lanes are free. 0 while
    /// another leader waits, or if all jobs in the lanes have caused a wait already.
    fn jobs_worth_waiting_for(&self, queue: &Queue) -> usize {
        if queue.jobs_wanted > 0 || self.lanes.iter().all(|job| job.has_waited) {
            return 0;
        }
        let expected = (queue.streams / queue.leaders.max(1)).min(self.shared.engine.lanes());
        expected.saturating_sub(self.lanes.len())
    }

    fn take(&mut self, queue: &mut Queue) {
        let free = self.shared.engine.lanes().saturating_sub(self.lanes.len()).min(queue.jobs.len());
        self.lanes.extend(queue.jobs.drain(..free));
        queue.busy = queue.busy + self.lanes.len() - self.counted;
        self.counted = self.lanes.len();
        if free > 0 {
            self.shared.space.notify_all();
        }
    }

    /// Hashes a slice of every lane. Returns the jobs that ended; their callbacks are still to be called.
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
        // After a panic the state of one of these jobs is broken. All are dropped, which their callers notice.
        if !std::thread::panicking() {
            for job in self.lanes.drain(..).rev() {
                queue.jobs.push_front(job);
            }
        }
        if queue.closed {
            self.shared.wake_worker.notify_all();
        } else if !queue.jobs.is_empty() {
            self.shared.wake_worker.notify_one();
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.jobs_arrived.notify_all();
        self.shared.wake_worker.notify_all();
        let this_thread = std::thread::current().id();
        for worker in self.workers.drain(..) {
            // A callback may drop the last clone on a worker thread, which cannot join itself.
            if worker.thread().id() != this_thread {
                let _ = worker.join(); // a worker catches its panics
            }
        }
    }
}
