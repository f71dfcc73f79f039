//! Paths and names in requests and answers of the page API.

use crate::request::Request;
use engine::EngineError;
use model::vpath::{percent_decode, percent_encode};
use model::{FileName, VPath};
use std::borrow::Cow;

/// Returns the path in a parameter of the query; the root without it.
///
/// # Errors
/// `BadPath`.
pub fn from_query(request: &Request, parameter: &str) -> Result<VPath, EngineError> {
    Ok(VPath::parse(request.query.bytes(parameter).unwrap_or_default())?)
}

/// Parses a path in a body.
///
/// # Errors
/// `BadPath`.
pub fn from_body(text: &str) -> Result<VPath, EngineError> {
    Ok(VPath::parse(&percent_decode(text.as_bytes()))?)
}

/// Returns a path as answers contain it: percent-encoded, with a slash in front.
pub fn encoded(path: &VPath) -> String {
    let mut out = String::from("/");
    model::vpath::push_percent_encoded(&mut out, path.as_bytes());
    out
}

/// Returns the last name of a path as text; empty for the root.
pub fn last_name(path: &VPath) -> String {
    path.name().map_or_else(String::new, |name| name.display())
}

/// Returns a name as text; if it is not UTF-8, with U+FFFD and with the exact name, percent-encoded.
pub fn split_name(name: &FileName) -> (Cow<'_, str>, Option<String>) {
    match String::from_utf8_lossy(name.as_bytes()) {
        Cow::Borrowed(text) => (Cow::Borrowed(text), None),
        lossy => (lossy, Some(percent_encode(name.as_bytes()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::error::Invalid;

    #[test]
    fn paths_keep_every_byte() {
        for (text, bytes) in [("/a%20b/%FF", &b"a b/\xff"[..]), ("/", b""), ("/%25+", b"%+")] {
            let path = from_body(text).expect("a path");
            assert_eq!(path.as_bytes(), bytes);
            assert_eq!(from_body(&encoded(&path)).expect("a path"), path);
        }
        assert_eq!(encoded(&from_body("a b+c").expect("a path")), "/a%20b%2Bc");
        assert!(matches!(from_body("/a%00"), Err(EngineError::Invalid(Invalid::Path(_)))));
    }

    #[test]
    fn names_that_are_not_utf_8_are_there_twice() {
        let name = |bytes: &[u8]| FileName::new(bytes).expect("a name");
        assert_eq!(split_name(&name("ü b".as_bytes())), ("ü b".into(), None));
        assert_eq!(split_name(&name(b"a\xff")), ("a\u{fffd}".into(), Some("a%FF".to_owned())));
        assert_eq!(split_name(&name("\u{fffd}".as_bytes())), ("\u{fffd}".into(), None));
    }
}
