//! The door's words about the neighbourhood.

use super::admin::{CheckResult, Lan};
use super::{Control, ControlError};
use crate::lan::NetworkView;
use tokio::sync::watch;

impl Control {
    /// Whether we are announced, who else is there, and which network this is. As known now; waits for nothing.
    pub fn lan(&self) -> Lan {
        self.app.lan.now()
    }

    /// Remembers whether to share in a network, and gives what has become of the neighbourhood.
    ///
    /// # Errors
    /// `NotFound` if this computer has left it meanwhile, `CannotSave`; nothing has changed then.
    pub async fn trust_network(&self, id: &str, trusted: bool) -> Result<Lan, ControlError> {
        self.app.lan.trust(id, trusted).await?;
        Ok(self.lan())
    }

    /// The network, and when it changes: another one, or another decision about it.
    pub fn network_changes(&self) -> watch::Receiver<NetworkView> {
        self.app.lan.changes()
    }

    /// Tries what others need to reach us. Takes two seconds at most.
    pub async fn self_check(&self) -> Vec<CheckResult> {
        let encryption = self.app.engine.snapshot().settings.network.encryption;
        self.app.lan.self_check(self.addresses(), encryption).await
    }
}
