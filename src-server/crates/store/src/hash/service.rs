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
//! lanes of the first are full. A lone caller of [`HashService::update_blocking`] leads on its own thread, so it pays
//! for no change of threads; when its own piece is done, it puts the other lanes back at the front of the queue.
//!
//! Eight lanes hash four times as fast as one. So a leader with lanes to spare, who knows that more messages are being
//! received ([`Stream`]), waits a moment for their next pieces; if none comes, it asks less often from then on.
//!
//! Locks: one, around `Queue`; nothing is hashed and no callback runs under it.

use super::engine::{Engine, Lane};
use super::state::{Sha512State, finish_many_with, update_many_with};
use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// Jobs that may wait; with pieces of 1 MiB this bounds the memory behind them to 64 MiB.
const QUEUE: usize = 64;

/// Blocks of each lane between two looks at the queue: 32 KiB, 40 to 90 microseconds.
const SLICE: usize = 256;

/// Pieces shorter than this are hashed at once by a blocking caller: waiting for company would cost more.
const SMALL: usize = 16 * 1024;

/// How long a leader waits for company: as long as a few connections need to receive and write their next pieces.
const LINGER: Duration = Duration::from_millis(1);

/// After so many vain waits in a row, the number of jobs that go without one grows no more (64).
const MISSES: u32 = 6;

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
    /// For the leader that waits for company: it is here.
    company: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    leaders: usize,
    /// Lanes in use, over all leaders.
    busy: usize,
    /// Messages whose next piece will come.
    streams: usize,
    /// Jobs that the leader waits for who lingers; 0: nobody does.
    wanted: usize,
    /// Vain waits in a row, and how many jobs go without one because of them.
    misses: u32,
    skip: u32,
    closed: bool,
}

/// One piece of a message on its way.
struct Job {
    state: Sha512State,
    /// Bytes of the current part that are in `state`.
    at: usize,
    work: Box<dyn Work>,
    /// The caller that leads waits for this one.
    own: bool,
    /// Company was waited for while it was in its lane.
    waited: bool,
}

/// A piece, in parts that follow each other in the message, with what to do when it is hashed.
trait Work: Send {
    /// The current part.
    fn bytes(&self) -> &[u8];
    /// Goes to the next part; `false`: that was the last.
    fn next(&mut self) -> bool;
    fn done(self: Box<Self>, state: Sha512State);
}

struct Piece<D, F> {
    parts: Vec<D>,
    part: usize,
    done: F,
}

impl<D, F> Work for Piece<D, F>
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

/// A piece that is read while it is hashed, a slice at a time.
struct Read<R, F> {
    slice: Vec<u8>,
    /// Bytes still to be read.
    left: u64,
    read: R,
    fault: io::Result<()>,
    done: F,
}

impl<R, F> Work for Read<R, F>
where
    R: FnMut(&mut [u8]) -> io::Result<()> + Send,
    F: FnOnce(Sha512State, io::Result<()>) + Send,
{
    fn bytes(&self) -> &[u8] {
        &self.slice
    }
    fn next(&mut self) -> bool {
        let size = self.left.min((SLICE * size_of::<super::rounds::Block>()) as u64);
        if size == 0 || self.fault.is_err() {
            return false;
        }
        self.left -= size;
        self.slice.resize(size as usize, 0);
        self.fault = (self.read)(&mut self.slice);
        self.fault.is_ok()
    }
    fn done(self: Box<Self>, state: Sha512State) {
        (self.done)(state, self.fault);
    }
}

/// A piece that is being hashed.
#[must_use = "the state of its message comes back with it"]
pub struct InFlight<D> {
    outcome: mpsc::Receiver<(Sha512State, Vec<D>)>,
}

impl<D> InFlight<D> {
    /// Waits for it; state and parts come back.
    pub fn wait(self) -> (Sha512State, Vec<D>) {
        self.outcome.recv().expect("a job is always answered, unless its data panics when asked for its bytes")
    }
}

/// A message that is being received: while it is held, leaders know that pieces will come.
pub struct Stream {
    shared: Arc<Shared>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.lock().streams -= 1;
    }
}

thread_local! {
    /// Set while this thread leads, so that a callback never waits for room that only its own thread can make.
    static LEADING: Cell<bool> = const { Cell::new(false) };
}

impl HashService {
    /// A service of at most `threads` threads; 0 = as many as this computer needs: where one core has lanes for many
    /// messages, half of the cores (the others receive and write), else all; at most 4.
    pub fn start(threads: usize) -> Self {
        Self::with_engine(threads, Engine::best())
    }

    /// The same with a chosen engine; one that this CPU lacks is replaced by the portable one.
    pub fn with_engine(threads: usize, engine: Engine) -> Self {
        let engine = engine.or_scalar();
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let enough = || if engine.lanes() > 1 { cores().div_ceil(2) } else { cores() }.min(4);
        let threads = if threads == 0 { enough() } else { threads };
        let shared = Arc::new(Shared {
            engine,
            threads,
            queue: Mutex::default(),
            work: Condvar::new(),
            room: Condvar::new(),
            company: Condvar::new(),
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

    /// Announces a message of which pieces will come one after the other, until the answer is dropped.
    pub fn stream(&self) -> Stream {
        let shared = Arc::clone(&self.owner.shared);
        shared.lock().streams += 1;
        Stream { shared }
    }

    /// Queues `data` for `state`. `done` gets both back, on a hash thread: it should be short. Waits while the queue
    /// is full, so it must not be called on an async thread. `data.as_ref()` must give the same bytes every time.
    pub fn submit<D>(&self, state: Sha512State, data: D, done: impl FnOnce(Sha512State, D) + Send + 'static)
    where
        D: AsRef<[u8]> + Send + 'static,
    {
        let job = Job::new(state, vec![data], |state, mut parts: Vec<D>| {
            done(state, parts.pop().expect("a piece keeps its parts"));
        });
        self.enter(job);
    }

    /// Begins to hash `parts`, which follow each other, into `state`, side by side with the pieces of other callers.
    /// Short ones are hashed at once on this thread. Waits while the queue is full, so it must not be called on an async
    /// thread.
    pub fn begin<D>(&self, mut state: Sha512State, parts: Vec<D>) -> InFlight<D>
    where
        D: AsRef<[u8]> + Send + 'static,
    {
        let shared = &self.owner.shared;
        let (answer, outcome) = mpsc::sync_channel(1);
        let size: usize = parts.iter().map(|part| part.as_ref().len()).sum();
        if size < SMALL || LEADING.get() || self.owner.workers.is_empty() {
            for part in &parts {
                update_many_with(shared.engine, &mut [(&mut state, part.as_ref())]);
            }
            let _held_here = answer.send((state, parts));
        } else {
            let job = Job::new(state, parts, move |state, parts| {
                let _ = answer.send((state, parts)); // whoever began may have given up
            });
            let queue = shared.with_room();
            shared.push(queue, job);
        }
        InFlight { outcome }
    }

    /// Queues `length` bytes that `read` gives, piece by piece in their order, on a hash thread: it should read what is in
    /// memory. `done` gets the state, also there; if something could not be read, the state is that of what was before it.
    /// Waits while the queue is full, so it must not be called on an async thread.
    pub fn submit_reading(
        &self,
        state: Sha512State,
        length: u64,
        read: impl FnMut(&mut [u8]) -> io::Result<()> + Send + 'static,
        done: impl FnOnce(Sha512State, io::Result<()>) + Send + 'static,
    ) {
        let job = Job::of(state, Box::new(Read { slice: Vec::new(), left: length, read, fault: Ok(()), done }));
        self.enter(job);
    }

    fn enter(&self, job: Job) {
        let shared = &self.owner.shared;
        if self.owner.workers.is_empty() {
            shared.lock().leaders += 1;
            shared.lead(Some(job));
        } else {
            let queue = shared.with_room();
            shared.push(queue, job);
        }
    }

    /// Hashes `parts`, which follow each other, into `state` and waits for it; both come back. Side by side with the
    /// pieces of other callers if there are any, else at once on this thread. Must not be called on an async thread.
    pub fn update_blocking<D>(&self, state: Sha512State, parts: Vec<D>) -> (Sha512State, Vec<D>)
    where
        D: AsRef<[u8]> + Send + 'static,
    {
        let shared = &self.owner.shared;
        let size: usize = parts.iter().map(|part| part.as_ref().len()).sum();
        let mut queue = shared.lock();
        let is_alone = queue.streams <= 1 && shared.wants_leader(&queue, 1);
        if size < SMALL || LEADING.get() || !is_alone {
            drop(queue);
            return self.begin(state, parts).wait();
        }
        queue.leaders += 1;
        drop(queue);
        let (answer, outcome) = mpsc::sync_channel(1);
        shared.lead(Some(Job::new(state, parts, move |state, parts| {
            let _ = answer.send((state, parts)); // the receiver is on the stack below
        })));
        InFlight { outcome }.wait()
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
    fn new<D, F>(state: Sha512State, parts: Vec<D>, done: F) -> Self
    where
        D: AsRef<[u8]> + Send + 'static,
        F: FnOnce(Sha512State, Vec<D>) + Send + 'static,
    {
        Self::of(state, Box::new(Piece { parts, part: 0, done }))
    }

    fn of(mut state: Sha512State, work: Box<dyn Work>) -> Self {
        let at = state.head(work.bytes());
        let mut job = Job { state, at, work, own: false, waited: false };
        job.settle();
        job
    }

    /// What kernels can take of it.
    fn lane(&mut self) -> Lane<'_> {
        let (blocks, _) = self.work.bytes()[self.at..].as_chunks();
        Lane { words: &mut self.state.words, blocks }
    }

    fn has_blocks(&self) -> bool {
        self.work.bytes().len() - self.at >= size_of::<super::rounds::Block>()
    }

    /// Goes on to the next part that has something for a kernel; what lies between is kept in the state.
    fn settle(&mut self) {
        while !self.has_blocks() {
            self.state.tail(&self.work.bytes()[self.at..]);
            self.at = self.work.bytes().len();
            if !self.work.next() {
                return;
            }
            self.at = self.state.head(self.work.bytes());
        }
    }

    /// Counts blocks that a kernel has hashed.
    fn advance(&mut self, blocks: usize) {
        self.state.count(blocks);
        self.at += blocks * size_of::<super::rounds::Block>();
        self.settle();
    }

    /// Gives it back. A panic in the callback is its caller's fault and must not take the other lanes along.
    fn end(self) {
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
        queue.leaders < self.threads && wanted > queue.leaders * self.engine.lanes()
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
        if queue.wanted > 0 && queue.jobs.len() >= queue.wanted {
            self.company.notify_all();
        } else if self.wants_leader(&queue, 0) {
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
    /// Fills the free lanes from the queue, if need be after a moment of waiting for company.
    fn refill(&mut self) -> usize {
        let mut queue = self.shared.lock();
        self.take(&mut queue);
        let missing = self.missing(&queue);
        if missing > 0 && queue.skip == 0 {
            queue.wanted = missing;
            let alone = |queue: &mut Queue| queue.jobs.len() < queue.wanted && !queue.closed;
            let company = &self.shared.company;
            let waited = company.wait_timeout_while(queue, LINGER, alone).unwrap_or_else(PoisonError::into_inner);
            queue = waited.0;
            queue.wanted = 0;
            queue.misses = if queue.jobs.is_empty() { (queue.misses + 1).min(MISSES) } else { 0 };
            queue.skip = (1 << queue.misses) - 1;
            self.lanes.iter_mut().for_each(|job| job.waited = true);
            self.take(&mut queue);
        } else if missing > 0 {
            queue.skip -= 1;
            self.lanes.iter_mut().for_each(|job| job.waited = true);
        }
        if queue.leaders < self.shared.threads && !queue.jobs.is_empty() {
            self.shared.work.notify_one();
        }
        self.lanes.len()
    }

    /// Jobs worth waiting for: of messages under way, as many as lanes are free. None while somebody waits already,
    /// and none twice on account of the same job.
    fn missing(&self, queue: &Queue) -> usize {
        if queue.wanted > 0 || self.lanes.iter().all(|job| job.waited) {
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
            self.shared.room.notify_all();
        }
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
        self.shared.company.notify_all();
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
