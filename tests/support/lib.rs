//! Shared parts of the tests of a running server: starting and killing it, HTTP and up2k clients, test data, and
//! reports of skipped tests.
//!
//! Everything here blocks and is written from the client's side of the protocol. Only chunk arithmetic and hashes are
//! taken from the product (`model`); the vectors in `tests/vectors` verify their values.

pub mod admin;
#[cfg(target_os = "linux")]
pub mod block_device;
pub mod data;
pub mod form;
pub mod ftp;
pub mod http;
pub mod proxy;
pub mod server;
pub mod sftp;
pub mod skip;
pub mod tftp;
pub mod up2k;
pub mod workload;

pub use server::TestServer;
