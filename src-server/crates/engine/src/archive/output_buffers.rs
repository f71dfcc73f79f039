//! The bytes that a step makes: small ones gathered in buffers, big ones as they were read.

use bytes::Bytes;

/// Bytes that a buffer has room for: what is gathered until it is full travels as one piece.
const BUFFER: usize = 256 << 10;

/// Pieces in the order in which they travel.
#[derive(Default)]
pub(super) struct OutputBuffers {
    whole: Vec<Bytes>,
    /// What is gathered; it comes after `whole`.
    tail: Vec<u8>,
    /// Bytes in `whole`.
    length: usize,
}

impl OutputBuffers {
    /// Bytes in all pieces.
    pub fn len(&self) -> usize {
        self.length + self.tail.len()
    }

    /// Adds a copy of `bytes`.
    pub fn write(&mut self, bytes: &[u8]) {
        self.buffer(bytes.len()).extend_from_slice(bytes);
    }

    /// A buffer to append at most `most` bytes to.
    pub fn buffer(&mut self, most: usize) -> &mut Vec<u8> {
        if self.tail.len() + most > self.tail.capacity() {
            self.end_buffer();
            self.tail.reserve(most.max(BUFFER));
        }
        &mut self.tail
    }

    /// Adds `piece` without copying it.
    pub fn push(&mut self, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        self.end_buffer();
        self.length += piece.len();
        self.whole.push(piece);
    }

    fn end_buffer(&mut self) {
        let mut full = std::mem::take(&mut self.tail);
        if full.is_empty() {
            return;
        }
        // A piece may wait for its client for long, and holds all of its memory.
        if full.len() < full.capacity() / 2 {
            full.shrink_to_fit();
        }
        self.length += full.len();
        self.whole.push(full.into());
    }

    /// Takes all pieces.
    pub fn take(&mut self) -> Vec<Bytes> {
        self.end_buffer();
        self.length = 0;
        std::mem::take(&mut self.whole)
    }
}
