//! The WebDAV edge (RFC 4918, classes 1 and 2): translates its methods into calls of the engine, and results into XML.
//!
//! `edge-http` mounts it: it has read the path, the proofs and the body of the request, and sends the [`Answer`]. GET, HEAD
//! and OPTIONS are its own. This crate makes no decision that another protocol would have to make as well: paths, rights,
//! locks, uploads and the trash are the engine's (ADR 0031).
//!
//! ```text
//! methods   propfind   proppatch   mkcol   put   delete   relocate (COPY, MOVE)   lock   unlock
//! steps     preconditions   target
//! answers   answer   error   failure   multistatus   live   wanted
//! values    request   headers   xml   dav_clients   apple   aliases
//! ```
#![warn(missing_docs)]

pub mod aliases;
mod answer;
mod apple;
mod dav_clients;
mod error;
mod failure;
mod headers;
mod live;
mod methods;
mod multistatus;
mod preconditions;
mod request;
mod target;
mod wanted;
pub mod xml;

pub use answer::{Answer, AnswerBody, MULTISTATUS_END, MULTISTATUS_START, RowWriter};
pub use dav_clients::DavClients;
pub use request::{Content, ContentStream, DavRequest, UrlFault};

use failure::Failure;
use methods::{delete, lock, mkcol, propfind, proppatch, put, relocate, unlock};

/// The methods that only WebDAV has.
pub const OWN_METHODS: [&str; 5] = ["PROPFIND", "PROPPATCH", "MKCOL", "LOCK", "UNLOCK"];

/// The methods that mean the same as in plain HTTP, apart from details: a WebDAV client's PUT replaces, for example.
pub const SHARED_METHODS: [&str; 4] = ["PUT", "DELETE", "COPY", "MOVE"];

/// All methods that paths have, for `Allow`.
pub const ALLOW: &str =
    "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, PROPFIND, PROPPATCH, LOCK, UNLOCK, MKCOL, COPY, MOVE";

/// The classes of RFC 4918 that are supported, for the header `DAV`.
pub const CLASSES: &str = "1, 2";

/// Most bytes of a request's XML.
pub const XML_MAX: usize = 256 << 10;

/// Whether the body of `method` is a file, which [`Content::Stream`] passes on while it arrives.
pub fn is_streamed(method: &http::Method) -> bool {
    method == http::Method::PUT
}

/// Answers a request whose method is one of [`OWN_METHODS`] or [`SHARED_METHODS`].
pub async fn handle(request: DavRequest<'_>, content: Content) -> Answer {
    match route(&request, content).await {
        Ok(answer) => answer,
        Err(failure) => error::render(&request, failure),
    }
}

async fn route(request: &DavRequest<'_>, content: Content) -> Result<Answer, Failure> {
    match (request.method.as_str(), content) {
        ("PUT", Content::Stream(body)) => put::put(request, body).await,
        ("PROPFIND", Content::Collected(body)) => propfind::propfind(request, &body).await,
        ("PROPPATCH", Content::Collected(body)) => proppatch::proppatch(request, &body).await,
        ("MKCOL", Content::Collected(body)) => mkcol::mkcol(request, &body).await,
        ("DELETE", _) => delete::delete(request).await,
        ("COPY" | "MOVE", _) => relocate::relocate(request).await,
        ("LOCK", Content::Collected(body)) => lock::lock(request, &body).await,
        ("UNLOCK", _) => unlock::unlock(request).await,
        _ => Err(Failure::Status(http::StatusCode::METHOD_NOT_ALLOWED)),
    }
}
