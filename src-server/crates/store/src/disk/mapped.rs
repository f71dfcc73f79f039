//! Memory-mapped parts of files: the kernel sends their pages straight from the page cache.
//!
//! HTTP libraries write slices of memory, and a slice does not say where it comes from. So each connection has one
//! [`FileMaps`]: the bodies of its responses create their maps there, and its socket asks there, just before it writes a
//! slice, which part of which file the slice is ([`FileMaps::source_of`]). It can then have the kernel send the file
//! itself ([`OpenFile::send_to`]), without a copy and without filling a page table. A socket that does not ask sends the
//! memory, with the same bytes. See docs/adr/0017.
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
use parking_lot::Mutex;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// The memory maps of files that one connection is sending: one or two, since it sends one body at a time, each by one
/// window of its file after the other. Clones share the maps.
#[derive(Clone, Debug, Default)]
pub struct FileMaps(Arc<Mutex<Vec<Mapping>>>);

#[derive(Debug)]
struct Mapping {
    addresses: Range<usize>,
    file: Arc<OpenFile>,
    /// Offset in the file of the first address.
    offset: u64,
}

impl FileMaps {
    /// Maps `range` of `file` (bytes from 0, end exclusive, not empty). Reads nothing yet.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file is shorter; errors of `mmap`.
    pub fn map(&self, file: &Arc<OpenFile>, range: &Range<u64>) -> io::Result<Mapped> {
        if file.file.metadata()?.len() < range.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let len = usize::try_from(range.end - range.start).map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: read-only, private to the returned value; see the module for what happens if the file shrinks.
        let map = unsafe { MmapOptions::new().offset(range.start).len(len).map(&file.file)? };
        let start = map.as_ptr().addr();
        self.0.lock().push(Mapping { addresses: start..start + len, file: file.clone(), offset: range.start });
        Ok(Mapped { map, maps: self.clone() })
    }

    /// Returns the file that a slice of one of these maps belongs to, and the slice's offset in it; `None` for all other
    /// memory.
    pub fn source_of(&self, bytes: &[u8]) -> Option<(Arc<OpenFile>, u64)> {
        let start = bytes.as_ptr().addr();
        let maps = self.0.lock();
        let found = maps.iter().find(|one| one.addresses.contains(&start))?;
        let at = start - found.addresses.start;
        (start + bytes.len() <= found.addresses.end).then(|| (found.file.clone(), found.offset + at as u64))
    }
}

/// A part of a file, mapped read-only. Read the module's documentation before use.
#[derive(Debug)]
pub struct Mapped {
    map: Mmap,
    maps: FileMaps,
}

impl Mapped {
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
    /// Forgotten before it is unmapped: the next mapping may get the same address.
    fn drop(&mut self) {
        let start = self.map.as_ptr().addr();
        self.maps.0.lock().retain(|one| one.addresses.start != start);
    }
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
        let (maps, others) = (FileMaps::default(), FileMaps::default());
        let map = maps.map(&file, &(65_536..100_000)).expect("maps");
        let part = &map.as_ref()[100..1000];
        let (found, offset) = maps.source_of(part).expect("is mapped");
        assert!(Arc::ptr_eq(&found, &file));
        assert_eq!(offset, 65_636);
        assert_eq!(part, &bytes[65_636..66_536]);
        assert!(maps.source_of(&bytes[..10]).is_none(), "ordinary memory");
        assert!(others.source_of(part).is_none(), "a map of another connection");
        let second = maps.map(&file, &(0..100)).expect("maps");
        assert_eq!(maps.source_of(&second.as_ref()[50..]).map(|(_, offset)| offset), Some(50));
        drop(map);
        assert_eq!(maps.0.lock().len(), 1);
        drop(second);
        assert!(maps.0.lock().is_empty());
    }

    #[test]
    fn a_range_beyond_the_end_is_not_mapped() {
        let (_dir, file) = open(b"short");
        assert_eq!(FileMaps::default().map(&file, &(0..6)).expect_err("refused").kind(), io::ErrorKind::UnexpectedEof);
    }
}
