//! Collects the output of one step: small writes in buffers, big pieces without copying.

use bytes::Bytes;

/// Capacity of a buffer, which becomes one piece when it is full.
const BUFFER: usize = 256 << 10;

/// Pieces of output in order.
#[derive(Default)]
pub(super) struct OutputBuffers {
    whole: Vec<Bytes>,
    /// The current buffer; it comes after `whole`.
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

    /// Returns a buffer for appending at most `most` bytes.
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
        // A piece may wait for its client for long, and would hold its whole capacity.
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
