//! The TFTP edge (RFC 1350, 2347, 2348, 2349, 7440; 1123, 4.2.3): translates requests into calls of the engine, and files into
//! numbered blocks.
//!
//! `server` opens the socket and calls [`serve`] with it; every request that it admits is a transfer with a socket and a task
//! of its own. TFTP knows no accounts: clients have the rights of everyone. This crate makes no decision that another protocol
//! would have to make as well: paths, rights, locks, uploads and the trash are the engine's (ADR 0034).
//!
//! ```text
//! tasks    listener (one for each socket) ─► transfer (one for each request) ─► download, upload
//! pure     packet   options   send   receive   patience   netascii   error
//! others   exchange   host   limits   socket   source   listing
//! ```
//!
//! [`send::Sender`] and [`receive::Receiver`] are the two sides of a transfer: datagrams and expired timers go in, datagrams come
//! out. They know no sockets, files and clocks.
#![warn(missing_docs)]

mod download;
mod error;
mod exchange;
mod host;
mod limits;
mod listener;
mod listing;
mod netascii;
pub mod options;
pub mod packet;
mod patience;
pub mod receive;
pub mod send;
mod socket;
mod source;
mod transfer;
mod upload;

pub use host::{Host, Life, Server, TftpConfig, Verbosity};
pub use limits::{Limits, TRANSFERS_MAX, TRANSFERS_PER_ADDRESS};
pub use listener::serve;
pub use listing::ListingNames;
