//! Problems that were reported at the start or later.

use crate::control::admin::Problem;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Number of reported problems that are kept.
const MAX_PROBLEMS: usize = 20;

/// Problems that were reported at the start or later.
#[derive(Clone, Default)]
pub(crate) struct Problems {
    known: Arc<Mutex<VecDeque<Problem>>>,
}

impl Problems {
    /// Adds a problem, or moves an equal one to the front.
    pub fn add(&self, problem: Problem) {
        let mut known = self.known.lock();
        known.retain(|other| *other != problem);
        known.push_front(problem);
        known.truncate(MAX_PROBLEMS);
    }

    /// Removes all reported problems after a person has seen them.
    pub fn clear(&self) {
        self.known.lock().clear();
    }

    /// Returns the problems, the latest first.
    pub fn list(&self) -> Vec<Problem> {
        self.known.lock().iter().cloned().collect()
    }
}
