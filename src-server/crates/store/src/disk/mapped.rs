//! A file as memory: what the kernel sends from there it takes straight out of the page cache.
//!
//! A [`Mapped`] is also a name for a part of a file: [`mapped_source`] tells, of bytes in memory, which file they are and from
//! which offset on. Whoever writes them to a socket can so have the kernel send the file itself
//! ([`OpenFile::send_to`]), without a copy and without a page table ever being filled; whoever does not know of it
//! sends the memory, and the bytes are the same.
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

use super::OpenFile;
use crate::platform;
use memmap2::{Mmap, MmapOptions};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

/// What is mapped now, by address.
static MAPS: RwLock<BTreeMap<usize, Known>> = RwLock::new(BTreeMap::new());

struct Known {
    len: usize,
    file: Arc<OpenFile>,
    offset: u64,
}

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
    pub fn new(file: &Arc<OpenFile>, range: &Range<u64>) -> io::Result<Self> {
        if file.file.metadata()?.len() < range.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let len = usize::try_from(range.end - range.start).map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: read-only, private to this value; see the header for what happens if the file shrinks.
        let map = unsafe { MmapOptions::new().offset(range.start).len(len).map(&file.file)? };
        let known = Known { len, file: file.clone(), offset: range.start };
        MAPS.write().unwrap_or_else(PoisonError::into_inner).insert(map.as_ptr().addr(), known);
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

impl Drop for Mapped {
    /// Forgotten before it is unmapped: the next map may get the same address.
    fn drop(&mut self) {
        MAPS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.map.as_ptr().addr());
    }
}

/// The file behind bytes in memory, and the offset in it at which they begin; `None` if they are ordinary memory.
pub fn mapped_source(bytes: &[u8]) -> Option<(Arc<OpenFile>, u64)> {
    let start = bytes.as_ptr().addr();
    let maps = MAPS.read().unwrap_or_else(PoisonError::into_inner);
    let (first, known) = maps.range(..=start).next_back()?;
    let at = start - first;
    (at + bytes.len() <= known.len).then(|| (known.file.clone(), known.offset + at as u64))
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
    fn a_map_says_which_file_it_is_and_only_while_it_is_there() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| at as u8).collect();
        let (_dir, file) = open(&bytes);
        let map = Mapped::new(&file, &(65_536..100_000)).expect("maps");
        let part = &map.as_ref()[100..1000];
        let (found, offset) = mapped_source(part).expect("known");
        assert!(Arc::ptr_eq(&found, &file));
        assert_eq!(offset, 65_636);
        assert_eq!(part, &bytes[65_636..66_536]);
        assert!(mapped_source(&bytes[..10]).is_none(), "ordinary memory");
        let address = map.as_ref().as_ptr().addr();
        drop(map);
        assert!(!MAPS.read().expect("not poisoned").contains_key(&address));
    }

    #[test]
    fn more_than_the_file_has_is_not_mapped() {
        let (_dir, file) = open(b"short");
        assert_eq!(Mapped::new(&file, &(0..6)).expect_err("refused").kind(), io::ErrorKind::UnexpectedEof);
    }
}
