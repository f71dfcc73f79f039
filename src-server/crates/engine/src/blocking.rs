//! The gate: the only way from async code to code that blocks (disk, SQLite, hashing, decoding).
//!
//! The number of threads is bounded, so that a slow disk makes callers wait in line instead of making threads without
//! end. What was handed in is done even if its caller has gone.

use crate::crew::{Crew, Kind};
use crate::error::{EngineError, Result};
use tokio::sync::oneshot;

/// Cheap to clone; clones share the threads.
#[derive(Clone, Default)]
pub struct Gate {
    crew: Crew,
}

/// For whoever waits in [`Gate::ask`].
pub struct Answer<T>(oneshot::Sender<Result<T>>);

impl<T> Answer<T> {
    /// The answer. Who asked may have gone.
    pub fn say(self, value: Result<T>) {
        let _gone = self.0.send(value);
    }
}

impl Gate {
    /// Runs `work` on a blocking thread and gives back its value.
    ///
    /// # Errors
    /// `Internal` if `work` panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.ask(move |answer| answer.say(Ok(work()))).await
    }

    /// Starts `work` on a blocking thread, as soon as one is free.
    pub fn start(&self, work: impl FnOnce() + Send + 'static) {
        self.submit(Kind::Any, work);
    }

    fn submit(&self, kind: Kind, work: impl FnOnce() + Send + 'static) {
        #[cfg(test)]
        let work = stopping_the_clock(work);
        self.crew.submit(kind, work);
    }

    /// Like [`Gate::run`] for work that itself can fail.
    ///
    /// # Errors
    /// Those of `work`, and those of [`Gate::run`].
    pub async fn attempt<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        self.ask(move |answer| answer.say(work())).await
    }

    /// Like [`Gate::attempt`] for work whose answer may come later than its end, and from another thread: so its caller
    /// is woken once, when there is one.
    ///
    /// # Errors
    /// What was said; `Internal` if the answer was dropped.
    pub async fn ask<T: Send + 'static>(&self, work: impl FnOnce(Answer<T>) + Send + 'static) -> Result<T> {
        self.ask_as(Kind::Any, work).await
    }

    /// Like [`Gate::ask`], for a small file that arrives as a whole: short work that places it.
    ///
    /// # Errors
    /// Those of [`Gate::ask`].
    pub async fn arrive<T: Send + 'static>(&self, work: impl FnOnce(Answer<T>) + Send + 'static) -> Result<T> {
        self.ask_as(Kind::Arrival, work).await
    }

    async fn ask_as<T: Send + 'static>(&self, kind: Kind, work: impl FnOnce(Answer<T>) + Send + 'static) -> Result<T> {
        let (answer, outcome) = oneshot::channel();
        self.submit(kind, move || work(Answer(answer)));
        outcome.await.map_err(|error| EngineError::internal("Something went wrong inside the server.", error))?
    }

    /// Runs `work` for as long as a body streams (an upload being written, an archive being made): outside the bound
    /// of short calls, since it waits for its client most of the time. The number of connections bounds these.
    pub fn stream(&self, work: impl FnOnce() + Send + 'static) -> tokio::task::JoinHandle<()> {
        tokio::task::spawn_blocking(work)
    }
}

/// A paused clock of tokio jumps ahead whenever nothing but timers is left. It does not know of our threads, but of its
/// own: one of those waits for the work, too.
#[cfg(test)]
fn stopping_the_clock(work: impl FnOnce() + Send + 'static) -> impl FnOnce() + Send + 'static {
    let (working, ended) = std::sync::mpsc::channel::<()>();
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn_blocking(move || ended.recv());
    }
    move || {
        let _working = working;
        work();
    }
}
