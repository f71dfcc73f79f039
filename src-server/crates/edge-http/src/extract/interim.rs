//! Responses that are sent before the final one (RFC 9110 15.2).

use http::{HeaderMap, StatusCode};
use std::fmt;
use std::sync::Arc;

type SendResponse = dyn Fn(StatusCode, &HeaderMap) + Send + Sync;

/// Sends interim responses on the connection of a request. Connections that cannot have none.
#[derive(Clone)]
pub struct InterimSender(Arc<SendResponse>);

impl InterimSender {
    /// `send` queues a response: the client gets it before the next byte of the request's body is read. It may not wait.
    pub fn new(send: impl Fn(StatusCode, &HeaderMap) + Send + Sync + 'static) -> Self {
        Self(Arc::new(send))
    }

    /// Sends a response without a body.
    pub fn send(&self, status: StatusCode, headers: &HeaderMap) {
        (self.0)(status, headers);
    }
}

impl fmt::Debug for InterimSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InterimSender")
    }
}
