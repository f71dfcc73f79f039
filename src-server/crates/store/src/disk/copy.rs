//! Contents from file to file.

use super::{Faults, Op};
use crate::error::{ErrorKind, StoreError};
use crate::platform;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Least and most bytes moved at once where the kernel does not copy by itself.
const LEAST: u64 = 4 << 10;
const MOST: u64 = 1 << 20;
/// Bytes that the kernel copies without being asked whether to go on.
const PIECE: u64 = 64 << 20;
/// Bytes of a copy that are not on the disk.
const UNSYNCED_MAX: u64 = 256 << 20;

/// Makes `to` (empty, writable) hold what `from` holds, sharing blocks where the file system can, else by a copy inside
/// the kernel, else through memory. Returns the number of bytes; nothing is synced.
///
/// # Errors
/// Whatever reading or writing says; `to` may then hold a part.
pub fn clone_or_copy(from: &File, to: &File, faults: Option<&Faults>) -> Result<u64, StoreError> {
    clone_or_copy_until(from, to, faults, &AtomicBool::new(false))
}

/// The same, given up soon after `interrupted` is true: the program ends, and a long copy must not hold it up.
///
/// # Errors
/// `Busy` when it was given up.
pub(super) fn clone_or_copy_until(
    from: &File,
    to: &File,
    faults: Option<&Faults>,
    interrupted: &AtomicBool,
) -> Result<u64, StoreError> {
    if interrupted.load(Relaxed) {
        return Err(given_up());
    }
    match copy(from, to, faults, interrupted) {
        Err(_) if interrupted.load(Relaxed) => Err(given_up()),
        done => done.map_err(|source| StoreError::new("copy", "contents of a file", source)),
    }
}

fn given_up() -> StoreError {
    StoreError::with_kind(ErrorKind::Busy, "copy", "contents of a file", "the program is ending")
}

/// Called between pieces of a large copy. What was written is put on the disk bit by bit, so that the sync at the end of
/// the copy, which cannot be given up, is short.
fn next_piece(
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
        match platform::copy_range(from, to, (size - copied).min(PIECE)) {
            Ok(0) => break,
            Ok(more) => {
                copied += more as u64;
                next_piece(to, more as u64, copied, (faults, interrupted))?;
            }
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(error),
            // Not between these file systems: what is left goes through memory.
            Err(_) => break,
        }
    }
    // What a file has grown by meanwhile is not part of the copy.
    if copied > 0 && copied == size {
        return Ok(copied);
    }
    // Also after an early end: some file systems answer 0 for files that they make up while being read. One byte more
    // than is left, so that a file that has grown shows it.
    let room = (size.saturating_sub(copied) + 1).clamp(LEAST, MOST);
    let mut buffer = vec![0; room as usize];
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
        next_piece(to, length as u64, copied, (faults, interrupted))?;
    }
}
