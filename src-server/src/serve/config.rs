//! Configuration of connections, derived from the network settings.

use super::certificate::CertificateError;
use super::tls::Tls;
use crate::connections::ConnLimits;
use http1_io::timeouts::TimeLimits;
use model::Networks;
use model::settings::{Encryption, Network};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Configuration of a connection; new connections take the current one.
pub struct Config {
    /// Time limits.
    pub limits: TimeLimits,
    /// Limits on the number of connections.
    pub conn_limits: ConnLimits,
    /// Networks that may connect; empty: all.
    pub allowed: Networks,
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
        let most = network.max_connections.max(1);
        let limits = time_limits(network);
        // Half of all, so that one address can never lock the others out. Trusted proxies connect for many clients and
        // still get no more: this computer is usually one of the trusted proxies, and has users other than the proxy.
        let max_per_client = u32::try_from(most.div_ceil(2)).unwrap_or(u32::MAX);
        Ok(Self {
            limits,
            conn_limits: ConnLimits { max_total: most, max_per_client, stalled_after: limits.body },
            allowed: network.allowed_peers.clone(),
            encryption: network.encryption,
            tls: Arc::new(tls),
        })
    }
}

/// Takes the time limits from settings. At least one second each, since 0 would end every request at once.
fn time_limits(network: &Network) -> TimeLimits {
    let secs = |secs: u64| Duration::from_secs(secs.clamp(1, 7 * 86_400));
    TimeLimits {
        head: secs(network.head_timeout_secs),
        body: secs(network.body_timeout_secs),
        idle: secs(network.idle_timeout_secs),
    }
}
