//! The gate: the only way from async code to code that blocks (disk, SQLite, hashing, decoding).
//!
//! One semaphore bounds how many such calls run at once, so that a slow disk makes callers wait in line instead of
//! making threads without end. A call that was let in runs to its end even if its caller has gone.

use crate::error::{EngineError, Result};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Most blocking calls at once.
pub const WIDTH: usize = 48;

/// Cheap to clone; clones share the bound.
#[derive(Clone)]
pub struct Gate {
    slots: Arc<Semaphore>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(WIDTH)) }
    }
}

impl Gate {
    /// Runs `work` on a blocking thread and gives back its value.
    ///
    /// # Errors
    /// `Internal` if `work` panicked, `Busy` if the program is stopping.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let slot = self.slots.clone().acquire_owned().await.map_err(|_| EngineError::Busy)?;
        let task = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work()
        });
        task.await.map_err(|error| EngineError::internal("Something went wrong inside the server.", error))
    }

    /// Like [`Gate::run`] for work that itself can fail.
    ///
    /// # Errors
    /// Those of `work`, and those of [`Gate::run`].
    pub async fn attempt<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        self.run(work).await?
    }

    /// Runs `work` for as long as a body streams (an upload being written, an archive being made): outside the bound
    /// of short calls, since it waits for its client most of the time. The number of connections bounds these.
    pub fn stream(&self, work: impl FnOnce() + Send + 'static) -> tokio::task::JoinHandle<()> {
        tokio::task::spawn_blocking(work)
    }
}
