//! Logins and encryption: USER, PASS, AUTH, PBSZ, PROT (RFC 959; RFC 2228; RFC 4217).

use super::Session;
use super::failure::Failure;
use crate::command::Protection;
use crate::host::Encryption;
use crate::reply::Reply;
use engine::EngineError;
use model::VPath;

/// Wrong passwords after which a session ends.
pub(super) const WRONG_PASSWORDS_MAX: u32 = 3;

impl Session {
    pub(super) fn user(&mut self, name: Vec<u8>) -> Reply {
        self.login = None;
        self.rename = None;
        self.folder = VPath::root();
        if self.lacks_encryption() {
            return Reply::new(530, "Encrypt the connection first (AUTH TLS).");
        }
        self.user = Some(name);
        Reply::new(331, "Now the password; any, for anonymous.")
    }

    pub(super) async fn password(&mut self, password: &[u8]) -> Result<Reply, Failure> {
        if self.lacks_encryption() {
            return Err(Failure::reply(530, "Encrypt the connection first (AUTH TLS)."));
        }
        let Some(user) = self.user.take() else { return Err(Failure::reply(503, "Send USER first.")) };
        let is_anonymous = self.is_anonymous(&user);
        if !self.control.is_encrypted() && !is_anonymous {
            self.host.password_was_readable();
        }
        let accounts = &self.engine.accounts;
        let login = match is_anonymous {
            true => accounts.log_in_anonymously(self.client()),
            false => accounts.log_in(&user, password, self.client()).await,
        };
        let login = match login {
            Ok(login) => login,
            Err(EngineError::WrongPassword) => {
                self.wrong_passwords += 1;
                return Ok(Reply::new(530, "The password is wrong, or an account is needed."));
            }
            Err(error) => return Err(error.into()),
        };
        self.host.logged_in(login.account().as_str(), login.proof());
        self.login = Some(login);
        Ok(Reply::new(230, "Welcome."))
    }

    /// Returns whether a user name stands for clients without account (RFC 1635): `anonymous`, and `ftp` if no account has
    /// that name.
    fn is_anonymous(&self, user: &[u8]) -> bool {
        let named = |name: &str| user.eq_ignore_ascii_case(name.as_bytes());
        let is_account = || self.engine.snapshot().settings.accounts.iter().any(|account| named(account.name.as_str()));
        named("anonymous") || named("ftp") && !is_account()
    }

    pub(super) fn lacks_encryption(&self) -> bool {
        self.config.encryption.is_required() && !self.control.is_encrypted()
    }

    pub(super) async fn auth_tls(&mut self) -> Result<Reply, Failure> {
        if self.config.encryption == Encryption::Off {
            return Err(Failure::reply(502, "Encryption is switched off on the server."));
        }
        if self.control.is_encrypted() {
            return Err(Failure::reply(503, "The connection is encrypted already."));
        }
        let Some(tls) = self.host.tls().await else {
            return Err(Failure::reply(431, "The server has no certificate."));
        };
        let sent = self.control.send(&Reply::new(234, "Begin TLS.")).await;
        let encrypted = match sent {
            Ok(()) => self.control.encrypt(tls.control).await,
            Err(error) => Err(error),
        };
        if let Err(error) = encrypted {
            tracing::debug!(client = %self.ends.client, %error, "TLS could not begin");
            return Err(Failure::Closed);
        }
        // What was said before may have been changed on the way (RFC 4217, 10.1).
        (self.user, self.login) = (None, None);
        (self.restart, self.announced, self.rename) = (0, None, None);
        self.folder = VPath::root();
        Err(Failure::Answered)
    }

    pub(super) fn buffer_size(&self) -> Result<Reply, Failure> {
        match self.control.is_encrypted() {
            true => Ok(Reply::new(200, "PBSZ=0")),
            false => Err(Failure::reply(503, "Begin TLS first (AUTH TLS).")),
        }
    }

    pub(super) fn protect(&mut self, protection: Protection) -> Result<Reply, Failure> {
        if !self.control.is_encrypted() {
            return Err(Failure::reply(503, "Begin TLS first (AUTH TLS)."));
        }
        if protection == Protection::Clear && self.config.encryption.is_required() {
            return Err(Failure::reply(534, "Data connections must be encrypted, too (PROT P)."));
        }
        self.protection = protection;
        Ok(Reply::new(200, "Fine."))
    }
}
