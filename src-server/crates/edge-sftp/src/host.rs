//! What a connection needs of the server around it.

use crate::host_key::HostKey;
use engine::accounts::AccessProof;
use futures_util::future::BoxFuture;
use std::time::Duration;

/// Configuration of connections.
#[derive(Clone, Debug)]
pub struct SftpConfig {
    /// The key by which clients know the server.
    pub host_key: HostKey,
    /// Passwords are accepted.
    pub passwords: bool,
    /// Keys of accounts are known.
    pub keys: bool,
    /// The user name of clients without account.
    pub anonymous_name: Option<String>,
    /// Text for clients before they log in.
    pub banner: String,
    /// Requests that concern names are logged.
    pub verbose: bool,
    /// Reads and writes are logged, too.
    pub very_verbose: bool,
    /// Time until the connection must be encrypted.
    pub handshake_timeout: Duration,
    /// Time in which the network must take some bytes.
    pub stall_timeout: Duration,
}

/// How long a connection may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Life {
    /// Without end.
    Open,
    /// Until its open files are closed.
    Draining,
    /// Not at all.
    Ended,
}

/// The server around a connection: its entry in the list of connections, the log.
pub trait Host: Send + Sync + 'static {
    /// Returns how long the connection may go on.
    fn life(&self) -> Life;
    /// Waits for the next change of [`Host::life`]; may return spuriously.
    fn life_changed(&self) -> BoxFuture<'_, ()>;
    /// A request begins.
    fn request_begins(&self);
    /// The request that began last has been answered.
    fn request_ends(&self);
    /// Bytes have arrived.
    fn add_received(&self, bytes: u64);
    /// Bytes were sent.
    fn add_sent(&self, bytes: u64);
    /// A client has logged in. `proof`: on what that relies.
    fn logged_in(&self, account: &str, proof: AccessProof);
}
