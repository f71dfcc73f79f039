//! What the accept loop and the routes tell each other through extensions: who is there, and who it turned out to be.

use super::conn::Conn;
use std::sync::Arc;

/// Puts the client's identity into a request.
pub fn introduce(_extensions: &mut http::Extensions, _conn: &Conn) {}

/// What the routes found out, for the log.
#[derive(Default)]
pub struct Note {
    /// Whose request it was.
    pub account: Option<Arc<str>>,
    /// The virtual path.
    pub path: Option<String>,
}

/// Reads it from a response.
pub fn note(_extensions: &http::Extensions) -> Note {
    Note::default()
}
