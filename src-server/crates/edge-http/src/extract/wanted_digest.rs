//! Digests that the client asks for: `Want-Repr-Digest` and `Want-Content-Digest` (RFC 9530, 4).

use engine::files::digests::DigestKind;
use http::HeaderMap;

/// Digest of the whole file.
pub const REPRESENTATION: &str = "want-repr-digest";
/// Digest of the bytes of the answer.
pub const CONTENT: &str = "want-content-digest";

/// Returns the algorithm that a client prefers among those that the server has; `None` if it wants none of them, or if the
/// header `name` cannot be read, which RFC 8941 has treated as absent.
pub fn preferred(headers: &HeaderMap, name: &str) -> Option<DigestKind> {
    let mut best: Option<(u8, DigestKind)> = None;
    for value in headers.get_all(name) {
        for member in value.to_str().ok()?.split(',') {
            let (algorithm, preference) = member.split_once('=')?;
            // Parameters mean nothing here.
            let preference = preference.split(';').next()?.trim().parse::<u8>().ok().filter(|&number| number <= 10)?;
            let kind = match algorithm.trim() {
                "sha-256" => DigestKind::Sha256,
                "sha-512" => DigestKind::Sha512,
                _ => continue,
            };
            if preference > best.map_or(0, |(other, _)| other) {
                best = Some((preference, kind));
            }
        }
    }
    best.map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_preference_counts() {
        use DigestKind::{Sha256, Sha512};
        for (values, want) in [
            (&[][..], None),
            (&["sha-256=1"], Some(Sha256)),
            (&["sha-256=1, sha-512=10"], Some(Sha512)),
            (&["sha-512=3", "sha-256=4"], Some(Sha256)),
            (&["sha-512=3;x=1, unixsum=9, md5=10"], Some(Sha512)),
            (&["sha-256=0"], None),
            (&["md5=3"], None),
            (&["sha-256=11"], None),
            (&["sha-256"], None),
            (&["sha-256=1, ="], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(REPRESENTATION, value.parse().expect("a value"));
            }
            assert_eq!(preferred(&headers, REPRESENTATION), want, "{values:?}");
        }
    }
}
