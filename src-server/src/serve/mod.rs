//! The accept loop around the routes.
//!
//! warp's own server does not support TLS, panics on a taken port and has no limits, so this module drives hyper
//! itself:
//!
//! ```text
//! accept ─ admission (list of peers, limits) ─ TLS? (first byte) ─ http1_io::Guard ─ hyper (h1 | h2) ─ ConnService ─ routes
//! ```
//!
//! Tasks: one for each listener, one for each connection. The task of a connection waits for hyper, for a change of its
//! [`crate::connections::Phase`], and (HTTP/2) for a slow timer; no other task owns its state. Draining means to set the
//! phase and to wait until the list of connections is empty.

pub mod accept;
pub mod certificate;
mod config;
mod connection;
mod edge;
mod rejection;
pub mod service;
mod socket;
pub mod tls;

pub use accept::Server;
pub use config::Config;

#[cfg(test)]
mod tests;
