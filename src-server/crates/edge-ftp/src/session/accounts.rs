//! Logins and encryption: USER, PASS, AUTH, PBSZ, PROT (RFC 959; RFC 2228; RFC 4217).

use super::Session;
use super::failure::Failure;
use crate::command::Protection;
use crate::host::Encryption;
use crate::login::{Login, is_anonymous};
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
        if !self.control.is_encrypted() && !is_anonymous(&self.engine, &user) {
            self.host.password_was_readable();
        }
        let login = match Login::check(&self.engine, self.client(), &user, password).await {
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
