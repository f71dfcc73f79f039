//! Finds out who sends a request: by a password, a session, or neither.

use super::bans::{Attempt, BanInfo, Bans, GuessSource};
use super::credential::{Credential, Password};
use super::credentials::{PASSWORD_MAX, VerifiedPasswords, credentials_of};
use super::device_name::DeviceName;
use super::invitation_codes::Invitations;
use super::links::{Link, LinkId, LinkRegistry};
use super::rights::{self, RightsCache};
use super::sessions::{self, LiveSessions, NewSession};
use model::{AccountName, VPath};
use std::net::IpAddr;
use std::sync::Arc;
use vfs::access::{Access, Client, Scope};
use vfs::core::Core;
use vfs::error::{EngineError, Result};
use vfs::random;

/// A new session.
#[derive(Clone, Debug)]
pub struct Session {
    /// The token for the cookie. Only the client knows it; the server stores a digest.
    pub token: String,
    /// The account.
    pub account: AccountName,
    /// Lifetime in seconds.
    pub lives_secs: u64,
    /// The first page: a guest's scope, else the root.
    pub landing: VPath,
}

/// The service for accounts.
#[derive(Clone)]
pub struct Accounts {
    pub(super) core: Arc<Core>,
    pub(super) links: LinkRegistry,
    pub(super) state: Arc<State>,
}

/// What all clones share.
pub(super) struct State {
    pub(super) verified: VerifiedPasswords,
    pub(super) sessions: LiveSessions,
    pub(super) bans: Bans,
    pub(super) invitations: Invitations,
    pub(super) rights: RightsCache,
}

impl Accounts {
    /// Over the volumes of `core`, whose grants are `links`.
    pub fn new(core: Arc<Core>, links: LinkRegistry) -> Self {
        let state = State {
            verified: VerifiedPasswords::new(core.secret),
            sessions: LiveSessions::new(core.state_folder.clone()),
            bans: Bans::default(),
            invitations: Invitations::default(),
            rights: RightsCache::default(),
        };
        Self { core, links, state: Arc::new(state) }
    }

    /// Returns the access of a visitor without credentials. Never blocks.
    pub fn anonymous(&self, client: Client) -> Access {
        Access::new(self.state.rights.anonymous(&self.core.snapshot.load()), client)
    }

    /// Returns the access that a credential proves: the anonymous one if it proves nothing. A wrong password counts as a
    /// guess; an expired token does not.
    ///
    /// # Errors
    /// `Banned` if this address has guessed too often; `Busy` if too many passwords are being checked.
    pub async fn access(&self, credential: &Credential<'_>, client: Client) -> Result<Access> {
        match credential {
            Credential::Anonymous => Ok(self.anonymous(client)),
            Credential::Password(password) => self.by_password(password, client).await,
            Credential::Token(token) => self.by_token(token, client).await,
        }
    }

    /// Checks that requests from an address are answered at all. Never blocks.
    ///
    /// # Errors
    /// `Banned` with the remaining seconds.
    pub fn check_not_banned(&self, client: Client) -> Result<()> {
        self.state.bans.check(self.core.snapshot.load().settings.login.ban_passwords, client.address)
    }

    async fn by_password(&self, sent: &Password<'_>, client: Client) -> Result<Access> {
        if sent.is_resent {
            self.check_not_banned(client)?;
        }
        let name = sent.name;
        let candidates: Vec<&str> = sent.candidates.iter().copied().filter(|text| !text.is_empty()).collect();
        let snapshot = self.core.snapshot.load_full();
        if candidates.is_empty() || credentials_of(&snapshot).is_empty() {
            return Ok(self.anonymous(client));
        }
        let from = GuessSource { address: client.address, is_foreign: sent.is_foreign, name };
        // Before anything is compared: a banned client must not learn from the cache of verified passwords either.
        if !sent.is_resent {
            self.state.bans.check_may_guess(snapshot.settings.login.ban_passwords, from)?;
        }
        for password in &candidates {
            if let Some(account) = self.state.verified.get(&snapshot, name, password) {
                return Ok(Access::new(self.state.rights.of(&snapshot, &account), client));
            }
        }
        if sent.is_resent {
            if candidates.iter().all(|password| self.state.verified.is_known_wrong(password)) {
                return Ok(self.anonymous(client));
            }
            self.state.bans.check_may_guess(snapshot.settings.login.ban_passwords, from)?;
        }
        match self.prove(&candidates, from).await {
            Ok(account) => Ok(Access::new(self.state.rights.of(&snapshot, &account), client)),
            Err(EngineError::WrongPassword) => Ok(self.anonymous(client)),
            Err(error) => Err(error),
        }
    }

    async fn by_token(&self, token: &str, client: Client) -> Result<Access> {
        let snapshot = self.core.snapshot.load_full();
        let found = self.state.sessions.find(&self.core.pool, token, client.address).await?;
        let rights = match &found {
            None => None,
            // The current rights of the link, not those at the start of the session.
            Some(session) => match &session.link {
                Some(link) => {
                    let links = self.links.loaded(&self.core.pool).await?;
                    links.active_link(link, &snapshot).map(|link| RightsCache::of_link(&snapshot, session, &link))
                }
                None => self.state.rights.of_session(&snapshot, session),
            },
        };
        Ok(rights.map_or_else(|| self.anonymous(client), |rights| Access::new(rights, client)))
    }

    /// Finds the account that one of `candidates` proves, and caches the result. Counts a wrong guess in advance, and
    /// undoes that if it is right.
    async fn prove(&self, candidates: &[&str], from: GuessSource<'_>) -> Result<AccountName> {
        let snapshot = self.core.snapshot.load_full();
        let login = &snapshot.settings.login;
        let attempt =
            self.state.bans.begin(login.ban_passwords, from, candidates.first().copied().unwrap_or_default())?;
        self.state.bans.pause(from).await;
        for password in candidates.iter().filter(|password| password.len() <= PASSWORD_MAX) {
            let found =
                credentials_of(&snapshot).verify(&self.core.pool, from.name, login.usernames_required, password).await;
            match found {
                Ok(Some(account)) => {
                    attempt.succeeded();
                    self.state.verified.remember(&snapshot, from.name, password, &account);
                    self.state.bans.clear_guesses(from.address, from.name);
                    return Ok(account);
                }
                Ok(None) => self.state.verified.remember_wrong(password),
                // The check told nothing about the password.
                Err(error) => {
                    attempt.succeeded();
                    return Err(error);
                }
            }
        }
        tracing::warn!(address = %from.address, "wrong password");
        attempt.failed();
        Err(EngineError::WrongPassword)
    }

    /// Checks that a password is that of the account that sends the request. A wrong one counts as a guess.
    ///
    /// # Errors
    /// `WrongPassword`, `Banned`, `Busy`.
    pub async fn confirm_password(&self, access: &Access, password: &str) -> Result<()> {
        let snapshot = self.core.snapshot.load_full();
        let (account, address) = (access.account(), access.client().address);
        let from = GuessSource { address, is_foreign: false, name: Some(account.as_str()) };
        self.state.bans.check_may_guess(snapshot.settings.login.ban_passwords, from)?;
        let owner = self.prove(&[password], from).await?;
        if owner == *account { Ok(()) } else { Err(EngineError::WrongPassword) }
    }

    /// Logs in and creates a session. `device`: name of the device.
    ///
    /// # Errors
    /// `WrongPassword`, `Banned`, `Busy`.
    pub async fn login(
        &self,
        name: Option<&str>,
        password: &str,
        device: DeviceName,
        client: Client,
    ) -> Result<Session> {
        let sent = Password { name, candidates: vec![password], ..Password::default() };
        self.login_by(&sent, device, client).await
    }

    /// [`Accounts::login`] with the first candidate of `sent`.
    ///
    /// # Errors
    /// As [`Accounts::login`].
    pub async fn login_by(&self, sent: &Password<'_>, device: DeviceName, client: Client) -> Result<Session> {
        let name = sent.name.filter(|name| !name.is_empty());
        let password = sent.candidates.first().copied().unwrap_or_default();
        let snapshot = self.core.snapshot.load_full();
        let from = GuessSource { address: client.address, is_foreign: sent.is_foreign, name };
        self.state.bans.check_may_guess(snapshot.settings.login.ban_passwords, from)?;
        let account = match self.state.verified.get(&snapshot, name, password) {
            Some(account) => account,
            None => self.prove(&[password], from).await?,
        };
        let lives_secs = snapshot.settings.login.session_hours.saturating_mul(3600);
        let new = NewSession {
            account: account.clone(),
            secret_tag: credentials_of(&snapshot).tag(&account).unwrap_or_default(),
            lives_secs,
            guest: None,
            link: None,
            device,
            address: client.address,
        };
        let (token, _) = self.state.sessions.open(&self.core.pool, new).await?;
        Ok(Session { token, account, lives_secs, landing: VPath::root() })
    }

    /// Returns a token for a browser without account, to distinguish it from others behind its address
    /// ([`Access::with_visitor_token`]).
    ///
    /// # Errors
    /// `Internal` if the system provides no random numbers.
    pub fn new_visitor_token(&self) -> Result<String> {
        Ok(random::bytes::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Ends all sessions of the account of `access`; for a guest, only this one.
    ///
    /// # Errors
    /// `Internal` if the change could not be stored (it is effective until the process ends).
    pub async fn logout(&self, access: &Access) -> Result<()> {
        let guest = access.rights().session.filter(|_| access.rights().is_guest);
        let account = access.account().clone();
        let ends = move |session: &sessions::SessionInfo| match guest {
            Some(one) => session.digest == one,
            None => session.account == account && session.guest.is_none(),
        };
        self.state.sessions.end(&self.core.pool, ends).await.map(drop)
    }

    /// Ends the session of `access` and no other; does nothing if the request was authenticated by a password.
    ///
    /// # Errors
    /// `Internal` if the change could not be stored (it is effective until the process ends).
    pub async fn end_session(&self, access: &Access) -> Result<()> {
        let Some(one) = access.rights().session else { return Ok(()) };
        self.state.sessions.end(&self.core.pool, move |session| session.digest == one).await.map(drop)
    }

    /// Returns the access of an account without authentication, for `--ls` and previews.
    pub fn as_account(&self, account: &AccountName, client: Client) -> Access {
        Access::new(self.state.rights.of(&self.core.snapshot.load_full(), account), client)
    }

    /// Returns the access of the administrator of the server, with all rights; only for reading on their behalf.
    pub(crate) fn as_operator(&self) -> Access {
        Access::new(Arc::new(rights::of_operator(&self.core.snapshot.load_full())), Client::here())
    }

    /// Creates the session of a visitor who has opened a share link.
    pub(crate) async fn open_link_session(
        &self,
        visitor: AccountName,
        link: &Link,
        lives_secs: u64,
        device: DeviceName,
        client: Client,
    ) -> Result<Session> {
        let new = NewSession {
            account: visitor.clone(),
            secret_tag: Vec::new(),
            lives_secs,
            guest: Some((link.scope.path(), link.scope.rights)),
            link: Some(link.id.clone()),
            device,
            address: client.address,
        };
        let (token, _) = self.state.sessions.open(&self.core.pool, new).await?;
        Ok(Session { token, account: visitor, lives_secs, landing: link.scope.path() })
    }

    /// Ends every session that was opened with a link.
    pub(crate) async fn end_link(&self, link: &LinkId) -> Result<()> {
        let link = link.clone();
        let came_by_it = move |session: &sessions::SessionInfo| session.link.as_ref() == Some(&link);
        self.state.sessions.end(&self.core.pool, came_by_it).await.map(drop)
    }

    /// Counts a guess at `name` (the PIN of a link) before it is checked, and waits as earlier guesses demand.
    ///
    /// # Errors
    /// `Banned`; `Busy` while too many are being checked.
    pub(crate) async fn begin_guess(&self, client: Client, name: &str, guess: &str) -> Result<Attempt> {
        let rule = self.core.snapshot.load().settings.login.ban_passwords;
        let from = GuessSource { address: client.address, is_foreign: false, name: Some(name) };
        let attempt = self.state.bans.begin(rule, from, guess)?;
        self.state.bans.pause(from).await;
        Ok(attempt)
    }

    /// Returns the access of an account under a snapshot that need not be the current one.
    pub fn access_under(
        &self,
        snapshot: &Arc<vfs::snapshot::Snapshot>,
        account: &AccountName,
        client: Client,
    ) -> Access {
        Access::new(Arc::new(rights::make(snapshot, account, rights::Guest::default())), client)
    }

    /// Returns the access of a guest with `scope` under a snapshot that need not be the current one.
    pub fn guest_access_under(&self, snapshot: &Arc<vfs::snapshot::Snapshot>, scope: Scope, client: Client) -> Access {
        let guest = rights::Guest { scope: Some(scope), ..rights::Guest::default() };
        Access::new(Arc::new(rights::make(snapshot, &AccountName::from("guest"), guest)), client)
    }

    /// Returns the current bans for wrong passwords.
    pub fn bans(&self) -> Vec<BanInfo> {
        self.state.bans.list(self.core.snapshot.load().settings.login.ban_passwords)
    }

    /// Ends the ban of an address. Returns whether the address had made wrong guesses.
    pub fn unban(&self, address: IpAddr) -> bool {
        self.state.bans.clear_guesses(address, None)
    }
}
