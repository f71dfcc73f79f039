//! Locks on names of a volume: one change of a name at a time.
//!
//! An operation that reads the old state of a name and derives the new one from it (append, save, replace, move,
//! remove, expire) holds the lock of that name from reading the old state until the new one is in place. An operation
//! on a whole folder holds the lock of its subtree. New files need no lock: their name is taken by a rename that
//! replaces nothing.
//!
//! All locks of an operation are taken in one call, so two operations never deadlock. Uploads do not wait on their
//! thread ([`WriteLocks::lock_then`]): it may be the one that has to finish the placement that holds the lock
//! (`store::place`). Tree operations block ([`WriteLocks::lock`]), and fail with `Busy` after [`LOCK_TIMEOUT`].

use crate::blocking_pool::BlockingPool;
use crate::error::{EngineError, Result};
use crate::pool_threads::PoolThreads;
use model::VPath;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a tree operation waits for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// What a lock covers; paths below the top of the volume, with symlinks resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockScope {
    /// One name that must not change: the source of a link. Shared: several operations may hold it at once.
    Source(VPath),
    /// One name, without its descendants.
    Name(VPath),
    /// A name and all its descendants.
    Subtree(VPath),
}

impl LockScope {
    fn path(&self) -> &VPath {
        match self {
            Self::Source(path) | Self::Name(path) | Self::Subtree(path) => path,
        }
    }

    fn conflicts_with(&self, other: &Self) -> bool {
        if matches!((self, other), (Self::Source(_), Self::Source(_))) {
            return false;
        }
        let covers = |scope: &Self, path: &VPath| match scope {
            Self::Source(name) | Self::Name(name) => name == path,
            Self::Subtree(top) => path.is_within(top),
        };
        covers(self, other.path()) || covers(other, self.path())
    }

    fn folded(self) -> Self {
        let fold = |path: VPath| {
            let lower = String::from_utf8_lossy(path.as_bytes()).to_lowercase();
            VPath::parse(lower.as_bytes()).unwrap_or(path)
        };
        match self {
            Self::Source(path) => Self::Source(fold(path)),
            Self::Name(path) => Self::Name(fold(path)),
            Self::Subtree(path) => Self::Subtree(fold(path)),
        }
    }
}

/// The locks of one volume.
#[derive(Default)]
pub struct WriteLocks {
    state: Mutex<State>,
    freed: Condvar,
}

/// Holds at most as many entries as operations run at once, which the blocking pool bounds.
#[derive(Default)]
struct State {
    /// Whether names of the volume may be symlinks to other names (dedup by symlink).
    is_linked: bool,
    held: Vec<(u64, Vec<LockScope>)>,
    next: u64,
    /// Uploads that continue when their names are free, in the order in which they asked.
    parked: VecDeque<Parked>,
}

struct Parked {
    scopes: Vec<LockScope>,
    pool: BlockingPool,
    then: Box<dyn FnOnce(WriteGuard) + Send>,
}

/// Holds locks until it is dropped, on any thread.
pub struct WriteGuard {
    locks: Arc<WriteLocks>,
    id: u64,
}

impl WriteLocks {
    /// Blocks until no held lock conflicts with `scopes`, and takes them. `folds`: the file system folds case.
    ///
    /// # Errors
    /// `Busy` after [`LOCK_TIMEOUT`].
    pub fn lock(self: &Arc<Self>, scopes: Vec<LockScope>, folds: bool) -> Result<WriteGuard> {
        let scopes = as_compared(scopes, folds);
        let deadline = Instant::now() + LOCK_TIMEOUT;
        let mut state = self.state();
        let mut blocked = None;
        while state.conflict(&scopes) {
            // The operation that holds the lock may need a pool thread to finish.
            blocked.get_or_insert_with(PoolThreads::blocked_on_io);
            let left = deadline.checked_duration_since(Instant::now()).ok_or(EngineError::Busy)?;
            self.freed.wait_for(&mut state, left);
        }
        Ok(self.hold(&mut state, scopes))
    }

    /// Announces that names of this volume may be symlinks to others. A change of a name then affects others: symlinks
    /// to it are replaced by files of their own, wherever they are, and their ledger rows must not change meanwhile. So
    /// changes are serialized; creating links, which leaves their sources as they are, still runs in parallel.
    pub fn set_has_links(&self) {
        self.state().is_linked = true;
    }

    /// Takes the locks of `scopes` if they are free. Never blocks.
    pub fn try_lock(self: &Arc<Self>, scopes: Vec<LockScope>, folds: bool) -> Option<WriteGuard> {
        let scopes = as_compared(scopes, folds);
        let mut state = self.state();
        if state.conflict(&scopes) { None } else { Some(self.hold(&mut state, scopes)) }
    }

    /// Calls `then` on this thread if the locks of `scopes` are free, else on a pool thread as soon as they are. Never
    /// blocks.
    pub fn lock_then(
        self: &Arc<Self>,
        scopes: Vec<LockScope>,
        folds: bool,
        pool: &BlockingPool,
        then: impl FnOnce(WriteGuard) + Send + 'static,
    ) {
        let scopes = as_compared(scopes, folds);
        let mut state = self.state();
        // An operation that waits for the same name goes first.
        let is_awaited = state.parked.iter().any(|parked| conflict(&parked.scopes, &scopes, state.is_linked));
        if is_awaited || state.conflict(&scopes) {
            return state.parked.push_back(Parked { scopes, pool: pool.clone(), then: Box::new(then) });
        }
        let guard = self.hold(&mut state, scopes);
        drop(state);
        then(guard);
    }

    fn hold(self: &Arc<Self>, state: &mut State, scopes: Vec<LockScope>) -> WriteGuard {
        let id = state.next;
        state.next += 1;
        state.held.push((id, scopes));
        WriteGuard { locks: self.clone(), id }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    fn conflict(&self, wanted: &[LockScope]) -> bool {
        self.held.iter().any(|(_, held)| conflict(held, wanted, self.is_linked))
    }

    /// Removes and returns the first parked operation whose names are free.
    fn next_free(&mut self) -> Option<Parked> {
        let at = (0..self.parked.len()).find(|at| {
            let scopes = &self.parked[*at].scopes;
            let earlier = self.parked.iter().take(*at).any(|parked| conflict(&parked.scopes, scopes, self.is_linked));
            !earlier && !self.conflict(scopes)
        });
        self.parked.remove(at?)
    }
}

fn conflict(one: &[LockScope], other: &[LockScope], is_linked: bool) -> bool {
    let changes = |scopes: &[LockScope]| scopes.iter().any(|scope| !matches!(scope, LockScope::Source(_)));
    is_linked && changes(one) && changes(other)
        || one.iter().any(|one| other.iter().any(|other| one.conflicts_with(other)))
}

/// Returns the scopes as the file system compares names.
fn as_compared(scopes: Vec<LockScope>, folds: bool) -> Vec<LockScope> {
    if folds { scopes.into_iter().map(LockScope::folded).collect() } else { scopes }
}

impl Drop for WriteGuard {
    fn drop(&mut self) {
        let mut state = self.locks.state();
        state.held.retain(|(id, _)| *id != self.id);
        while let Some(Parked { scopes, pool, then }) = state.next_free() {
            let guard = self.locks.hold(&mut state, scopes);
            pool.spawn(move || then(guard));
        }
        drop(state);
        self.locks.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn path(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("parses")
    }

    #[test]
    fn conflicts() {
        let name = |text: &str| LockScope::Name(path(text));
        let tree = |text: &str| LockScope::Subtree(path(text));
        let source = |text: &str| LockScope::Source(path(text));
        for (one, other, want) in [
            (name("a"), name("a"), true),
            (name("a"), name("b"), false),
            (name("a"), name("a/b"), false),
            (tree("a"), name("a"), true),
            (tree("a"), name("a/b/c"), true),
            (tree("a"), name("ab"), false),
            (tree("a/b"), name("a"), false),
            (tree("a"), tree("a/b"), true),
            (tree("a"), tree("b"), false),
            (source("a"), source("a"), false),
            (source("a"), name("a"), true),
            (source("a/b"), tree("a"), true),
        ] {
            assert_eq!(one.conflicts_with(&other), want, "{one:?} {other:?}");
            assert_eq!(other.conflicts_with(&one), want, "{other:?} {one:?}");
        }
        assert!(name("A\u{c9}").folded().conflicts_with(&name("a\u{e9}").folded()));
    }

    #[test]
    fn one_change_of_a_name_at_a_time() {
        let locks = Arc::new(WriteLocks::default());
        let (inside, most) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (locks, inside, most) = (&locks, &inside, &most);
                scope.spawn(move || {
                    for _ in 0..200 {
                        // In both orders: the threads do not deadlock.
                        let (first, second) = if thread % 2 == 0 { ("a", "b") } else { ("b", "a") };
                        let scopes = vec![LockScope::Name(path(first)), LockScope::Name(path(second))];
                        let guard = locks.lock(scopes, false).expect("the lock becomes free");
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(guard);
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 1);
        assert!(locks.state().held.is_empty());
    }
}
