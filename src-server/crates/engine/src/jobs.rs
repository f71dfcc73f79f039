//! Background jobs: work that no request waits for, such as deleting expired files.
//!
//! ```text
//!            pause / resume                 cancel, end of the engine
//!                  ▼                                  ▼
//! task of a job: [paused?] ─► [slot] ─► step (busy) ─► idle or throttled for a time ─► … ─► done | failed
//! ```
//!
//! A job works in steps. Each step takes one of a bounded number of slots, so that jobs together cannot keep a disk
//! busy. Between two steps a job can be paused and cancelled; a running step ends by itself and can ask
//! [`Progress::is_cancelled`].

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use vfs::error::Result;

/// Steps of all jobs that run at once.
const SLOTS: usize = 2;
/// Ended jobs that are still listed, the newest ones.
const ENDED_MAX: usize = 32;

/// Work that runs in the background.
pub trait Job: Send + 'static {
    /// A name for administrators and the log, such as `expired files`.
    fn name(&self) -> String;

    /// Does a part of the work: seconds at most. Blocking work goes through the pool.
    ///
    /// # Errors
    /// An error ends the job, which is then listed as failed.
    fn step(&mut self, progress: &Progress) -> impl Future<Output = Result<Step>> + Send;

    /// Whether the server depends on the job, so that it can be paused but not cancelled.
    fn is_essential(&self) -> bool {
        false
    }

    /// Waits until an idle job has something to do before its time is over. May be dropped while it waits.
    fn wake(&mut self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}

/// What a job does after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do now.
    More,
    /// There is more to do; the next step waits, to leave the disk to others.
    Throttled(Duration),
    /// There is nothing to do for this time.
    Idle(Duration),
    /// The job has ended.
    Done,
}

/// State of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// A step runs, or waits for a slot.
    Busy,
    /// Waits between two steps, though there is more to do.
    Throttled,
    /// Has nothing to do at the moment.
    Idle,
    /// Paused by an administrator.
    Paused,
    /// Ended.
    Done,
    /// Cancelled by an administrator.
    Cancelled,
    /// Ended by an error; holds the sentence for people.
    Failed(String),
}

impl JobState {
    /// Whether the job has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed(_))
    }
}

/// A job as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobInfo {
    /// Identifies the job while the process runs.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: JobState,
    /// Units that are done in the present round: files, volumes, bytes.
    pub done: u64,
    /// Units of the present round; `None`: unknown.
    pub total: Option<u64>,
    /// Whether it can be cancelled.
    pub can_cancel: bool,
}

/// Progress of one job, updated by the job.
#[derive(Default)]
pub struct Progress {
    done: AtomicU64,
    /// `u64::MAX`: unknown.
    total: AtomicU64,
    command: watch::Sender<Command>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Command {
    #[default]
    Run,
    Pause,
    Cancel,
}

impl Progress {
    /// Begins a round. `total`: units to do; `None`: unknown.
    pub fn begin(&self, total: Option<u64>) {
        self.done.store(0, Relaxed);
        self.total.store(total.unwrap_or(u64::MAX), Relaxed);
    }

    /// Sets the number of units that are done.
    pub fn set_done(&self, units: u64) {
        self.done.store(units, Relaxed);
    }

    /// Counts units that are done.
    pub fn add(&self, units: u64) {
        self.done.fetch_add(units, Relaxed);
    }

    /// Waits until the job shall end.
    pub async fn cancelled(&self) {
        let mut commands = self.command.subscribe();
        let _sender_lives = commands.wait_for(|command| *command == Command::Cancel).await;
    }

    /// Whether the job shall end. Long steps ask this and return early.
    pub fn is_cancelled(&self) -> bool {
        *self.command.borrow() == Command::Cancel
    }
}

/// The jobs of one engine. Clones share them; dropping the last clone cancels all.
#[derive(Clone, Default)]
pub struct Jobs {
    shared: Arc<Shared>,
}

struct Shared {
    slots: Arc<Semaphore>,
    next_id: AtomicU64,
    by_id: Arc<Mutex<BTreeMap<u64, Entry>>>,
}

struct Entry {
    name: String,
    state: JobState,
    is_paused: bool,
    is_essential: bool,
    progress: Arc<Progress>,
}

impl Entry {
    fn shown_state(&self) -> JobState {
        match &self.state {
            state if state.has_ended() => state.clone(),
            // A running step still has to end.
            _ if self.progress.is_cancelled() => JobState::Cancelled,
            _ if self.is_paused => JobState::Paused,
            state => state.clone(),
        }
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(SLOTS)), next_id: AtomicU64::new(1), by_id: Arc::default() }
    }
}

impl Jobs {
    /// Starts a job and returns its id. Must be called inside a tokio runtime.
    pub fn start(&self, job: impl Job) -> u64 {
        let id = self.shared.next_id.fetch_add(1, Relaxed);
        let progress = Arc::new(Progress::default());
        progress.begin(None);
        let entry = Entry {
            name: job.name(),
            state: JobState::Busy,
            is_paused: false,
            is_essential: job.is_essential(),
            progress: progress.clone(),
        };
        let by_id = self.shared.by_id.clone();
        by_id.lock().insert(id, entry);
        let runner = Runner { id, by_id, slots: self.shared.slots.clone(), progress };
        tokio::spawn(runner.run(job));
        id
    }

    /// Returns all running jobs and those that ended last, the oldest first.
    pub fn list(&self) -> Vec<JobInfo> {
        let info = |(id, entry): (&u64, &Entry)| {
            let total = entry.progress.total.load(Relaxed);
            JobInfo {
                id: *id,
                name: entry.name.clone(),
                state: entry.shown_state(),
                done: entry.progress.done.load(Relaxed),
                total: (total != u64::MAX).then_some(total),
                can_cancel: !entry.is_essential && !entry.shown_state().has_ended(),
            }
        };
        self.shared.by_id.lock().iter().map(info).collect()
    }

    /// Pauses a job before its next step. Returns false if there is no such running job.
    pub fn pause(&self, id: u64) -> bool {
        self.command(id, Command::Pause)
    }

    /// Resumes a paused job. Returns false if there is no such running job.
    pub fn resume(&self, id: u64) -> bool {
        self.command(id, Command::Run)
    }

    /// Ends a job before its next step; a running step ends by itself. Returns false if there is no such running job,
    /// or if it is essential.
    pub fn cancel(&self, id: u64) -> bool {
        self.command(id, Command::Cancel)
    }

    fn command(&self, id: u64, command: Command) -> bool {
        let mut by_id = self.shared.by_id.lock();
        let Some(entry) = by_id.get_mut(&id).filter(|entry| !entry.state.has_ended()) else { return false };
        if entry.progress.is_cancelled() || entry.is_essential && command == Command::Cancel {
            return false;
        }
        entry.is_paused = command == Command::Pause;
        entry.progress.command.send_replace(command);
        true
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for entry in self.by_id.lock().values() {
            entry.progress.command.send_replace(Command::Cancel);
        }
    }
}

/// The task of one job.
struct Runner {
    id: u64,
    by_id: Arc<Mutex<BTreeMap<u64, Entry>>>,
    slots: Arc<Semaphore>,
    progress: Arc<Progress>,
}

impl Runner {
    async fn run(self, mut job: impl Job) {
        let state = self.work(&mut job).await;
        if let JobState::Failed(sentence) = &state {
            tracing::error!(job = job.name(), sentence, "a background job failed");
        }
        let mut by_id = self.by_id.lock();
        if let Some(entry) = by_id.get_mut(&self.id) {
            entry.state = state;
        }
        let ended: Vec<u64> = by_id.iter().filter(|(_, entry)| entry.state.has_ended()).map(|(id, _)| *id).collect();
        for id in ended.iter().take(ended.len().saturating_sub(ENDED_MAX)) {
            by_id.remove(id);
        }
    }

    /// Runs steps until the job ends; returns the final state.
    async fn work(&self, job: &mut impl Job) -> JobState {
        let mut commands = self.progress.command.subscribe();
        loop {
            // The sender lives as long as `progress`.
            let Ok(command) = commands.wait_for(|command| *command != Command::Pause).await.map(|command| *command)
            else {
                return JobState::Cancelled;
            };
            if command == Command::Cancel {
                return JobState::Cancelled;
            }
            let Ok(slot) = self.slots.acquire().await else { return JobState::Cancelled };
            self.set_state(JobState::Busy);
            let step = job.step(&self.progress).await;
            drop(slot);
            let (wait, may_wake) = match step {
                Ok(Step::More) => (Duration::ZERO, false),
                Ok(Step::Throttled(wait)) => (self.set_state_for(JobState::Throttled, wait), false),
                Ok(Step::Idle(wait)) => (self.set_state_for(JobState::Idle, wait), true),
                Ok(Step::Done) => return JobState::Done,
                Err(error) => return JobState::Failed(error.to_string()),
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = job.wake(), if may_wake => {}
                _ = commands.wait_for(|command| *command == Command::Cancel) => return JobState::Cancelled,
            }
        }
    }

    fn set_state_for(&self, state: JobState, wait: Duration) -> Duration {
        self.set_state(state);
        wait
    }

    fn set_state(&self, state: JobState) {
        if let Some(entry) = self.by_id.lock().get_mut(&self.id) {
            entry.state = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use tokio::sync::mpsc;
    use vfs::EngineError;

    /// Sends a note for each step and returns what the test sends next.
    struct ScriptedJob {
        notes: mpsc::UnboundedSender<u64>,
        next: mpsc::UnboundedReceiver<Result<Step>>,
    }

    impl Job for ScriptedJob {
        fn name(&self) -> String {
            "scripted".into()
        }
        async fn step(&mut self, progress: &Progress) -> Result<Step> {
            progress.begin(Some(10));
            progress.add(3);
            let _test_has_ended = self.notes.send(progress.done.load(Relaxed));
            self.next.recv().await.unwrap_or(Ok(Step::Done))
        }
    }

    fn scripted_job() -> (ScriptedJob, mpsc::UnboundedReceiver<u64>, mpsc::UnboundedSender<Result<Step>>) {
        let (notes, noted) = mpsc::unbounded_channel();
        let (tell, next) = mpsc::unbounded_channel();
        (ScriptedJob { notes, next }, noted, tell)
    }

    async fn until(jobs: &Jobs, id: u64, wanted: impl Fn(&JobState) -> bool) -> JobInfo {
        loop {
            let info = jobs.list().into_iter().find(|info| info.id == id).expect("is listed");
            if wanted(&info.state) {
                return info;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_is_seen_with_its_state_and_progress() {
        let jobs = Jobs::default();
        let (job, mut noted, tell) = scripted_job();
        let id = jobs.start(job);
        noted.recv().await.expect("first step");
        let info = until(&jobs, id, |state| *state == JobState::Busy).await;
        assert_eq!((info.name.as_str(), info.done, info.total), ("scripted", 3, Some(10)));
        tell.send(Ok(Step::Throttled(Duration::from_secs(5)))).expect("is told");
        until(&jobs, id, |state| *state == JobState::Throttled).await;
        noted.recv().await.expect("second step, after the time");
        tell.send(Ok(Step::Idle(Duration::from_secs(5)))).expect("is told");
        until(&jobs, id, |state| *state == JobState::Idle).await;
        noted.recv().await.expect("third step");
        tell.send(Err(EngineError::Busy)).expect("is told");
        let info = until(&jobs, id, JobState::has_ended).await;
        assert_eq!(info.state, JobState::Failed(EngineError::Busy.to_string()));
        assert!(!jobs.pause(id) && !jobs.resume(id) && !jobs.cancel(id), "it has ended");
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_job_does_no_step_until_it_is_resumed() {
        let jobs = Jobs::default();
        let (job, mut noted, tell) = scripted_job();
        let id = jobs.start(job);
        noted.recv().await.expect("first step");
        assert!(jobs.pause(id));
        tell.send(Ok(Step::More)).expect("is told");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(until(&jobs, id, |_| true).await.state, JobState::Paused);
        assert!(noted.try_recv().is_err());
        assert!(jobs.resume(id));
        noted.recv().await.expect("second step");
        assert!(jobs.cancel(id) && !jobs.resume(id), "cancelling is final");
        tell.send(Ok(Step::More)).expect("is told");
        assert_eq!(until(&jobs, id, JobState::has_ended).await.state, JobState::Cancelled);
        assert!(noted.try_recv().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_job_ends_at_once_and_with_the_engine() {
        let jobs = Jobs::default();
        let (job, mut noted, tell) = scripted_job();
        let id = jobs.start(job);
        tell.send(Ok(Step::Idle(Duration::from_secs(1 << 30)))).expect("is told");
        until(&jobs, id, |state| *state == JobState::Idle).await;
        assert!(jobs.cancel(id));
        until(&jobs, id, |state| *state == JobState::Cancelled).await;
        assert_eq!(noted.recv().await, Some(3));
        assert_eq!(noted.recv().await, None, "its task has ended");

        let (job, mut noted, tell) = scripted_job();
        jobs.start(job);
        tell.send(Ok(Step::Idle(Duration::from_secs(1 << 30)))).expect("is told");
        noted.recv().await.expect("first step");
        drop(jobs);
        assert_eq!(noted.recv().await, None, "its task has ended");
    }

    /// Counts how many steps run at once.
    struct Crowd(Arc<(AtomicUsize, AtomicUsize)>);

    impl Job for Crowd {
        fn name(&self) -> String {
            "one of many".into()
        }
        async fn step(&mut self, _: &Progress) -> Result<Step> {
            let running = self.0.0.fetch_add(1, Relaxed) + 1;
            self.0.1.fetch_max(running, Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.0.0.fetch_sub(1, Relaxed);
            Ok(Step::Done)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn slots_and_the_list_are_bounded() {
        let (jobs, counts) = (Jobs::default(), Arc::default());
        for _ in 0..3 * ENDED_MAX {
            jobs.start(Crowd(Arc::clone(&counts)));
        }
        while jobs.list().iter().any(|info| !info.state.has_ended()) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!((counts.1.load(Relaxed), jobs.list().len()), (SLOTS, ENDED_MAX));
        assert!(jobs.list().iter().all(|info| info.state == JobState::Done));
    }
}
