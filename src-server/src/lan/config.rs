//! What the LAN service needs to know: settings in force and open sockets.

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
    /// Whether there is WebDAV.
    pub has_dav: bool,
    /// Base path of the site, such as `/files`; empty if there is none.
    pub base: String,
    /// Addresses of the open sockets of HTTP.
    pub listen_addrs: Vec<SocketAddr>,
}

impl LanConfig {
    /// `listen_addrs`: the open sockets of HTTP. Without any, nothing is announced.
    pub fn new(settings: &Settings, listen_addrs: Vec<SocketAddr>) -> Self {
        let network = &settings.network;
        let base = if network.base.is_root() { String::new() } else { format!("/{}", network.base.to_url()) };
        Self {
            lan: settings.lan.clone(),
            title: settings.behaviour.name.clone(),
            encryption: network.encryption,
            has_dav: !settings.dav.off,
            base,
            listen_addrs,
        }
    }
}
