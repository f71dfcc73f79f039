//! Share links: URLs that give people without an account access to one folder or file, for a limited time.
//!
//! ```text
//! token ─► preview (a page; changes nothing) ─► open (PIN, counts a use) ─► session ─► every request: is the link
//!                                                                                      still active? ─► Access with a scope
//! ```
//!
//! A link depends on the rights of its owner, on the source folder of its volume, and on its expiry. All of that is
//! checked at every request of a session that was opened with it, and while bytes are sent. `registry` stores the
//! links, `quota` limits uploads through them, `session` opens sessions for visitors.

mod draft;
mod link;
mod quota;
mod registry;
mod service;
mod session;

pub use draft::{LinkDraft, PinChange};
pub use link::{Link, LinkEnd, LinkInfo, LinkKind, LinkState};
pub use model::LinkId;
pub use registry::LinkRegistry;
pub use service::{Links, may_link};
pub use session::{LinkLogin, LinkPreview};

#[cfg(test)]
mod tests;
