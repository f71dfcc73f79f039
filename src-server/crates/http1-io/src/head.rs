//! Validates a complete HTTP/1 request head and determines the framing of its body.
//!
//! Intentionally stricter than RFC 9112 requires of servers. Request smuggling relies on heads that two parsers
//! interpret differently, so every ambiguous head is refused instead of repaired.

use crate::refusal::{Reason, Refusal};

/// Maximum number of header lines. hyper has the same limit, but answers without an explanation.
const MAX_HEADERS: usize = 100;

/// Framing of the body after a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// This many bytes, possibly 0.
    Length(u64),
    /// Chunked coding with trailers.
    Chunked,
}

/// Validates `head`. Every line must end with CR LF (checked by the caller), and the last line must be empty.
///
/// # Errors
/// The first violation.
pub fn validate(head: &[u8]) -> Result<BodyFraming, Refusal> {
    let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = RequestLine::parse(lines.next().unwrap_or_default())?;
    first
        .check()
        .and_then(|()| body_framing(lines, first.is_1_0))
        .map_err(|reason| Refusal { reason, target: first.target() })
}

struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    is_1_0: bool,
}

impl<'a> RequestLine<'a> {
    fn parse(line: &'a [u8]) -> Result<Self, Reason> {
        if line.iter().any(|&byte| is_control(byte)) {
            return Err(Reason::Control);
        }
        let mut parts = line.split(|&byte| byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Reason::RequestLine);
        };
        let sound = !method.is_empty() && method.len() <= 32 && method.iter().all(|&byte| is_token(byte));
        // Simple clients send raw UTF-8 in the target, and `http::Uri` accepts it; other raw bytes it does not.
        if !sound || target.is_empty() || target.contains(&b'\t') || std::str::from_utf8(target).is_err() {
            return Err(Reason::RequestLine);
        }
        match version {
            b"HTTP/1.1" => Ok(Self { method, target, is_1_0: false }),
            b"HTTP/1.0" => Ok(Self { method, target, is_1_0: true }),
            _ if version.starts_with(b"HTTP/") => Err(Reason::Version),
            _ => Err(Reason::RequestLine),
        }
    }

    fn check(&self) -> Result<(), Reason> {
        if self.method == b"CONNECT" { Err(Reason::Upgrade) } else { Ok(()) }
    }

    fn target(&self) -> String {
        let text = String::from_utf8_lossy(self.target);
        text.chars().take(1024).collect()
    }
}

fn body_framing<'a>(lines: impl Iterator<Item = &'a [u8]>, is_1_0: bool) -> Result<BodyFraming, Reason> {
    let (mut length, mut chunked, mut hosts) = (None, false, 0);
    for (count, line) in lines.enumerate() {
        if line.is_empty() {
            break;
        }
        if count >= MAX_HEADERS {
            return Err(Reason::TooLarge);
        }
        let (name, value) = split_field(line)?;
        if name.eq_ignore_ascii_case(b"content-length") {
            if length.replace(parse_length(value)?).is_some() {
                return Err(Reason::Length);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if chunked || is_1_0 || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Reason::Encoding);
            }
            chunked = true;
        } else if name.eq_ignore_ascii_case(b"host") {
            hosts += 1;
        } else if name.eq_ignore_ascii_case(b"upgrade") && !value.eq_ignore_ascii_case(b"h2c") {
            // curl --http2 offers h2c on plain connections; a server may ignore the offer (RFC 9110 7.8).
            return Err(Reason::Upgrade);
        }
    }
    match (length, chunked) {
        (Some(_), true) => Err(Reason::LengthAndEncoding),
        _ if hosts > 1 => Err(Reason::Host),
        (length, false) => Ok(BodyFraming::Length(length.unwrap_or(0))),
        (None, true) => Ok(BodyFraming::Chunked),
    }
}

/// Splits `Name: value`. Returns the value without surrounding blanks.
pub(super) fn split_field(line: &[u8]) -> Result<(&[u8], &[u8]), Reason> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(Reason::Folded);
    }
    if line.iter().any(|&byte| is_control(byte)) {
        return Err(Reason::Control);
    }
    let colon = line.iter().position(|&byte| byte == b':').ok_or(Reason::HeaderName)?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if matches!(name.last(), Some(b' ' | b'\t')) {
        return Err(Reason::BlankBeforeColon);
    }
    if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
        return Err(Reason::HeaderName);
    }
    Ok((name, value.trim_ascii()))
}

/// Parses `1*DIGIT` (RFC 9110 8.6); no sign, no list, no blanks.
fn parse_length(value: &[u8]) -> Result<u64, Reason> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Reason::Length);
    }
    let text = std::str::from_utf8(value).map_err(|_| Reason::Length)?;
    let length: u64 = text.parse().map_err(|_| Reason::Length)?;
    // hyper uses the two highest values internally.
    if length > i64::MAX as u64 { Err(Reason::Length) } else { Ok(length) }
}

/// Returns true for control characters that may not appear in a line; a tab may.
fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f
}

/// Returns true for a `tchar` (RFC 9110 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, want: Result<BodyFraming, Reason>) {
        assert_eq!(validate(head.as_bytes()).map_err(|refusal| refusal.reason), want, "{head:?}");
    }

    #[test]
    fn valid_heads_pass() {
        check("GET / HTTP/1.1\r\n\r\n", Ok(BodyFraming::Length(0)));
        check("GET / HTTP/1.0\r\n\r\n", Ok(BodyFraming::Length(0)));
        check("GET http://h/x?y HTTP/1.1\r\nHost: h\r\n\r\n", Ok(BodyFraming::Length(0)));
        check("GET /ä HTTP/1.1\r\nHost: h\r\n\r\n", Ok(BodyFraming::Length(0)));
        check("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", Ok(BodyFraming::Length(0)));
        check("PUT /a HTTP/1.1\r\ncontent-LENGTH:\t 12 \r\n\r\n", Ok(BodyFraming::Length(12)));
        check("PUT /a HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n", Ok(BodyFraming::Chunked));
        check("GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", Ok(BodyFraming::Length(0)));
        check("GET / HTTP/1.1\r\nX: caf\u{e9}\r\n\r\n", Ok(BodyFraming::Length(0)));
    }

    #[test]
    fn attacks_are_refused() {
        for (head, reason) in [
            ("POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", Reason::LengthAndEncoding),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", Reason::LengthAndEncoding),
            ("POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n", Reason::Length),
            ("POST / HTTP/1.1\r\nContent-Length: 4, 4\r\n\r\n", Reason::Length),
            ("POST / HTTP/1.1\r\nContent-Length: +4\r\n\r\n", Reason::Length),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", Reason::Length),
            ("POST / HTTP/1.1\r\nContent-Length: 0x4\r\n\r\n", Reason::Length),
            ("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", Reason::Length),
            ("POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", Reason::Length),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", Reason::Length),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Reason::Encoding),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", Reason::Encoding),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", Reason::Encoding),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", Reason::Encoding),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n", Reason::Encoding),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chu\u{b}nked\r\n\r\n", Reason::Control),
            ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", Reason::Encoding),
            ("POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n", Reason::BlankBeforeColon),
            ("POST / HTTP/1.1\r\nTransfer-Encoding\t: chunked\r\n\r\n", Reason::BlankBeforeColon),
            ("POST / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", Reason::Folded),
            ("POST / HTTP/1.1\r\n Content-Length: 4\r\n\r\n", Reason::Folded),
            ("POST / HTTP/1.1\r\nX: a\r\n\tb\r\n\r\n", Reason::Folded),
            ("POST / HTTP/1.1\r\nX: a\0b\r\n\r\n", Reason::Control),
            ("POST / HTTP/1.1\r\nX: a\rContent-Length: 4\r\n\r\n", Reason::Control),
            ("POST / HTTP/1.1\r\nX\u{7f}: a\r\n\r\n", Reason::Control),
            ("GET /\0 HTTP/1.1\r\n\r\n", Reason::Control),
            ("GET /a b HTTP/1.1\r\n\r\n", Reason::RequestLine),
            ("GET  / HTTP/1.1\r\n\r\n", Reason::RequestLine),
            ("GET /\tHTTP/1.1\r\n\r\n", Reason::RequestLine),
            ("GET /\r\n\r\n", Reason::RequestLine),
            ("G(T / HTTP/1.1\r\n\r\n", Reason::RequestLine),
            ("GET / HTTP/1.2\r\n\r\n", Reason::Version),
            ("PRI * HTTP/2.0\r\n\r\n", Reason::Version),
            ("GET / HTTP/1.1\r\nno colon\r\n\r\n", Reason::HeaderName),
            ("GET / HTTP/1.1\r\n: x\r\n\r\n", Reason::HeaderName),
            ("GET / HTTP/1.1\r\nn\u{e4}me: x\r\n\r\n", Reason::HeaderName),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Reason::Host),
            ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", Reason::Upgrade),
            ("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", Reason::Upgrade),
        ] {
            check(head, Err(reason));
        }
        assert_eq!(validate(b"GET /\xff HTTP/1.1\r\n\r\n").map_err(|refusal| refusal.reason), Err(Reason::RequestLine));
    }

    #[test]
    fn a_refusal_names_the_target_of_a_valid_request_line() {
        let refusal = validate(b"GET /x?y HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").unwrap_err();
        assert_eq!(refusal.target, "/x?y");
    }
}
