//! SSH: the transport of sessions, by `russh`.
//!
//! ```text
//! serve ─ waits for the end, for kicks, for time limits
//!   └ russh's task: socket ◄► packets, keys, logins (Connection)
//!        └ a task for each channel (Channel): packets of SFTP ◄► Session
//! ```
//!
//! The task of a channel never stops collecting packets while it waits for the network, up to a limit: russh's task waits for
//! it, and must go on reading, because only that makes room for answers.

mod algorithms;
mod channel;
mod connection;
mod serve;
mod transport;

pub use serve::serve;
