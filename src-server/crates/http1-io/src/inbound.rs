//! The client's bytes on their way to hyper: those that may pass, those that are held back, and what follows them. Knows
//! neither the socket nor the clock.

use crate::framing::{Framing, Position};
use crate::refusal::Refusal;
use std::io;
use tokio::io::ReadBuf;

/// What follows after the cleared bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// More bytes from the socket.
    Open,
    /// The end of the stream.
    Eof,
    /// No bytes and no end: hyper would take an end for a client that has gone, and would not answer.
    Silence,
    /// An I/O error.
    Broken(io::ErrorKind),
}

/// The part of a message in which a refusal was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusedPart {
    /// hyper gets a stand-in for the head.
    Head,
    /// hyper is inside the message; the reader of the body gets an error.
    Body,
}

/// The bytes between the socket and hyper.
pub(crate) struct Inbound {
    framing: Framing,
    /// An incomplete head.
    held: Vec<u8>,
    /// Bytes that hyper may have, from index `cleared_at` on.
    cleared: Vec<u8>,
    cleared_at: usize,
    end: End,
}

impl Inbound {
    /// The state at the start of a connection.
    pub fn new() -> Self {
        Self { framing: Framing::default(), held: Vec::new(), cleared: Vec::new(), cleared_at: 0, end: End::Open }
    }

    /// Passes all further bytes unparsed.
    pub fn pass_through(&mut self) {
        self.framing.become_opaque();
    }

    /// Returns the position in the stream, ignoring held bytes.
    pub fn position(&self) -> Position {
        self.framing.position()
    }

    /// Returns the remaining bytes of a body with a length; `None` outside such a body.
    pub fn body_left(&self) -> Option<u64> {
        self.framing.left()
    }

    /// Records that so many bytes of a body with a length bypassed this type.
    pub fn body_passed(&mut self, bytes: usize) {
        self.framing.passed(bytes);
    }

    /// Returns the bytes of an incomplete head.
    pub fn held(&self) -> &[u8] {
        &self.held
    }

    /// Returns what follows after the cleared bytes.
    pub fn end(&self) -> End {
        self.end
    }

    /// Ends the stream.
    pub fn set_eof(&mut self) {
        self.end = End::Eof;
    }

    /// Adds bytes to those that are held.
    pub fn hold(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// Clears held bytes that may pass. Returns why the rest may not, if it must never pass.
    pub fn clear_held(&mut self) -> Option<Refusal> {
        let cleared = self.framing.clear(&self.held);
        if cleared.bytes > 0 {
            let rest = self.held.split_off(cleared.bytes);
            self.cleared = std::mem::replace(&mut self.held, rest);
            self.cleared_at = 0;
        }
        cleared.refusal
    }

    /// Clears the bytes of `buf` from `start` on, which were read while none were held, and takes out those that may not
    /// pass yet. Returns why they must never pass, if that is so.
    pub fn clear_read(&mut self, buf: &mut ReadBuf<'_>, start: usize) -> Option<Refusal> {
        let new = &buf.filled()[start..];
        let cleared = self.framing.clear(new);
        if cleared.bytes < new.len() {
            self.held.extend_from_slice(&new[cleared.bytes..]);
            buf.set_filled(start + cleared.bytes);
        }
        cleared.refusal
    }

    /// Moves cleared bytes into `buf`. Returns true if there were any.
    pub fn take_cleared(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let rest = &self.cleared[self.cleared_at..];
        if rest.is_empty() {
            return false;
        }
        let take = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..take]);
        self.cleared_at += take;
        if self.cleared_at == self.cleared.len() {
            // Freed at once: most connections need the buffer only once.
            self.cleared = Vec::new();
            self.cleared_at = 0;
        }
        true
    }

    /// Ends the stream with a refusal: after the cleared bytes and a stand-in for the head, no further byte passes.
    pub fn refuse(&mut self, refusal: &Refusal) -> RefusedPart {
        self.held = Vec::new();
        if self.framing.position() == Position::Body {
            self.end = End::Broken(io::ErrorKind::InvalidData);
            RefusedPart::Body
        } else {
            self.cleared.extend_from_slice(&refusal.reason.substitute_request());
            self.end = End::Silence;
            RefusedPart::Head
        }
    }
}
