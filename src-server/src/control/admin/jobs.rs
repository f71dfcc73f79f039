//! Background jobs.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A background job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Job {
    /// Identifies the job until the program ends.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What it is doing.
    pub state: JobState,
    /// Units that are done in the present round, such as files.
    pub done: u64,
    /// Units of the present round; `null`: unknown.
    pub total: Option<u64>,
    /// Whether it can be cancelled: it has not ended, and the server does not depend on it.
    pub can_cancel: bool,
}

impl JobState {
    /// Whether the job has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed { .. })
    }
}

/// What a job is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum JobState {
    /// It works.
    Busy,
    /// It waits, though there is more to do, to leave the disk to others.
    Throttled,
    /// It has nothing to do at the moment.
    Idle,
    /// It was paused.
    Paused,
    /// It has ended.
    Done,
    /// It was cancelled.
    Cancelled,
    /// It has failed.
    Failed {
        /// What went wrong.
        sentence: String,
    },
}
