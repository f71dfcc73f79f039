//! The one writer thread of a database: takes all that is queued, commits it as one, then answers.

use super::failed;
use crate::error::{ErrorKind, StoreError};
use rusqlite::Connection;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Most jobs in one transaction, so that answers do not wait for ever on a busy day.
const BATCH: usize = 1024;

/// Does its work and gives back what to call when the commit is known.
pub(super) type Job = Box<dyn FnOnce(&Connection) -> AfterCommit + Send>;
type AfterCommit = Box<dyn FnOnce(rusqlite::Result<()>) + Send>;

pub(super) struct Writer {
    /// `None` only while dropping.
    queue: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Arc<Mutex<Connection>>, name: &str) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel();
        let name = name.to_owned();
        let run = move || run(&connection, &jobs, &name);
        let thread = std::thread::Builder::new().name("db-writer".into()).spawn(run)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// If the thread is gone (a job panicked), the job is dropped and whoever waits for it learns that.
    pub(super) fn queue(&self, job: Job) {
        if let Some(queue) = &self.queue {
            let _gone = queue.send(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        // The last owner may be an answer that runs on the thread itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _panicked = thread.join();
        }
    }
}

fn run(connection: &Mutex<Connection>, jobs: &Receiver<Job>, name: &str) {
    while let Ok(first) = jobs.recv() {
        let mut answers = Vec::new();
        let outcome = {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let begun = connection.execute_batch("begin immediate");
            let mut next = Some(first);
            while let Some(job) = next {
                // Also if the transaction could not begin: jobs are asked to fail one by one, nobody waits for ever.
                answers.push(job(&connection));
                next = if answers.len() < BATCH { jobs.try_recv().ok() } else { None };
            }
            let outcome = begun.and_then(|()| connection.execute_batch("commit"));
            if outcome.is_err() && !connection.is_autocommit() {
                let _already_undone = connection.execute_batch("rollback");
            }
            outcome
        };
        if let Err(error) = &outcome {
            tracing::error!(database = name, %error, "changes could not be saved");
        }
        for answer in answers {
            answer(match &outcome {
                Ok(()) => Ok(()),
                Err(error) => Err(same(error)),
            });
        }
    }
}

/// SQLite's errors cannot be cloned; everyone in the batch gets an equal one.
fn same(error: &rusqlite::Error) -> rusqlite::Error {
    let code = error.sqlite_error().map_or(rusqlite::ffi::SQLITE_ERROR, |inner| inner.extended_code);
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string()))
}

/// Runs a job so that its failure undoes its own changes only.
pub(super) fn in_savepoint<T>(
    connection: &Connection,
    job: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    run("savepoint job")?;
    let outcome = job(connection);
    if outcome.is_err() {
        run("rollback to job")?;
    }
    run("release job")?;
    outcome
}

/// The answer to a write, to come.
#[must_use = "the change is not safe before `wait` returned"]
pub struct Pending<T> {
    answer: Receiver<rusqlite::Result<T>>,
    name: String,
}

pub(super) struct Answer<T>(SyncSender<rusqlite::Result<T>>);

impl<T> Answer<T> {
    pub(super) fn give(self, outcome: rusqlite::Result<T>) {
        // Whoever asked may have stopped waiting.
        let _gone = self.0.send(outcome);
    }
}

impl<T> Pending<T> {
    pub(super) fn new(name: String) -> (Answer<T>, Self) {
        let (give, answer) = mpsc::sync_channel(1);
        (Answer(give), Self { answer, name })
    }

    /// The answer where nothing has to be written.
    pub fn ready(value: T) -> Self {
        let (answer, pending) = Self::new(String::new());
        answer.give(Ok(value));
        pending
    }

    /// Waits for the commit.
    ///
    /// # Errors
    /// Those of SQLite: the job's own, or those of the commit (`NoSpace`, `ReadOnly` ...). Nothing was changed then.
    pub fn wait(self) -> Result<T, StoreError> {
        match self.answer.recv() {
            Ok(outcome) => outcome.map_err(|error| failed("write database", &self.name, error)),
            Err(_) => Err(StoreError::with_kind(
                ErrorKind::Other,
                "write database",
                self.name,
                "its writer has stopped after a fault of the program",
            )),
        }
    }

    /// Does not wait: for changes whose loss does no harm. A failure of the commit is in the log.
    pub fn forget(self) {}
}
