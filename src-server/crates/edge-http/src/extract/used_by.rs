//! By which session a connection is used: told by the routes as soon as they know, so that the connections of a device
//! that is thrown out can be ended, also while its first request is still on its way.

use engine::accounts::SessionKey;
use std::sync::{Mutex, PoisonError};

/// The session that a connection was used by last. The accept loop puts an `Arc` of it into the extensions of every
/// request of the connection. Requests without a session do not count: one of the same browser for a picture says
/// nothing about its other requests.
#[derive(Debug, Default)]
pub struct UsedBy(Mutex<Option<SessionKey>>);

impl UsedBy {
    /// Notes whose request this is.
    pub fn note(&self, session: SessionKey) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    /// The session that was noted last.
    pub fn session(&self) -> Option<SessionKey> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
