//! Our accept loop around the routes.
//!
//! warp's own server speaks no TLS, panics on a taken port and sets no limits, so this part drives hyper itself:
//!
//! ```text
//! accept ─ admission (list of peers, bounds) ─ TLS? (first byte) ─ Guard ─ hyper (h1 | h2) ─ ConnService ─ routes
//! ```
//!
//! Tasks: one for each listener, one for each connection. A connection's task waits for hyper, for a change of its
//! [`conn::Phase`], and (HTTP/2) for a slow tick; nothing else holds its state. Draining is entering a phase and waiting
//! until the list of connections is empty.

pub mod accept;
pub mod certificate;
pub mod conn;
mod connection;
mod edge;
pub mod framing;
mod guard;
mod head;
mod pace;
pub mod refusal;
pub mod service;
mod splice;
pub mod timeouts;
pub mod tls;

pub use accept::{Config, Server};

#[cfg(test)]
mod tests;
