//! Produces an archive step by step.

use super::compressor::Compressor;
use super::walk::{Found, Walk};
use super::{Format, tar::Tar, zip::Zip};
use bytes::Bytes;
use std::io;
use std::path::Path;
use store::disk::OpenFile;

/// Approximate output of a step: it ends when it has this many bytes.
const STEP_OUTPUT: usize = 256 << 10;
/// Pieces of a file from this size on are passed without copying; smaller ones are copied behind the previous output.
pub(super) const COPIED_BELOW: usize = 32 << 10;
/// Most bytes read in a step, even if they give little or no output (checksum passes, compression).
const STEP_READ_MAX: usize = 2 << 20;
/// Cost of a member besides its bytes.
const MEMBER_COST: usize = 4 << 10;

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

/// The output of a step.
pub(super) struct Step {
    /// The next bytes of the archive, possibly none. No piece is empty.
    pub pieces: Vec<Bytes>,
    /// Whether they are the last.
    pub is_last: bool,
}

pub(super) struct Production {
    walk: Walk,
    packer: Box<dyn Packer>,
    at: Stage,
}

/// The current stage of the production.
enum Stage {
    Walk,
    File,
    End,
}

impl Production {
    pub fn new(walk: Walk, format: Format, state_folder: &Path) -> io::Result<Self> {
        let packer: Box<dyn Packer> = match format {
            Format::Zip(names) => Box::new(Zip::new(names, state_folder)),
            Format::Tar { pax, packing } => Box::new(Tar::new(Compressor::new(packing)?, pax)),
        };
        Ok(Self { walk, packer, at: Stage::Walk })
    }

    /// Produces about [`STEP_OUTPUT`] more bytes. Blocks while it reads.
    ///
    /// # Errors
    /// The archive cannot be completed. Errors of single files are listed in the archive instead.
    pub fn step(&mut self) -> io::Result<Step> {
        let mut work = 0;
        while work < STEP_READ_MAX && self.packer.waiting() < STEP_OUTPUT {
            match self.at {
                Stage::Walk => work += self.next_member()?,
                Stage::File => match self.packer.continue_file()? {
                    Progress::Read(bytes) => work += bytes,
                    Progress::Done { path, failure } => {
                        self.at = Stage::Walk;
                        if let Some(error) = failure {
                            self.walk.record_error(&path, b"", &error);
                        }
                    }
                },
                Stage::End => {
                    if self.packer.finish()? {
                        return Ok(Step { pieces: self.packer.take(), is_last: true });
                    }
                }
            }
        }
        Ok(Step { pieces: self.packer.take(), is_last: false })
    }

    /// Begins the next entry of the walk. Returns its cost.
    fn next_member(&mut self) -> io::Result<usize> {
        match self.walk.next() {
            Some(Found::File { path, file }) => {
                self.packer.begin_file(path, file)?;
                self.at = Stage::File;
            }
            Some(Found::Folder { path, mtime_ns }) => self.packer.add_folder(&path, mtime_ns)?,
            Some(Found::Text { path, text, mtime_ns }) => self.packer.add_text(&path, &text, mtime_ns)?,
            None => self.at = Stage::End,
        }
        Ok(MEMBER_COST)
    }
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
