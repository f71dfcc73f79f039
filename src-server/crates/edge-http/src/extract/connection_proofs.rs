//! What a connection is used with: told by the routes as soon as they know, so that the connections of a device that is
//! thrown out, of an account that signs out, or of an address that is turned away can be ended, whatever goes over them.

use engine::accounts::{AccessProof, SessionKey};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Proofs that are remembered for one HTTP/2 connection; beyond that the oldest is forgotten.
const PROOFS_MAX: usize = 32;

/// What the requests of a connection proved. The accept loop puts an `Arc` of it into the extensions of every request of
/// the connection. HTTP/1 has one request at a time, so the last one counts; HTTP/2 has many, so all do.
#[derive(Debug, Default)]
pub struct ConnectionProofs(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    proofs: Vec<AccessProof>,
    /// A proof was found to have ended.
    had_ended: bool,
}

impl ConnectionProofs {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a request proved. `is_multiplexed`: others may be under way on the connection.
    pub fn record(&self, proof: AccessProof, is_multiplexed: bool) {
        let mut inner = self.lock();
        if inner.proofs.contains(&proof) {
            if !is_multiplexed {
                inner.proofs.retain(|one| *one == proof);
            }
            return;
        }
        if !is_multiplexed {
            inner.proofs.clear();
            inner.had_ended = false;
        } else if inner.proofs.len() >= PROOFS_MAX {
            inner.proofs.remove(0);
        }
        inner.proofs.push(proof);
    }

    /// Whether a request of this session is among them.
    pub fn is_used_by_session(&self, session: SessionKey) -> bool {
        self.lock().proofs.iter().any(|proof| proof.session() == Some(session))
    }

    /// Whether something that was proved has ended, at this look and at the one before: the answer to the request that
    /// ended it (signing out) gets its time to leave. `is_idle`: nothing is under way, and what has ended is forgotten.
    pub fn has_ended(&self, is_idle: bool, is_in_force: impl Fn(&AccessProof) -> bool) -> bool {
        let mut inner = self.lock();
        if is_idle {
            inner.proofs.retain(|proof| is_in_force(proof));
        }
        let had_ended_before = inner.had_ended;
        inner.had_ended = inner.proofs.iter().any(|proof| !is_in_force(proof));
        had_ended_before && inner.had_ended
    }
}
