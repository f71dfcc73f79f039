//! Hashes a file on disk into its list of chunk hashes, several chunks side by side.
//!
//! The caller's thread reads and the service hashes: while some chunks are being hashed, the next piece of another is
//! read. Memory use is one buffer for each of [`slots`], whatever the size of the file or its chunks.

use super::service::HashService;
use super::state::Sha512State;
use crate::platform;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::mpsc;

/// Most chunks at a time; bounds memory to 48 MiB.
const SLOTS_MAX: usize = 48;

/// Bytes of each chunk read at a time.
const PIECE: u64 = 1024 * 1024;

/// Returns the number of chunks at a time: those that the threads hash, and as many as one of them that are read meanwhile.
fn slots(service: &HashService) -> usize {
    SLOTS_MAX.min(service.engine().lanes() * (service.threads() + 1))
}

/// A chunk being hashed.
struct Slot {
    index: usize,
    /// Offset of the next byte to read for this chunk, and of its end (exclusive).
    at: u64,
    end: u64,
    state: Sha512State,
    piece: Piece,
}

/// A buffer that keeps its size when it is filled partially.
struct Piece {
    buffer: Vec<u8>,
    filled: usize,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }
}

/// Hashes the first `size` bytes of `file` in chunks of `chunk_size` (the last may be shorter). Returns the first 33
/// bytes of each chunk's SHA-512, in file order; an empty list for an empty file. Calls `cancelled` before every read.
/// Blocks.
///
/// # Errors
/// `UnexpectedEof`: the file is shorter than `size`. `Interrupted`: `cancelled` returned true. `InvalidInput`:
/// `chunk_size` is 0. Otherwise I/O errors.
///
/// Source: docs/up2k.md "chunks".
pub fn hash_file_chunks(
    service: &HashService,
    file: &File,
    size: u64,
    chunk_size: u64,
    cancelled: &dyn Fn() -> bool,
) -> io::Result<Vec<[u8; 33]>> {
    if chunk_size == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a chunk size of 0"));
    }
    let count = usize::try_from(size.div_ceil(chunk_size)).map_err(io::Error::other)?;
    let mut hashes = vec![[0; 33]; count];
    let bounds = |index: usize| {
        let start = index as u64 * chunk_size;
        (start, size.min(start.saturating_add(chunk_size)))
    };
    let mut waiting = 0..count;
    let mut ready: VecDeque<Slot> = VecDeque::new();
    for index in waiting.by_ref().take(slots(service)) {
        let (at, end) = bounds(index);
        let piece = Piece { buffer: vec![0; PIECE.min(end - at) as usize], filled: 0 };
        ready.push_back(Slot { index, at, end, state: Sha512State::new(), piece });
    }

    let (answer, answers) = mpsc::channel();
    let mut in_flight = 0;
    while in_flight > 0 || !ready.is_empty() {
        let mut slot = match ready.pop_front() {
            Some(slot) => slot,
            None => {
                in_flight -= 1;
                answers.recv().map_err(io::Error::other)?
            }
        };
        if slot.at == slot.end {
            let hash = std::mem::take(&mut slot.state).finish();
            hashes[slot.index].copy_from_slice(&hash[..33]);
            let Some(index) = waiting.next() else {
                continue;
            };
            slot.index = index;
            (slot.at, slot.end) = bounds(index);
        }
        if cancelled() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "hashing was cancelled"));
        }
        slot.piece.filled = (slot.end - slot.at).min(slot.piece.buffer.len() as u64) as usize;
        platform::read_exact_at(file, &mut slot.piece.buffer[..slot.piece.filled], slot.at)?;
        slot.at += slot.piece.filled as u64;
        let Slot { index, at, end, state, piece } = slot;
        if count == 1 {
            // There is no other chunk to hash beside it, so it is hashed without a change of threads.
            let (state, mut parts) = service.update_blocking(state, vec![piece]);
            let piece = parts.pop().expect("the parts are returned");
            ready.push_back(Slot { index, at, end, state, piece });
        } else {
            let answer = answer.clone();
            service.submit(state, piece, move |state, piece| {
                let _ = answer.send(Slot { index, at, end, state, piece }); // the reader may have returned an error
            });
            in_flight += 1;
        }
    }
    Ok(hashes)
}
