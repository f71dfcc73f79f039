//! HTTP and HTTPS: the routes on accepted streams.
//!
//! warp's own server does not support TLS, panics on a taken port and has no limits, so this module drives hyper
//! itself:
//!
//! ```text
//! crate::protocols ─ TLS? (first byte) ─ http1_io::Guard ─ hyper (h1 | h2) ─ ConnService ─ routes
//! ```
//!
//! There is one task for each connection. It waits for hyper, for a change of its [`crate::connections::Phase`], and
//! (HTTP/2) for a slow timer; no other task owns its state.

pub mod certificate;
mod certificates;
mod config;
mod connection;
mod edge;
mod protocol;
mod rejection;
pub mod service;
mod socket;
pub mod tls;

pub use certificates::Certificates;
pub use config::{Config, http_config};
pub use protocol::{HTTP, Server};

#[cfg(test)]
mod tests;
