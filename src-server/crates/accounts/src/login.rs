//! Logins that last for a connection: FTP and SFTP. A request of HTTP proves itself each time instead.

use super::authentication::Accounts;
use super::credential::{Credential, Password};
use super::revalidate::AccessProof;
use model::{AccountName, VPath};
use vfs::access::{Access, Client};
use vfs::error::{EngineError, Result};

/// A client that has logged in. Holds no rights: [`Accounts::access_of`] returns those of the settings in force.
#[derive(Clone, Debug)]
pub struct Login {
    account: AccountName,
    proof: AccessProof,
    client: Client,
}

impl Login {
    /// Returns the account.
    pub fn account(&self) -> &AccountName {
        &self.account
    }

    /// Returns on what the login relies.
    pub fn proof(&self) -> AccessProof {
        self.proof.clone()
    }

    fn of(access: &Access) -> Self {
        Self { account: access.account().clone(), proof: AccessProof::of(access), client: access.client() }
    }
}

impl Accounts {
    /// Logs in with a user name and a password as a client has sent them.
    ///
    /// A password alone identifies its account, as in HTTP, and may be sent as either: many programs insist on a user name,
    /// some on a password. With `--usernames` both are needed.
    ///
    /// # Errors
    /// `WrongPassword`, which counts as a guess; `TooMany`, `Busy`.
    pub async fn log_in(&self, user: &[u8], password: &[u8], client: Client) -> Result<Login> {
        // Passwords are text everywhere; other bytes are no password of any account.
        let (user, password) = (String::from_utf8_lossy(user), String::from_utf8_lossy(password));
        let needs_name = self.core.snapshot.load().settings.login.usernames_required;
        let sent = match needs_name {
            true => Password { name: Some(&user), candidates: vec![&password], ..Password::default() },
            false => Password { candidates: vec![&password, &user], ..Password::default() },
        };
        let access = self.access(&Credential::Password(sent), client).await?;
        match access.account().is_anonymous() {
            true => Err(EngineError::WrongPassword),
            false => Ok(Login::of(&access)),
        }
    }

    /// Logs in without account, if there is anything that such a client may see.
    ///
    /// # Errors
    /// `WrongPassword`, which does not count as a guess; `TooMany`.
    pub fn log_in_anonymously(&self, client: Client) -> Result<Login> {
        self.check_not_banned(client)?;
        let access = self.anonymous(client);
        match access.has_visible_below(&VPath::root()) || !access.entry_points().is_empty() {
            true => Ok(Login::of(&access)),
            false => Err(EngineError::WrongPassword),
        }
    }

    /// Logs in with a public key (`--sftp-key`). `key`: the bytes of RFC 4253, 6.6; the caller has verified that the client
    /// owns it, or asks whether it is worth verifying.
    ///
    /// # Errors
    /// `WrongPassword`, which does not count as a guess: keys cannot be found by trying. `TooMany`.
    pub fn log_in_by_key(&self, user: &str, key: &[u8], client: Client) -> Result<Login> {
        self.check_not_banned(client)?;
        let account = AccountName::from(user);
        let proof = AccessProof::of_key(&account, key, client);
        match self.is_still_valid(&proof) {
            true => Ok(Login { account, proof, client }),
            false => Err(EngineError::WrongPassword),
        }
    }

    /// Returns the rights of a login under the settings in force; `None` if it is not valid any more. Never blocks.
    pub fn access_of(&self, login: &Login) -> Option<Access> {
        if !self.is_still_valid(&login.proof) {
            return None;
        }
        Some(match login.account.is_anonymous() {
            true => self.anonymous(login.client),
            false => self.as_account(&login.account, login.client),
        })
    }
}
