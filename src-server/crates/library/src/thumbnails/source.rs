//! The bytes of a picture, with limits of number and time.

use super::spec::{Limits, ThumbnailError};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Instant;
use store::disk::OpenFile;

/// Where the bytes come from.
enum Bytes<'a> {
    Memory(Cursor<&'a [u8]>),
    File { file: Arc<OpenFile>, at: u64 },
}

/// A picture that is read once. Reading fails once a limit is exceeded; [`Source::exceeded`] then says which.
pub struct Source<'a> {
    bytes: Bytes<'a>,
    left: u64,
    ends: Instant,
    exceeded: Option<ThumbnailError>,
}

impl<'a> Source<'a> {
    /// A picture in memory.
    pub fn of_bytes(bytes: &'a [u8], limits: &Limits) -> Self {
        Self::new(Bytes::Memory(Cursor::new(bytes)), limits)
    }

    /// A picture on disk. The time of `limits` begins now.
    pub fn of_file(file: Arc<OpenFile>, limits: &Limits) -> Self {
        Self::of_file_at(file, 0, limits)
    }

    /// A picture inside of a file, from byte `at` on. To be read from its start to its end.
    pub(super) fn of_file_at(file: Arc<OpenFile>, at: u64, limits: &Limits) -> Self {
        Self::new(Bytes::File { file, at }, limits)
    }

    fn new(bytes: Bytes<'a>, limits: &Limits) -> Self {
        Self { bytes, left: limits.bytes, ends: Instant::now() + limits.time, exceeded: None }
    }

    /// Returns the limit that ended reading, or the error of the disk; afterwards `None`.
    pub(super) fn take_exceeded(&mut self) -> Option<ThumbnailError> {
        self.exceeded.take()
    }

    /// Returns true once the time is over.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.ends
    }

    fn fail(&mut self, why: ThumbnailError) -> io::Error {
        let text = why.to_string();
        self.exceeded = Some(why);
        io::Error::other(text)
    }
}

impl Read for Source<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.is_over() {
            return Err(self.fail(ThumbnailError::TimedOut));
        }
        if self.left == 0 {
            return Err(self.fail(ThumbnailError::TooLarge("bytes")));
        }
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = match &mut self.bytes {
            Bytes::Memory(bytes) => bytes.read(&mut into[..most])?,
            Bytes::File { file, at } => {
                let mut buffer = Vec::with_capacity(most);
                match file.read_at(*at, most, &mut buffer) {
                    Ok(read) => {
                        into[..read].copy_from_slice(&buffer[..read]);
                        *at += read as u64;
                        read
                    }
                    Err(error) => {
                        let again = io::Error::new(error.kind(), error.to_string());
                        return Err(self.fail(ThumbnailError::Unreadable(again)));
                    }
                }
            }
        };
        self.left -= read as u64;
        Ok(read)
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.bytes {
            Bytes::Memory(bytes) => bytes.seek(to),
            Bytes::File { file, at } => {
                let new = match to {
                    SeekFrom::Start(new) => Some(new),
                    SeekFrom::Current(by) => at.checked_add_signed(by),
                    SeekFrom::End(by) => file.meta.size.checked_add_signed(by),
                };
                *at = new.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the start"))?;
                Ok(*at)
            }
        }
    }
}

/// Returns the first bytes, which tell the format, without consuming them.
pub(super) fn first_bytes<'a>(reader: &'a mut BufReader<Source<'_>>) -> io::Result<&'a [u8]> {
    reader.fill_buf()
}
