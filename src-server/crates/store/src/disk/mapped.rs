//! A file as memory: what the kernel sends from there it copies once, straight out of the page cache.
//!
//! # Why the unsafe code here is sound enough, and where it may be used
//!
//! A map of a file that somebody else shortens has pages without a file behind them. Whoever *reads* such a page in
//! this process gets SIGBUS, and the process ends; the kernel, when it is given the address by `write` or `sendmsg`,
//! answers EFAULT, and only that one connection ends. So a [`Mapped`] may only be handed to system calls: to plain TCP
//! and HTTP/1, never to TLS, HTTP/2 frames, compression or a hash. Measured: plain HTTP lives on, TLS died.
//!
//! Rust's rule that shared bytes do not change while borrowed is bent by every map of a file that others may write.
//! Nothing here branches on the contents, so a change shows as other bytes on the wire, like with any `read`.
#![allow(unsafe_code)]

use crate::platform;
use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::io;
use std::ops::Range;

/// A part of a file, as memory. See the module's header before use.
#[derive(Debug)]
pub struct Mapped {
    map: Mmap,
}

impl Mapped {
    /// Maps `range` of `file` (from 0, end exclusive, not empty). Reads nothing yet.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file is shorter; whatever the system says.
    pub fn new(file: &File, range: &Range<u64>) -> io::Result<Self> {
        if file.metadata()?.len() < range.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let len = usize::try_from(range.end - range.start).map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: read-only, private to this value; see the header for what happens if the file shrinks.
        let map = unsafe { MmapOptions::new().offset(range.start).len(len).map(file)? };
        Ok(Self { map })
    }

    /// Brings `range` of this map into memory, so that whoever sends it does not wait for the disk. Blocks.
    ///
    /// # Errors
    /// The file shrank, or the disk fails.
    pub fn populate(&self, range: Range<usize>) -> io::Result<()> {
        platform::populate(&self.map, range)
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}
