//! The proofs (sessions, passwords) that the requests of one connection carried. The routes record them as soon as they
//! are known. The accept loop can then close the connections of a revoked device, a signed-out account or a banned
//! address, whatever they transfer.

use engine::accounts::{AccessProof, SessionKey};
use parking_lot::{Mutex, MutexGuard};

/// Most proofs remembered for one HTTP/2 connection; beyond that the oldest is dropped.
const PROOFS_MAX: usize = 32;

/// The proofs of one connection. The accept loop puts an `Arc` of it into the extensions of every request of the
/// connection. HTTP/1 has one request at a time, so only the last proof counts; HTTP/2 has several, so all do.
#[derive(Debug, Default)]
pub struct ConnectionProofs(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    proofs: Vec<AccessProof>,
    /// True if the last check found a proof that has ended.
    had_ended: bool,
}

impl ConnectionProofs {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock()
    }

    /// Records the proof of a request. `is_multiplexed`: other requests may be in progress on the connection.
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

    /// Returns true if a request of this session used the connection.
    pub fn is_used_by_session(&self, session: SessionKey) -> bool {
        self.lock().proofs.iter().any(|proof| proof.session() == Some(session))
    }

    /// Returns true if a recorded proof has ended, at this check and at the previous one: the response to the request
    /// that ended it (signing out) gets time to be sent. `is_idle`: no request is in progress, and proofs that have
    /// ended are dropped.
    pub fn has_ended(&self, is_idle: bool, is_still_valid: impl Fn(&AccessProof) -> bool) -> bool {
        let mut inner = self.lock();
        if is_idle {
            inner.proofs.retain(|proof| is_still_valid(proof));
        }
        let had_ended_before = inner.had_ended;
        inner.had_ended = inner.proofs.iter().any(|proof| !is_still_valid(proof));
        had_ended_before && inner.had_ended
    }
}
