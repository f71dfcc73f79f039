//! State that the LAN thread publishes.

use crate::control::admin::{CurrentNetwork, Trust};
use announce::mdns::Announcer;
use edge_http::announced::Announced;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use tokio::sync::watch;

/// The current network, as the rest of the program sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkView {
    /// True if other devices may connect. Always true unless the settings require that networks are trusted.
    pub is_allowed: bool,
    /// The network that the user should decide about; if there is none, the one with the default route.
    pub network: Option<CurrentNetwork>,
}

/// State shared with other threads. Written by the LAN thread, read without waiting.
pub(super) struct LanState {
    /// Announces the server; `None` while nothing is announced.
    pub announcer: Mutex<Option<Announcer>>,
    /// The current network.
    pub view: watch::Sender<NetworkView>,
    /// What is announced, for requests.
    pub announced: Arc<Announced>,
}

impl LanState {
    /// Locks the announcer.
    pub fn announcer(&self) -> MutexGuard<'_, Option<Announcer>> {
        self.announcer.lock()
    }
}

/// Describes a network. Its id is empty while its router has not answered, so that it cannot be decided about.
pub(super) fn network_now(network: &announce::network::Network, trust: Trust) -> CurrentNetwork {
    CurrentNetwork { id: network.id.clone().unwrap_or_default(), name: network.name.clone(), trust }
}
