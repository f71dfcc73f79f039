//! The writer of a database: commits all queued jobs in one transaction, then delivers their results.
//!
//! A caller that waits for a result does the work: the first one runs a batch with everything queued by then, so that a
//! single change pays for no change of threads, and a hundred concurrent ones for one commit. A writer thread runs the
//! jobs that no caller waits for.

use super::error::failed;
use crate::disk::{Faults, Op};
use crate::error::{ErrorKind, StoreError};
use parking_lot::{Condvar, Mutex, MutexGuard};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

/// Upper limit of jobs in one transaction, which bounds the time until a result is delivered under load.
const MAX_BATCH: usize = 1024;

/// Makes a change; returns its outcome, and a function to call with the outcome of the commit.
type Job = Box<dyn FnOnce(&Connection, BatchPosition) -> (rusqlite::Result<()>, AfterCommit) + Send>;
type AfterCommit = Box<dyn FnOnce(rusqlite::Result<()>) + Send>;

/// The transaction that a job runs in.
#[derive(Clone, Copy, PartialEq)]
enum BatchPosition {
    /// Its own transaction.
    Alone,
    /// A transaction with other jobs: it must use a savepoint.
    Shared,
    /// No transaction: it failed to begin or was rolled back. The job must not change anything.
    NoTransaction,
}

/// Queue of jobs, and the writer thread of one database.
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    connection: Arc<Mutex<Connection>>,
    queue: Mutex<Queue>,
    /// Wakes callers that wait for a result: a batch has ended.
    batch_ended: Condvar,
    /// Wakes the writer thread: no caller waits for what is queued, or the database is being closed.
    wake_thread: Condvar,
    name: String,
    /// Number of batches of which a part was rolled back.
    rollbacks: Arc<AtomicU64>,
    /// See [`Db::version`](super::Db::version).
    version: AtomicU64,
    /// Injected failures, for tests.
    faults: OnceLock<Arc<Faults>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// A thread is running a batch.
    is_running: bool,
    /// Number of blocked callers, one of which will run the next batch.
    waiting: usize,
    /// There are jobs that no caller waits for.
    has_detached: bool,
    closed: bool,
}

impl Writer {
    pub(super) fn start(connection: Arc<Mutex<Connection>>, name: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            connection,
            queue: Mutex::default(),
            batch_ended: Condvar::new(),
            wake_thread: Condvar::new(),
            name: name.to_owned(),
            rollbacks: Arc::default(),
            version: AtomicU64::new(next_version()),
            faults: OnceLock::new(),
        });
        let run = {
            let shared = shared.clone();
            move || shared.run_thread()
        };
        let thread = std::thread::Builder::new().name("db-writer".into()).spawn(run)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// See [`Db::rollbacks`](super::Db::rollbacks).
    pub(super) fn rollbacks(&self) -> &Arc<AtomicU64> {
        &self.shared.rollbacks
    }

    /// See [`Db::version`](super::Db::version).
    pub(super) fn version(&self) -> u64 {
        self.shared.version.load(Acquire)
    }

    /// Injects failures. For tests; a second call has no effect.
    pub(super) fn set_faults(&self, faults: Arc<Faults>) {
        let _already_set = self.shared.faults.set(faults);
    }

    /// Returns the connection unless a batch is running. Batches wait while it is held.
    pub(super) fn free_connection(&self) -> Option<MutexGuard<'_, Connection>> {
        self.shared.connection.try_lock()
    }

    /// Queues a job. The returned value must be waited for or dropped; both make sure that the job runs.
    pub(super) fn queue<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        let (answer, pending) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |connection, position| {
            let outcome = match position {
                BatchPosition::Alone => job(connection),
                BatchPosition::Shared => in_savepoint(connection, job),
                // Not delivered: the caller gets the error of the transaction.
                BatchPosition::NoTransaction => Err(rusqlite::Error::InvalidQuery),
            };
            let did = outcome.as_ref().map(drop).map_err(copy_of);
            let complete: AfterCommit = Box::new(move |commit| {
                // The caller may no longer wait.
                let _not_waited_for = answer.send(commit.and(outcome));
            });
            (did, complete)
        });
        self.shared.lock().jobs.push_back(job);
        Pending { answer: Some(pending), shared: Some(self.shared.clone()) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake_thread.notify_all();
        // A completed job may drop the last owner on the writer thread itself, which cannot join itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _panicked = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    /// Main loop of the writer thread: runs batches of jobs that no caller waits for. Returns when the database is
    /// closed and the queue is empty.
    fn run_thread(&self) {
        let mut queue = self.lock();
        loop {
            if queue.is_running || queue.jobs.is_empty() || !(queue.has_detached || queue.closed) {
                if queue.closed && queue.jobs.is_empty() && !queue.is_running {
                    return;
                }
                let wakes = if queue.closed { &self.batch_ended } else { &self.wake_thread };
                wakes.wait(&mut queue);
                continue;
            }
            queue = self.run_batch(queue);
        }
    }

    /// Runs a batch: commits all queued jobs in one transaction, then delivers the results.
    fn run_batch<'a>(&'a self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        queue.is_running = true;
        let most = queue.jobs.len().min(MAX_BATCH);
        let jobs: Vec<Job> = queue.jobs.drain(..most).collect();
        queue.has_detached &= !queue.jobs.is_empty();
        drop(queue);
        let end = BatchEnd(self);
        let connection = self.connection.lock();
        let faults = self.faults.get().map(Arc::as_ref);
        let committed = catch_unwind(AssertUnwindSafe(|| commit(&connection, jobs, faults)));
        if !connection.is_autocommit() {
            let _already_rolled_back = connection.execute_batch("rollback");
        }
        // Before the next batch, and before results are delivered.
        if !matches!(&committed, Ok(BatchResult { outcome: Ok(()), has_failed: false, .. })) {
            self.rollbacks.fetch_add(1, Relaxed);
        }
        self.version.store(next_version(), Release);
        drop(connection);
        let Ok(BatchResult { outcome, answers, .. }) = committed else {
            // Dropping the jobs closes their channels, which tells the waiting callers.
            tracing::error!(
                database = self.name,
                "a change panicked; the other changes of its transaction are rolled back"
            );
            drop(end);
            return self.lock();
        };
        if let Err(error) = &outcome {
            tracing::error!(database = self.name, %error, "cannot commit changes to the database");
        }
        for answer in answers {
            answer(match &outcome {
                Ok(()) => Ok(()),
                Err(error) => Err(copy_of(error)),
            });
        }
        drop(end);
        self.lock()
    }

    /// Called when a caller will not wait for its job.
    fn detach_waiter(&self) {
        let mut queue = self.lock();
        if !queue.jobs.is_empty() {
            queue.has_detached = true;
            if !queue.is_running {
                self.wake_thread.notify_one();
            }
        }
    }
}

/// Returns a number that was not returned before; never 0.
fn next_version() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Relaxed) + 1
}

/// Marks the end of a batch, also after a panic. Waiting callers then take their results or run the next batch.
struct BatchEnd<'a>(&'a Shared);

impl Drop for BatchEnd<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.is_running = false;
        if queue.waiting > 0 || queue.closed {
            self.0.batch_ended.notify_all();
        }
        if queue.waiting == 0 && !queue.jobs.is_empty() {
            queue.has_detached = true;
            self.0.wake_thread.notify_one();
        }
    }
}

/// Outcome of a batch.
struct BatchResult {
    outcome: rusqlite::Result<()>,
    answers: Vec<AfterCommit>,
    /// A job failed and was rolled back.
    has_failed: bool,
}

fn commit(connection: &Connection, jobs: Vec<Job>, faults: Option<&Faults>) -> BatchResult {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop);
    let begun = run("begin immediate");
    let mut position = match (&begun, jobs.len()) {
        (Err(_), _) => BatchPosition::NoTransaction,
        (Ok(()), 1) => BatchPosition::Alone,
        (Ok(()), _) => BatchPosition::Shared,
    };
    let (mut answers, mut has_failed) = (Vec::with_capacity(jobs.len()), false);
    // Why SQLite has rolled back the whole transaction by itself, as it does on a full disk or an I/O error.
    let mut undone = None;
    for job in jobs {
        let injected = faults
            .filter(|_| position != BatchPosition::NoTransaction)
            .and_then(|faults| injected_error(faults, Op::Change));
        if let Some(error) = injected {
            let _already_rolled_back = run("rollback");
            undone = Some(error);
            position = BatchPosition::NoTransaction;
        }
        let (did, answer) = job(connection, position);
        answers.push(answer);
        has_failed |= did.is_err();
        if let Err(error) = did
            && position != BatchPosition::NoTransaction
            && connection.is_autocommit()
        {
            undone = Some(error);
            position = BatchPosition::NoTransaction;
        }
    }
    let end = if position == BatchPosition::Alone && has_failed { "rollback" } else { "commit" };
    let outcome =
        begun.and_then(|()| match undone.or_else(|| faults.and_then(|faults| injected_error(faults, Op::Commit))) {
            Some(error) => Err(error),
            None => run(end),
        });
    BatchResult { outcome, answers, has_failed }
}

/// Returns the SQLite error that corresponds to an injected failure.
fn injected_error(faults: &Faults, op: Op) -> Option<rusqlite::Error> {
    let error = faults.check(op).err()?;
    let code = match error.kind() {
        io::ErrorKind::StorageFull => rusqlite::ffi::SQLITE_FULL,
        _ => rusqlite::ffi::SQLITE_IOERR_WRITE,
    };
    Some(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string())))
}

/// Copies an error for each job of a batch; SQLite's errors cannot be cloned.
fn copy_of(error: &rusqlite::Error) -> rusqlite::Error {
    let code = error.sqlite_error().map_or(rusqlite::ffi::SQLITE_ERROR, |inner| inner.extended_code);
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string()))
}

/// Runs a job inside a savepoint, so that its failure rolls back only its own changes.
fn in_savepoint<T>(
    connection: &Connection,
    job: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    run("savepoint job")?;
    let outcome = job(connection);
    if outcome.is_err() {
        if connection.is_autocommit() {
            // SQLite has rolled back the whole transaction.
            return outcome;
        }
        run("rollback to job")?;
    }
    run("release job")?;
    outcome
}

/// The pending result of a write.
#[must_use = "the change is not committed before `wait` has returned"]
pub struct Pending<T> {
    /// `None` after it was waited for.
    answer: Option<Receiver<rusqlite::Result<T>>>,
    /// `None` if nothing has to be written.
    shared: Option<Arc<Shared>>,
}

impl<T> Pending<T> {
    /// Returns a result that is available at once, where nothing has to be written.
    pub fn ready(value: T) -> Self {
        let (sender, answer) = mpsc::sync_channel(1);
        let _receiver_is_held = sender.send(Ok(value));
        Self { answer: Some(answer), shared: None }
    }

    /// Blocks until the job is committed, or commits it on this thread, together with all other queued jobs.
    ///
    /// # Errors
    /// SQLite errors: those of the job itself, or of the commit (`NoSpace`, `ReadOnly` ...). The job has changed
    /// nothing then.
    pub fn wait(mut self) -> Result<T, StoreError> {
        let answer = self.answer.take();
        let outcome = answer.and_then(|answer| match &self.shared {
            Some(shared) => wait_or_run(shared, &answer),
            None => answer.recv().ok(),
        });
        let name = || self.shared.as_ref().map_or("", |shared| &shared.name);
        let fault = "another change of the same transaction panicked";
        outcome.map_or_else(
            || Err(StoreError::with_kind(ErrorKind::Other, "write database", name(), fault)),
            |outcome| outcome.map_err(|error| failed("write database", name(), error)),
        )
    }

    /// Lets the job run without waiting for it, for changes whose loss does no harm. A failed commit is logged.
    pub fn detach(self) {}
}

/// Runs batches, or blocks while another thread runs one, until the result is there. `None`: the job was dropped.
fn wait_or_run<T>(shared: &Shared, answer: &Receiver<T>) -> Option<T> {
    let mut queue = shared.lock();
    loop {
        match answer.try_recv() {
            Ok(outcome) => return Some(outcome),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        if queue.is_running {
            queue.waiting += 1;
            shared.batch_ended.wait(&mut queue);
            queue.waiting -= 1;
        } else {
            queue = shared.run_batch(queue);
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        if let (Some(_), Some(shared)) = (&self.answer, &self.shared) {
            shared.detach_waiter();
        }
    }
}
