//! Announces the server by SSDP (UPnP Device Architecture 1.0, section 1), so that Windows Explorer shows it under
//! "Network" and opens its page.
//!
//! One thread owns the socket. It announces the device on the selected adapters, also on those that appear later, answers
//! searches and says goodbye:
//!
//! ```text
//!  port 1900 ⇄ [ssdp] ──► search (message.rs) ──► answers (queue.rs, bounded)
//!                 └─────► every few seconds: adapters, announcements
//! ```
//!
//! Only machines in the networks of these adapters get an answer: a sender address that is not in one of their ranges is
//! ignored. IPv4 only, which is what programs search by; the page itself has IPv6 all the same.

mod announcement;
mod message;
mod queue;
mod responder;

pub use announcement::{SsdpAnnouncement, device_id};
pub use responder::{SsdpError, SsdpEvent, SsdpResponder};
