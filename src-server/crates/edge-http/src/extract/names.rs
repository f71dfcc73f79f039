//! Header names that the `http` crate does not define. As constants they are looked up without parsing.

use http::HeaderName;

/// The scheme that the client of a proxy used.
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// The host that the client of a proxy requested.
pub const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Partial updates of SabreDAV.
pub const UPDATE_RANGE: HeaderName = HeaderName::from_static("x-update-range");
/// A password (docs/http-api.md "Authentication").
pub const PASSWORD: HeaderName = HeaderName::from_static("pw");
/// Modification time of ownCloud's clients, in seconds since 1970.
pub const OC_MTIME: HeaderName = HeaderName::from_static("x-oc-mtime");
/// The hashes of the chunks in a body (docs/up2k.md "Chunks").
pub const CHUNK_HASH: HeaderName = HeaderName::from_static("x-up2k-hash");
/// The wark of the upload that the chunks belong to.
pub const UPLOAD_WARK: HeaderName = HeaderName::from_static("x-up2k-wark");
/// Offset in the chunk at which the body begins.
pub const SUBCHUNK: HeaderName = HeaderName::from_static("x-up2k-subc");
