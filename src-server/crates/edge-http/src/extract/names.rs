//! Names of header fields that the `http` crate does not know. As constants they are looked up without being parsed.

use http::HeaderName;

/// The scheme that a proxy's client used.
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// The host that a proxy's client asked for.
pub const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// SabreDAV's partial updates.
pub const UPDATE_RANGE: HeaderName = HeaderName::from_static("x-update-range");
/// A password (spec/http-api.md 2).
pub const PASSWORD: HeaderName = HeaderName::from_static("pw");
/// ownCloud's time of modification, in seconds since 1970.
pub const OC_MTIME: HeaderName = HeaderName::from_static("x-oc-mtime");
/// The hashes of the chunks in a body (spec/up2k.md).
pub const CHUNK_HASH: HeaderName = HeaderName::from_static("x-up2k-hash");
/// The upload that chunks belong to.
pub const UPLOAD_WARK: HeaderName = HeaderName::from_static("x-up2k-wark");
/// Where in a chunk a body begins.
pub const SUBCHUNK: HeaderName = HeaderName::from_static("x-up2k-subc");
