//! The certificate of HTTPS for other protocols.

use super::certificate::CertificateError;
use super::config::Config;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use std::sync::Arc;

/// The certificate of HTTPS for other protocols, under the settings in force. Cheap to clone.
#[derive(Clone)]
pub struct Certificates {
    config: Arc<ArcSwap<Config>>,
}

impl Certificates {
    pub(super) fn new(config: Arc<ArcSwap<Config>>) -> Self {
        Self { config }
    }

    /// Returns two configurations without ALPN, the second without resumption of sessions.
    ///
    /// # Errors
    /// Why there is no certificate.
    pub async fn without_alpn(&self) -> Result<(Arc<ServerConfig>, Arc<ServerConfig>), CertificateError> {
        let tls = self.config.load().tls.clone();
        tls.without_alpn().await
    }
}
