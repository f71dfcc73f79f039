//! `BoundedReader`: a file with a limit of bytes and of time.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::Instant;

/// Most bytes that are read of one file for its tags. Tags are at the start and at the end; a decoder that wants more
/// searches a damaged file.
pub const BYTES_MAX: u64 = 64 << 20;

/// Reads from `inner` until a limit is reached; then every read fails.
pub struct BoundedReader<R> {
    inner: R,
    left: u64,
    deadline: Instant,
}

impl<R> BoundedReader<R> {
    /// Returns a reader that fails after [`BYTES_MAX`] bytes, and at the deadline.
    pub fn new(inner: R, deadline: Instant) -> Self {
        Self { inner, left: BYTES_MAX, deadline }
    }
}

impl<R: Read> Read for BoundedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the tags of a file are not read: too much of it would be read"));
        }
        if Instant::now() >= self.deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the tags of a file are not read in time"));
        }
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.inner.read(&mut into[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

impl<R: Seek> Seek for BoundedReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
