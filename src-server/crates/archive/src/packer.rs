//! The interface of an archive format.

use bytes::Bytes;
use std::io;
use store::disk::OpenFile;

/// Pieces of a file from this size on are passed without copying; smaller ones are copied behind the previous output.
pub(super) const COPIED_BELOW: usize = 32 << 10;

/// The interface of an archive format. Output is buffered until it is taken.
pub(super) trait Packer: Send + Sync {
    /// Adds a folder. `path`: with a trailing slash. Times are nanoseconds since 1970.
    fn add_folder(&mut self, path: &[u8], mtime_ns: i64) -> io::Result<()>;
    /// Adds a generated text.
    fn add_text(&mut self, path: &[u8], text: &[u8], mtime_ns: i64) -> io::Result<()>;
    /// Begins a file. `path`: safe names separated by `/`.
    fn begin_file(&mut self, path: Vec<u8>, file: OpenFile) -> io::Result<()>;
    /// Continues the current file: reads at most 512 KiB of it.
    fn continue_file(&mut self) -> io::Result<Progress>;
    /// Continues the end of the archive; true when it is complete.
    fn finish(&mut self) -> io::Result<bool>;
    /// Bytes of output that were not taken yet.
    fn waiting(&self) -> usize;
    /// Takes the output since the last call. No piece is empty.
    fn take(&mut self) -> Vec<Bytes>;
}

/// Progress of the current file.
pub(super) enum Progress {
    /// This many bytes were read; more follow.
    Read(usize),
    /// The file was added as `path`. If it could not be read completely, the rest is zeros, with the reason in
    /// `failure`.
    Done { path: Vec<u8>, failure: Option<io::Error> },
}

/// Appends bytes `at..at + most` of a file to `into`. If they cannot be read, appends zeros and returns the reason.
///
/// Always appends exactly `most` bytes, also when the file system returns fewer at a time: a zip states in advance how
/// many blocks a file has.
pub(super) fn read_or_pad(file: &OpenFile, at: u64, most: usize, into: &mut Vec<u8>) -> Option<io::Error> {
    let (start, end) = (into.len(), into.len() + most);
    while into.len() < end {
        let failure = match file.read_at(at + (into.len() - start) as u64, end - into.len(), into) {
            Ok(0) => io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => continue,
            Err(error) => error,
        };
        into.resize(end, 0);
        return Some(failure);
    }
    None
}
