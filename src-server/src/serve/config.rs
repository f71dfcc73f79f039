//! Configuration of connections, derived from the network settings.

use super::certificate::CertificateError;
use super::tls::Tls;
use crate::control::admin::{ControlError, ErrorCode, FaultAt};
use crate::protocols::time_limit;
use http1_io::timeouts::TimeLimits;
use model::settings::{Encryption, Network};
use std::path::Path;
use std::sync::Arc;

/// Configuration of a connection; new connections take the current one.
pub struct Config {
    /// Time limits.
    pub limits: TimeLimits,
    /// Whether HTTP, HTTPS or both are served.
    pub encryption: Encryption,
    /// Certificates.
    pub tls: Arc<Tls>,
}

impl Config {
    /// Builds the configuration from settings. Reads the `--cert` file, if there is one: blocks for that long.
    ///
    /// # Errors
    /// If the certificate cannot be used.
    pub fn new(network: &Network, state_folder: &Path) -> Result<Self, CertificateError> {
        let tls = match &network.cert {
            Some(path) => Tls::file(path)?,
            None => Tls::own(state_folder, network.hosts.iter().filter(|host| *host != "*").cloned().collect()),
        };
        Ok(Self { limits: time_limits(network), encryption: network.encryption, tls: Arc::new(tls) })
    }
}

/// The same with the fault named as the option.
///
/// # Errors
/// `BadSettings` at `--cert`.
pub fn http_config(network: &Network, state_folder: &Path) -> Result<Config, ControlError> {
    Config::new(network, state_folder).map_err(|error| {
        let fault = FaultAt::new("--cert", format!("{error}."));
        ControlError { faults: vec![fault], ..ControlError::new(ErrorCode::BadSettings, format!("--cert: {error}.")) }
    })
}

/// Takes the time limits from settings.
fn time_limits(network: &Network) -> TimeLimits {
    TimeLimits {
        head: time_limit(network.head_timeout_secs),
        body: time_limit(network.body_timeout_secs),
        idle: time_limit(network.idle_timeout_secs),
    }
}
