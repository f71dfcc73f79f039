//! The handle of a running server.

use super::admin::{Applied, ControlError};
use super::subscription::Subscription;
use crate::app::{App, Change};
use engine::{Access, Client};
use model::{AccountName, Settings};
use std::sync::Arc;

/// Where a call comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The window on this computer.
    Desktop,
    /// The network: calls that would disconnect the caller are refused.
    Network,
}

/// Handle of a running server. Cheap to clone; dropping it does not stop the server.
#[derive(Clone)]
pub struct Control {
    pub(super) app: Arc<App>,
    /// Where the current call comes from.
    pub(super) origin: Origin,
    /// The account that makes the current call; `None` for the window on this computer, or the program itself.
    pub(super) caller: Option<Access>,
    /// The address (`http://host/`, without base path) by which the caller reaches this server.
    pub(super) asked_at: Option<Arc<str>>,
}

impl Control {
    /// The handle for the program itself.
    pub(super) fn of(app: Arc<App>) -> Self {
        Self { app, origin: Origin::Desktop, caller: None, asked_at: None }
    }

    /// Replaces the settings as a whole or not at all, in force and in the settings file, if there is one. Requests
    /// under way finish with the old settings; connections of removed listen addresses get five seconds for that. The
    /// change runs to its end even if the caller drops the future.
    ///
    /// # Errors
    /// `BadSettings` with every fault, `CannotListen`, `CannotStart`, `CannotSave`; nothing has changed then.
    pub async fn apply(&self, settings: Settings) -> Result<Applied, ControlError> {
        self.app.apply_detached(Change::Settings(settings)).await?;
        Ok(Applied { generation: self.app.engine.snapshot().generation, addresses: self.addresses() })
    }

    /// Subscribes to notices from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription::of(&self.app)
    }

    /// Returns the engine, and an access for `account` from this computer: for `--ls` and previews.
    pub fn view(&self, account: &AccountName) -> (engine::Engine, engine::Access) {
        let local = Client { address: std::net::Ipv4Addr::LOCALHOST.into() };
        (self.app.engine.clone(), self.app.engine.accounts.as_account(account, local))
    }

    /// Stops the server: closes the sockets at once, lets requests under way finish until
    /// [`crate::StartOptions::drain`] has passed, ends the rest, and writes what is not yet saved. May be called again.
    pub async fn stop(&self) {
        self.app.stop().await;
    }
}
