//! The threads behind the gate.
//!
//! Waking a thread costs more than most of what it is asked to do. So there is one thread at work for every core of
//! the computer, and it goes from one piece of work to the next without sleeping in between; more of them, up to the bound,
//! come only when those at work are held up by a disk or a lock. They say so ([`Crew::stall`]), or are found not to have taken
//! anything for a millisecond. Arrivals of small files, which share the ledger, are left to one thread while few wait.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;

/// Most threads.
pub const WIDTH: usize = 48;
/// How long a thread without work stays.
const STAY: Duration = Duration::from_secs(10);
/// How long work may wait while no thread takes any, before another one is called.
const PATIENCE: Duration = Duration::from_millis(1);

/// So many arrivals may wait for the thread that is at one: it does them together, and another one would only wait with
/// it for the ledger.
const ATTENDED: usize = 2;

/// A piece of work.
struct Work {
    run: Box<dyn FnOnce() + Send>,
    kind: Kind,
}

/// What is known of a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Any,
    /// A small file arrives: short, and better done together with others of its kind.
    Arrival,
}

/// See the module. Clones share the threads; with the last clone they end, after what waits.
#[derive(Clone)]
pub(crate) struct Crew {
    owner: Arc<Owner>,
}

struct Owner {
    shared: Arc<Shared>,
}

struct Shared {
    line: Mutex<Line>,
    /// For idle threads.
    work: Condvar,
    /// As many at work as this without further ado.
    eager: usize,
    /// The runtime that looks after those who wait, once it is known: work may come from threads that are in none.
    runtime: OnceLock<Handle>,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Work>,
    threads: Vec<JoinHandle<()>>,
    alive: usize,
    idle: usize,
    /// At work, but held up by a disk.
    stalled: usize,
    /// At arrivals.
    arriving: usize,
    /// Idle threads that were called and have not answered yet.
    called: usize,
    /// Pieces of work taken so far.
    taken: u64,
    /// Somebody looks every millisecond whether work is taken.
    guarded: bool,
    closed: bool,
}

thread_local! {
    /// The crew of this thread.
    static MINE: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

/// While it is held, the thread counts as held up.
pub(crate) struct Stall(Option<Arc<Shared>>);

impl Drop for Stall {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.lock().stalled -= 1;
        }
    }
}

impl Default for Crew {
    fn default() -> Self {
        let eager = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, WIDTH);
        let runtime = Handle::try_current().map_or_else(|_| OnceLock::new(), OnceLock::from);
        let shared = Shared { line: Mutex::default(), work: Condvar::new(), eager, runtime };
        Self { owner: Arc::new(Owner { shared: Arc::new(shared) }) }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let threads = {
            let mut line = self.shared.lock();
            line.closed = true;
            std::mem::take(&mut line.threads)
        };
        self.shared.work.notify_all();
        let me = std::thread::current().id();
        for thread in threads.into_iter().filter(|thread| thread.thread().id() != me) {
            let _panicked = thread.join();
        }
    }
}

impl Crew {
    /// Hands in work; it is begun in the order of coming.
    pub fn submit(&self, kind: Kind, work: impl FnOnce() + Send + 'static) {
        let shared = &self.owner.shared;
        let mut line = shared.lock();
        line.waiting.push_back(Work { run: Box::new(work), kind });
        let is_attended = kind == Kind::Arrival && line.arriving > line.stalled && line.waiting.len() <= ATTENDED;
        if !is_attended {
            shared.call_eagerly(&mut line);
        }
        // Where there never was a runtime there are no others who wait.
        if !line.guarded
            && let Some(runtime) = shared.runtime()
        {
            line.guarded = true;
            drop(line);
            runtime.spawn(guard(Arc::downgrade(shared)));
        }
    }

    /// Does what is next in line on this thread of a crew, if it is an arrival, and says whether it was.
    pub fn next_arrival() -> bool {
        let Some(shared) = MINE.with_borrow(Weak::upgrade) else { return false };
        let mut line = shared.lock();
        match line.waiting.pop_front_if(|work| work.kind == Kind::Arrival) {
            None => false,
            Some(work) => {
                line.taken += 1;
                drop(line);
                work.done();
                true
            }
        }
    }

    /// Says that this thread will wait for a disk or a lock; nothing happens on a thread that is none of a crew's.
    pub fn stall() -> Stall {
        let shared = MINE.with_borrow(Weak::upgrade);
        if let Some(shared) = &shared {
            let mut line = shared.lock();
            line.stalled += 1;
            if !line.waiting.is_empty() {
                shared.call(&mut line);
            }
        }
        Stall(shared)
    }
}

/// Looks whether work is taken; ends when none waits.
async fn guard(shared: Weak<Shared>) {
    let mut before = 0;
    loop {
        tokio::time::sleep(PATIENCE).await;
        let Some(shared) = shared.upgrade() else { return };
        let mut line = shared.lock();
        if line.waiting.is_empty() {
            line.guarded = false;
            return;
        }
        if line.taken == before {
            shared.call(&mut line);
        }
        before = line.taken;
    }
}

impl Work {
    fn done(self) {
        if catch_unwind(AssertUnwindSafe(self.run)).is_err() {
            tracing::error!("work behind the gate panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runtime(&self) -> Option<&Handle> {
        if self.runtime.get().is_none()
            && let Ok(runtime) = Handle::try_current()
        {
            let _known = self.runtime.set(runtime);
        }
        self.runtime.get()
    }

    /// Calls a thread if fewer are at work than may be without further ado.
    fn call_eagerly(self: &Arc<Self>, line: &mut Line) {
        if line.alive - line.idle - line.stalled < self.eager {
            self.call(line);
        }
    }

    /// Wakes a thread, or starts one.
    fn call(self: &Arc<Self>, line: &mut Line) {
        if line.idle > 0 {
            line.idle -= 1;
            line.called += 1;
            self.work.notify_one();
        } else if line.alive < WIDTH {
            let shared = self.clone();
            let runtime = shared.runtime().cloned();
            let serve = move || {
                let _inside = runtime.as_ref().map(Handle::enter);
                shared.serve();
            };
            match std::thread::Builder::new().name("disk".into()).spawn(serve) {
                Ok(thread) => {
                    line.alive += 1;
                    line.threads.retain(|thread| !thread.is_finished());
                    line.threads.push(thread);
                }
                Err(error) => tracing::warn!(%error, "no further thread for disk work could be started"),
            }
        }
    }

    /// A thread's life.
    fn serve(self: &Arc<Self>) {
        MINE.set(Arc::downgrade(self));
        let mut line = self.lock();
        loop {
            while let Some(work) = line.waiting.pop_front() {
                line.taken += 1;
                let arriving = usize::from(work.kind == Kind::Arrival);
                line.arriving += arriving;
                // Arrivals that this thread would have attended to.
                if arriving == 0 && !line.waiting.is_empty() {
                    self.call_eagerly(&mut line);
                }
                drop(line);
                work.done();
                line = self.lock();
                line.arriving -= arriving;
            }
            if line.closed {
                break;
            }
            line.idle += 1;
            let uncalled = |line: &mut Line| line.called == 0 && !line.closed;
            line = self.work.wait_timeout_while(line, STAY, uncalled).unwrap_or_else(PoisonError::into_inner).0;
            if line.called == 0 {
                line.idle -= 1;
                if line.closed && !line.waiting.is_empty() {
                    continue;
                }
                break;
            }
            line.called -= 1;
        }
        line.alive -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::{Barrier, mpsc};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn all_work_is_done_by_few_threads() {
        let crew = Crew::default();
        let (answer, answers) = mpsc::channel();
        for at in 0..2_000 {
            let answer = answer.clone();
            crew.submit(Kind::Any, move || answer.send((at, std::thread::current().id())).expect("heard"));
        }
        drop(answer);
        let all: Vec<_> = tokio::task::spawn_blocking(move || answers.iter().collect()).await.expect("collects");
        let numbers: std::collections::HashSet<i32> = all.iter().map(|(at, _)| *at).collect();
        assert_eq!((all.len(), numbers.len()), (2_000, 2_000));
        let threads: std::collections::HashSet<_> = all.iter().map(|(_, thread)| *thread).collect();
        assert!(threads.len() <= WIDTH, "{} threads", threads.len());
    }

    /// What a lock waits for may be handed in by a thread of another kind, when all others that could do it wait for that
    /// lock.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn work_from_a_thread_without_a_runtime_is_looked_after() {
        let crew = Crew::default();
        let held = crew.owner.shared.eager;
        let (all, go) = (Arc::new(Barrier::new(held + 1)), Arc::new(Barrier::new(held + 1)));
        for _ in 0..held {
            let (all, go) = (all.clone(), go.clone());
            crew.submit(Kind::Any, move || {
                all.wait();
                go.wait();
            });
        }
        tokio::task::spawn_blocking(move || all.wait()).await.expect("waits");
        // Nobody looks any more, for nothing waits.
        while crew.owner.shared.lock().guarded {
            tokio::time::sleep(PATIENCE).await;
        }
        let (done, is_done) = mpsc::channel();
        let other = crew.clone();
        std::thread::spawn(move || other.submit(Kind::Any, move || done.send(()).expect("heard")));
        let heard = tokio::task::spawn_blocking(move || is_done.recv_timeout(Duration::from_secs(20)));
        heard.await.expect("waits").expect("is done while all others are held");
        tokio::task::spawn_blocking(move || go.wait()).await.expect("waits");
    }

    /// Without a runtime, so that nobody calls further threads meanwhile.
    #[test]
    fn arrivals_are_fetched_in_their_turn_only() {
        let crew = Crew::default();
        let (answer, answers) = mpsc::channel();
        let say = |what: &'static str| {
            let answer = answer.clone();
            move || answer.send(what).expect("heard")
        };
        // All threads are held, so that everything waits in line; then one of them fetches.
        let held = crew.owner.shared.eager;
        let (all, go) = (Arc::new(Barrier::new(held + 1)), Arc::new(Barrier::new(2)));
        for at in 0..held {
            let (all, go, fetched) = (all.clone(), go.clone(), say("fetched"));
            crew.submit(Kind::Any, move || {
                all.wait();
                if at == 0 {
                    go.wait();
                    assert!(Crew::next_arrival() && Crew::next_arrival(), "also after a panic");
                    assert!(!Crew::next_arrival(), "something else is next");
                    fetched();
                }
                all.wait();
            });
        }
        all.wait();
        crew.submit(Kind::Arrival, say("first"));
        crew.submit(Kind::Arrival, || panic!("asked to panic"));
        crew.submit(Kind::Any, say("other"));
        crew.submit(Kind::Arrival, say("last"));
        assert!(!Crew::next_arrival(), "this thread is none of a crew's");
        go.wait();
        all.wait();
        drop((crew, answer));
        let told: Vec<_> = answers.iter().collect();
        assert_eq!(told[..2], ["first", "fetched"]);
        assert_eq!(told.len(), 4);
    }

    /// Without a runtime, as above.
    #[test]
    fn few_arrivals_wait_for_the_thread_that_is_at_one() {
        let crew = Crew::default();
        let (go, wait) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let begun = go.clone();
        let end = wait.clone();
        crew.submit(Kind::Arrival, move || {
            begun.wait();
            end.wait();
        });
        go.wait();
        let done = Arc::new(AtomicUsize::new(0));
        let arrive = || {
            let done = done.clone();
            crew.submit(Kind::Arrival, move || {
                done.fetch_add(1, SeqCst);
            });
        };
        (0..ATTENDED).for_each(|_| arrive());
        {
            let line = crew.owner.shared.lock();
            assert_eq!((line.alive, line.arriving, line.waiting.len()), (1, 1, ATTENDED));
        }
        arrive();
        assert_eq!(crew.owner.shared.lock().alive, 2, "more than that are worth another one");
        wait.wait();
        drop(crew);
        assert_eq!(done.load(SeqCst), ATTENDED + 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn those_who_are_held_up_are_replaced() {
        let crew = Crew::default();
        // More than start eagerly, and none ends before all have begun.
        let all = Arc::new(Barrier::new(WIDTH));
        let (answer, answers) = mpsc::channel();
        for at in 0..WIDTH {
            let (all, answer) = (all.clone(), answer.clone());
            crew.submit(Kind::Any, move || {
                let _stall = (at % 2 == 0).then(Crew::stall);
                all.wait();
                answer.send(()).expect("heard");
            });
        }
        drop(answer);
        assert_eq!(tokio::task::spawn_blocking(move || answers.iter().count()).await.expect("counts"), WIDTH);
        assert_eq!(crew.owner.shared.lock().stalled, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn there_are_never_more_threads_than_the_bound() {
        let crew = Crew::default();
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (answer, answers) = mpsc::channel();
        for _ in 0..200 {
            let (now, most, answer) = (now.clone(), most.clone(), answer.clone());
            crew.submit(Kind::Any, move || {
                let _stall = Crew::stall();
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                now.fetch_sub(1, SeqCst);
                answer.send(()).expect("heard");
            });
        }
        drop(answer);
        assert_eq!(tokio::task::spawn_blocking(move || answers.iter().count()).await.expect("counts"), 200);
        let most = most.load(SeqCst);
        assert!((3..=WIDTH).contains(&most), "{most} at once");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_panic_harms_nobody_else_and_the_end_waits_for_all() {
        let crew = Crew::default();
        let done = Arc::new(AtomicUsize::new(0));
        for at in 0..100 {
            let done = done.clone();
            crew.submit(Kind::Any, move || {
                assert!(at % 10 != 0, "asked to panic");
                done.fetch_add(1, SeqCst);
            });
        }
        tokio::task::spawn_blocking(move || drop(crew)).await.expect("ends");
        assert_eq!(done.load(SeqCst), 90);
    }
}
