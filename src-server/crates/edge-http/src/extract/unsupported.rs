//! Refuses headers that change the meaning of a body and are not supported. Ignoring them would store wrong content.

use super::digest;
use super::names::UPDATE_RANGE;
use crate::failure::Failure;
use http::{HeaderMap, StatusCode, header};

/// Refuses a request whose body is a part of a file or is compressed, and an expectation that is not supported.
///
/// # Errors
/// 400 for `Content-Range` (RFC 9110 14.5) and `X-Update-Range`, 415 for a content coding (8.4, 15.5.16), 417 for an
/// expectation (10.1.1).
pub fn refuse_unsupported(headers: &HeaderMap) -> Result<(), Failure> {
    // `X-Update-Range` is SabreDAV's header for partial updates.
    if headers.contains_key(header::CONTENT_RANGE) || headers.contains_key(UPDATE_RANGE) {
        let text = "this server does not take a part of a file by its range; send the whole file, or resume with up2k";
        return Err(Failure::text(StatusCode::BAD_REQUEST, text));
    }
    if let Some(coding) = first_unknown(headers, header::CONTENT_ENCODING, "identity") {
        let text = format!("a body with the content coding '{coding:.32}' is not taken; send the file as it is");
        return Err(Failure::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    if let Some(expectation) = first_unknown(headers, header::EXPECT, "100-continue") {
        let text = format!("the expectation '{expectation:.32}' cannot be met");
        return Err(Failure::text(StatusCode::EXPECTATION_FAILED, text));
    }
    Ok(())
}

/// Refuses conditions and digests on requests that do not evaluate them: with a form, a handshake or a list they would
/// be ignored.
///
/// # Errors
/// 412 for conditions (RFC 9110 13), 400 for digests (RFC 9530).
pub fn refuse_conditions(headers: &HeaderMap) -> Result<(), Failure> {
    let has = |names: &[&str]| names.iter().any(|name| headers.contains_key(*name));
    if has(&["if-match", "if-none-match", "if-unmodified-since"]) {
        let text = "this request cannot have conditions; PUT, DELETE, MOVE and COPY of one file can";
        return Err(Failure::text(StatusCode::PRECONDITION_FAILED, text));
    }
    if has(&digest::HEADERS) {
        let text = "the digest of this request would not be compared; send the file by PUT, or without a digest";
        return Err(Failure::text(StatusCode::BAD_REQUEST, text));
    }
    Ok(())
}

/// Returns the first element of the header's list that is not `known`.
fn first_unknown(headers: &HeaderMap, name: header::HeaderName, known: &str) -> Option<String> {
    let values = headers.get_all(name).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let elements = values.flat_map(|value| value.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>());
    elements.into_iter().find(|one| !one.is_empty() && !one.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn headers_that_change_the_meaning_of_a_body_are_refused() {
        let status = |name: header::HeaderName, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            match refuse_unsupported(&headers) {
                Err(Failure::Text(status, _)) => Some(status.as_u16()),
                Err(failure) => panic!("expected a refusal of the edge, got {failure:?}"),
                Ok(()) => None,
            }
        };
        assert_eq!(status(header::CONTENT_RANGE, "bytes 3-9/10"), Some(400));
        assert_eq!(status(header::CONTENT_RANGE, "nonsense"), Some(400));
        assert_eq!(status(header::CONTENT_ENCODING, "gzip"), Some(415));
        assert_eq!(status(header::CONTENT_ENCODING, "identity, br"), Some(415));
        assert_eq!(status(header::CONTENT_ENCODING, "Identity"), None);
        assert_eq!(status(header::EXPECT, "100-Continue"), None);
        assert_eq!(status(header::EXPECT, "miracle"), Some(417));
        assert_eq!(status(UPDATE_RANGE, "append"), Some(400));
        // `Range` has no meaning in a change (RFC 9110 14.2).
        assert_eq!(status(header::RANGE, "bytes=0-1"), None);
    }
}
