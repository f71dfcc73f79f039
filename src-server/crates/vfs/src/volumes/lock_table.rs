//! Locks that clients take on files and folders of a volume, and that every protocol honours (RFC 4918, 6 and 7).
//!
//! Not to be confused with [`write_locks`](super::write_locks), which last for one change: a client holds a lock for
//! minutes, while a person edits a document. Locks are kept in memory: after a restart clients take them again, as after
//! a time-out. They stay with the path: a moved or removed file has none at its new place.
//!
//! A change needs the tokens of all locks that cover it. Knowing a token is not enough: the lock must belong to the same
//! owner. Without any lock a check is one atomic load.

use crate::error::{Conflict, EngineError, Result};
use model::{AccountName, VPath};
use parking_lot::Mutex;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Most locks in one volume.
pub const LOCKS_MAX: usize = 10_000;
/// Most locks of one owner in one volume.
pub const LOCKS_PER_OWNER: usize = 1_000;
/// Longest time until a lock ends unless it is refreshed.
pub const LOCK_TIME_MAX: Duration = Duration::from_secs(3600);
/// Most bytes of a note about a lock.
pub const NOTE_MAX: usize = 4096;

/// Proves that a client holds a lock; hard to guess.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LockToken(Arc<str>);

impl LockToken {
    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for LockToken {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// Whether others may hold a lock of the same kind on the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// No other lock.
    Exclusive,
    /// Other shared locks. Each holder needs its own token only.
    Shared,
}

/// What a lock on a folder covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockDepth {
    /// The file; or the folder and which names are in it, not what is in the files.
    Entry,
    /// Everything below, too.
    Tree,
}

/// A lock to be taken.
#[derive(Clone, Debug)]
pub struct LockRequest {
    /// The path below the volume's top folder, with symlinks resolved. Need not exist.
    pub path: VPath,
    /// What it covers.
    pub depth: LockDepth,
    /// Exclusive or shared.
    pub mode: LockMode,
    /// Who takes it.
    pub owner: AccountName,
    /// From which address. Visitors without account have one name, and are told apart by it.
    pub address: IpAddr,
    /// Text of the client about itself, returned to others.
    pub note: String,
    /// When it ends unless it is refreshed; at most [`LOCK_TIME_MAX`].
    pub time: Duration,
}

/// A lock that is held.
#[derive(Clone, Debug)]
pub struct ClientLock {
    /// Its token.
    pub token: LockToken,
    /// What was requested.
    pub request: LockRequest,
    /// When it ends.
    pub ends: Instant,
}

/// A change that is about to be made at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeScope {
    /// The content or the time of an existing file.
    Content,
    /// The name is created or replaced.
    Name,
    /// The name is removed or moved, with everything below it.
    Tree,
}

/// The locks of one volume.
#[derive(Default)]
pub struct LockTable {
    /// Number of locks, also those that have timed out and were not removed yet.
    count: AtomicUsize,
    locks: Mutex<Vec<ClientLock>>,
}

impl LockTable {
    /// Takes a lock. `token`: hard to guess, used once.
    ///
    /// # Errors
    /// `Locked` if another lock excludes it; `Busy` if the volume or the owner has too many.
    pub fn lock(&self, request: LockRequest, token: LockToken) -> Result<ClientLock> {
        let mut locks = self.current();
        if let Some(other) = locks.iter().find(|other| excludes(&other.request, &request)) {
            return Err(locked(&other.request.path));
        }
        let of_owner = locks.iter().filter(|other| other.request.owner == request.owner).count();
        if locks.len() >= LOCKS_MAX || of_owner >= LOCKS_PER_OWNER {
            return Err(EngineError::Busy);
        }
        let lock = ClientLock { token, ends: Instant::now() + request.time.min(LOCK_TIME_MAX), request };
        locks.push(lock.clone());
        self.count.store(locks.len(), Ordering::Release);
        Ok(lock)
    }

    /// Prolongs a lock; `None`: its owner has no such lock.
    pub fn refresh(&self, token: &LockToken, owner: &AccountName, time: Duration) -> Option<ClientLock> {
        let mut locks = self.current();
        let lock = locks.iter_mut().find(|lock| lock.token == *token && lock.request.owner == *owner)?;
        lock.ends = Instant::now() + time.min(LOCK_TIME_MAX);
        Some(lock.clone())
    }

    /// Ends a lock. Returns false if its owner has no such lock.
    pub fn unlock(&self, token: &LockToken, owner: &AccountName) -> bool {
        self.retain(|lock| lock.token != *token || lock.request.owner != *owner)
    }

    /// Ends the locks at `path` and below it: it was removed or moved. Never waits for a client.
    pub fn forget(&self, path: &VPath) {
        if !self.is_empty() {
            self.retain(|lock| !lock.request.path.is_within(path));
        }
    }

    /// Whether there are no locks. Never blocks.
    pub fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Returns the locks that cover `path`.
    pub fn list(&self, path: &VPath) -> Vec<ClientLock> {
        if self.is_empty() {
            return Vec::new();
        }
        self.current().iter().filter(|lock| covers(&lock.request, path)).cloned().collect()
    }

    /// Returns the locks that cover something directly in `folder`.
    pub fn list_in(&self, folder: &VPath) -> Vec<ClientLock> {
        if self.is_empty() {
            return Vec::new();
        }
        let is_in = |lock: &LockRequest| {
            lock.depth == LockDepth::Tree && folder.is_within(&lock.path)
                || lock.path.split_last().is_some_and(|(above, _)| above == *folder)
        };
        self.current().iter().filter(|lock| is_in(&lock.request)).cloned().collect()
    }

    /// Checks that locks of others do not forbid a change at `path`. `tokens`: those that the request of `owner`
    /// presents.
    ///
    /// # Errors
    /// `Locked`.
    pub fn check(&self, path: &VPath, scope: ChangeScope, owner: &AccountName, tokens: &[LockToken]) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let locks = self.current();
        let concerned: Vec<_> = locks.iter().filter(|lock| concerns(&lock.request, path, scope)).collect();
        let is_held = |lock: &ClientLock| lock.request.owner == *owner && tokens.contains(&lock.token);
        // Of several shared locks one token suffices for each path (RFC 4918, 7).
        let is_free = |lock: &&ClientLock| {
            is_held(lock)
                || lock.request.mode == LockMode::Shared
                    && concerned.iter().any(|other| other.request.path == lock.request.path && is_held(other))
        };
        match concerned.iter().find(|lock| !is_free(lock)) {
            Some(lock) => Err(locked(&lock.request.path)),
            None => Ok(()),
        }
    }

    /// Returns the locks without those that have timed out.
    fn current(&self) -> parking_lot::MutexGuard<'_, Vec<ClientLock>> {
        let (mut locks, now) = (self.locks.lock(), Instant::now());
        locks.retain(|lock| lock.ends > now);
        self.count.store(locks.len(), Ordering::Release);
        locks
    }

    /// Keeps the locks for which `keep` holds. Returns whether one was removed.
    fn retain(&self, keep: impl Fn(&ClientLock) -> bool) -> bool {
        let mut locks = self.current();
        let before = locks.len();
        locks.retain(keep);
        self.count.store(locks.len(), Ordering::Release);
        locks.len() < before
    }
}

fn locked(path: &VPath) -> EngineError {
    EngineError::Conflict(Conflict::Locked(path.clone()))
}

/// Whether `lock` covers what is at `path`.
pub fn covers(lock: &LockRequest, path: &VPath) -> bool {
    lock.path == *path || lock.depth == LockDepth::Tree && path.is_within(&lock.path)
}

/// Whether `one` forbids that `other` is taken.
fn excludes(one: &LockRequest, other: &LockRequest) -> bool {
    let exclusive = one.mode == LockMode::Exclusive || other.mode == LockMode::Exclusive;
    exclusive && (covers(one, &other.path) || covers(other, &one.path))
}

/// Whether a change at `path` needs the token of `lock`.
fn concerns(lock: &LockRequest, path: &VPath, scope: ChangeScope) -> bool {
    let is_parent = || path.split_last().is_some_and(|(above, _)| above == lock.path);
    match scope {
        ChangeScope::Content => covers(lock, path),
        ChangeScope::Name => covers(lock, path) || is_parent(),
        ChangeScope::Tree => covers(lock, path) || is_parent() || lock.path.is_within(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("parses")
    }

    fn request(at: &str, owner: &str, depth: LockDepth, mode: LockMode) -> LockRequest {
        let time = Duration::from_secs(60);
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        LockRequest { path: path(at), depth, mode, owner: owner.into(), address, note: String::new(), time }
    }

    fn table(locks: &[(&str, &str, LockDepth, LockMode)]) -> LockTable {
        let table = LockTable::default();
        for (number, (at, owner, depth, mode)) in locks.iter().enumerate() {
            let token = LockToken::from(number.to_string().as_str());
            table.lock(request(at, owner, *depth, *mode), token).expect("is taken");
        }
        table
    }

    use ChangeScope::{Content, Name, Tree};
    use LockMode::{Exclusive, Shared};

    #[test]
    fn changes_need_the_tokens_of_all_locks_that_cover_them() {
        let table = table(&[
            ("f", "ann", LockDepth::Entry, Exclusive),
            ("d", "ann", LockDepth::Entry, Exclusive),
            ("t", "ann", LockDepth::Tree, Exclusive),
        ]);
        for (at, scope, token, is_allowed) in [
            ("f", Content, "0", true),
            ("f", Content, "1", false),
            ("f", Name, "", false),
            ("other", Tree, "", true),
            ("d/x", Content, "", true),
            ("d/x", Name, "", false),
            ("d/x", Name, "1", true),
            ("d/e/x", Name, "", true),
            ("d", Tree, "", false),
            ("t/e/x", Content, "", false),
            ("t/e/x", Tree, "2", true),
            ("tt", Name, "", true),
            ("", Tree, "2", false),
        ] {
            let tokens = [LockToken::from(token)];
            let checked = table.check(&path(at), scope, &"ann".into(), &tokens);
            assert_eq!(checked.is_ok(), is_allowed, "{at} {scope:?} {token}");
            assert!(table.check(&path("f"), Content, &"ben".into(), &[LockToken::from("0")]).is_err(), "another owner");
        }
    }

    #[test]
    fn exclusive_locks_exclude_others_on_what_they_cover() {
        let table = table(&[("t", "ann", LockDepth::Tree, Exclusive), ("s", "ann", LockDepth::Tree, Shared)]);
        for (at, depth, mode, is_taken) in [
            ("t/x", LockDepth::Entry, Shared, false),
            ("", LockDepth::Tree, Shared, false),
            ("", LockDepth::Entry, Exclusive, true),
            ("s/x", LockDepth::Entry, Shared, true),
            ("s/x", LockDepth::Entry, Exclusive, false),
            ("u", LockDepth::Tree, Exclusive, true),
        ] {
            let token = LockToken::from("new");
            let taken = table.lock(request(at, "ben", depth, mode), token.clone());
            assert_eq!(taken.is_ok(), is_taken, "{at} {depth:?} {mode:?}");
            table.unlock(&token, &"ben".into());
        }
    }

    #[test]
    fn locks_in_a_folder_are_those_on_its_entries_and_on_trees_around_it() {
        let table = table(&[
            ("t", "ann", LockDepth::Tree, Shared),
            ("t/d", "ann", LockDepth::Entry, Shared),
            ("t/d/f", "ann", LockDepth::Entry, Shared),
            ("t/d/e/f", "ann", LockDepth::Entry, Shared),
        ]);
        let found: Vec<_> = table.list_in(&path("t/d")).iter().map(|lock| lock.request.path.display()).collect();
        assert_eq!(found, ["/t", "/t/d/f"]);
    }

    #[test]
    fn one_of_several_shared_locks_suffices() {
        let table = table(&[("f", "ann", LockDepth::Entry, Shared), ("f", "ben", LockDepth::Entry, Shared)]);
        assert!(table.check(&path("f"), Content, &"ben".into(), &[LockToken::from("1")]).is_ok());
        assert!(table.check(&path("f"), Content, &"ben".into(), &[LockToken::from("0")]).is_err());
        assert!(table.check(&path("f"), Content, &"eve".into(), &[]).is_err());
    }

    #[test]
    fn locks_end_by_unlocking_by_time_and_with_their_path() {
        let table = table(&[("f", "ann", LockDepth::Entry, Exclusive), ("d/x", "ann", LockDepth::Entry, Exclusive)]);
        let (first, ann) = (LockToken::from("0"), AccountName::from("ann"));
        assert!(!table.unlock(&first, &"ben".into()) && table.unlock(&first, &ann) && !table.unlock(&first, &ann));
        table.forget(&path("d"));
        assert!(table.list(&path("d/x")).is_empty());
        let short = LockRequest { time: Duration::ZERO, ..request("f", "ann", LockDepth::Entry, Exclusive) };
        table.lock(short, LockToken::from("short")).expect("is taken");
        assert!(table.check(&path("f"), Tree, &"ben".into(), &[]).is_ok(), "it has timed out");
        assert!(table.refresh(&LockToken::from("short"), &ann, Duration::from_secs(9)).is_none());
    }

    #[test]
    fn locks_are_bounded() {
        let table = LockTable::default();
        for number in 0..LOCKS_PER_OWNER {
            let name = number.to_string();
            let lock = request(&name, "ann", LockDepth::Entry, Exclusive);
            table.lock(lock, LockToken::from(name.as_str())).expect("is taken");
        }
        let one_more = |owner| table.lock(request("more", owner, LockDepth::Entry, Shared), LockToken::from("more"));
        assert!(matches!(one_more("ann"), Err(EngineError::Busy)));
        let long = LockRequest { time: Duration::MAX, ..request("long", "ben", LockDepth::Entry, Shared) };
        assert!(table.lock(long, LockToken::from("long")).expect("is taken").ends <= Instant::now() + LOCK_TIME_MAX);
    }
}
