//! A request, as `edge-http` has read it.

use bytes::Bytes;
use engine::files::condition::Condition;
use engine::uploads::Digest;
use engine::{Access, Engine};
use futures_util::stream::Stream;
use http::{HeaderMap, Method};
use model::VPath;
use std::pin::Pin;

/// The bytes of a file that is being sent; an error says that the connection broke.
pub type ContentStream = Pin<Box<dyn Stream<Item = Result<Bytes, ()>> + Send>>;

/// The body of a request.
pub enum Content {
    /// All of it, at most [`XML_MAX`](crate::XML_MAX) bytes.
    Collected(Vec<u8>),
    /// A file.
    Stream(ContentStream),
}

/// Why a URL in a header names no path of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlFault {
    /// It is no URL or has no valid path.
    Invalid,
    /// It is on another server.
    OtherServer,
}

/// One request.
pub struct DavRequest<'a> {
    /// The services.
    pub engine: &'a Engine,
    /// The verified rights of the client.
    pub access: &'a Access,
    /// The method.
    pub method: &'a Method,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The requested path.
    pub path: VPath,
    /// Whether the path of the URL ends with a slash.
    pub trailing_slash: bool,
    /// What precedes paths in the URLs of this request: empty, or `/base` without a slash at its end.
    pub prefix: String,
    /// The preconditions of RFC 9110 on the requested path.
    pub condition: Condition,
    /// The digests that the body of a PUT must have.
    pub digests: Vec<Digest>,
    /// Returns the path that a URL in a header names, without the prefix.
    pub path_of_url: &'a (dyn Fn(&str) -> Result<VPath, UrlFault> + Send + Sync),
    /// Returns the media type of files with this extension.
    pub media_type: fn(Option<&[u8]>) -> &'static str,
    /// The client has sent no password yet and could be asked for one.
    pub may_sign_in: bool,
    /// Listings of all folders below are allowed (`--dav-inf`).
    pub infinite_depth: bool,
    /// Files that Finder leaves everywhere are accepted (`--dav-mac`).
    pub keeps_apple_files: bool,
}

impl DavRequest<'_> {
    /// Returns the first header called `name`, if its value is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the URL of a path, without scheme and host. URLs of folders end with a slash.
    pub fn href(&self, path: &VPath, is_folder: bool) -> String {
        href(&self.prefix, path, is_folder)
    }
}

/// Returns the URL of a path below `prefix` ([`DavRequest::prefix`]). URLs of folders end with a slash.
pub(crate) fn href(prefix: &str, path: &VPath, is_folder: bool) -> String {
    let mut href = format!("{prefix}/{}", path.to_url());
    if is_folder && !href.ends_with('/') {
        href.push('/');
    }
    href
}
