//! Certificates issued by this program: a CA that people may import once, and a leaf certificate for the names of this
//! machine.
//!
//! They are stored in `tls/` below the state folder, readable by their owner only. The CA is valid for ten years. The
//! leaf is renewed when it is about to expire, or when the machine has an address that it does not cover. Everything
//! here blocks (disk, key generation) and runs off the reactor.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType, date_time_ymd,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Browsers refuse certificates that live longer than 398 days.
const LEAF_DAYS: i64 = 397;
const CA_DAYS: i64 = 3650;
/// A leaf with fewer days left than this is renewed.
const RENEW_DAYS: i64 = 30;

/// Error of reading, creating or using a certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be used: one in `tls/`, or the one named by `--cert`.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file does not contain the expected PEM section.
    #[error("{path} holds no usable {what} in PEM form")]
    Pem {
        /// The file.
        path: PathBuf,
        /// `certificate` or `private key`.
        what: &'static str,
    },
    /// Key generation or signing failed.
    #[error("a certificate cannot be made: {0}")]
    Making(#[from] rcgen::Error),
    /// rustls refuses the certificate or its key.
    #[error("the certificate cannot be used: {0}")]
    Using(#[from] rustls::Error),
}

/// A certificate chain with the key of its first certificate.
pub struct Pair {
    /// The chain, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's key.
    pub key: PrivateKeyDer<'static>,
}

/// Names and addresses that a leaf covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Host names.
    pub hosts: BTreeSet<String>,
    /// Addresses.
    pub addresses: BTreeSet<IpAddr>,
}

impl Names {
    /// Returns `localhost`, the name of this machine with and without `.local`, its addresses, and the host names in
    /// `more`.
    pub fn of_this_machine(more: &[String]) -> Self {
        let name = announce::interfaces::host_name().to_ascii_lowercase();
        let mut hosts = BTreeSet::from(["localhost".to_owned(), format!("{name}.local"), name]);
        hosts.extend(more.iter().map(|host| host.to_ascii_lowercase()));
        hosts.retain(|host| is_dns_name(host));
        let mut addresses = BTreeSet::from([IpAddr::from([127, 0, 0, 1]), IpAddr::from([0u16, 0, 0, 0, 0, 0, 0, 1])]);
        match announce::interfaces::addresses() {
            Ok(found) => addresses.extend(found.into_iter().map(|address| address.ip)),
            Err(error) => tracing::warn!(%error, "the addresses of this machine are unknown"),
        }
        Self { hosts, addresses }
    }

    fn covers(&self, other: &Self) -> bool {
        self.hosts.is_superset(&other.hosts) && self.addresses.is_superset(&other.addresses)
    }

    fn alternatives(&self) -> Result<Vec<SanType>, rcgen::Error> {
        let hosts = self.hosts.iter().map(|host| Ok(SanType::DnsName(host.as_str().try_into()?)));
        let addresses = self.addresses.iter().map(|&ip| Ok(SanType::IpAddress(ip)));
        hosts.chain(addresses).collect()
    }
}

fn is_dns_name(host: &str) -> bool {
    let sound = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.len() <= 253 && host.split('.').all(sound)
}

/// Description of the files, stored beside them so that they need not be parsed.
#[derive(Serialize, Deserialize)]
struct Metadata {
    /// Name of the CA.
    ca: String,
    /// Day on which the CA expires, in days since 1970.
    ca_until: i64,
    /// The same for the leaf.
    leaf_until: i64,
    names: Names,
}

/// The folder with CA and leaf.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Returns the folder below the state folder. It is created when first needed.
    pub fn new(state_folder: &Path) -> Self {
        Self { path: state_folder.join("tls") }
    }

    /// Returns the path of the CA certificate, for people to import.
    pub fn ca_file(&self) -> PathBuf {
        self.path.join("ca.pem")
    }

    /// Returns the certificate pair for `names`: the one on disk if it is still valid, else a new one.
    ///
    /// # Errors
    /// `File` if the folder cannot be used; `Making`.
    pub fn pair(&self, names: &Names, today: i64) -> Result<Pair, CertificateError> {
        let about: Option<Metadata> = self.read("about.json").ok().and_then(|text| serde_json::from_str(&text).ok());
        if let Some(about) = &about
            && about.leaf_until - today >= RENEW_DAYS
            && about.names.covers(names)
            && let Ok(pair) = read_pair(&self.path.join("leaf.pem"), &self.path.join("leaf-key.pem"))
        {
            return Ok(pair);
        }
        self.make_folder()?;
        let (issuer, mut about, ca_pem) = self.authority(about, today)?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, announce::interfaces::host_name());
        params.subject_alt_names = names.alternatives()?;
        set_validity(&mut params, today - 1, today + LEAF_DAYS);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let leaf = params.signed_by(&key, &issuer)?;
        about.leaf_until = today + LEAF_DAYS;
        about.names = names.clone();
        // The description is written last: files without it are created again.
        self.write("leaf-key.pem", &key.serialize_pem())?;
        self.write("leaf.pem", &format!("{}{ca_pem}", leaf.pem()))?;
        self.write("about.json", &serde_json::to_string(&about).unwrap_or_default())?;
        tracing::info!(hosts = ?names.hosts, "made a certificate");
        read_pair(&self.path.join("leaf.pem"), &self.path.join("leaf-key.pem"))
    }

    /// Returns the CA on disk if it is still valid, else a new one, with its certificate as PEM.
    fn authority(
        &self,
        about: Option<Metadata>,
        today: i64,
    ) -> Result<(Issuer<'static, KeyPair>, Metadata, String), CertificateError> {
        if let Some(about) = about
            && about.ca_until - today >= LEAF_DAYS
            && let Ok(key) = self.read("ca-key.pem")
            && let Ok(key) = KeyPair::from_pem(&key)
            && let Ok(ca_pem) = self.read("ca.pem")
        {
            return Ok((Issuer::new(ca_params(&about.ca, about.ca_until), key), about, ca_pem));
        }
        let mut tag = [0; 3];
        getrandom::fill(&mut tag).map_err(|error| self.error("ca.pem", io::Error::other(error.to_string())))?;
        let [a, b, c] = tag;
        let name = format!("Potluck on {} ({a:02x}{b:02x}{c:02x})", announce::interfaces::host_name());
        let until = today + CA_DAYS;
        let key = KeyPair::generate()?;
        let params = ca_params(&name, until);
        let ca_pem = params.self_signed(&key)?.pem();
        self.write("ca-key.pem", &key.serialize_pem())?;
        self.write("ca.pem", &ca_pem)?;
        let names = Names { hosts: BTreeSet::new(), addresses: BTreeSet::new() };
        Ok((Issuer::new(params, key), Metadata { ca: name, ca_until: until, leaf_until: 0, names }, ca_pem))
    }

    fn error(&self, name: &str, source: io::Error) -> CertificateError {
        CertificateError::File { path: self.path.join(name), source }
    }

    fn read(&self, name: &str) -> Result<String, CertificateError> {
        std::fs::read_to_string(self.path.join(name)).map_err(|source| self.error(name, source))
    }

    fn make_folder(&self) -> Result<(), CertificateError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path).map_err(|source| self.error("", source))
    }

    /// Writes a file atomically, readable by its owner only.
    fn write(&self, name: &str, text: &str) -> Result<(), CertificateError> {
        let put = || {
            let new = self.path.join(format!("{name}.new"));
            match std::fs::remove_file(&new) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&new)?;
            io::Write::write_all(&mut file, text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, self.path.join(name))
        };
        put().map_err(|source| self.error(name, source))
    }
}

fn ca_params(name: &str, until: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    set_validity(&mut params, until - CA_DAYS - 1, until);
    // Path length 0: certificates that it signs cannot sign others.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn set_validity(params: &mut CertificateParams, from: i64, until: i64) {
    let ((y1, m1, d1), (y2, m2, d2)) = (ymd(from), ymd(until));
    (params.not_before, params.not_after) = (date_time_ymd(y1, m1, d1), date_time_ymd(y2, m2, d2));
}

/// Returns the current day, in days since 1970-01-01.
pub fn today() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs() / 86_400).unwrap_or(0)
}

/// Converts days since 1970-01-01 to year, month and day. Out of range: 1970-01-01.
fn ymd(days: i64) -> (i32, u8, u8) {
    let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().try_days(days).unwrap_or_default());
    (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
}

/// Reads a certificate chain and a key, which may be in the same file.
///
/// # Errors
/// `File` if a file cannot be read, `Pem` if it does not contain the expected section.
pub fn read_pair(chain_path: &Path, key_path: &Path) -> Result<Pair, CertificateError> {
    let read =
        |path: &Path| std::fs::read(path).map_err(|source| CertificateError::File { path: path.to_owned(), source });
    let bad = |path: &Path, what| CertificateError::Pem { path: path.to_owned(), what };
    let text = read(chain_path)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().unwrap_or_default();
    if chain.is_empty() {
        return Err(bad(chain_path, "certificate"));
    }
    let key = PrivateKeyDer::from_pem_slice(&read(key_path)?).map_err(|_| bad(key_path, "private key"))?;
    Ok(Pair { chain, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(host: &str) -> Names {
        Names { hosts: BTreeSet::from([host.to_owned()]), addresses: BTreeSet::from([[10, 0, 0, 1].into()]) }
    }

    #[test]
    fn a_pair_is_reused_while_it_is_valid() {
        let state = tempfile::tempdir().unwrap();
        let folder = Folder::new(state.path());
        let first = folder.pair(&names("a.local"), 20_000).unwrap();
        assert_eq!(first.chain.len(), 2);
        let again = folder.pair(&names("a.local"), 20_001).unwrap();
        assert_eq!(first.chain, again.chain);

        let moved = folder.pair(&names("b.local"), 20_001).unwrap();
        assert_ne!(first.chain[0], moved.chain[0], "new names, new leaf");
        assert_eq!(first.chain[1], moved.chain[1], "the same authority");

        let renewed = folder.pair(&names("b.local"), 20_001 + LEAF_DAYS - RENEW_DAYS + 1).unwrap();
        assert_ne!(moved.chain[0], renewed.chain[0]);
        let much_later = folder.pair(&names("b.local"), 20_001 + CA_DAYS).unwrap();
        assert_ne!(first.chain[1], much_later.chain[1]);

        std::fs::write(state.path().join("tls/leaf.pem"), "broken").unwrap();
        assert_eq!(folder.pair(&names("b.local"), 20_001 + CA_DAYS).unwrap().chain[1], much_later.chain[1]);
    }

    #[cfg(unix)]
    #[test]
    fn files_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let state = tempfile::tempdir().unwrap();
        Folder::new(state.path()).pair(&names("a.local"), 20_000).unwrap();
        for entry in std::fs::read_dir(state.path().join("tls")).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        }
    }

    #[test]
    fn a_file_without_a_key_is_named() {
        let state = tempfile::tempdir().unwrap();
        let folder = Folder::new(state.path());
        folder.pair(&names("a.local"), 20_000).unwrap();
        let error = read_pair(&folder.ca_file(), &folder.ca_file()).err().unwrap().to_string();
        assert!(error.contains("private key") && error.contains("ca.pem"), "{error}");
    }
}
