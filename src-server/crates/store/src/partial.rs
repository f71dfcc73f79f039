//! `Partial`: a file that is being uploaded. It has a hidden name in its final folder and is written at offsets in any
//! order.
//!
//! Nothing is buffered in the process: what was written is in the page cache and survives `kill -9` at any moment.

use crate::disk::{Folder, Meta, Op};
use crate::error::StoreError;
use crate::platform::{self, Pipe};
use crate::splice::{SpliceOutcome, SpliceTransfer};
use model::{FileName, UnixMillis, VPath};
use parking_lot::Mutex;
use std::fs::File;
use std::io;

/// Bytes copied at once.
const COPY_SIZE: usize = 256 << 10;

/// An open partial file.
#[derive(Debug)]
pub struct Partial {
    file: File,
    folder: Folder,
    name: FileName,
    /// This handle has created the file, so that its name cannot have been replaced for longer than the handle exists.
    /// Else the file was opened by name.
    is_new: bool,
    /// One thread writes at a time. File systems lock the file for each write anyway, and the other threads would spin.
    writing: Mutex<()>,
}

impl Partial {
    /// Creates an empty partial file with the mode of the finished file (subject to the umask).
    ///
    /// # Errors
    /// `Exists`, `Denied`, `ReadOnly`, `NoSpace`.
    pub fn create(folder: &Folder, name: &FileName, mode: u32) -> Result<Self, StoreError> {
        let file = folder.create_new(name, mode)?;
        Ok(Self { file, folder: folder.clone(), name: name.clone(), is_new: true, writing: Mutex::default() })
    }

    /// Opens an existing partial file.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub fn open(folder: &Folder, name: &FileName) -> Result<Self, StoreError> {
        let file = folder.open_writable(name)?.file;
        Ok(Self { file, folder: folder.clone(), name: name.clone(), is_new: false, writing: Mutex::default() })
    }

    /// Returns its folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }
    /// Returns its hidden name.
    pub fn name(&self) -> &FileName {
        &self.name
    }
    /// Returns the handle, for reading.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Sets the full length at once. Ranges that were not written are zero and take no space.
    ///
    /// # Errors
    /// `NoSpace` where the file system does not support files of that length.
    pub fn set_length(&self, length: u64) -> Result<(), StoreError> {
        let checked = self.folder.faults().map_or(Ok(()), |faults| faults.check(Op::Write));
        checked.and_then(|()| self.file.set_len(length)).map_err(|source| self.failed("set the length of", source))
    }

    /// Returns the allocated bytes on disk; `None` if the platform cannot say.
    pub fn allocated(&self) -> Option<u64> {
        platform::allocated(&self.file)
    }

    /// Whether the hidden name still refers to this file: another program may have removed or replaced it.
    ///
    /// # Errors
    /// File system errors.
    pub fn still_has_name(&self, meta: &Meta) -> Result<bool, StoreError> {
        Ok(self.folder.stat(&self.name)?.is_some_and(|there| there.id() == meta.id()))
    }

    /// Whether this handle has created the file.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns the current length in bytes.
    ///
    /// # Errors
    /// File system errors.
    pub fn length(&self) -> Result<u64, StoreError> {
        Ok(self.file.metadata().map_err(|source| self.failed("stat", source))?.len())
    }

    /// Returns its metadata.
    ///
    /// # Errors
    /// File system errors.
    pub fn meta(&self) -> Result<Meta, StoreError> {
        platform::file_meta(&self.file).map_err(|source| self.failed("stat", source))
    }

    /// Writes all of `data` at `offset`.
    ///
    /// # Errors
    /// `NoSpace`; a part may have been written.
    pub fn write_at(&self, data: &[u8], offset: u64) -> Result<(), StoreError> {
        if let Some(faults) = self.folder.faults() {
            faults.check_write(data.len() as u64).map_err(|source| self.failed("write", source))?;
        }
        let _writing = self.writing.lock();
        platform::write_all_at(&self.file, data, offset).map_err(|source| self.failed("write", source))
    }

    /// Moves at most `most` bytes of a spliced body to `offset`. Does not wait for the socket.
    ///
    /// # Errors
    /// `NoSpace`; a part may have been written.
    pub fn splice_from(&self, transfer: &SpliceTransfer, offset: u64, most: u64) -> Result<SpliceOutcome, StoreError> {
        let drain = |pipe: &Pipe, length: u64| {
            if let Some(faults) = self.folder.faults() {
                faults.check_write(length)?;
            }
            let _writing = self.writing.lock();
            self.drain_pipe(pipe, offset, length)
        };
        transfer.splice_batch(most, drain).map_err(|source| self.failed("write", source))
    }

    fn drain_pipe(&self, pipe: &Pipe, offset: u64, length: u64) -> io::Result<()> {
        let mut done = 0;
        while done < length {
            let most = usize::try_from(length - done).unwrap_or(usize::MAX);
            let written = match pipe.drain_to(&self.file, offset + done, most) {
                Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                Some(written) => written?,
                None => {
                    let mut bytes = vec![0; COPY_SIZE.min(most)];
                    let read = pipe.read(&mut bytes)?;
                    platform::write_all_at(&self.file, &bytes[..read], offset + done)?;
                    read
                }
            };
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            done += written as u64;
        }
        Ok(())
    }

    /// Copies `length` bytes from offset `from` to offset `to`.
    ///
    /// # Errors
    /// `NoSpace`; a part may have been written.
    pub fn copy_within(&self, from: u64, length: u64, to: u64) -> Result<(), StoreError> {
        let mut bytes = vec![0; COPY_SIZE.min(usize::try_from(length).unwrap_or(COPY_SIZE))];
        let mut done = 0;
        while done < length {
            let most = usize::try_from(length - done).unwrap_or(COPY_SIZE).min(bytes.len());
            let read = self.read_exact_at(&mut bytes[..most], from + done);
            read.map_err(|source| self.failed("read", source))?;
            self.write_at(&bytes[..most], to + done)?;
            done += most as u64;
        }
        Ok(())
    }

    /// Reads at `offset`. Returns 0 at the end of the file.
    ///
    /// # Errors
    /// I/O errors.
    pub fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize, StoreError> {
        platform::read_at(&self.file, into, offset).map_err(|source| self.failed("read", source))
    }

    /// Fills `into` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file ends before; I/O errors.
    pub fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        platform::read_exact_at(&self.file, into, offset)
    }

    /// Sets the modification time; later writes change it again.
    ///
    /// # Errors
    /// File system errors.
    pub fn set_mtime(&self, mtime: UnixMillis) -> Result<(), StoreError> {
        self.folder.set_file_mtime(&self.file, &self.name, mtime)
    }

    /// Makes the content durable, without the times.
    ///
    /// # Errors
    /// I/O errors; nothing is known to be durable then.
    pub fn sync_data(&self) -> Result<(), StoreError> {
        if let Some(faults) = self.folder.faults() {
            faults.check(Op::Sync).map_err(|source| self.failed("sync", source))?;
        }
        self.file.sync_data().map_err(|source| self.failed("sync", source))
    }

    /// Removes the file.
    ///
    /// # Errors
    /// `NotFound` if another program has removed it.
    pub fn remove(&self) -> Result<(), StoreError> {
        self.folder.remove_file(&self.name)
    }

    fn failed(&self, op: &'static str, source: io::Error) -> StoreError {
        StoreError::new(op, self.folder.log_path(&VPath::root().join(&self.name)), source)
    }
}

/// Reads from an open file at `offset`. Returns 0 at the end of the file.
///
/// # Errors
/// I/O errors.
pub fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    platform::read_at(file, into, offset)
}
