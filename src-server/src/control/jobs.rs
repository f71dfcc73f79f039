//! Background jobs in the admin API.

use super::admin::{Job, JobState};
use super::{Control, ControlError, ErrorCode};
use engine::jobs;

impl Control {
    /// Returns the running background jobs and those that ended last, the oldest first.
    pub fn jobs(&self) -> Vec<Job> {
        self.app.engine.jobs().list().into_iter().map(job).collect()
    }

    /// Waits until the index of every volume is complete.
    pub async fn wait_until_indexed(&self) {
        self.app.engine.library.wait_until_complete().await;
    }

    /// Pauses a job before its next step, or resumes it.
    ///
    /// # Errors
    /// `NotFound` if it has ended.
    pub fn pause_job(&self, id: u64, paused: bool) -> Result<Vec<Job>, ControlError> {
        let jobs = self.app.engine.jobs();
        self.job_changed(if paused { jobs.pause(id) } else { jobs.resume(id) })
    }

    /// Ends a job before its next step.
    ///
    /// # Errors
    /// `NotFound` if it has ended; `NotHere` if the server depends on it.
    pub fn cancel_job(&self, id: u64) -> Result<Vec<Job>, ControlError> {
        let is_essential = |job: &Job| job.id == id && !job.can_cancel && !job.state.has_ended();
        if self.jobs().iter().any(is_essential) {
            return Err(ControlError::said(ErrorCode::NotHere, |t| t.fault_job_needed().into()));
        }
        self.job_changed(self.app.engine.jobs().cancel(id))
    }

    fn job_changed(&self, is_there: bool) -> Result<Vec<Job>, ControlError> {
        if is_there {
            return Ok(self.jobs());
        }
        Err(ControlError::said(ErrorCode::NotFound, |t| t.fault_job_ended().into()))
    }
}

fn job(info: jobs::JobInfo) -> Job {
    let state = match info.state {
        jobs::JobState::Busy => JobState::Busy,
        jobs::JobState::Throttled => JobState::Throttled,
        jobs::JobState::Idle => JobState::Idle,
        jobs::JobState::Paused => JobState::Paused,
        jobs::JobState::Done => JobState::Done,
        jobs::JobState::Cancelled => JobState::Cancelled,
        jobs::JobState::Failed(sentence) => JobState::Failed { sentence },
    };
    Job { id: info.id, name: info.name, state, done: info.done, total: info.total, can_cancel: info.can_cancel }
}
