//! Settings of TFTP.

use super::ftp::PortRange;
use crate::networks::Networks;
use std::net::IpAddr;

/// Settings of TFTP, which is off unless it has a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tftp {
    /// The UDP port for requests (`--tftp`).
    pub port: Option<u16>,
    /// Addresses to listen on (`--tftp-i`), of those that the server listens on; empty: all of them.
    pub listen: Vec<IpAddr>,
    /// Listen on no IPv6 address (`--tftp4`).
    pub only_v4: bool,
    /// Only these clients (`--tftp-ipa`), of those that may connect at all; empty: private addresses and the networks that this
    /// computer is in.
    pub allowed_peers: Networks,
    /// UDP ports of transfers (`--tftp-pr`); `None`: the system chooses.
    pub data_ports: Option<PortRange>,
    /// Pattern of names for which the listing of their folder is sent (`--tftp-lsf`); empty: none.
    pub listing_names: String,
    /// A request for a folder is refused instead of answered by its listing (`--tftp-nols`).
    pub hides_folders: bool,
    /// Requests are logged (`--tftpv`).
    pub verbose: bool,
    /// Retransmissions are logged, too (`--tftpvv`).
    pub very_verbose: bool,
}

impl Tftp {
    /// The names that mean a listing, as in copyparty.
    pub const LISTING_NAMES: &str = r"\.?(dir|ls)(\.txt)?";
}

impl Default for Tftp {
    fn default() -> Self {
        Self {
            port: None,
            listen: Vec::new(),
            only_v4: false,
            allowed_peers: Networks::default(),
            data_ports: None,
            listing_names: Self::LISTING_NAMES.to_owned(),
            hides_folders: false,
            verbose: false,
            very_verbose: false,
        }
    }
}
