//! Reasons for refusing bytes before they become a request, and the answers that name them.
//!
//! The guard cannot answer by itself: only hyper may write on an HTTP/1 connection. So it passes a harmless stand-in
//! request to hyper instead of the bad head and records the reason in [`Refusals`]; the service then answers the stand-in with
//! one plain sentence. The connection closes after that, because the position of the next head is unknown.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Violation in a request head or in the framing of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A line ends with LF alone. RFC 9112 2.2 lets servers accept it; two parsers that differ here allow request
    /// smuggling.
    BareLf,
    /// A header line that continues the previous one (obs-fold, RFC 9112 5.2).
    Folded,
    /// Blank between name and colon (RFC 9112 5.1: must be refused).
    BlankBeforeColon,
    /// A name that is not a token, or a line without a colon.
    HeaderName,
    /// NUL or another control character.
    Control,
    /// The request line is not `METHOD TARGET HTTP/1.x`.
    RequestLine,
    /// A version that is neither 1.0 nor 1.1.
    Version,
    /// `Content-Length` twice, or not a decimal number.
    Length,
    /// Both `Content-Length` and `Transfer-Encoding` (RFC 9112 6.3).
    LengthAndEncoding,
    /// `Transfer-Encoding` twice, other than `chunked`, or in HTTP/1.0.
    Encoding,
    /// More than one `Host`.
    Host,
    /// HTTP/1.1 without `Host` (RFC 9112 3.2: must be refused).
    NoHost,
    /// More than [`crate::framing::MAX_HEAD`] bytes, or too many headers.
    TooLarge,
    /// The head did not arrive in time.
    TooSlow,
    /// The body stopped arriving.
    Stalled,
    /// `CONNECT`, or an `Upgrade` to a protocol that this server does not support.
    Upgrade,
    /// A chunk-size line or a trailer that is malformed or too long (RFC 9112 7.1).
    Chunk,
}

impl Reason {
    /// Returns the HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TooSlow | Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns the code for the stand-in request and for the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::BareLf => "bare-lf",
            Self::Folded => "folded",
            Self::BlankBeforeColon => "blank-before-colon",
            Self::HeaderName => "header-name",
            Self::Control => "control",
            Self::RequestLine => "request-line",
            Self::Version => "version",
            Self::Length => "length",
            Self::LengthAndEncoding => "length-and-encoding",
            Self::Encoding => "encoding",
            Self::Host => "host",
            Self::NoHost => "no-host",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::Stalled => "stalled",
            Self::Upgrade => "upgrade",
            Self::Chunk => "chunk",
        }
    }

    /// Returns one plain sentence for the sender of the request.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::BareLf => "A line of the request ends with LF instead of CR LF.",
            Self::Folded => "A header of the request goes on in a second line; write it in one.",
            Self::BlankBeforeColon => "There is a blank before the colon of a header.",
            Self::HeaderName => "A header of the request has no valid name.",
            Self::Control => "The request has a control character in its head.",
            Self::RequestLine => "The first line of the request is not 'METHOD ADDRESS HTTP/1.1'.",
            Self::Version => "This server supports only HTTP/1.0, HTTP/1.1 and HTTP/2.",
            Self::Length => "The request has several Content-Length headers, or one that is not a number.",
            Self::LengthAndEncoding => "The request has both Content-Length and Transfer-Encoding; send one of them.",
            Self::Encoding => "The only Transfer-Encoding understood here is 'chunked', once, in HTTP/1.1.",
            Self::Host => "The request has more than one Host header.",
            Self::NoHost => "The request has no Host header; say which server is meant.",
            Self::TooLarge => "The head of the request is larger than 64 KiB, or has more than 100 headers.",
            Self::TooSlow => "The head of the request took too long to arrive.",
            Self::Stalled => "The body of the request stopped arriving; send it again.",
            Self::Upgrade => "This server does not tunnel, and does not change to another protocol.",
            Self::Chunk => "The chunked body of the request is malformed.",
        }
    }

    /// Returns the request that replaces the refused head.
    pub(crate) fn substitute_request(self) -> Vec<u8> {
        format!("GET {REFUSED_PATH}?why={} HTTP/1.1\r\nHost: refused.invalid\r\nConnection: close\r\n\r\n", self.code())
            .into_bytes()
    }

    /// Returns the complete answer. `target`: the request target, as far as it could be parsed.
    pub fn answer(self, target: &str) -> Response<Full<Bytes>> {
        let body = format!("<pre>{}\r\nURL: {}\r\n", self.sentence(), escape(target));
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

/// Path of the stand-in request. A client that requests it gets an ordinary answer: only the record of the connection,
/// which only the guard writes, makes it special.
pub(crate) const REFUSED_PATH: &str = "/.potluck/refused";

/// A refusal with the target of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub reason: Reason,
    /// The request target as sent, if the request line was valid; else empty. At most 1,024 characters.
    pub target: String,
}

/// What the guard refused on one connection, for the service that answers it. At most one head and one body, since the
/// guard reads nothing after a refusal.
#[derive(Debug, Default)]
pub struct Refusals {
    /// Set after the first refusal, so that the usual case takes no lock.
    any: AtomicBool,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    head: Option<Refusal>,
    body: Option<Refusal>,
}

impl Refusals {
    /// Returns why a head was refused: the next request that hyper parses is a stand-in.
    pub fn head(&self) -> Option<Refusal> {
        if self.any.load(Ordering::Acquire) { self.record.lock().head.clone() } else { None }
    }

    /// Returns why a body was refused: its reader got an I/O error.
    pub fn body(&self) -> Option<Refusal> {
        if self.any.load(Ordering::Acquire) { self.record.lock().body.clone() } else { None }
    }

    pub(crate) fn refuse_head(&self, refusal: Refusal) {
        self.record.lock().head = Some(refusal);
        self.any.store(true, Ordering::Release);
    }

    pub(crate) fn refuse_body(&self, refusal: Refusal) {
        self.record.lock().body = Some(refusal);
        self.any.store(true, Ordering::Release);
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, target: String::new() }
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
