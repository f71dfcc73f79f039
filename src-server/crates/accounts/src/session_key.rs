//! Names a session without giving access.

use vfs::access::Access;

/// Identifies the session of an access. Opaque; gives no access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionKey([u8; 32]);

impl From<[u8; 32]> for SessionKey {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl SessionKey {
    /// Returns the key of an access; `None` if it was not authenticated by a session.
    pub fn of(access: &Access) -> Option<Self> {
        access.rights().session.map(Self)
    }
}
