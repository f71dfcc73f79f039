//! The FTP edge (RFC 959 with 1123, 2228, 2389, 2428, 2577, 2640, 3659, 4217): translates commands into calls of the engine, and
//! results into replies, listings and data connections.
//!
//! `server` opens the sockets, admits clients and calls [`serve`] for each. This crate makes no decision that another
//! protocol would have to make as well: paths, rights, locks, uploads and the trash are the engine's (ADR 0033).
//!
//! ```text
//! session   mod (one task for each client)   accounts   names   connections   download   upload   listings
//! channels  control   data
//! values    command   line   reply   error   listing   address   time   stream   host
//! ```
//!
//! A line takes this path: `control` collects it, `command` parses it, `session` runs it, `control` sends the reply. During
//! a transfer the session waits for the data connection and for ABOR at once, in the same task.
#![warn(missing_docs)]

mod address;
pub mod command;
mod control;
mod data;
mod error;
mod host;
pub mod line;
mod listing;
mod reply;
mod session;
mod stream;
mod time;

pub use host::{Encryption, FtpConfig, Host, Life, TlsConfigs};
pub use session::{rejection, serve};
