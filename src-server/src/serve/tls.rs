//! TLS configuration of the accept loop, with a certificate that is created when first needed.
//!
//! Generating keys and files takes some milliseconds, and most servers on a LAN never receive a TLS hello. So nothing
//! is generated before the first hello, which waits for it. Later a hello checks, at most every few minutes, whether
//! the machine has new addresses.

use super::certificate::{self, CertificateError, Folder, Names, Pair};
use arc_swap::ArcSwapOption;
use rustls::ServerConfig;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a certificate is used before the addresses of the machine are checked again.
const TRUST: Duration = Duration::from_secs(300);

/// The TLS configuration.
pub struct Tls {
    source: Source,
    current: ArcSwapOption<Current>,
    /// Held while the next certificate is created.
    making: Mutex<()>,
}

enum Source {
    /// Issued by this program, with these additional host names.
    Own { folder: PathBuf, hosts: Vec<String> },
    /// The file of `--cert`.
    File,
}

#[derive(Clone)]
struct Current {
    config: Arc<ServerConfig>,
    /// The same for protocols whose clients name no protocol in their hello, or one of their own.
    without_alpn: Arc<ServerConfig>,
    /// The same; sessions cannot be resumed (TLS 1.3).
    without_resumption: Arc<ServerConfig>,
    /// The leaf, to detect changes.
    leaf: rustls_pki_types::CertificateDer<'static>,
    checked: Instant,
}

impl Tls {
    /// Uses a certificate issued by this program and stored below `state_folder`. Accesses no file yet.
    pub fn own(state_folder: &Path, hosts: Vec<String>) -> Self {
        let source = Source::Own { folder: state_folder.to_owned(), hosts };
        Self { source, current: ArcSwapOption::empty(), making: Mutex::new(()) }
    }

    /// Uses the certificate in a PEM file with key and chain. Reads the file: blocks for that long.
    ///
    /// # Errors
    /// If the file is not usable.
    pub fn file(path: &Path) -> Result<Self, CertificateError> {
        let current = Current::new(certificate::read_pair(path, path)?)?;
        let tls = Self { source: Source::File, current: ArcSwapOption::empty(), making: Mutex::new(()) };
        tls.current.store(Some(Arc::new(current)));
        Ok(tls)
    }

    /// Returns the configuration for a hello that has just arrived.
    ///
    /// # Errors
    /// Why there is no certificate.
    pub async fn config(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let Source::Own { folder, hosts } = &self.source else {
            return self.fresh(Duration::MAX).ok_or(CertificateError::Using(rustls::Error::NoCertificatesPresented));
        };
        if let Some(config) = self.fresh(TRUST) {
            return Ok(config);
        }
        let _one = self.making.lock().await;
        if let Some(config) = self.fresh(TRUST) {
            return Ok(config);
        }
        let (folder, hosts) = (Folder::new(folder), hosts.clone());
        let old = self.current.load_full();
        // Not on the engine's blocking pool: this runs for a few seconds per year, and must not wait behind slow disks
        // of volumes.
        let made = tokio::task::spawn_blocking(move || {
            let pair = folder.pair(&Names::of_this_machine(&hosts), certificate::today())?;
            Ok::<_, CertificateError>(match old {
                // Unchanged: the configuration is kept, so that clients can resume their sessions.
                Some(old) if pair.chain.first() == Some(&old.leaf) => {
                    Current { checked: Instant::now(), ..(*old).clone() }
                }
                _ => Current::new(pair)?,
            })
        });
        let current =
            made.await.map_err(|_| rustls::Error::General("the task that creates certificates panicked".into()))??;
        let config = current.config.clone();
        self.current.store(Some(Arc::new(current)));
        Ok(config)
    }

    /// Returns two configurations with the certificate of [`Tls::config`] and without ALPN, the second without resumption of sessions.
    ///
    /// # Errors
    /// As [`Tls::config`].
    pub async fn without_alpn(&self) -> Result<(Arc<ServerConfig>, Arc<ServerConfig>), CertificateError> {
        self.config().await?;
        let current = self.current.load();
        let missing = || CertificateError::Using(rustls::Error::NoCertificatesPresented);
        let current = current.as_ref().ok_or_else(missing)?;
        Ok((current.without_alpn.clone(), current.without_resumption.clone()))
    }

    fn fresh(&self, for_how_long: Duration) -> Option<Arc<ServerConfig>> {
        let current = self.current.load();
        current
            .as_ref()
            .filter(|current| current.checked.elapsed() < for_how_long)
            .map(|current| current.config.clone())
    }
}

impl Current {
    fn new(pair: Pair) -> Result<Self, CertificateError> {
        let leaf = pair.chain.first().cloned().ok_or(rustls::Error::NoCertificatesPresented)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(pair.chain, pair.key)?;
        config.ticketer = rustls::crypto::ring::Ticketer::new()?;
        let without_alpn = Arc::new(config.clone());
        let mut without_resumption = config.clone();
        without_resumption.send_tls13_tickets = 0;
        let without_resumption = Arc::new(without_resumption);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), without_alpn, without_resumption, leaf, checked: Instant::now() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_created_before_it_is_needed_and_then_once() {
        let state = tempfile::tempdir().unwrap();
        let tls = Tls::own(state.path(), vec!["files.example".into()]);
        assert!(!state.path().join("tls").exists());
        let (a, b) = tokio::join!(tls.config(), tls.config());
        assert!(Arc::ptr_eq(&a.unwrap(), &b.unwrap()));
        let from_file = Tls::file(&{
            let both = state.path().join("both.pem");
            let read = |name| std::fs::read_to_string(state.path().join("tls").join(name)).unwrap();
            std::fs::write(&both, read("leaf-key.pem") + &read("leaf.pem")).unwrap();
            both
        });
        assert!(from_file.unwrap().config().await.is_ok());
        assert!(Tls::file(Path::new("/nonexistent/x.pem")).is_err());
    }
}
