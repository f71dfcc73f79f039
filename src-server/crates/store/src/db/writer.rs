//! The one writer of a database: all that is queued becomes one transaction, then everyone gets an answer.
//!
//! Who waits for an answer does the work: the first one has a turn and commits what all have queued meanwhile, so a lone
//! change costs no change of threads, and a hundred at once one commit. A thread does it for those who do not wait.

use super::failed;
use crate::disk::{Faults, Op};
use crate::error::{ErrorKind, StoreError};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread::JoinHandle;

/// Most jobs in one transaction, so that answers do not wait for ever on a busy day.
const MAX_BATCH: usize = 1024;

/// Does its work and gives back what to call when the commit is known.
type Job = Box<dyn FnOnce(&Connection, BatchPosition) -> (rusqlite::Result<()>, AfterCommit) + Send>;
type AfterCommit = Box<dyn FnOnce(rusqlite::Result<()>) + Send>;

/// What a job finds itself in.
#[derive(Clone, Copy, PartialEq)]
enum BatchPosition {
    /// A transaction of its own.
    Alone,
    /// A transaction with other jobs.
    Shared,
    /// None: it could not begin, and the job must not change anything.
    NoTransaction,
}

/// See the module.
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    connection: Arc<Mutex<Connection>>,
    queue: Mutex<Queue>,
    /// For those who wait for their answer: a turn has ended.
    batch_ended: Condvar,
    /// For the thread: nobody waits for what is queued.
    wake_thread: Condvar,
    name: String,
    /// Turns of which something was undone.
    rollbacks: Arc<AtomicU64>,
    /// For tests.
    faults: OnceLock<Arc<Faults>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Somebody is having a turn.
    is_running: bool,
    /// Callers who wait, and would have the next turn.
    waiting: usize,
    /// There are jobs that nobody waits for.
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

    /// Failures on demand, for tests. Those that were set first stay.
    pub(super) fn set_faults(&self, faults: Arc<Faults>) {
        let _there_are_some = self.shared.faults.set(faults);
    }

    /// The connection, if nobody is having a turn; turns wait while it is held.
    pub(super) fn free_connection(&self) -> Option<MutexGuard<'_, Connection>> {
        match self.shared.connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Queues a job. Somebody must wait for it, or say that nobody will.
    pub(super) fn queue<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        let (answer, pending) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |connection, position| {
            let outcome = match position {
                BatchPosition::Alone => job(connection),
                BatchPosition::Shared => in_savepoint(connection, job),
                // Its caller is told why nothing could begin.
                BatchPosition::NoTransaction => Err(rusqlite::Error::InvalidQuery),
            };
            let did = outcome.as_ref().map(drop).map_err(copy_of);
            let complete: AfterCommit = Box::new(move |commit| {
                // Whoever asked may have stopped waiting.
                let _gone = answer.send(commit.and(outcome));
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
        // The last owner may be an answer that runs on the thread itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _panicked = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's life: turns for jobs that nobody waits for; ends when the database is closed and nothing is left.
    fn run_thread(&self) {
        let mut queue = self.lock();
        loop {
            if queue.is_running || queue.jobs.is_empty() || !(queue.has_detached || queue.closed) {
                if queue.closed && queue.jobs.is_empty() && !queue.is_running {
                    return;
                }
                queue = match queue.closed {
                    true => self.batch_ended.wait(queue),
                    false => self.wake_thread.wait(queue),
                }
                .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue = self.run_batch(queue);
        }
    }

    /// Has a turn: all that is queued in one transaction, then the answers.
    fn run_batch<'a>(&'a self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        queue.is_running = true;
        let most = queue.jobs.len().min(MAX_BATCH);
        let jobs: Vec<Job> = queue.jobs.drain(..most).collect();
        queue.has_detached &= !queue.jobs.is_empty();
        drop(queue);
        let end = BatchEnd(self);
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let faults = self.faults.get().map(Arc::as_ref);
        let committed = catch_unwind(AssertUnwindSafe(|| commit(&connection, jobs, faults)));
        if !connection.is_autocommit() {
            let _already_undone = connection.execute_batch("rollback");
        }
        // Before the next turn, and before the answers.
        if !matches!(&committed, Ok(BatchResult { outcome: Ok(()), has_failed: false, .. })) {
            self.rollbacks.fetch_add(1, Relaxed);
        }
        drop(connection);
        let Ok(BatchResult { outcome, answers, .. }) = committed else {
            // Those who wait see that their answers will not come.
            tracing::error!(database = self.name, "a change panicked; those committed with it are undone");
            drop(end);
            return self.lock();
        };
        if let Err(error) = &outcome {
            tracing::error!(database = self.name, %error, "changes could not be saved");
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

    /// Nobody waits for something that is queued.
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

/// Ends a turn, also by panic: those who wait look for their answer, or have the next one.
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

/// How a turn ended.
struct BatchResult {
    outcome: rusqlite::Result<()>,
    answers: Vec<AfterCommit>,
    /// A job failed, and its changes are undone.
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
    // Why SQLite has undone the whole transaction by itself, as it does when there is no room, or a disk fails.
    let mut undone = None;
    for job in jobs {
        let injected = faults
            .filter(|_| position != BatchPosition::NoTransaction)
            .and_then(|faults| injected_error(faults, Op::Change));
        if let Some(error) = injected {
            let _undone_by_itself = run("rollback");
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

/// What SQLite would say about a failure that a test wants.
fn injected_error(faults: &Faults, op: Op) -> Option<rusqlite::Error> {
    let error = faults.check(op).err()?;
    let code = match error.kind() {
        io::ErrorKind::StorageFull => rusqlite::ffi::SQLITE_FULL,
        _ => rusqlite::ffi::SQLITE_IOERR_WRITE,
    };
    Some(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string())))
}

/// SQLite's errors cannot be cloned; everyone in the batch gets an equal one.
fn copy_of(error: &rusqlite::Error) -> rusqlite::Error {
    let code = error.sqlite_error().map_or(rusqlite::ffi::SQLITE_ERROR, |inner| inner.extended_code);
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string()))
}

/// Runs a job so that its failure undoes its own changes only.
fn in_savepoint<T>(
    connection: &Connection,
    job: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    run("savepoint job")?;
    let outcome = job(connection);
    if outcome.is_err() {
        if connection.is_autocommit() {
            // There is nothing left to undo.
            return outcome;
        }
        run("rollback to job")?;
    }
    run("release job")?;
    outcome
}

/// The answer to a write, to come.
#[must_use = "the change is not safe before `wait` returned"]
pub struct Pending<T> {
    /// `None`: it was waited for.
    answer: Option<Receiver<rusqlite::Result<T>>>,
    /// `None`: nothing has to be written.
    shared: Option<Arc<Shared>>,
}

impl<T> Pending<T> {
    /// The answer where nothing has to be written.
    pub fn ready(value: T) -> Self {
        let (give, answer) = mpsc::sync_channel(1);
        let _held_here = give.send(Ok(value));
        Self { answer: Some(answer), shared: None }
    }

    /// Waits for the commit, or makes it, together with all that others have queued.
    ///
    /// # Errors
    /// Those of SQLite: the job's own, or those of the commit (`NoSpace`, `ReadOnly` ...). Nothing was changed then.
    pub fn wait(mut self) -> Result<T, StoreError> {
        let answer = self.answer.take();
        let outcome = answer.and_then(|answer| match &self.shared {
            Some(shared) => wait_or_run(shared, &answer),
            None => answer.recv().ok(),
        });
        let name = || self.shared.as_ref().map_or("", |shared| &shared.name);
        let fault = "a change made together with it failed by a fault of the program";
        outcome.map_or_else(
            || Err(StoreError::with_kind(ErrorKind::Other, "write database", name(), fault)),
            |outcome| outcome.map_err(|error| failed("write database", name(), error)),
        )
    }

    /// Does not wait: for changes whose loss does no harm. A failure of the commit is in the log.
    pub fn detach(self) {}
}

/// Has turns, or waits while others have them, until there is an answer; `None`: there will be none.
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
            queue = shared.batch_ended.wait(queue).unwrap_or_else(PoisonError::into_inner);
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
