//! Memory-mapped parts of files: the kernel sends their pages straight from the page cache.
//!
//! A [`Mapped`] also identifies its part of the file: [`mapped_source`] returns, for a slice of mapped memory, the file
//! and the offset. Code that writes a slice to a socket can thus have the kernel send the file itself
//! ([`OpenFile::send_to`]), without a copy and without filling a page table. Code that does not use this sends the
//! memory, with the same bytes.
//!
//! # Why the unsafe code is sound enough, and where it may be used
//!
//! If another program shortens a mapped file, some pages have no file behind them. A thread of this process that
//! *reads* such a page gets SIGBUS, which ends the process. The kernel, given the address by `write` or `sendmsg`,
//! returns EFAULT, and only that one connection ends. So a [`Mapped`] may only be passed to system calls: for plain TCP
//! and HTTP/1, never for TLS, HTTP/2 frames, compression or hashing. Measured: a server with plain HTTP survived, with
//! TLS it died.
//!
//! Every mapping of a file that other programs may write bends Rust's rule that shared bytes do not change while
//! borrowed. Nothing here branches on the content, so a change only shows as other bytes on the wire, as with any
//! `read`.
#![allow(unsafe_code)]

use super::OpenFile;
use crate::platform;
use memmap2::{Mmap, MmapOptions};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// All current mappings, by address.
static MAPS: RwLock<BTreeMap<usize, Mapping>> = RwLock::new(BTreeMap::new());

struct Mapping {
    len: usize,
    file: Arc<OpenFile>,
    offset: u64,
}

/// A part of a file, mapped read-only. Read the module's documentation before use.
#[derive(Debug)]
pub struct Mapped {
    map: Mmap,
}

impl Mapped {
    /// Maps `range` of `file` (bytes from 0, end exclusive, not empty). Reads nothing yet.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file is shorter; errors of `mmap`.
    pub fn new(file: &Arc<OpenFile>, range: &Range<u64>) -> io::Result<Self> {
        if file.file.metadata()?.len() < range.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let len = usize::try_from(range.end - range.start).map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: read-only, private to this value; see the module for what happens if the file shrinks.
        let map = unsafe { MmapOptions::new().offset(range.start).len(len).map(&file.file)? };
        let mapping = Mapping { len, file: file.clone(), offset: range.start };
        MAPS.write().insert(map.as_ptr().addr(), mapping);
        Ok(Self { map })
    }

    /// Reads `range` of this mapping into memory, so that sending it does not wait for the disk. Blocks.
    ///
    /// # Errors
    /// The file was shortened; I/O errors.
    pub fn populate(&self, range: Range<usize>) -> io::Result<()> {
        platform::populate(&self.map, range)
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

impl Drop for Mapped {
    /// Deregistered before it is unmapped: the next mapping may get the same address.
    fn drop(&mut self) {
        MAPS.write().remove(&self.map.as_ptr().addr());
    }
}

/// Returns the file that a slice of mapped memory belongs to, and the slice's offset in it; `None` for ordinary memory.
pub fn mapped_source(bytes: &[u8]) -> Option<(Arc<OpenFile>, u64)> {
    let start = bytes.as_ptr().addr();
    let maps = MAPS.read();
    let (first, mapping) = maps.range(..=start).next_back()?;
    let at = start - first;
    (at + bytes.len() <= mapping.len).then(|| (mapping.file.clone(), mapping.offset + at as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Folder, Node};
    use model::VPath;

    fn open(bytes: &[u8]) -> (tempfile::TempDir, Arc<OpenFile>) {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("f"), bytes).expect("written");
        let root = Folder::open_root(dir.path()).expect("opens");
        let Node::File(file) = root.open(&VPath::parse(b"f").expect("parses")).expect("opens") else {
            panic!("a file")
        };
        (dir, Arc::new(file))
    }

    #[test]
    fn a_mapping_has_a_source_only_while_it_exists() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| at as u8).collect();
        let (_dir, file) = open(&bytes);
        let map = Mapped::new(&file, &(65_536..100_000)).expect("maps");
        let part = &map.as_ref()[100..1000];
        let (found, offset) = mapped_source(part).expect("is mapped");
        assert!(Arc::ptr_eq(&found, &file));
        assert_eq!(offset, 65_636);
        assert_eq!(part, &bytes[65_636..66_536]);
        assert!(mapped_source(&bytes[..10]).is_none(), "ordinary memory");
        let address = map.as_ref().as_ptr().addr();
        drop(map);
        assert!(!MAPS.read().contains_key(&address));
    }

    #[test]
    fn a_range_beyond_the_end_is_not_mapped() {
        let (_dir, file) = open(b"short");
        assert_eq!(Mapped::new(&file, &(0..6)).expect_err("refused").kind(), io::ErrorKind::UnexpectedEof);
    }
}
