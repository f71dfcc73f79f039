//! The protocols that clients speak to this server, in one registry.
//!
//! ```text
//! Settings ─► Protocol::sockets ─► Registry::prepare: binds ─► Registry::commit ─► Protocol::start, a task per socket
//!                                                                  TCP, unix: accept_streams ─► Admission ─► StreamHandler
//!                                                                  UDP: a loop of the protocol ─► Admission
//! ```
//!
//! A protocol opens no socket and counts no client: it names the sockets that it wants and serves those that it is
//! given. Every client passes [`Admission`] and is an entry of [`crate::connections`], whatever it speaks; so limits,
//! the list of connections, kicks and the end of the program work for every protocol. Draining means to advance the
//! phase of entries and to wait until they have ended; the protocol's task ends when it sees the phase.

mod accept;
mod admission;
mod listen;
mod protocol;
mod registry;
mod socket;

pub use accept::{Stream, StreamHandler, StreamListener, accept_streams};
pub use admission::{Admission, AdmissionRules, Rejection, time_limit};
pub use listen::listen_addresses;
pub use protocol::{Commit, Protocol};
pub use registry::{Prepared, Registry};
pub use socket::{BoundSocket, SocketSpec, Transport};

#[cfg(test)]
mod tests;
