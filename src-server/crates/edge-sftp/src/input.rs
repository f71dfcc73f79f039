//! Bytes of a channel, collected into packets, with limits.

use crate::packet::PACKET_MAX;
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;

/// A packet is longer than [`PACKET_MAX`], or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketTooLong;

/// Bytes that have arrived and were not taken yet.
#[derive(Debug, Default)]
pub struct PacketBuffer {
    pieces: VecDeque<Bytes>,
    size: usize,
}

impl PacketBuffer {
    /// Adds received bytes.
    pub fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.size += piece.len();
            self.pieces.push_back(piece);
        }
    }

    /// Returns the number of bytes that wait.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Returns whether no byte waits.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Takes the next packet, without the length before it. `None`: it has not arrived completely. A packet that arrived in
    /// one piece is not copied.
    ///
    /// # Errors
    /// It is too long.
    pub fn take(&mut self) -> Result<Option<Bytes>, PacketTooLong> {
        let Some(length) = self.next_length() else { return Ok(None) };
        if length == 0 || length > PACKET_MAX {
            return Err(PacketTooLong);
        }
        if self.size < 4 + length {
            return Ok(None);
        }
        self.take_bytes(4);
        Ok(Some(self.take_bytes(length)))
    }

    fn next_length(&self) -> Option<usize> {
        let mut bytes = self.pieces.iter().flat_map(|piece| piece.iter().copied());
        let mut next = || bytes.next();
        let length = u32::from_be_bytes([next()?, next()?, next()?, next()?]);
        // The sum with 4 must fit.
        Some(usize::try_from(length).unwrap_or(usize::MAX).min(usize::MAX - 4))
    }

    /// Takes `count` bytes, of which there are as many.
    fn take_bytes(&mut self, count: usize) -> Bytes {
        self.size -= count;
        if let Some(front) = self.pieces.front_mut()
            && front.len() >= count
        {
            let taken = front.split_to(count);
            if front.is_empty() {
                self.pieces.pop_front();
            }
            return taken;
        }
        let mut taken = BytesMut::with_capacity(count);
        while taken.len() < count {
            let Some(front) = self.pieces.front_mut() else { break };
            let part = front.len().min(count - taken.len());
            taken.extend_from_slice(&front[..part]);
            front.advance(part);
            if front.is_empty() {
                self.pieces.pop_front();
            }
        }
        taken.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
    }

    #[test]
    fn packets_arrive_in_any_pieces() {
        let stream = [packet(b"a"), packet(b"bcd"), packet(&[7; 100])].concat();
        for length in 1..stream.len() {
            let mut buffer = PacketBuffer::default();
            let mut taken = Vec::new();
            for piece in stream.chunks(length) {
                buffer.push(Bytes::copy_from_slice(piece));
                while let Some(packet) = buffer.take().expect("short packets") {
                    taken.push(packet);
                }
            }
            assert_eq!(taken, [&b"a"[..], b"bcd", &[7; 100]], "pieces of {length}");
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn lengths_that_are_refused() {
        for length in [0, PACKET_MAX as u32 + 1, u32::MAX] {
            let mut buffer = PacketBuffer::default();
            buffer.push(Bytes::copy_from_slice(&length.to_be_bytes()));
            assert_eq!(buffer.take(), Err(PacketTooLong), "{length}");
        }
        let mut buffer = PacketBuffer::default();
        buffer.push(packet(&vec![1; PACKET_MAX]).into());
        assert_eq!(buffer.take().map(|packet| packet.map(|packet| packet.len())), Ok(Some(PACKET_MAX)));
    }
}
