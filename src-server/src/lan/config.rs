//! What the LAN service needs to know: settings in force and open sockets.

use crate::connections::{Endpoint, ListenAddr};
use model::{AccountName, Settings, Volume};
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
    /// Whether anyone may do something somewhere without signing in.
    pub has_anonymous: bool,
    /// The open TCP sockets, with the name of their protocol.
    pub sockets: Vec<(&'static str, SocketAddr)>,
}

impl LanConfig {
    /// `endpoints`: the open sockets. Without any, nothing is announced.
    pub fn new(settings: &Settings, endpoints: &[Endpoint]) -> Self {
        let network = &settings.network;
        let base = if network.base.is_root() { String::new() } else { format!("/{}", network.base.to_url()) };
        let is_open = |volume: &Volume| !volume.rights(&AccountName::anonymous(), &[]).is_empty();
        let tcp = |endpoint: &Endpoint| match endpoint.address {
            ListenAddr::Tcp(address) => Some((endpoint.protocol, address)),
            _ => None,
        };
        Self {
            lan: settings.lan.clone(),
            title: settings.behaviour.name.clone(),
            encryption: network.encryption,
            has_dav: !settings.dav.off,
            base,
            has_anonymous: settings.volumes.iter().any(is_open),
            sockets: endpoints.iter().filter_map(tcp).collect(),
        }
    }
}
