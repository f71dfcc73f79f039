//! Bounds requests, and keeps two files with the same content from being sent at once: the server would refuse the second one until
//! the first is there, and then copies it itself.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard};

/// What identifies content.
pub type ContentKey = (u64, Vec<String>);

#[derive(Default)]
struct State {
    requests: usize,
    contents: HashSet<ContentKey>,
}

/// Requests with bodies and contents that are being sent.
pub struct InFlight {
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

impl InFlight {
    /// `most`: requests at once.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), state: Mutex::default(), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Runs a request, when there is room for one.
    pub fn request<T>(&self, run: impl FnOnce() -> T) -> T {
        let waited = self.changed.wait_while(self.lock(), |state| state.requests >= self.most);
        waited.unwrap_or_else(|poisoned| poisoned.into_inner()).requests += 1;
        let outcome = run();
        self.lock().requests -= 1;
        self.changed.notify_all();
        outcome
    }

    /// Runs the sending of a content, when no other file with it is being sent.
    pub fn content<T>(&self, key: &ContentKey, run: impl FnOnce() -> T) -> T {
        let waited = self.changed.wait_while(self.lock(), |state| state.contents.contains(key));
        waited.unwrap_or_else(|poisoned| poisoned.into_inner()).contents.insert(key.clone());
        let outcome = run();
        self.lock().contents.remove(key);
        self.changed.notify_all();
        outcome
    }
}
