//! Names that are not in the index, or without their content, and why: the newest ones of each volume, for
//! administrators. Kept in memory; each scan makes the list anew.

use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

/// Names of a volume that are kept, the newest ones.
pub const SKIPPED_MAX: usize = 1000;

/// Why a name was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// A file or folder cannot be read.
    Unreadable,
    /// A file changes whenever it is read.
    Changing,
    /// A pipe, socket or device.
    Special,
    /// A symlink that leads out of the volume, or to nothing.
    Link,
    /// The settings exclude it.
    Excluded,
    /// A folder on another file system, which the settings exclude.
    OtherFileSystem,
    /// The path is too long for the operating system.
    TooDeep,
    /// The name is too long for a path on the server.
    BadName,
}

impl SkipReason {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::Unreadable,
        Self::Changing,
        Self::Special,
        Self::Link,
        Self::Excluded,
        Self::OtherFileSystem,
        Self::TooDeep,
        Self::BadName,
    ];
}

/// A name that was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its path in the volume, for display.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
    /// The error of the operating system, if there was one.
    pub error: Option<String>,
    /// When it was skipped last.
    pub at: SystemTime,
}

/// The skipped names of one volume.
#[derive(Default)]
pub(crate) struct SkippedNames {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: BTreeMap<SkipReason, u64>,
    /// By number; the oldest first.
    newest: BTreeMap<u64, Skipped>,
    /// Numbers in `newest` by path.
    by_path: HashMap<String, u64>,
    next: u64,
}

impl SkippedNames {
    /// Forgets everything: a scan begins.
    pub fn clear(&self) {
        *self.state.lock() = State::default();
    }

    /// Adds a name. One that is listed already is replaced.
    pub fn add(&self, path: String, reason: SkipReason, error: Option<String>) {
        let mut state = self.state.lock();
        state.remove(&path);
        *state.counts.entry(reason).or_default() += 1;
        let number = state.next;
        state.next += 1;
        state.by_path.insert(path.clone(), number);
        state.newest.insert(number, Skipped { path, reason, error, at: SystemTime::now() });
        if state.newest.len() > SKIPPED_MAX
            && let Some((_, oldest)) = state.newest.pop_first()
        {
            state.by_path.remove(&oldest.path);
        }
    }

    /// Removes a name that is not skipped any more. `path`: called only if names are listed.
    pub fn remove(&self, path: impl FnOnce() -> String) {
        let mut state = self.state.lock();
        if !state.newest.is_empty() {
            state.remove(&path());
        }
    }

    /// Returns the number of names for each reason. A name of which the state has changed is counted once more when it is
    /// not among the listed ones.
    pub fn counts(&self) -> Vec<(SkipReason, u64)> {
        self.state.lock().counts.iter().map(|(reason, count)| (*reason, *count)).collect()
    }

    /// Returns the newest names, the newest first.
    pub fn newest(&self) -> Vec<Skipped> {
        self.state.lock().newest.values().rev().cloned().collect()
    }
}

impl State {
    fn remove(&mut self, path: &str) {
        let Some(number) = self.by_path.remove(path) else { return };
        let Some(skipped) = self.newest.remove(&number) else { return };
        if let Some(count) = self.counts.get_mut(&skipped.reason) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&skipped.reason);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_names_are_kept_and_all_are_counted() {
        let names = SkippedNames::default();
        for number in 0..SKIPPED_MAX + 10 {
            names.add(format!("/{number}"), SkipReason::Special, None);
        }
        names.add("/5000".into(), SkipReason::Unreadable, Some("no".into()));
        names.add(format!("/{SKIPPED_MAX}"), SkipReason::Unreadable, None);
        let counts = [(SkipReason::Unreadable, 2), (SkipReason::Special, SKIPPED_MAX as u64 + 9)];
        assert_eq!(names.counts(), counts);
        let newest = names.newest();
        assert_eq!(newest.len(), SKIPPED_MAX);
        assert_eq!((newest[0].path.as_str(), newest[1].path.as_str()), (&*format!("/{SKIPPED_MAX}"), "/5000"));
        names.remove(|| "/5000".into());
        names.remove(|| "/unknown".into());
        assert_eq!(names.counts()[0], (SkipReason::Unreadable, 1));
        names.clear();
        assert_eq!((names.counts(), names.newest()), (vec![], vec![]));
    }
}
