//! What a protocol offers to the registry.

use super::admission::Admission;
use super::socket::{BoundSocket, SocketSpec};
use crate::connections::Endpoint;
use crate::control::admin::ControlError;
use model::Settings;
use model::settings::Network;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Puts prepared settings in force for new clients. Neither fails nor waits.
pub type Commit = Box<dyn FnOnce() + Send>;

/// A protocol that clients speak to this server.
pub trait Protocol: Send + Sync + 'static {
    /// Returns its short name, for endpoints and logs: `http`.
    fn name(&self) -> &'static str;

    /// Returns the option that sets its ports, for advice in errors: `-p`.
    fn port_option(&self) -> &'static str;

    /// Returns the sockets that it wants under `network`, without duplicates, in the order of the settings. The listen
    /// addresses of `network` are those that may be open now: fewer than in the settings while sharing is off, or in a
    /// network that is not trusted.
    fn sockets(&self, network: &Network) -> Vec<SocketSpec>;

    /// Checks `settings` and reads the files that they name. Blocks. Nothing has changed until the result is called.
    ///
    /// `state_folder`: for files of its own, such as keys.
    ///
    /// # Errors
    /// `BadSettings` with every fault, `CannotStart`.
    fn prepare(&self, settings: &Settings, state_folder: &Path) -> Result<Commit, ControlError>;

    /// Starts the task that serves a socket: [`super::accept_streams`] for streams, a loop of its own for datagrams.
    ///
    /// Aborting the task stops accepting and closes the socket. Admitted clients are served on; the registry drains
    /// them through their entries in the list of connections.
    fn start(&self, socket: BoundSocket, endpoint: Endpoint, admission: &Arc<Admission>) -> JoinHandle<()>;
}
