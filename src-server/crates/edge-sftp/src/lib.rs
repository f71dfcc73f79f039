//! The SFTP edge (draft-ietf-secsh-filexfer-02, which every client speaks, with OpenSSH's extensions): translates packets into
//! calls of the engine, and results into packets. `russh` is the transport (ADR 0035).
//!
//! `server` opens the sockets, admits clients and calls [`serve`] for each. This crate makes no decision that another
//! protocol would have to make as well: paths, rights, locks, uploads and the trash are the engine's.
//!
//! ```text
//! ssh       connection (logins, channels; russh's task) ─► channel (a task for each) ─► session
//!           algorithms   transport
//! session   mod (one request after the other)   files   folders   names   extensions
//! values    packet   fields   input   reply   attributes   handles   error   host   host_key
//! ```
//!
//! A request takes this path: russh decrypts, `input` collects a packet, `packet` parses it, `session` carries it out, `reply`
//! encodes the answer, russh encrypts. While an answer waits for the network, `input` goes on collecting, up to a limit.
#![warn(missing_docs)]

mod attributes;
mod error;
mod fields;
mod handles;
mod host;
mod host_key;
mod input;
pub mod packet;
mod reply;
mod session;
mod ssh;

pub use host::{Host, Life, SftpConfig};
pub use host_key::HostKey;
pub use input::PacketBuffer;
pub use ssh::serve;
