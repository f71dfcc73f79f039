//! The header `Depth` (RFC 4918, 10.2).

use crate::failure::{BAD_REQUEST, Failure};
use crate::request::DavRequest;

/// How far a request reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The resource.
    Zero,
    /// And what is directly in it.
    One,
    /// And everything below.
    Infinity,
}

impl Depth {
    /// Returns the depth of a request; without the header it is infinite.
    ///
    /// # Errors
    /// 400.
    pub(crate) fn of(request: &DavRequest<'_>) -> Result<Self, Failure> {
        match request.text("depth").map(str::trim) {
            Some("0") => Ok(Self::Zero),
            Some("1") => Ok(Self::One),
            Some(text) if !text.eq_ignore_ascii_case("infinity") && !text.starts_with("1,") => Err(BAD_REQUEST),
            // Microsoft's clients ask for `1,noroot`; they accept the root.
            Some(text) if text.starts_with("1,") => Ok(Self::One),
            _ => Ok(Self::Infinity),
        }
    }
}
