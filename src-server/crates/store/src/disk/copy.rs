//! Copies the content of one file to another.

use super::{Faults, Op};
use crate::error::{ErrorKind, StoreError};
use crate::platform;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Least and most bytes copied at once through memory.
const MIN_BUFFER: u64 = 4 << 10;
const MAX_BUFFER: u64 = 1 << 20;
/// Bytes that the kernel copies in one call; between calls the copy can be interrupted.
const MAX_KERNEL_COPY: u64 = 64 << 20;
/// Bytes of a copy that may be dirty in the page cache.
const UNSYNCED_MAX: u64 = 256 << 20;

/// Copies the content of `from` to `to` (empty, writable): shares the blocks where the file system can, else copies
/// inside the kernel, else through memory. Returns the number of bytes. Syncs nothing.
///
/// # Errors
/// I/O errors; `to` may then hold a part of the content.
pub fn clone_or_copy(from: &File, to: &File, faults: Option<&Faults>) -> Result<u64, StoreError> {
    clone_or_copy_until(from, to, faults, &AtomicBool::new(false))
}

/// Like [`clone_or_copy`], but stops soon after `interrupted` becomes true: the program is ending and must not wait for
/// a long copy.
///
/// # Errors
/// `Busy` if the copy was interrupted.
pub(super) fn clone_or_copy_until(
    from: &File,
    to: &File,
    faults: Option<&Faults>,
    interrupted: &AtomicBool,
) -> Result<u64, StoreError> {
    if interrupted.load(Relaxed) {
        return Err(interrupted_error());
    }
    match copy(from, to, faults, interrupted) {
        Err(_) if interrupted.load(Relaxed) => Err(interrupted_error()),
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
    StoreError::with_kind(ErrorKind::Busy, "copy", "contents of a file", "the program is ending")
}

/// Called between pieces of a large copy. Syncs at intervals, so that the sync at the end of the copy, which cannot be
/// interrupted, is short.
fn between_pieces(
    to: &File,
    piece: u64,
    copied: u64,
    (faults, interrupted): (Option<&Faults>, &AtomicBool),
) -> io::Result<()> {
    if interrupted.load(Relaxed) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    if copied / UNSYNCED_MAX == (copied - piece) / UNSYNCED_MAX {
        return Ok(());
    }
    faults.map_or(Ok(()), |faults| faults.check(Op::Sync))?;
    to.sync_data()
}

fn copy(mut from: &File, mut to: &File, faults: Option<&Faults>, interrupted: &AtomicBool) -> io::Result<u64> {
    if let Some(faults) = faults {
        faults.check(Op::Write)?;
    } else if platform::clone_file(from, to).is_ok() {
        return Ok(from.metadata()?.len());
    }
    from.seek(SeekFrom::Start(0))?;
    to.seek(SeekFrom::Start(0))?;
    let size = from.metadata()?.len();
    let mut copied = 0;
    while faults.is_none() && copied < size {
        match platform::copy_range(from, to, (size - copied).min(MAX_KERNEL_COPY)) {
            Ok(0) => break,
            Ok(more) => {
                copied += more as u64;
                between_pieces(to, more as u64, copied, (faults, interrupted))?;
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
        between_pieces(to, length as u64, copied, (faults, interrupted))?;
    }
}
