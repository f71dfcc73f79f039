//! Chunk hashes and warks: up2k's identifiers of content (docs/up2k.md "Hashes").

use crate::units::{Bytes, UnixMillis};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::Error as _};
use sha2::{Digest, Sha512};
use std::fmt;
use thiserror::Error;

/// Error: the text is not 44 characters of the URL-safe base64 alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a hash is 44 characters of A-Z a-z 0-9 - _")]
pub struct NotAHash;

/// Start of the values of [`ChunkHash::unknown`].
const UNKNOWN: [u8; 25] = [0; 25];

/// The first 33 bytes of a chunk's SHA-512.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkHash([u8; 33]);

impl ChunkHash {
    /// Makes a chunk hash from a whole SHA-512 digest.
    pub fn from_sha512(digest: &[u8; 64]) -> Self {
        let mut first = [0; 33];
        first.copy_from_slice(&digest[..33]);
        Self(first)
    }
    /// Makes a chunk hash from its 33 bytes.
    pub fn from_bytes(bytes: [u8; 33]) -> Self {
        Self(bytes)
    }
    /// Returns the 33 bytes.
    pub fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }
    /// Returns what stands in a list of chunk hashes for the hash at `position` until that chunk is received: its sender has
    /// announced no hashes. No content has such a hash, as far as anyone knows how to find one.
    pub fn unknown(position: u64) -> Self {
        let mut bytes = [0; 33];
        bytes[UNKNOWN.len()..].copy_from_slice(&position.to_be_bytes());
        Self(bytes)
    }
    /// Returns whether this is a value of [`ChunkHash::unknown`].
    pub fn is_unknown(&self) -> bool {
        self.0.starts_with(&UNKNOWN)
    }
    /// Parses the 44 characters that clients send.
    ///
    /// # Errors
    /// [`NotAHash`] for any other text.
    pub fn parse(text: &str) -> Result<Self, NotAHash> {
        let mut bytes = [0; 33];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(33) if text.len() == 44 => Ok(Self(bytes)),
            _ => Err(NotAHash),
        }
    }
}

impl fmt::Display for ChunkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 44];
        URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ChunkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ChunkHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChunkHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// The identity of a file: a hash of its content, or, if that is unknown, of its path and date (then it starts with
/// `#`). Always 44 characters. Knowing a wark grants no access.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wark([u8; 44]);

impl Wark {
    /// Returns the identity of content: SHA-512 over salt, decimal size and all chunk hashes, joined by LF.
    pub fn of_content(salt: &str, size: Bytes, chunks: &[ChunkHash]) -> Self {
        let mut hasher = Sha512::new();
        hasher.update(salt.as_bytes());
        hasher.update(b"\n");
        hasher.update(size.0.to_string().as_bytes());
        let mut line = [b'\n'; 45];
        for chunk in chunks {
            URL_SAFE_NO_PAD.encode_slice(chunk.as_bytes(), &mut line[1..]).expect("33 bytes are 44 characters");
            hasher.update(line);
        }
        let mut text = [0; 44];
        URL_SAFE_NO_PAD.encode_slice(&hasher.finalize()[..33], &mut text).expect("33 bytes are 44 characters");
        Self(text)
    }

    /// Returns the identity of a file whose content has no hash (empty files, volumes with `noclone`): `#` and 43
    /// characters of the hash over salt, mtime in whole seconds, size, folder relative to the volume, and name.
    pub fn of_metadata(salt: &str, mtime: UnixMillis, size: Bytes, folder: &[u8], name: &[u8]) -> Self {
        let mut hasher = Sha512::new();
        hasher.update(format!("{salt}\n{}\n{}\n", mtime.secs(), size.0).as_bytes());
        hasher.update(folder);
        hasher.update(b"\n");
        hasher.update(name);
        let digest = URL_SAFE_NO_PAD.encode(hasher.finalize());
        let mut text = [b'#'; 44];
        text[1..].copy_from_slice(&digest.as_bytes()[..43]);
        Self(text)
    }

    /// Returns the identity of an upload whose content is not known yet: 33 random bytes.
    pub fn of_random(bytes: &[u8; 33]) -> Self {
        let mut text = [0; 44];
        URL_SAFE_NO_PAD.encode_slice(bytes, &mut text).expect("33 bytes are 44 characters");
        Self(text)
    }

    /// Parses a wark from a client.
    ///
    /// # Errors
    /// [`NotAHash`] unless it is 44 characters of the alphabet, the first possibly `#`.
    pub fn parse(text: &str) -> Result<Self, NotAHash> {
        let bytes: [u8; 44] = text.as_bytes().try_into().map_err(|_| NotAHash)?;
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let ok = (bytes[0] == b'#' || plain(&bytes[0])) && bytes[1..].iter().all(plain);
        ok.then_some(Self(bytes)).ok_or(NotAHash)
    }
    /// Returns the 44 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("made of ASCII only")
    }
    /// Returns whether the wark identifies content, so that it can be used to find duplicates.
    pub fn is_content(&self) -> bool {
        self.0[0] != b'#'
    }
}

impl fmt::Display for Wark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Wark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Wark {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(bytes: &[u8]) -> ChunkHash {
        ChunkHash::from_sha512(&Sha512::digest(bytes).into())
    }

    #[test]
    fn vectors() {
        let abc = hash_of(b"abc");
        assert_eq!(abc.to_string(), "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05oh");
        assert_eq!(ChunkHash::parse(&abc.to_string()), Ok(abc));
        for (salt, want) in [
            ("hunter2", "ejFTCClpNb0YTfEj9PwgI5x0tQ3MIFcHnJFEVbQRKa0V"),
            ("", "Dcu_TNbuZIkDZJCJj7Ky0kXWEmy9m3GUdOlG3ZCiwkRK"),
            ("s3cr3t salt", "o6_Gpzapzj4yy_5ztxjApbqH7BST47hY94gT4Isl97UV"),
        ] {
            assert_eq!(Wark::of_content(salt, Bytes(3), &[abc]).as_str(), want);
        }
        let zero = hash_of(&vec![0; 1 << 20]);
        assert_eq!(
            Wark::of_content("hunter2", Bytes(3 << 20), &[zero; 3]).as_str(),
            "n5aRYEdZA46USqXVwmX7ZKgua7wHjh1cYUvRzkuPqNwy"
        );
        let place = |rd: &str, salt, name: &str| {
            Wark::of_metadata(salt, UnixMillis::from_secs(1_700_000_000), Bytes(0), rd.as_bytes(), name.as_bytes())
        };
        assert_eq!(place("", "hunter2", "zero9.bin").as_str(), "#OBt2zb_g4NtlhpBLKnuNZLlHbgb3vh59gChG9EH-OaC");
        assert_eq!(
            place("sub/dir", "s3cr3t salt", "zero.bin").as_str(),
            "#zXbUF9VyWKo0-_OUYvpQO1NwikyrpwrXH3zzgEzshYq"
        );
    }

    #[test]
    fn refuses_other_text() {
        for text in ["", "abc", &"a".repeat(43), &"a".repeat(45), &"+".repeat(44), &"é".repeat(22)] {
            assert!(ChunkHash::parse(text).is_err(), "{text}");
            assert!(Wark::parse(text).is_err(), "{text}");
        }
    }
}
