//! The key by which clients know the server: Ed25519, in the format of OpenSSH.

use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{HashAlg, PrivateKey};

/// The key by which clients know the server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HostKey(PrivateKey);

/// The file holds no Ed25519 key without passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file holds no Ed25519 key without a passphrase, in the format of OpenSSH")]
pub struct NotAHostKey;

impl HostKey {
    /// Makes the key that belongs to 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519Keypair::from_seed(seed).into())
    }

    /// Parses a file of OpenSSH (`ssh_host_ed25519_key`).
    ///
    /// # Errors
    /// Another kind of key, or a passphrase.
    pub fn parse(text: &str) -> Result<Self, NotAHostKey> {
        let key = PrivateKey::from_openssh(text).map_err(|_| NotAHostKey)?;
        match key.key_data().ed25519().is_some() && !key.is_encrypted() {
            true => Ok(Self(key)),
            false => Err(NotAHostKey),
        }
    }

    /// Prints the file that [`HostKey::parse`] reads.
    ///
    /// # Errors
    /// The key cannot be encoded, which does not happen with one of [`HostKey::from_seed`].
    pub fn print(&self) -> Result<String, NotAHostKey> {
        self.0.to_openssh(LineEnding::LF).map(|text| text.to_string()).map_err(|_| NotAHostKey)
    }

    /// Returns the fingerprint that clients show to people: `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    pub(crate) fn private(&self) -> &PrivateKey {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back() {
        let key = HostKey::from_seed(&[7; 32]);
        let again = HostKey::parse(&key.print().expect("prints")).expect("parses");
        assert_eq!(again.fingerprint(), key.fingerprint());
        assert!(key.fingerprint().starts_with("SHA256:"));
        assert_ne!(HostKey::from_seed(&[8; 32]).fingerprint(), key.fingerprint());
    }

    #[test]
    fn other_files_are_refused() {
        assert_eq!(HostKey::parse("").map(|key| key.fingerprint()), Err(NotAHostKey));
        assert!(
            HostKey::parse("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n").is_err()
        );
    }
}
