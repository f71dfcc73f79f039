//! Names of files between two systems: percent-encoded in addresses, and safe on this disk.

use crate::fault::Fault;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// What is not written as it is in a part of a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longest name, in bytes; what file systems take.
const NAME_MAX: usize = 255;

/// Returns the name as a part of an address.
pub fn encoded(name: &[u8]) -> String {
    percent_encode(name, ESCAPED).to_string()
}

/// Returns a part of an address as [`encoded`] writes it: servers escape more or fewer characters.
pub fn normal(part: &str) -> String {
    encoded(&percent_decode_str(part).collect::<Vec<u8>>())
}

/// Returns a relative path as a part of an address, without slashes at its ends.
pub fn encoded_path(path: &Path) -> String {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(encoded(name.as_encoded_bytes())),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}

/// Returns the path on this disk for the names of a server, percent-encoded and separated by slashes.
///
/// # Errors
/// Names that would leave the folder, or that this system cannot have.
pub fn local_path(path: &str) -> Result<PathBuf, Fault> {
    path.split('/').filter(|part| !part.is_empty()).map(local_name).collect()
}

fn local_name(part: &str) -> Result<OsString, Fault> {
    let bytes: Vec<u8> = percent_decode_str(part).collect();
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    let is_unsafe = matches!(&bytes[..], b"." | b"..") || bytes.iter().any(|byte| matches!(byte, b'/' | 0));
    if is_unsafe || bytes.len() > NAME_MAX {
        return Err(Fault::Name(format!("the name {shown:?} cannot be used on this computer")));
    }
    platform::name(bytes).ok_or_else(|| Fault::Name(format!("the name {shown:?} cannot be used on this computer")))
}

/// Returns a name as up2k carries it.
///
/// # Errors
/// Names that are no UTF-8.
pub fn as_text(name: &OsStr) -> Result<&str, Fault> {
    let shown = || Fault::Name(format!("the name {name:?} is not UTF-8, which uploads need; rename the file"));
    name.to_str().ok_or_else(shown)
}

#[cfg(unix)]
mod platform {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    pub fn name(bytes: Vec<u8>) -> Option<OsString> {
        Some(OsString::from_vec(bytes))
    }
}

#[cfg(not(unix))]
mod platform {
    use std::ffi::OsString;

    /// What Windows has for devices, whatever follows the dot.
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

    pub fn name(bytes: Vec<u8>) -> Option<OsString> {
        let name = String::from_utf8(bytes).ok()?;
        let stem = name.split('.').next().unwrap_or("").trim_end().to_ascii_lowercase();
        let is_port = stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|last: char| last.is_ascii_digit());
        let is_odd = name.contains(|letter: char| "<>:\"\\|?*".contains(letter) || letter < ' ')
            || name.ends_with(['.', ' '])
            || DEVICES.contains(&&*stem)
            || is_port;
        (!is_odd).then(|| name.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_folder() {
        for hostile in ["..", "a/../../b", "%2e%2e", "a%2fb", "a%00b", "./%2E%2E/x", &"x".repeat(256)] {
            let path = local_path(hostile);
            assert!(path.is_err(), "{hostile}: {path:?}");
        }
        assert_eq!(local_path("a%20b/%C3%BC.txt").ok(), Some(PathBuf::from("a b/ü.txt")));
        assert_eq!(local_path("/a//b/").ok(), Some(PathBuf::from("a/b")));
    }

    #[test]
    fn names_are_encoded_and_decoded() {
        let odd = Path::new("a #?&+%/ü'\"\\.txt");
        assert_eq!(local_path(&encoded_path(odd)).ok().as_deref(), Some(odd));
    }
}
