//! Copies the content of one file to another.

use super::{Faults, Op};
use crate::error::{ErrorKind, StoreError};
use crate::platform;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Least and most bytes copied at once through memory.
const MIN_BUFFER: u64 = 4 << 10;
const MAX_BUFFER: u64 = 1 << 20;
/// Bytes that the kernel copies in one call; between calls the copy can be interrupted.
const MAX_KERNEL_COPY: u64 = 64 << 20;
/// The same for a copy that is watched, whose progress is shown.
const MAX_WATCHED_COPY: u64 = 8 << 20;
/// Bytes of a copy that may be dirty in the page cache.
const UNSYNCED_MAX: u64 = 256 << 20;

/// Follows copies, and ends them. Shared between the thread that copies and one that watches.
#[derive(Debug, Default)]
pub struct CopyWatch {
    cancelled: AtomicBool,
    copied: AtomicU64,
}

impl CopyWatch {
    /// Ends copies soon: they fail.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// Whether [`CopyWatch::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    /// Returns the bytes that were copied so far, of all files.
    pub fn copied(&self) -> u64 {
        self.copied.load(Relaxed)
    }
}

/// What ends a copy early, and what follows it.
#[derive(Clone, Copy)]
pub(super) struct Control<'a> {
    /// The program is ending.
    pub ended: &'a AtomicBool,
    /// The caller's watch.
    pub watch: Option<&'a CopyWatch>,
}

impl Control<'_> {
    fn is_stopped(&self) -> bool {
        self.ended.load(Relaxed) || self.watch.is_some_and(CopyWatch::is_cancelled)
    }

    fn count(&self, bytes: u64) {
        if let Some(watch) = self.watch {
            watch.copied.fetch_add(bytes, Relaxed);
        }
    }

    fn kernel_piece(&self) -> u64 {
        if self.watch.is_some() { MAX_WATCHED_COPY } else { MAX_KERNEL_COPY }
    }
}

/// Copies the content of `from` to `to` (empty, writable): shares the blocks where the file system can, else copies
/// inside the kernel, else through memory. Returns the number of bytes. Syncs nothing.
///
/// # Errors
/// I/O errors; `to` may then hold a part of the content.
pub fn clone_or_copy(from: &File, to: &File, faults: Option<&Faults>) -> Result<u64, StoreError> {
    clone_or_copy_until(from, to, faults, Control { ended: &AtomicBool::new(false), watch: None })
}

/// Like [`clone_or_copy`], but stops soon when `control` says so: the program is ending and must not wait for a long copy,
/// or the one who asked for it has gone.
///
/// # Errors
/// `Busy` if the copy was interrupted.
pub(super) fn clone_or_copy_until(
    from: &File,
    to: &File,
    faults: Option<&Faults>,
    control: Control<'_>,
) -> Result<u64, StoreError> {
    if control.is_stopped() {
        return Err(interrupted_error());
    }
    match copy(from, to, faults, control) {
        Err(_) if control.is_stopped() => Err(interrupted_error()),
        done => done.map_err(|source| StoreError::new("copy", "contents of a file", source)),
    }
}

/// Makes `to` (empty, writable) a file that shares its blocks with `from`, if the file system can do that.
///
/// # Errors
/// I/O errors, above all that it cannot; then `to` is empty.
pub(super) fn clone_only(from: &File, to: &File, faults: Option<&Faults>) -> Result<(), StoreError> {
    let cloned = faults.map_or(Ok(()), |faults| faults.check(Op::Write)).and_then(|()| platform::clone_file(from, to));
    cloned.map_err(|source| StoreError::new("clone", "contents of a file", source))
}

fn interrupted_error() -> StoreError {
    StoreError::with_kind(ErrorKind::Busy, "copy", "contents of a file", "the copy was ended")
}

/// Called between pieces of a large copy. Syncs at intervals, so that the sync at the end of the copy, which cannot be
/// interrupted, is short.
fn between_pieces(
    to: &File,
    piece: u64,
    copied: u64,
    (faults, control): (Option<&Faults>, Control<'_>),
) -> io::Result<()> {
    control.count(piece);
    if control.is_stopped() {
        return Err(io::ErrorKind::Interrupted.into());
    }
    if copied / UNSYNCED_MAX == (copied - piece) / UNSYNCED_MAX {
        return Ok(());
    }
    faults.map_or(Ok(()), |faults| faults.check(Op::Sync))?;
    to.sync_data()
}

fn copy(mut from: &File, mut to: &File, faults: Option<&Faults>, control: Control<'_>) -> io::Result<u64> {
    if let Some(faults) = faults {
        faults.check(Op::Write)?;
    } else if platform::clone_file(from, to).is_ok() {
        let size = from.metadata()?.len();
        control.count(size);
        return Ok(size);
    }
    from.seek(SeekFrom::Start(0))?;
    to.seek(SeekFrom::Start(0))?;
    let size = from.metadata()?.len();
    let mut copied = 0;
    while faults.is_none() && copied < size {
        match platform::copy_range(from, to, (size - copied).min(control.kernel_piece())) {
            Ok(0) => break,
            Ok(more) => {
                copied += more as u64;
                between_pieces(to, more as u64, copied, (faults, control))?;
            }
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(error),
            // Not supported between these file systems: the rest is copied through memory.
            Err(_) => break,
        }
    }
    // Bytes that were appended to the file meanwhile are not part of the copy.
    if copied > 0 && copied == size {
        return Ok(copied);
    }
    // Also after an early end: some file systems report size 0 for files whose content they generate on read. The
    // buffer has one byte more than is left, so that one read shows whether the file has grown.
    let size = (size.saturating_sub(copied) + 1).clamp(MIN_BUFFER, MAX_BUFFER);
    let mut buffer = vec![0; size as usize];
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if let Some(faults) = faults {
            faults.check_write(length as u64)?;
        }
        to.write_all(&buffer[..length])?;
        copied += length as u64;
        between_pieces(to, length as u64, copied, (faults, control))?;
    }
}
