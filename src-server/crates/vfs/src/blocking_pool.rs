//! The blocking pool: the only way from async code to blocking code (disk, SQLite, hashing, decoding).
//!
//! The number of threads is bounded, so a slow disk makes callers wait in the queue instead of starting threads without
//! end. A submitted task runs to its end even if its caller was cancelled.

use crate::error::{EngineError, Result};
use crate::pool_threads::{PoolThreads, TaskKind};
use tokio::sync::oneshot;

/// Handle to the blocking pool. Clones share the threads.
#[derive(Clone, Default)]
pub struct BlockingPool {
    threads: PoolThreads,
    /// Tasks keep tokio's paused clock from advancing.
    #[cfg(any(test, feature = "testing"))]
    pauses_auto_advance: bool,
}

/// The sending side of a result that a caller awaits in [`BlockingPool::run_with_reply`].
pub struct Reply<T>(oneshot::Sender<Result<T>>);

impl<T> Reply<T> {
    /// Sends the result. Ignored if the caller was cancelled.
    pub fn send(self, value: Result<T>) {
        let _cancelled = self.0.send(value);
    }
}

impl BlockingPool {
    /// A pool for tests that pause tokio's clock.
    #[cfg(any(test, feature = "testing"))]
    pub fn for_paused_clock() -> Self {
        Self { threads: PoolThreads::default(), pauses_auto_advance: true }
    }

    /// Runs `work` on a pool thread and returns its value.
    ///
    /// # Errors
    /// `Internal` if `work` panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.run_with_reply(move |reply| reply.send(Ok(work()))).await
    }

    /// Queues `work` for a pool thread and returns at once.
    pub fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        self.submit(TaskKind::Any, work);
    }

    fn submit(&self, kind: TaskKind, work: impl FnOnce() + Send + 'static) {
        #[cfg(any(test, feature = "testing"))]
        if self.pauses_auto_advance {
            return self.threads.submit(kind, pausing_auto_advance(work));
        }
        self.threads.submit(kind, work);
    }

    /// Runs fallible `work` on a pool thread.
    ///
    /// # Errors
    /// Those of `work`, and those of [`BlockingPool::run`].
    pub async fn try_run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        self.run_with_reply(move |reply| reply.send(work())).await
    }

    /// Runs `work` on a pool thread and waits for its [`Reply`], which may be sent after `work` has returned and from
    /// another thread. The caller is woken once, when the reply is sent.
    ///
    /// # Errors
    /// The error that was sent; `Internal` if the reply was dropped.
    pub async fn run_with_reply<T: Send + 'static>(&self, work: impl FnOnce(Reply<T>) + Send + 'static) -> Result<T> {
        self.run_as(TaskKind::Any, work).await
    }

    /// [`BlockingPool::run_with_reply`] for a short task that places a small file which has arrived completely.
    ///
    /// # Errors
    /// Those of [`BlockingPool::run_with_reply`].
    pub async fn run_small_file<T: Send + 'static>(&self, work: impl FnOnce(Reply<T>) + Send + 'static) -> Result<T> {
        self.run_as(TaskKind::SmallFile, work).await
    }

    async fn run_as<T: Send + 'static>(
        &self,
        kind: TaskKind,
        work: impl FnOnce(Reply<T>) + Send + 'static,
    ) -> Result<T> {
        let (reply, result) = oneshot::channel();
        self.submit(kind, move || work(Reply(reply)));
        result.await.map_err(|error| EngineError::internal("Something went wrong inside the server.", error))?
    }

    /// Runs `work` on a thread of its own with low priority, so that it takes processor time only when others need none:
    /// scanning, hashing, decoding. It does not count against the bound of the pool; callers bound how many run.
    /// Threads that `work` starts have the low priority, too.
    ///
    /// # Errors
    /// `Internal` if `work` panicked, or no thread can be started.
    pub async fn run_in_background<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (reply, result) = oneshot::channel();
        let run = move || {
            store::lower_thread_priority();
            let _cancelled = reply.send(work());
        };
        #[cfg(any(test, feature = "testing"))]
        let run = if self.pauses_auto_advance {
            Box::new(pausing_auto_advance(run))
        } else {
            Box::new(run) as Box<dyn FnOnce() + Send>
        };
        let failed = |error| EngineError::internal("Something went wrong inside the server.", error);
        std::thread::Builder::new().name("background".into()).spawn(run).map_err(failed)?;
        result.await.map_err(|error| EngineError::internal("Something went wrong inside the server.", error))
    }

    /// Runs `work` for as long as a body streams (an upload that is written, an archive that is produced). It does not
    /// count against the bound of the pool, since it waits for its client most of the time; the limit of connections
    /// bounds these threads.
    pub fn spawn_streaming(&self, work: impl FnOnce() + Send + 'static) -> tokio::task::JoinHandle<()> {
        tokio::task::spawn_blocking(work)
    }
}

/// Keeps tokio's paused test clock from advancing while `work` is queued or runs. Tokio advances the clock when only
/// timers are left; it does not see our threads, but it does see its own, so a `spawn_blocking` task waits for the end
/// of `work`.
#[cfg(any(test, feature = "testing"))]
fn pausing_auto_advance(work: impl FnOnce() + Send + 'static) -> impl FnOnce() + Send + 'static {
    let (running, ended) = std::sync::mpsc::channel::<()>();
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn_blocking(move || ended.recv());
    }
    move || {
        let _running = running;
        work();
    }
}
