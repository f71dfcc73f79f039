//! The identity of a content, as the index stores it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Wark;

/// The bytes of a wark. A wark of path and date, for files that are not hashed, is shortened to 12 bytes, the part that
/// tags are found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContentId(Vec<u8>);

impl ContentId {
    /// Makes the identity from a wark.
    pub fn of(wark: &Wark) -> Self {
        let text = wark.as_str();
        let of_metadata = text.strip_prefix('#').and_then(|rest| rest.get(..16));
        let bytes = URL_SAFE_NO_PAD.decode(of_metadata.unwrap_or(text));
        Self(bytes.expect("a wark consists of characters of base64"))
    }

    /// Takes the bytes of a column.
    pub(super) fn from_column(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the part that tags are found by.
    pub(super) fn tag_key(&self) -> &[u8] {
        &self.0[..self.0.len().min(12)]
    }

    /// Whether this is the hash of a content. False: of path and date.
    pub fn is_of_content(&self) -> bool {
        self.0.len() > 12
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
