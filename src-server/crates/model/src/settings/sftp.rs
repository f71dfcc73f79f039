//! Settings of SFTP.

use crate::account::AccountName;
use crate::networks::Networks;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// A public key with which an account may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SftpKey {
    /// The account.
    pub account: AccountName,
    /// The key as SSH sends it (RFC 4253, 6.6): its type, then numbers that depend on the type.
    pub blob: Vec<u8>,
}

impl SftpKey {
    /// Returns the type of the key: `ssh-ed25519`.
    pub fn algorithm(&self) -> &str {
        algorithm(&self.blob).unwrap_or_default()
    }
}

/// Returns the type with which the bytes of a key begin.
fn algorithm(blob: &[u8]) -> Option<&str> {
    let (length, rest) = blob.split_first_chunk::<4>()?;
    let name = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    std::str::from_utf8(name).ok()
}

impl FromStr for SftpKey {
    type Err = String;

    /// Parses `USER TYPE BASE64`: the name of an account, and a line of `~/.ssh/id_….pub`, whose comment is left out.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "'{text}' is not an account with its public key; write the name, a blank, and the line of the file \
                 id_ed25519.pub."
            )
        };
        let mut words = text.split_whitespace();
        let (Some(account), Some(kind), Some(encoded)) = (words.next(), words.next(), words.next()) else {
            return Err(bad());
        };
        let blob = STANDARD.decode(encoded).map_err(|_| bad())?;
        if !AccountName::is_valid(account) || algorithm(&blob) != Some(kind) {
            return Err(bad());
        }
        Ok(Self { account: account.into(), blob })
    }
}

impl fmt::Display for SftpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.account.as_str(), self.algorithm(), STANDARD.encode(&self.blob))
    }
}

/// Settings of SFTP, which is off unless it has a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sftp {
    /// The port (`--sftp`).
    pub port: Option<u16>,
    /// Addresses to listen on (`--sftp-i`), of those that the server listens on; empty: all of them.
    pub listen: Vec<IpAddr>,
    /// Listen on no IPv6 address (`--sftp4`).
    pub only_v4: bool,
    /// Only these clients (`--sftp-ipa`), of those that may connect at all; empty: all of them.
    pub allowed_peers: Networks,
    /// Public keys of accounts (`--sftp-key`).
    pub keys: Vec<SftpKey>,
    /// Passwords are accepted, too (`--sftp-pw`).
    pub passwords: bool,
    /// The user name of clients without account (`--sftp-anon`); `None`: there are none.
    pub anonymous_name: Option<String>,
    /// Folder of the key of the server, `ssh_host_ed25519_key` (`--sftp-hostk`); `None`: the state folder.
    pub host_key_folder: Option<PathBuf>,
    /// Text for clients before they log in (`--sftp-banner`); empty: none.
    pub banner: String,
    /// Seconds until the connection must be encrypted (`--sftp-hs-t`).
    pub handshake_timeout_secs: u64,
    /// Requests that concern names are logged (`--sftpv`).
    pub verbose: bool,
    /// Reads and writes are logged, too (`--sftpvv`).
    pub very_verbose: bool,
}

impl Default for Sftp {
    fn default() -> Self {
        Self {
            port: None,
            listen: Vec::new(),
            only_v4: false,
            allowed_peers: Networks::default(),
            keys: Vec::new(),
            passwords: false,
            anonymous_name: None,
            host_key_folder: None,
            banner: String::new(),
            handshake_timeout_secs: 15,
            verbose: false,
            very_verbose: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A public key as ssh-keygen writes it.
    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1/bKAJcG7ZkuQ3q9NTTGrsFDZRmtLZcWWgxPbgm5sQ";

    #[test]
    fn keys_are_read_back() {
        let key: SftpKey = format!("ed {KEY} ed@laptop").parse().expect("a key");
        assert_eq!((key.account.as_str(), key.algorithm(), key.blob.len()), ("ed", "ssh-ed25519", 51));
        assert_eq!(key.to_string(), format!("ed {KEY}"));
    }

    #[test]
    fn what_is_no_key() {
        for text in [
            "",
            "ed",
            KEY,
            "ed ssh-ed25519",
            "ed ssh-ed25519 AAAA",
            "ed ssh-ed25519 !",
            &format!("* {KEY}"),
            &format!("ed {}", KEY.replace("ssh-ed25519", "ssh-rsa")),
        ] {
            assert!(text.parse::<SftpKey>().is_err(), "{text}");
        }
    }
}
