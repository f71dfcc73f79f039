//! `USER` and `PASS` (RFC 959, 4.1.1; anonymous: RFC 1635).

use engine::accounts::{AccessProof, Credential, Password};
use engine::{Access, Client, Engine, EngineError};
use model::{AccountName, VPath};

/// A client that has logged in.
pub(crate) struct Login {
    account: AccountName,
    proof: AccessProof,
    client: Client,
}

impl Login {
    /// Checks what a client has sent.
    ///
    /// A password alone identifies its account, as in HTTP, and may be sent as either: many programs insist on a user name,
    /// some on a password. With `--usernames` both are needed. Without account a client logs in as `anonymous` or `ftp`, if
    /// there is anything that it may see.
    ///
    /// # Errors
    /// `WrongPassword`, which counts as a guess except for anonymous clients; `TooMany`, `Busy`.
    pub async fn check(engine: &Engine, client: Client, user: &[u8], password: &[u8]) -> Result<Self, EngineError> {
        if is_anonymous(engine, user) {
            engine.accounts.check_not_banned(client)?;
            let access = engine.accounts.anonymous(client);
            return match access.has_visible_below(&VPath::root()) || !access.entry_points().is_empty() {
                true => Ok(Self::of(&access)),
                false => Err(EngineError::WrongPassword),
            };
        }
        // Passwords are text everywhere; other bytes are no password of any account.
        let (user, password) = (String::from_utf8_lossy(user), String::from_utf8_lossy(password));
        let needs_name = engine.snapshot().settings.login.usernames_required;
        let sent = match needs_name {
            true => Password { name: Some(&user), candidates: vec![&password], ..Password::default() },
            false => Password { candidates: vec![&password, &user], ..Password::default() },
        };
        let access = engine.accounts.access(&Credential::Password(sent), client).await?;
        match access.account().is_anonymous() {
            true => Err(EngineError::WrongPassword),
            false => Ok(Self::of(&access)),
        }
    }

    fn of(access: &Access) -> Self {
        Self { account: access.account().clone(), proof: AccessProof::of(access), client: access.client() }
    }

    /// Returns the rights under the settings in force; `None` if the login is not valid any more.
    pub fn access(&self, engine: &Engine) -> Option<Access> {
        let accounts = &engine.accounts;
        if !accounts.is_still_valid(&self.proof) {
            return None;
        }
        Some(match self.account.is_anonymous() {
            true => accounts.anonymous(self.client),
            false => accounts.as_account(&self.account, self.client),
        })
    }

    /// Returns the account.
    pub fn account(&self) -> &AccountName {
        &self.account
    }

    /// Returns on what the login relies.
    pub fn proof(&self) -> AccessProof {
        self.proof.clone()
    }
}

/// Returns whether a user name stands for clients without account.
pub(crate) fn is_anonymous(engine: &Engine, user: &[u8]) -> bool {
    let named = |name: &str| user.eq_ignore_ascii_case(name.as_bytes());
    let is_account = || engine.snapshot().settings.accounts.iter().any(|account| named(account.name.as_str()));
    named("anonymous") || named("ftp") && !is_account()
}
