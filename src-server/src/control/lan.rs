//! LAN calls of the admin API.

use super::admin::{CheckResult, Lan};
use super::{Control, ControlError};
use crate::lan::NetworkView;
use tokio::sync::watch;

impl Control {
    /// Returns the state of the LAN as known now: announcement, other servers, current network. Never waits.
    pub fn lan(&self) -> Lan {
        self.app.lan.now()
    }

    /// Saves whether to share in a network. Returns the resulting state of the LAN.
    ///
    /// # Errors
    /// `NotFound` if this computer has left the network meanwhile, `CannotSave`; nothing has changed then.
    pub async fn trust_network(&self, id: &str, trusted: bool) -> Result<Lan, ControlError> {
        self.app.lan.trust(id, trusted).await?;
        Ok(self.lan())
    }

    /// Watches the current network and its trust.
    pub fn network_changes(&self) -> watch::Receiver<NetworkView> {
        self.app.lan.changes()
    }

    /// Checks what other devices need to reach this server. Takes at most two seconds.
    pub async fn self_check(&self) -> Vec<CheckResult> {
        let encryption = self.app.engine.snapshot().settings.network.encryption;
        self.app.lan.self_check(self.addresses(), encryption).await
    }
}
