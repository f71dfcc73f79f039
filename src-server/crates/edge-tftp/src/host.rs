//! What transfers need of the server around them.

use crate::listing::ListingNames;
use futures_util::future::BoxFuture;
use model::settings::PortRange;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Faults.
    #[default]
    Quiet,
    /// Requests and how they ended.
    Requests,
    /// Retransmissions, too.
    Packets,
}

/// Configuration of transfers.
#[derive(Clone, Debug, Default)]
pub struct TftpConfig {
    /// Ports of transfers; `None`: the system chooses.
    pub data_ports: Option<PortRange>,
    /// Names of files that do not exist, for which the listing of their folder is sent.
    pub listing_names: Option<ListingNames>,
    /// A request for a folder is refused.
    pub hides_folders: bool,
    /// What is logged.
    pub verbosity: Verbosity,
}

/// How long a transfer may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Life {
    /// Until it is complete.
    Open,
    /// Not at all.
    Ended,
}

/// The entry of a transfer in the list of connections, which is removed with it.
pub trait Host: Send + Sync + 'static {
    /// Returns how long the transfer may go on.
    fn life(&self) -> Life;
    /// Waits for the next change of [`Host::life`]; may return spuriously.
    fn life_changed(&self) -> BoxFuture<'_, ()>;
    /// Bytes of a file have arrived.
    fn add_received(&self, bytes: u64);
    /// Bytes of a file were sent.
    fn add_sent(&self, bytes: u64);
}

/// The server around the socket for requests.
pub trait Server: Send + Sync + 'static {
    /// Returns the configuration of new transfers.
    fn config(&self) -> Arc<TftpConfig>;
    /// Returns whether a request from `peer` to the address `local` is answered at all: the answer would go to an address that
    /// anyone can write into a request.
    fn answers(&self, peer: IpAddr, local: IpAddr) -> bool;
    /// Adds a transfer to the list of connections; `None`: it may not begin now.
    fn admit(&self, peer: SocketAddr, local: SocketAddr) -> Option<Arc<dyn Host>>;
}
