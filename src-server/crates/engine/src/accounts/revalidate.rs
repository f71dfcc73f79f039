//! Whether what an access rests on still holds: a session that was not ended, a password that was not changed, a link that
//! was not revoked, an address that is not turned away.
//!
//! A request proves itself once, at its start; what it begins (a download, an upload, a stream of events) may take hours.
//! Who serves it keeps an [`AccessProof`] beside it and asks from time to time.

use super::Accounts;
use super::devices::SessionKey;
use crate::access::Access;
use model::AccountName;
use std::net::IpAddr;
use std::sync::Arc;

/// What an access rests on. Gives no access; holds no snapshot of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessProof {
    by: Proof,
    address: IpAddr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Proof {
    /// None was needed.
    Nothing,
    Session([u8; 32]),
    Password {
        account: AccountName,
        secret_tag: Arc<[u8]>,
    },
}

impl AccessProof {
    /// That of an access.
    pub fn of(access: &Access) -> Self {
        let rights = &access.rights;
        let by = match (rights.session, &rights.secret_tag) {
            (Some(digest), _) => Proof::Session(digest),
            (None, Some(tag)) => Proof::Password { account: rights.account.clone(), secret_tag: tag.clone() },
            (None, None) => Proof::Nothing,
        };
        Self { by, address: access.client.address }
    }

    /// The session that it is, if it is one.
    pub fn session(&self) -> Option<SessionKey> {
        match self.by {
            Proof::Session(digest) => Some(SessionKey::from(digest)),
            _ => None,
        }
    }
}

impl Accounts {
    /// Whether a proof would be accepted now. Never waits.
    pub fn is_still_valid(&self, proof: &AccessProof) -> bool {
        let snapshot = self.core.snapshot.load();
        if self.state.bans.check(snapshot.settings.login.ban_passwords, proof.address).is_err() {
            return false;
        }
        match &proof.by {
            Proof::Nothing => true,
            Proof::Password { account, secret_tag } => {
                snapshot.credentials.tag(account).as_deref() == Some(&**secret_tag)
            }
            Proof::Session(digest) => {
                let Some(session) = self.state.sessions.peek(digest) else { return false };
                match (&session.link, &session.guest) {
                    (Some(link), _) => {
                        let opened = self.core.links.if_loaded();
                        opened.is_some_and(|opened| opened.active_link(link, &snapshot).is_some())
                    }
                    (None, Some(_)) => true,
                    (None, None) => snapshot.credentials.tag(&session.account).as_ref() == Some(&session.secret_tag),
                }
            }
        }
    }
}
