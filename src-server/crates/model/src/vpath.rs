//! `VPath` and `FileName`: the only path types in interfaces between crates.
//!
//! A protocol crate parses a path once, from percent-decoded bytes; permission checks and file access then use the same
//! value. Names are bytes, not text, so names in any encoding round-trip. Normalisation happens only here: double
//! slashes collapse, dot segments resolve inside the root, never above it.

use std::fmt;
use thiserror::Error;

/// Longest name that common file systems support, in bytes.
pub const NAME_MAX: usize = 255;
/// Longest virtual path accepted, in bytes.
pub const PATH_MAX: usize = 4096;
/// Deepest virtual path accepted, in components.
pub const DEPTH_MAX: usize = 128;

/// The error of parsing a path or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathError {
    /// It contains a NUL byte.
    #[error("a name cannot contain a NUL byte")]
    Nul,
    /// A name is empty, `.` or `..`, or contains a slash.
    #[error("that is not a name for a file or folder")]
    NotAName,
    /// A component has more than `NAME_MAX` bytes.
    #[error("a name can have at most 255 bytes")]
    NameTooLong,
    /// More than `PATH_MAX` bytes.
    #[error("the path is too long: it can have at most 4096 bytes")]
    TooLong,
    /// More than `DEPTH_MAX` components.
    #[error("the path is too deep: it can have at most 128 folders")]
    TooDeep,
}

/// One component of a path: 1 to 255 bytes, no slash, no NUL, neither `.` nor `..`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(Box<[u8]>);

impl FileName {
    /// Validates `bytes`, without changing them.
    ///
    /// # Errors
    /// `Nul`, `NotAName` or `NameTooLong`, by the violated rule.
    pub fn new(bytes: &[u8]) -> Result<Self, PathError> {
        if bytes.contains(&0) {
            return Err(PathError::Nul);
        }
        if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') {
            return Err(PathError::NotAName);
        }
        if bytes.len() > NAME_MAX {
            return Err(PathError::NameTooLong);
        }
        Ok(Self(bytes.into()))
    }
    /// Returns the bytes as stored on disk.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// Formats the name for display and logs; invalid UTF-8 becomes U+FFFD.
    pub fn display(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
    /// Returns the part after the last dot; `None` if there is no dot or only a leading one.
    pub fn extension(&self) -> Option<&[u8]> {
        match self.0.iter().rposition(|&b| b == b'.') {
            Some(dot) if dot > 0 => Some(&self.0[dot + 1..]),
            _ => None,
        }
    }
    /// Returns whether the name starts with a dot. Listings omit such files unless the client requests them.
    pub fn is_dotfile(&self) -> bool {
        self.0[0] == b'.'
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.display())
    }
}

/// A normalised virtual path. The root is empty. There are no leading or trailing slashes, no empty, `.` or `..`
/// components, and no NUL. The order is bytewise.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VPath(Vec<u8>);

impl VPath {
    /// Returns the root path.
    pub fn root() -> Self {
        Self::default()
    }

    /// Parses percent-decoded bytes; leading, trailing and double slashes do not count, `.` and `..` are resolved and
    /// never climb above the root.
    ///
    /// # Errors
    /// `Nul`, `NameTooLong`, `TooLong`, `TooDeep`.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        if bytes.contains(&0) {
            return Err(PathError::Nul);
        }
        if bytes.len() > PATH_MAX {
            return Err(PathError::TooLong);
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in bytes.split(|&b| b == b'/') {
            match part {
                b"" | b"." => {}
                b".." => {
                    parts.pop();
                }
                _ if part.len() > NAME_MAX => return Err(PathError::NameTooLong),
                _ => parts.push(part),
            }
        }
        if parts.len() > DEPTH_MAX {
            return Err(PathError::TooDeep);
        }
        Ok(Self(parts.join(&b'/')))
    }

    /// Returns the bytes, without leading or trailing slash; empty for the root.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// Returns whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
    /// Returns the components from the top down.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|&b| b == b'/').filter(|part| !part.is_empty())
    }
    /// Returns the number of components.
    pub fn depth(&self) -> usize {
        self.components().count()
    }
    /// Returns this path with one more component.
    pub fn join(&self, name: &FileName) -> Self {
        let mut joined = Vec::with_capacity(self.0.len() + 1 + name.as_bytes().len());
        joined.extend_from_slice(&self.0);
        if !joined.is_empty() {
            joined.push(b'/');
        }
        joined.extend_from_slice(name.as_bytes());
        Self(joined)
    }
    /// Returns this path followed by all components of `below`.
    pub fn append(&self, below: &VPath) -> Self {
        if below.is_root() {
            return self.clone();
        }
        if self.is_root() {
            return below.clone();
        }
        let mut joined = self.0.clone();
        joined.push(b'/');
        joined.extend_from_slice(&below.0);
        Self(joined)
    }
    /// Returns the parent folder and the last component; `None` for the root.
    pub fn split_last(&self) -> Option<(VPath, FileName)> {
        if self.is_root() {
            return None;
        }
        let (folder, name) = match self.0.iter().rposition(|&b| b == b'/') {
            Some(slash) => (self.0[..slash].to_vec(), &self.0[slash + 1..]),
            None => (Vec::new(), &self.0[..]),
        };
        Some((Self(folder), FileName(name.into())))
    }
    /// Returns the parent folder; `None` for the root.
    pub fn parent(&self) -> Option<VPath> {
        self.split_last().map(|(folder, _)| folder)
    }
    /// Returns the last component; `None` for the root.
    pub fn name(&self) -> Option<FileName> {
        self.split_last().map(|(_, name)| name)
    }
    /// Returns the path relative to `top`, by whole components (`uploads_backup` is not below `uploads`); `None` if
    /// this path is neither `top` nor below it.
    pub fn strip_prefix(&self, top: &VPath) -> Option<VPath> {
        if top.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(top.as_bytes())?;
        match rest.split_first() {
            None => Some(Self::root()),
            Some((b'/', below)) => Some(Self(below.to_vec())),
            Some(_) => None,
        }
    }
    /// Returns whether this path is `top` or below it.
    pub fn is_within(&self, top: &VPath) -> bool {
        self.strip_prefix(top).is_some()
    }
    /// Formats the path for display and logs, with a leading slash; invalid UTF-8 becomes U+FFFD.
    pub fn display(&self) -> String {
        format!("/{}", String::from_utf8_lossy(&self.0))
    }
    /// Returns the percent-encoded path without leading or trailing slash: every byte except `A-Z a-z 0-9 _ . - ~ /` is
    /// encoded, in upper-case hex.
    pub fn to_url(&self) -> String {
        percent_encode(&self.0)
    }
}

impl fmt::Debug for VPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.display())
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Percent-encodes a path or a name for links (RFC 3986 2.1); `/` is not encoded.
pub fn percent_encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 4);
    push_percent_encoded(&mut out, bytes);
    out
}

/// Like [`percent_encode`], but appends to `out`.
pub fn push_percent_encoded(out: &mut String, bytes: &[u8]) {
    for &b in bytes {
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'~' | b'/') {
            out.push(b as char);
        } else {
            out.push('%');
            out.push(HEX[usize::from(b >> 4)] as char);
            out.push(HEX[usize::from(b & 15)] as char);
        }
    }
}

/// Decodes percent escapes. A `%` without two hex digits is kept; `+` is not decoded to a blank.
pub fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let escaped = (text[at] == b'%')
            .then(|| Some((hex_value(*text.get(at + 1)?)? << 4) | hex_value(*text.get(at + 2)?)?))
            .flatten();
        match escaped {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

/// Like [`percent_decode`], for display: invalid UTF-8 becomes U+FFFD.
pub fn percent_decode_lossy(text: &str) -> String {
    String::from_utf8_lossy(&percent_decode(text.as_bytes())).into_owned()
}

fn hex_value(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], want: &str) {
        let parsed = VPath::parse(input).expect("parses");
        assert_eq!(parsed.display(), want, "{input:?}");
        assert_eq!(VPath::parse(parsed.as_bytes()), Ok(parsed.clone()), "idempotent");
        assert_eq!(VPath::parse(&percent_decode(parsed.to_url().as_bytes())), Ok(parsed));
    }

    #[test]
    fn normalises() {
        check(b"", "/");
        check(b"/", "/");
        check(b"///a//b/", "/a/b");
        check(b"a/./b/../c", "/a/c");
        check(b"../../../etc/passwd", "/etc/passwd");
        check(b"a/..", "/");
        check(b"...", "/...");
        check(b"a\\..\\b", "/a\\..\\b");
        check(b"%2e%2e/x", "/%2e%2e/x");
        check(b"a b/#?%&<>\"\n", "/a b/#?%&<>\"\n");
    }

    #[test]
    fn refuses() {
        assert_eq!(VPath::parse(b"a\0b"), Err(PathError::Nul));
        assert_eq!(VPath::parse(&[b'x'; 256]), Err(PathError::NameTooLong));
        assert_eq!(VPath::parse(&b"ab/".repeat(2000)), Err(PathError::TooLong));
        assert_eq!(VPath::parse(&b"a/".repeat(200)), Err(PathError::TooDeep));
        for name in [&b""[..], b".", b"..", b"a/b", b"/"] {
            assert_eq!(FileName::new(name), Err(PathError::NotAName));
        }
    }

    #[test]
    fn prefixes_are_whole_components() {
        let path = |text: &str| VPath::parse(text.as_bytes()).expect("parses");
        assert!(!path("uploads_backup/x").is_within(&path("uploads")));
        assert!(path("uploads/x").is_within(&path("uploads")));
        assert_eq!(path("uploads").strip_prefix(&path("uploads")), Some(VPath::root()));
        assert_eq!(path("a/b/c").strip_prefix(&path("a")), Some(path("b/c")));
        assert_eq!(path("a/b").split_last().map(|(f, n)| (f.display(), n.display())), Some(("/a".into(), "b".into())));
    }

    #[test]
    fn undecodable_bytes_round_trip() {
        let odd = b"caf\xe9/\xff\xfe/\xf0\x9f\x8e\x89";
        let path = VPath::parse(odd).expect("parses");
        assert_eq!(path.as_bytes(), odd);
        assert_eq!(path.to_url(), "caf%E9/%FF%FE/%F0%9F%8E%89");
        assert_eq!(percent_decode(b"100%/a%2"), b"100%/a%2");
    }
}
