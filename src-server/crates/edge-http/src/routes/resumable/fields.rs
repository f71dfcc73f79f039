//! The header fields of resumable uploads (draft-ietf-httpbis-resumable-upload, "State").

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use model::Wark;

/// Version of the protocol between drafts ("Draft Version Identification"), which responses state.
pub const VERSION: u8 = 8;
/// The oldest version whose requests mean the same.
const OLDEST_VERSION: u8 = 5;
/// Since this version the body of a request that appends has the type [`PARTIAL`].
const TYPED_SINCE: u8 = 6;
/// Media type of the body of a request that appends.
pub const PARTIAL: &str = "application/partial-upload";

/// Where the bytes of a request begin, and up to where a response confirms them.
pub const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// Whether the request ends the upload, or the response comes from the stored file.
pub const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");
/// Bytes of the whole file.
pub const LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// What the server accepts.
pub const LIMIT: HeaderName = HeaderName::from_static("upload-limit");
const INTEROP_VERSION: HeaderName = HeaderName::from_static("upload-draft-interop-version");

/// The version that a request states: `None` if it states none, or one whose requests may mean something else.
pub fn version(headers: &HeaderMap) -> Option<u8> {
    let version = integer(headers, &INTEROP_VERSION)?;
    let version = u8::try_from(version).ok()?;
    (OLDEST_VERSION..=VERSION).contains(&version).then_some(version)
}

/// Whether a request that appends may have this type.
pub fn is_append_type(headers: &HeaderMap, media_type: &str) -> bool {
    media_type == PARTIAL || version(headers).is_some_and(|version| version < TYPED_SINCE)
}

/// Adds the version to a response.
pub fn set_version(headers: &mut HeaderMap, version: u8) {
    headers.insert(INTEROP_VERSION, HeaderValue::from(u16::from(version)));
}

/// Returns `Upload-Complete`; other values than a boolean count as missing, as the draft says.
pub fn complete(headers: &HeaderMap) -> Option<bool> {
    match item(headers, &COMPLETE)? {
        "?1" => Some(true),
        "?0" => Some(false),
        _ => None,
    }
}

/// Returns `Upload-Offset`.
pub fn offset(headers: &HeaderMap) -> Option<u64> {
    integer(headers, &OFFSET)
}

/// Returns `Upload-Length`.
pub fn length(headers: &HeaderMap) -> Option<u64> {
    integer(headers, &LENGTH)
}

/// Sets `Upload-Complete`.
pub fn set_complete(headers: &mut HeaderMap, complete: bool) {
    headers.insert(COMPLETE, HeaderValue::from_static(if complete { "?1" } else { "?0" }));
}

/// Sets a field to a number.
pub fn set_number(headers: &mut HeaderMap, name: HeaderName, value: u64) {
    headers.insert(name, HeaderValue::from(value));
}

/// Sets `Upload-Limit`. `max_size`: of a file, if it has a limit. `max_age`: seconds for which an idle upload is kept.
pub fn set_limits(headers: &mut HeaderMap, max_size: Option<u64>, max_age: u64) {
    let size = max_size.map_or_else(|| "min-size=0".to_owned(), |size| format!("max-size={size}"));
    if let Ok(value) = HeaderValue::try_from(format!("{size}, max-age={max_age}")) {
        headers.insert(LIMIT, value);
    }
}

/// Parses the identity of an upload in its URL.
pub fn parse_id(text: &str) -> Option<Wark> {
    Wark::parse(text).ok()
}

/// An integer of RFC 9651 that is not negative: at most 15 digits.
fn integer(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let text = item(headers, name)?;
    let is_integer = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_integer { text.parse().ok() } else { None }
}

/// The value of an item of RFC 9651 without its parameters; a field that is there twice is none.
fn item<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    Some(value.to_str().ok()?.split(';').next().unwrap_or_default().trim_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).expect("a value")));
        values.collect()
    }

    #[test]
    fn fields_of_other_types_count_as_missing() {
        for (text, value) in
            [("?1", Some(true)), ("?0", Some(false)), (" ?1 ;a=1", Some(true)), ("1", None), ("?2", None)]
        {
            assert_eq!(complete(&headers(&COMPLETE, &[text])), value, "{text}");
        }
        assert_eq!(complete(&headers(&COMPLETE, &["?1", "?0"])), None);
        let offsets =
            [("0", Some(0)), ("999999999999999", Some(999_999_999_999_999)), ("17;x", Some(17)), ("007", Some(7))];
        let others = ["-1", "1.5", "\"1\"", "1 2", "", "1000000000000000", "?1", "+1", "0x1"];
        for (text, value) in offsets.into_iter().chain(others.map(|text| (text, None))) {
            assert_eq!(offset(&headers(&OFFSET, &[text])), value, "{text}");
        }
    }

    #[test]
    fn versions_that_mean_the_same_are_known() {
        for (text, known) in [("4", None), ("5", Some(5)), ("8", Some(8)), ("9", None), ("300", None), ("x", None)] {
            assert_eq!(version(&headers(&INTEROP_VERSION, &[text])), known, "{text}");
        }
        assert!(is_append_type(&headers(&INTEROP_VERSION, &["5"]), ""));
        assert!(!is_append_type(&headers(&INTEROP_VERSION, &["6"]), "application/octet-stream"));
        assert!(is_append_type(&HeaderMap::new(), PARTIAL) && !is_append_type(&HeaderMap::new(), ""));
    }
}
