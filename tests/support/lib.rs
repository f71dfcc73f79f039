//! What all tests of the running server share: starting and killing it, speaking HTTP and up2k to it, test data,
//! and saying which tests had to be skipped.
//!
//! Everything here blocks and is written from the protocol's side of the wire. It uses the product's vocabulary
//! (`model`) for chunk arithmetic and hashes only, whose values the vectors in `tests/vectors` pin down.

pub mod admin;
#[cfg(target_os = "linux")]
pub mod block_device;
pub mod data;
pub mod form;
pub mod http;
pub mod proxy;
pub mod server;
pub mod skip;
pub mod up2k;
pub mod workload;

pub use server::TestServer;
