//! Accounts: from what a request proves to the `Access` it gets.

use crate::access::{Access, Client};
use crate::core::Core;
use crate::error::Result;
use model::AccountName;
use std::sync::Arc;

/// What a request offers as proof, as the edge found it. The first that is present counts (spec/http-api.md 2).
#[derive(Clone, Debug, Default)]
pub struct Proofs<'a> {
    /// A password in the address, the `PW` header, or basic authentication; `name` if one was given.
    pub password: Option<Vec<&'a str>>,
    /// The user name that came with it.
    pub name: Option<&'a str>,
    /// A session token, or (old clients) a password, from the cookie.
    pub cookie: Option<&'a str>,
}

/// A session that was just made.
#[derive(Clone, Debug)]
pub struct Session {
    /// What the cookie carries; known to nobody else, stored as a digest only.
    pub token: String,
    /// Whose.
    pub account: AccountName,
    /// Seconds it lives.
    pub lives_secs: u64,
}

/// The service.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) core: Arc<Core>,
}

impl Accounts {
    /// The access of a visitor who proves nothing. Never waits.
    pub fn anonymous(&self, client: Client) -> Access {
        let _ = (&self.core, client);
        unimplemented!()
    }
    /// The access that `proofs` give; what proves nothing gives the anonymous one.
    ///
    /// # Errors
    /// `Banned` if this address or account has guessed too often.
    pub async fn access(&self, proofs: &Proofs<'_>, client: Client) -> Result<Access> {
        let _ = (proofs, client);
        unimplemented!()
    }
    /// Logs in and makes a session.
    ///
    /// # Errors
    /// `WrongPassword`, `Banned`.
    pub async fn login(&self, name: Option<&str>, password: &str, client: Client) -> Result<Session> {
        let _ = (name, password, client);
        unimplemented!()
    }
    /// Ends all sessions of the account behind `access`, everywhere.
    pub async fn logout(&self, access: &Access) -> Result<()> {
        let _ = access;
        unimplemented!()
    }
    /// Makes a single-use code that logs in as a guest with `rights` in the volume at `mount`; lives `secs` seconds.
    pub fn invite(&self, mount: &model::VPath, rights: model::PermSet, secs: u64) -> String {
        let _ = (mount, rights, secs);
        unimplemented!()
    }
    /// Turns an invitation into a session; a code works once.
    ///
    /// # Errors
    /// `WrongPassword` for unknown, used and expired codes; `Banned`.
    pub async fn redeem(&self, code: &str, client: Client) -> Result<Session> {
        let _ = (code, client);
        unimplemented!()
    }
}
