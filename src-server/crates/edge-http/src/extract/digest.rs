//! Digests of the body that the client announced: `Content-Digest` and `Repr-Digest` (RFC 9530), their predecessor
//! `Digest` (RFC 3230), `Content-MD5`, and ownCloud's `OC-Checksum`. All digests of known algorithms are compared
//! before the file gets its name. Other algorithms are ignored, as RFC 9530 6.2 allows: they cannot be compared.

use crate::failure::Failure;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use engine::uploads::{ChecksumKind, Digest};
use http::{HeaderMap, StatusCode};

/// Names of the headers that may hold a digest.
pub const HEADERS: [&str; 6] =
    ["content-digest", "repr-digest", "digest", "content-md5", "oc-checksum", "x-oc-checksum"];

/// Returns the digests that the body of a PUT must have, at most one of each algorithm.
///
/// # Errors
/// 400 for a digest that cannot be parsed, and for two of one algorithm that differ.
pub fn expected_digests(headers: &HeaderMap) -> Result<Vec<Digest>, Failure> {
    let mut digests: Vec<Digest> = Vec::new();
    for name in HEADERS {
        for value in headers.get_all(name) {
            let text = value.to_str().map_err(|_| unreadable(name))?;
            for member in text.split(',').map(str::trim).filter(|member| !member.is_empty()) {
                let Some(digest) = parse_member(name, member)? else { continue };
                match digests.iter().find(|other| other.kind == digest.kind) {
                    None => digests.push(digest),
                    Some(other) if *other == digest => {}
                    Some(_) => return Err(Failure::text(StatusCode::BAD_REQUEST, "two digests contradict each other")),
                }
            }
        }
    }
    Ok(digests)
}

fn unreadable(name: &str) -> Failure {
    Failure::text(StatusCode::BAD_REQUEST, format!("the digest in the header {name} cannot be read"))
}

/// Parses one digest; `None` if its algorithm is unknown.
fn parse_member(name: &str, member: &str) -> Result<Option<Digest>, Failure> {
    let bad = || unreadable(name);
    let (algorithm, value) = match name {
        "content-md5" => ("md5", member),
        "oc-checksum" | "x-oc-checksum" => member.split_once(':').ok_or_else(bad)?,
        _ => member.split_once('=').ok_or_else(bad)?,
    };
    let Some((kind, length)) = algorithm_kind(algorithm.trim()) else { return Ok(None) };
    let bytes = match name {
        "oc-checksum" | "x-oc-checksum" => hexadecimal(value.trim()),
        "content-digest" | "repr-digest" => {
            // A byte sequence of RFC 8941, possibly with parameters.
            let sequence = value.split(';').next().unwrap_or_default().trim();
            let inner = sequence.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
            inner.and_then(|inner| STANDARD.decode(inner).ok())
        }
        _ => STANDARD.decode(value.trim()).ok(),
    };
    let value = bytes.filter(|bytes| bytes.len() == length).ok_or_else(bad)?;
    Ok(Some(Digest { kind, value }))
}

fn algorithm_kind(algorithm: &str) -> Option<(ChecksumKind, usize)> {
    match algorithm.to_ascii_lowercase().as_str() {
        "sha-512" | "sha512" => Some((ChecksumKind::Sha512, 64)),
        "sha-256" | "sha256" => Some((ChecksumKind::Sha256, 32)),
        "sha" | "sha-1" | "sha1" => Some((ChecksumKind::Sha1, 20)),
        "md5" => Some((ChecksumKind::Md5, 16)),
        _ => None,
    }
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let is_hexadecimal = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hexadecimal { (0..text.len()).step_by(2).map(pair).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The digests of "abc".
    const MD5: &str = "kAFQmDzST7DWlj99KOF/cg==";
    const SHA256: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

    fn read(pairs: &[(&'static str, &str)]) -> Result<Vec<ChecksumKind>, u16> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("value"));
        }
        match expected_digests(&headers) {
            Ok(digests) => Ok(digests.into_iter().map(|digest| digest.kind).collect()),
            Err(Failure::Text(status, _)) => Err(status.as_u16()),
            Err(failure) => panic!("expected a refusal of the edge, got {failure:?}"),
        }
    }

    #[test]
    fn digests_of_all_kinds() {
        use ChecksumKind::{Md5, Sha1, Sha256};
        let structured = format!("sha-256=:{SHA256}:");
        let parameters = format!("crc32c=:AAAAAA==:, sha-256=:{SHA256}:;x=1, md5=:{MD5}:");
        let old = format!("SHA-256={SHA256}, unixsum=30637");
        for (pairs, want) in [
            (&[][..], Ok(vec![])),
            (&[("content-digest", structured.as_str())], Ok(vec![Sha256])),
            (&[("repr-digest", &parameters)], Ok(vec![Sha256, Md5])),
            (&[("digest", &old)], Ok(vec![Sha256])),
            (&[("content-md5", MD5)], Ok(vec![Md5])),
            (&[("oc-checksum", "SHA1:a9993e364706816aba3e25717850c26c9cd0d89d")], Ok(vec![Sha1])),
            (&[("x-oc-checksum", "ADLER32:024d0127")], Ok(vec![])),
            (&[("content-digest", &structured), ("digest", &old)], Ok(vec![Sha256])),
            (&[("content-digest", "sha-256=:AAAA:")], Err(400)),
            (&[("content-digest", "sha-256=ungWv48B")], Err(400)),
            (&[("content-digest", "sha-256")], Err(400)),
            (&[("digest", "sha-256=!")], Err(400)),
            (&[("content-md5", SHA256)], Err(400)),
            (&[("oc-checksum", "SHA1:a9993e364706816aba3e25717850c26c9cd0d8+d")], Err(400)),
            (&[("content-md5", MD5), ("oc-checksum", "MD5:00000000000000000000000000000000")], Err(400)),
        ] {
            assert_eq!(read(pairs), want, "{pairs:?}");
        }
    }
}
