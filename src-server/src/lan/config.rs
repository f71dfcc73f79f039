//! What the LAN service needs to know: settings in force and open sockets.

use crate::connections::ListenAddr;
use model::Settings;
use std::net::SocketAddr;

/// LAN configuration: settings in force and open sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LanConfig {
    /// LAN settings.
    pub lan: model::settings::Lan,
    /// Name of the server.
    pub title: String,
    /// Whether HTTP, HTTPS or both are served.
    pub encryption: model::settings::Encryption,
    /// Base path of the site, such as `/files`; empty if there is none.
    pub base: String,
    /// Addresses of the open sockets.
    pub listen_addrs: Vec<SocketAddr>,
}

impl LanConfig {
    /// `listen_addrs`: the open sockets. Without any, nothing is announced.
    pub fn new(settings: &Settings, listen_addrs: &[ListenAddr]) -> Self {
        let network = &settings.network;
        let base = if network.base.is_root() { String::new() } else { format!("/{}", network.base.to_url()) };
        let mut config = Self {
            lan: settings.lan.clone(),
            title: settings.behaviour.name.clone(),
            encryption: network.encryption,
            base,
            listen_addrs: Vec::new(),
        };
        config.listen_on(listen_addrs);
        config
    }

    /// Replaces the list of open sockets.
    pub fn listen_on(&mut self, listen_addrs: &[ListenAddr]) {
        let ip = |listen_addr: &ListenAddr| match listen_addr {
            ListenAddr::Ip(address) => Some(*address),
            ListenAddr::Unix(_) => None,
        };
        self.listen_addrs = listen_addrs.iter().filter_map(ip).collect();
    }
}
