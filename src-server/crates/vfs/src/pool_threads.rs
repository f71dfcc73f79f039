//! The threads of the blocking pool.
//!
//! Waking a thread costs more than most tasks. So one thread per core runs, and goes from task to task without sleeping
//! in between. Further threads, up to [`MAX_THREADS`], are used only when the running ones are blocked by a disk or a
//! lock: they mark themselves ([`PoolThreads::blocked_on_io`]), or a watchdog finds that no task was started for a
//! millisecond. Tasks of small files, which share the ledger, are left to one thread while few of them wait.

use parking_lot::{Condvar, Mutex, MutexGuard};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;

/// Most threads.
pub const MAX_THREADS: usize = 48;
/// How long an idle thread stays before it exits.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long queued tasks may wait without any being started, before another thread is woken.
const WATCHDOG_INTERVAL: Duration = Duration::from_millis(1);

/// Number of small-file tasks that may wait for the thread that runs one: it commits them together, and a second thread
/// would only wait with it for the ledger.
const SMALL_FILES_QUEUED: usize = 2;

/// A queued task.
struct Task {
    work: Box<dyn FnOnce() + Send>,
    kind: TaskKind,
}

/// What the pool knows of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// Any task.
    Any,
    /// Placing a small file that has arrived: short, and cheaper when run together with others of its kind.
    SmallFile,
}

/// Handle to the threads. Clones share them; dropping the last clone runs what is queued and joins the threads.
#[derive(Clone)]
pub struct PoolThreads {
    owner: Arc<Owner>,
}

struct Owner {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Wakes idle threads.
    task_queued: Condvar,
    /// Number of running threads up to which a queued task always wakes another one.
    target_running: usize,
    /// The runtime for the watchdog, once it is known: tasks may come from threads outside any runtime.
    runtime: OnceLock<Handle>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Task>,
    threads: Vec<JoinHandle<()>>,
    alive: usize,
    idle: usize,
    /// Threads that run a task and are blocked on I/O or a lock.
    blocked: usize,
    /// Threads that run a small-file task.
    running_small_files: usize,
    /// Idle threads that were notified and have not woken yet.
    notified: usize,
    /// Tasks started so far.
    started: u64,
    /// Whether the watchdog checks every millisecond that tasks are started.
    has_watchdog: bool,
    closed: bool,
}

thread_local! {
    /// The pool that this thread belongs to.
    static CURRENT: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

/// Counts the pool thread that made it as blocked until it is dropped.
pub struct BlockedOnIo(Option<Arc<Shared>>);

impl Drop for BlockedOnIo {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.lock().blocked -= 1;
        }
    }
}

impl Default for PoolThreads {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let target_running = cores.clamp(2, MAX_THREADS);
        let runtime = Handle::try_current().map_or_else(|_| OnceLock::new(), OnceLock::from);
        let shared = Shared { state: Mutex::default(), task_queued: Condvar::new(), target_running, runtime };
        Self { owner: Arc::new(Owner { shared: Arc::new(shared) }) }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let threads = {
            let mut state = self.shared.lock();
            state.closed = true;
            std::mem::take(&mut state.threads)
        };
        self.shared.task_queued.notify_all();
        let me = std::thread::current().id();
        for thread in threads.into_iter().filter(|thread| thread.thread().id() != me) {
            let _panicked = thread.join();
        }
    }
}

impl PoolThreads {
    /// Queues a task. Tasks are started in the order in which they were submitted.
    pub fn submit(&self, kind: TaskKind, work: impl FnOnce() + Send + 'static) {
        let shared = &self.owner.shared;
        let mut state = shared.lock();
        state.queue.push_back(Task { work: Box::new(work), kind });
        let is_left_to_running = kind == TaskKind::SmallFile
            && state.running_small_files > state.blocked
            && state.queue.len() <= SMALL_FILES_QUEUED;
        if !is_left_to_running {
            shared.wake_below_target(&mut state);
        }
        // Without any runtime so far there is no watchdog.
        if !state.has_watchdog
            && let Some(runtime) = shared.runtime()
        {
            state.has_watchdog = true;
            drop(state);
            runtime.spawn(watch_queue(Arc::downgrade(shared)));
        }
    }

    /// Runs the next queued task on this pool thread if it is a small-file task. Returns whether it was.
    pub fn run_next_small_file() -> bool {
        let Some(shared) = CURRENT.with_borrow(Weak::upgrade) else { return false };
        let mut state = shared.lock();
        match state.queue.pop_front_if(|task| task.kind == TaskKind::SmallFile) {
            None => false,
            Some(task) => {
                state.started += 1;
                drop(state);
                task.run();
                true
            }
        }
    }

    /// Marks this pool thread as blocked on disk I/O or a lock until the guard is dropped, so that another thread can
    /// run queued tasks. No-op on other threads.
    pub fn blocked_on_io() -> BlockedOnIo {
        let shared = CURRENT.with_borrow(Weak::upgrade);
        if let Some(shared) = &shared {
            let mut state = shared.lock();
            state.blocked += 1;
            if !state.queue.is_empty() {
                shared.wake_or_start(&mut state);
            }
        }
        BlockedOnIo(shared)
    }
}

/// The watchdog: wakes a thread whenever no task was started in an interval. Ends when the queue is empty.
async fn watch_queue(shared: Weak<Shared>) {
    let mut before = 0;
    loop {
        tokio::time::sleep(WATCHDOG_INTERVAL).await;
        let Some(shared) = shared.upgrade() else { return };
        let mut state = shared.lock();
        if state.queue.is_empty() {
            state.has_watchdog = false;
            return;
        }
        if state.started == before {
            shared.wake_or_start(&mut state);
        }
        before = state.started;
    }
}

impl Task {
    fn run(self) {
        if catch_unwind(AssertUnwindSafe(self.work)).is_err() {
            tracing::error!("a task of the blocking pool panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    fn runtime(&self) -> Option<&Handle> {
        if self.runtime.get().is_none()
            && let Ok(runtime) = Handle::try_current()
        {
            let _known = self.runtime.set(runtime);
        }
        self.runtime.get()
    }

    /// Wakes or starts a thread if fewer than `target_running` run.
    fn wake_below_target(self: &Arc<Self>, state: &mut State) {
        if state.alive - state.idle - state.blocked < self.target_running {
            self.wake_or_start(state);
        }
    }

    /// Wakes an idle thread, or starts one unless [`MAX_THREADS`] are alive.
    fn wake_or_start(self: &Arc<Self>, state: &mut State) {
        if state.idle > 0 {
            state.idle -= 1;
            state.notified += 1;
            self.task_queued.notify_one();
        } else if state.alive < MAX_THREADS {
            let shared = self.clone();
            let runtime = shared.runtime().cloned();
            let run = move || {
                let _inside = runtime.as_ref().map(Handle::enter);
                shared.run_thread();
            };
            match std::thread::Builder::new().name("disk".into()).spawn(run) {
                Ok(thread) => {
                    state.alive += 1;
                    state.threads.retain(|thread| !thread.is_finished());
                    state.threads.push(thread);
                }
                Err(error) => tracing::warn!(%error, "no further thread for disk work could be started"),
            }
        }
    }

    /// The body of a pool thread: runs tasks until it was idle for [`IDLE_TIMEOUT`] or the pool is dropped.
    fn run_thread(self: &Arc<Self>) {
        CURRENT.set(Arc::downgrade(self));
        let mut state = self.lock();
        loop {
            while let Some(task) = state.queue.pop_front() {
                state.started += 1;
                let small_files = usize::from(task.kind == TaskKind::SmallFile);
                state.running_small_files += small_files;
                // The queue may hold small files that were left to this thread.
                if small_files == 0 && !state.queue.is_empty() {
                    self.wake_below_target(&mut state);
                }
                drop(state);
                task.run();
                state = self.lock();
                state.running_small_files -= small_files;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let is_idle = |state: &mut State| state.notified == 0 && !state.closed;
            self.task_queued.wait_while_for(&mut state, is_idle, IDLE_TIMEOUT);
            if state.notified == 0 {
                state.idle -= 1;
                if state.closed && !state.queue.is_empty() {
                    continue;
                }
                break;
            }
            state.notified -= 1;
        }
        state.alive -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::{Barrier, mpsc};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_task_runs_on_a_bounded_number_of_threads() {
        let pool = PoolThreads::default();
        let (sender, results) = mpsc::channel();
        for at in 0..2_000 {
            let sender = sender.clone();
            pool.submit(TaskKind::Any, move || sender.send((at, std::thread::current().id())).expect("is received"));
        }
        drop(sender);
        let all: Vec<_> = tokio::task::spawn_blocking(move || results.iter().collect()).await.expect("collects");
        let numbers: std::collections::HashSet<i32> = all.iter().map(|(at, _)| *at).collect();
        assert_eq!((all.len(), numbers.len()), (2_000, 2_000));
        let threads: std::collections::HashSet<_> = all.iter().map(|(_, thread)| *thread).collect();
        assert!(threads.len() <= MAX_THREADS, "{} threads", threads.len());
    }

    /// A task that other tasks wait for may be submitted by a thread outside the runtime, when all threads of the pool
    /// are blocked by the very lock that the task releases.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_watchdog_covers_tasks_from_threads_outside_the_runtime() {
        let pool = PoolThreads::default();
        let held = pool.owner.shared.target_running;
        let (all, go) = (Arc::new(Barrier::new(held + 1)), Arc::new(Barrier::new(held + 1)));
        for _ in 0..held {
            let (all, go) = (all.clone(), go.clone());
            pool.submit(TaskKind::Any, move || {
                all.wait();
                go.wait();
            });
        }
        tokio::task::spawn_blocking(move || all.wait()).await.expect("waits");
        // The watchdog ends because the queue is empty.
        while pool.owner.shared.lock().has_watchdog {
            tokio::time::sleep(WATCHDOG_INTERVAL).await;
        }
        let (done, is_done) = mpsc::channel();
        let other = pool.clone();
        std::thread::spawn(move || other.submit(TaskKind::Any, move || done.send(()).expect("is received")));
        let received = tokio::task::spawn_blocking(move || is_done.recv_timeout(Duration::from_secs(20)));
        received.await.expect("waits").expect("the task runs while all other threads are held");
        tokio::task::spawn_blocking(move || go.wait()).await.expect("waits");
    }

    /// Without a runtime, so that no watchdog starts further threads meanwhile.
    #[test]
    fn a_thread_fetches_small_files_only_from_the_head_of_the_queue() {
        let pool = PoolThreads::default();
        let (sender, results) = mpsc::channel();
        let send = |what: &'static str| {
            let sender = sender.clone();
            move || sender.send(what).expect("is received")
        };
        // All threads are held, so that every task stays in the queue; then one of them fetches.
        let held = pool.owner.shared.target_running;
        let (all, go) = (Arc::new(Barrier::new(held + 1)), Arc::new(Barrier::new(2)));
        for at in 0..held {
            let (all, go, fetched) = (all.clone(), go.clone(), send("fetched"));
            pool.submit(TaskKind::Any, move || {
                all.wait();
                if at == 0 {
                    go.wait();
                    let both = PoolThreads::run_next_small_file() && PoolThreads::run_next_small_file();
                    assert!(both, "also after a panic");
                    assert!(!PoolThreads::run_next_small_file(), "the next task is of another kind");
                    fetched();
                }
                all.wait();
            });
        }
        all.wait();
        pool.submit(TaskKind::SmallFile, send("first"));
        pool.submit(TaskKind::SmallFile, || panic!("asked to panic"));
        pool.submit(TaskKind::Any, send("other"));
        pool.submit(TaskKind::SmallFile, send("last"));
        assert!(!PoolThreads::run_next_small_file(), "the test's thread is not a pool thread");
        go.wait();
        all.wait();
        drop((pool, sender));
        let order: Vec<_> = results.iter().collect();
        assert_eq!(order[..2], ["first", "fetched"]);
        assert_eq!(order.len(), 4);
    }

    /// Without a runtime, as above.
    #[test]
    fn a_few_small_files_wait_for_the_thread_that_runs_one() {
        let pool = PoolThreads::default();
        let (go, wait) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let begun = go.clone();
        let end = wait.clone();
        pool.submit(TaskKind::SmallFile, move || {
            begun.wait();
            end.wait();
        });
        go.wait();
        let done = Arc::new(AtomicUsize::new(0));
        let submit = || {
            let done = done.clone();
            pool.submit(TaskKind::SmallFile, move || {
                done.fetch_add(1, SeqCst);
            });
        };
        (0..SMALL_FILES_QUEUED).for_each(|_| submit());
        {
            let state = pool.owner.shared.lock();
            let counts = (state.alive, state.running_small_files, state.queue.len());
            assert_eq!(counts, (1, 1, SMALL_FILES_QUEUED));
        }
        submit();
        assert_eq!(pool.owner.shared.lock().alive, 2, "a longer queue starts another thread");
        wait.wait();
        drop(pool);
        assert_eq!(done.load(SeqCst), SMALL_FILES_QUEUED + 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn blocked_threads_are_replaced() {
        let pool = PoolThreads::default();
        // More tasks than `target_running`, and none ends before all have begun.
        let all = Arc::new(Barrier::new(MAX_THREADS));
        let (sender, results) = mpsc::channel();
        for at in 0..MAX_THREADS {
            let (all, sender) = (all.clone(), sender.clone());
            pool.submit(TaskKind::Any, move || {
                let _blocked = (at % 2 == 0).then(PoolThreads::blocked_on_io);
                all.wait();
                sender.send(()).expect("is received");
            });
        }
        drop(sender);
        let count = tokio::task::spawn_blocking(move || results.iter().count()).await.expect("counts");
        assert_eq!(count, MAX_THREADS);
        assert_eq!(pool.owner.shared.lock().blocked, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn there_are_never_more_threads_than_the_bound() {
        let pool = PoolThreads::default();
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (sender, results) = mpsc::channel();
        for _ in 0..200 {
            let (now, most, sender) = (now.clone(), most.clone(), sender.clone());
            pool.submit(TaskKind::Any, move || {
                let _blocked = PoolThreads::blocked_on_io();
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                now.fetch_sub(1, SeqCst);
                sender.send(()).expect("is received");
            });
        }
        drop(sender);
        assert_eq!(tokio::task::spawn_blocking(move || results.iter().count()).await.expect("counts"), 200);
        let most = most.load(SeqCst);
        assert!((3..=MAX_THREADS).contains(&most), "{most} at once");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_panic_ends_only_its_task_and_dropping_the_pool_waits_for_all() {
        let pool = PoolThreads::default();
        let done = Arc::new(AtomicUsize::new(0));
        for at in 0..100 {
            let done = done.clone();
            pool.submit(TaskKind::Any, move || {
                assert!(at % 10 != 0, "asked to panic");
                done.fetch_add(1, SeqCst);
            });
        }
        tokio::task::spawn_blocking(move || drop(pool)).await.expect("ends");
        assert_eq!(done.load(SeqCst), 90);
    }
}
