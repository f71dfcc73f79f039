//! The bytes of a connection between its socket and hyper.
//!
//! hyper parses requests and drives the routes. A file server for strangers needs more of the layer below, which hyper
//! leaves to its caller (docs/adr/0018):
//!
//! - **Guard against request smuggling** ([`guard`], [`framing`], [`refusal`], [`request`]): an ambiguous head never
//!   reaches hyper, which is lenient where RFC 9112 lets it be; its sender gets one sentence that names the fault.
//! - **Timeouts** ([`timeouts`]): for every wait for the client, in both directions. hyper only limits the head.
//! - **Copies by the kernel** ([`zero_copy`], [`splice`]): files are sent with `sendfile`, large request bodies moved
//!   into files with `splice`. hyper only sees memory.
//! - **Interim responses** ([`interim`]), which hyper cannot send.
//! - **Pacing** ([`socket_options`]): none between two programs on one computer.
//!
//! [`guard::Guard`] wraps the byte stream that hyper reads and writes. It reports to, and asks, the
//! [`connection::Connection`] that it belongs to; accepting, TLS, limits on the number of connections and the access log
//! are the caller's. HTTP/2 passes unparsed, only its bytes are counted.
#![warn(missing_docs)]

pub mod connection;
pub mod framing;
pub mod guard;
mod head;
mod inbound;
pub mod interim;
mod linger;
pub mod refusal;
pub mod request;
mod sendfile;
pub mod sniff;
pub mod socket_options;
pub mod splice;
pub mod timeouts;
pub mod zero_copy;
