//! What a session needs of the server around it.

use engine::accounts::AccessProof;
use futures_util::future::BoxFuture;
use model::settings::PortRange;
use rustls::ServerConfig;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

/// The certificate, ready for use.
#[derive(Clone)]
pub struct TlsConfigs {
    /// For control connections.
    pub control: Arc<ServerConfig>,
    /// For data connections. Sessions cannot be resumed from them (TLS 1.3): what a server sends for that is unread when a
    /// client closes an upload, which resets the connection, and bytes that are still on their way are lost.
    pub data: Arc<ServerConfig>,
}

/// Whether connections are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Never.
    Off,
    /// If the client wishes (AUTH TLS).
    Explicit,
    /// No login without AUTH TLS, no transfer without PROT P.
    ExplicitRequired,
    /// The same, and a client may begin with TLS at once.
    Implicit,
}

impl Encryption {
    /// Returns whether nothing is possible without TLS.
    pub fn is_required(self) -> bool {
        matches!(self, Self::ExplicitRequired | Self::Implicit)
    }
}

/// Configuration of sessions.
#[derive(Clone, Debug)]
pub struct FtpConfig {
    /// Whether connections are encrypted.
    pub encryption: Encryption,
    /// First words to clients.
    pub banner: String,
    /// Ports for passive data connections; `None`: the system chooses.
    pub passive_ports: Option<PortRange>,
    /// The address that clients are told for passive data connections over IPv4; `None`: the one that they are connected
    /// to.
    pub external_address: Option<Ipv4Addr>,
    /// Files are never replaced or appended to.
    pub keeps_existing: bool,
    /// Commands are logged.
    pub verbose: bool,
    /// Time until a client must have logged in.
    pub login_timeout: Duration,
    /// Time between two commands.
    pub idle_timeout: Duration,
    /// Time in which a data connection must be opened, and in which an upload must make progress. A download may stand
    /// still for 16 times as long, as one by HTTP.
    pub data_timeout: Duration,
}

/// How long a session may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Life {
    /// Without end.
    Open,
    /// Until its transfer is complete.
    Draining,
    /// Not at all.
    Ended,
}

/// The server around a session: its entry in the list of connections, the certificate, the log.
pub trait Host: Send + Sync + 'static {
    /// Returns the certificate; `None` if there is none, which has been logged.
    fn tls(&self) -> BoxFuture<'_, Option<TlsConfigs>>;
    /// Returns how long the session may go on.
    fn life(&self) -> Life;
    /// Waits for the next change of [`Host::life`]; may return spuriously.
    fn life_changed(&self) -> BoxFuture<'_, ()>;
    /// The control connection is encrypted.
    fn encrypted(&self);
    /// A command begins.
    fn command_begins(&self);
    /// The command that began last has been answered.
    fn command_ends(&self);
    /// Bytes have arrived.
    fn add_received(&self, bytes: u64);
    /// Bytes were sent.
    fn add_sent(&self, bytes: u64);
    /// A client has logged in. `proof`: on what that relies.
    fn logged_in(&self, account: &str, proof: AccessProof);
    /// A password has arrived on a connection that is not encrypted.
    fn password_was_readable(&self);
}
