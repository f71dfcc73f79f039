//! The callbacks of russh for one connection: logins, and channels.

use super::channel;
use crate::host::{Host, Life, SftpConfig};
use crate::session::Session;
use engine::accounts::Login;
use engine::{Client, Engine, EngineError};
use russh::keys::PublicKey;
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty};
use std::sync::Arc;
use tokio::sync::watch;

/// Most channels of a connection at once.
const CHANNELS_MAX: usize = 8;
/// Wrong passwords after which a connection ends: passwords are guessed more slowly if each few need a new one.
const WRONG_PASSWORDS_MAX: u32 = 3;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Keys are being exchanged.
    Plain,
    /// The client may log in.
    Encrypted,
    /// The client has logged in.
    LoggedIn,
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionError {
    /// The transport failed, or the client broke its rules.
    #[error(transparent)]
    Ssh(#[from] russh::Error),
    /// Passwords were guessed.
    #[error("too many wrong passwords")]
    WrongPasswords,
}

/// A connection.
pub(super) struct Connection {
    engine: Engine,
    client: Client,
    config: Arc<SftpConfig>,
    host: Arc<dyn Host>,
    life: watch::Receiver<Life>,
    stage: watch::Sender<Stage>,
    login: Option<Login>,
    wrong_passwords: u32,
    /// Each task of a channel has a copy.
    channels: Arc<()>,
}

impl Connection {
    pub fn new(
        engine: Engine,
        client: Client,
        config: Arc<SftpConfig>,
        host: Arc<dyn Host>,
        life: watch::Receiver<Life>,
        stage: watch::Sender<Stage>,
    ) -> Self {
        let channels = Arc::new(());
        Self { engine, client, config, host, life, stage, login: None, wrong_passwords: 0, channels }
    }

    /// Returns whether a user name stands for clients without account.
    fn is_anonymous(&self, user: &str) -> bool {
        self.config.anonymous_name.as_deref().is_some_and(|name| !name.is_empty() && name == user)
    }

    /// Takes note of a login that russh will confirm.
    fn accept(&mut self, login: Result<Login, EngineError>) -> Result<Auth, ConnectionError> {
        match login {
            Ok(login) => {
                self.host.logged_in(login.account().as_str(), login.proof());
                self.login = Some(login);
                self.stage.send_replace(Stage::LoggedIn);
                Ok(Auth::Accept)
            }
            Err(error) => {
                tracing::debug!(client = %self.client.address, %error, "an SFTP login failed");
                Ok(Auth::reject())
            }
        }
    }

    fn by_key(&self, user: &str, key: &PublicKey) -> Result<Login, EngineError> {
        let key = key.to_bytes().map_err(|_| EngineError::WrongPassword)?;
        self.engine.accounts.log_in_by_key(user, &key, self.client)
    }
}

impl Handler for Connection {
    type Error = ConnectionError;

    /// Also tells that keys have been exchanged: russh asks when the client begins to log in.
    async fn authentication_banner(&mut self) -> Result<Option<String>, ConnectionError> {
        self.stage.send_replace(Stage::Encrypted);
        Ok(Some(&self.config.banner).filter(|text| !text.is_empty()).map(|text| format!("{text}\r\n")))
    }

    async fn auth_none(&mut self, user: &str) -> Result<Auth, ConnectionError> {
        match self.is_anonymous(user) {
            true => self.accept(self.engine.accounts.log_in_anonymously(self.client)),
            false => Ok(Auth::reject()),
        }
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, ConnectionError> {
        if self.is_anonymous(user) {
            return self.accept(self.engine.accounts.log_in_anonymously(self.client));
        }
        if !self.config.passwords {
            return Ok(Auth::reject());
        }
        let login = self.engine.accounts.log_in(user.as_bytes(), password.as_bytes(), self.client).await;
        if matches!(login, Err(EngineError::WrongPassword | EngineError::TooMany(_))) {
            self.wrong_passwords += 1;
            if self.wrong_passwords > WRONG_PASSWORDS_MAX {
                return Err(ConnectionError::WrongPasswords);
            }
        }
        self.accept(login)
    }

    /// Says whether a key is worth a signature.
    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, ConnectionError> {
        match self.by_key(user, offer.public_key) {
            Ok(_) => Ok(Auth::Accept),
            Err(_) => Ok(Auth::reject()),
        }
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, ConnectionError> {
        self.accept(self.by_key(user, key.public_key))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        ssh: &mut russh::server::Session,
    ) -> Result<(), ConnectionError> {
        let Some(login) = self.login.clone() else { return Ok(()) };
        if Arc::strong_count(&self.channels) > CHANNELS_MAX {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        reply.accept().await;
        let session = Session::new(self.engine.clone(), self.config.clone(), self.host.clone(), login);
        let counted = self.channels.clone();
        let task = channel::run(channel, ssh.handle(), session, self.life.clone(), self.config.stall_timeout);
        tokio::spawn(async move {
            task.await;
            drop(counted);
        });
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        ssh: &mut russh::server::Session,
    ) -> Result<(), ConnectionError> {
        match name == channel::SUBSYSTEM {
            true => ssh.channel_success(channel)?,
            false => ssh.channel_failure(channel)?,
        }
        Ok(())
    }

    /// Accepted, so that the client shows what the channel has to say about it.
    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _: &[u8],
        ssh: &mut russh::server::Session,
    ) -> Result<(), ConnectionError> {
        Ok(ssh.channel_success(channel)?)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        ssh: &mut russh::server::Session,
    ) -> Result<(), ConnectionError> {
        Ok(ssh.channel_success(channel)?)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: &str,
        ssh: &mut russh::server::Session,
    ) -> Result<(), ConnectionError> {
        Ok(ssh.channel_failure(channel)?)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        ssh: &mut russh::server::Session,
    ) -> Result<(), ConnectionError> {
        Ok(ssh.channel_failure(channel)?)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        ssh: &mut russh::server::Session,
    ) -> Result<(), ConnectionError> {
        Ok(ssh.channel_failure(channel)?)
    }
}
