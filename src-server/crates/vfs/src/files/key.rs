//! File keys: a URL with its key opens the file without the right to read its folder (`?k=` in docs/http-api.md,
//! volflags `fk` and `fka`).
//!
//! The derivation is not part of any protocol and may change; existing keys then stop working.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use model::{VPath, VolumeFlags};
use sha2::Sha256;

/// Longest key: the characters of a digest in base64.
const LENGTH_MAX: usize = 43;

/// Returns the key of a file. `path`: as links name it.
pub fn file_key(secret: &[u8; 32], flags: &VolumeFlags, path: &VPath, size: u64, ino: u64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(b"file key\0");
    mac.update(path.as_bytes());
    if !flags.file_key_by_path {
        mac.update(b"\0");
        mac.update(&size.to_le_bytes());
        mac.update(&ino.to_le_bytes());
    }
    let mut key = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    key.truncate((flags.file_key_length.max(1) as usize).min(LENGTH_MAX));
    key
}

/// Compares two keys in constant time.
pub fn same_key(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
