//! The bytes of a connection between the socket and hyper: what a file server needs there and hyper does not have.
#![warn(missing_docs)]

pub mod framing;
mod head;
pub mod refusal;
pub mod socket_options;
pub mod timeouts;
