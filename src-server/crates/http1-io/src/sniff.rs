//! Tells HTTP/1 and HTTP/2 apart by the first bytes of a connection.

/// Connection preface of HTTP/2 (RFC 9113 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// HTTP version, detected from the first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniffed {
    /// HTTP/1.0 or 1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// The client closed the connection or timed out before it sent enough bytes.
    Nothing,
}

/// Returns the version that the `first` bytes of a connection belong to; `None` if more bytes are needed.
pub(crate) fn sniff(first: &[u8]) -> Option<Sniffed> {
    let common = first.len().min(PREFACE.len());
    if first[..common] != PREFACE[..common] {
        Some(Sniffed::Http1)
    } else {
        (common == PREFACE.len()).then_some(Sniffed::Http2)
    }
}
