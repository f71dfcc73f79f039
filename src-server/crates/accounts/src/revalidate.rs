//! Checks again whether the basis of an access is still valid: its session has not ended, its password was not changed,
//! its link was not revoked, its address is not banned.
//!
//! A request is authenticated once, at its start, but may take hours (a download, an upload, an event stream). The
//! connection keeps an [`AccessProof`] and checks it from time to time.

use super::authentication::Accounts;
use super::credentials::credentials_of;
use super::session_key::SessionKey;
use model::AccountName;
use std::net::IpAddr;
use std::sync::Arc;
use vfs::access::{Access, Client};

/// The basis of an access. Gives no access; holds no snapshot of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessProof {
    by: Proof,
    address: IpAddr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Proof {
    /// No credentials.
    Nothing,
    Session([u8; 32]),
    Password {
        account: AccountName,
        secret_tag: Arc<[u8]>,
    },
    /// A public key (`--sftp-key`), in the form of RFC 4253, 6.6.
    Key {
        account: AccountName,
        key: Arc<[u8]>,
    },
}

impl AccessProof {
    /// Returns the proof of an access.
    pub fn of(access: &Access) -> Self {
        let rights = access.rights();
        let by = match (rights.session, &rights.secret_tag) {
            (Some(digest), _) => Proof::Session(digest),
            (None, Some(tag)) => Proof::Password { account: rights.account.clone(), secret_tag: tag.clone() },
            (None, None) => Proof::Nothing,
        };
        Self { by, address: access.client().address }
    }

    /// Returns the proof of a login by public key, which the caller has verified.
    pub(crate) fn of_key(account: &AccountName, key: &[u8], client: Client) -> Self {
        Self { by: Proof::Key { account: account.clone(), key: key.into() }, address: client.address }
    }

    /// Returns the session, if the access was authenticated by one.
    pub fn session(&self) -> Option<SessionKey> {
        match self.by {
            Proof::Session(digest) => Some(SessionKey::from(digest)),
            _ => None,
        }
    }
}

impl Accounts {
    /// Whether the proof would be accepted now. Never blocks.
    pub fn is_still_valid(&self, proof: &AccessProof) -> bool {
        let snapshot = self.core.snapshot.load();
        if self.state.bans.check(snapshot.settings.login.ban_passwords, proof.address).is_err() {
            return false;
        }
        match &proof.by {
            Proof::Nothing => true,
            Proof::Password { account, secret_tag } => {
                credentials_of(&snapshot).tag(account).as_deref() == Some(&**secret_tag)
            }
            Proof::Key { account, key } => {
                let settings = &snapshot.settings;
                let mut keys = settings.network.sftp.keys.iter();
                keys.any(|known| known.account == *account && known.blob == **key)
                    && settings.accounts.iter().any(|known| known.name == *account)
            }
            Proof::Session(digest) => {
                let Some(session) = self.state.sessions.peek(digest) else { return false };
                match (&session.link, &session.guest) {
                    (Some(link), _) => {
                        let links = self.links.if_loaded();
                        links.is_some_and(|links| links.active_link(link, &snapshot).is_some())
                    }
                    (None, Some(_)) => true,
                    (None, None) => {
                        credentials_of(&snapshot).tag(&session.account).as_ref() == Some(&session.secret_tag)
                    }
                }
            }
        }
    }
}
