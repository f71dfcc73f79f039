//! An archive in the making, step by step.

use super::compressor::Compressor;
use super::walk::{Found, Walk};
use super::{Format, tar::Tar, zip::Zip};
use bytes::Bytes;
use std::io;
use std::path::Path;
use store::disk::OpenFile;

/// Bytes that a step makes, about: it ends when it has them.
const STEP: usize = 256 << 10;
/// Bytes of a file from which on they travel as they were read; fewer are gathered with what is before them.
pub(super) const SMALL: usize = 32 << 10;
/// Bytes that a step reads at most, also if little or nothing comes of it (checksums in front, compression).
const WORK: usize = 2 << 20;
/// What a member counts as work, beside its bytes.
const MEMBER: usize = 4 << 10;

/// What an archive format has to do. Everything it writes gathers in a buffer until it is taken.
pub(super) trait Packer: Send + Sync {
    /// Adds a folder. `path`: with a slash at its end. Times are nanoseconds since 1970.
    fn folder(&mut self, path: &[u8], mtime_ns: i64) -> io::Result<()>;
    /// Adds a text that is no file.
    fn text(&mut self, path: &[u8], text: &[u8], mtime_ns: i64) -> io::Result<()>;
    /// Begins a file. `path`: safe names with `/` between them.
    fn begin(&mut self, path: Vec<u8>, file: OpenFile) -> io::Result<()>;
    /// Goes on with the file that was begun: reads at most 512 KiB of it.
    fn go_on(&mut self) -> io::Result<Progress>;
    /// Goes on with the archive's end; true when it is complete.
    fn end(&mut self) -> io::Result<bool>;
    /// Bytes that were written and not taken yet.
    fn waiting(&self) -> usize;
    /// Takes what was written since the last time: no piece of it is empty.
    fn take(&mut self) -> Vec<Bytes>;
}

/// How far a file has come.
pub(super) enum Progress {
    /// So many bytes were read; more are to come.
    Read(usize),
    /// It is in the archive as `path`, or what is missing is made up: then with the reason.
    Done { path: Vec<u8>, failure: Option<io::Error> },
}

/// What a step made.
pub(super) struct Step {
    /// The archive's next bytes, maybe none yet. No piece is empty.
    pub pieces: Vec<Bytes>,
    /// Whether they are its last.
    pub is_last: bool,
}

pub(super) struct Production {
    walk: Walk,
    packer: Box<dyn Packer>,
    at: Stage,
}

/// Where the production is.
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

    /// Makes about [`STEP`] bytes more of the archive. Blocks while it reads.
    ///
    /// # Errors
    /// The archive cannot be completed. Failures of single files are noted in it instead.
    pub fn step(&mut self) -> io::Result<Step> {
        let mut work = 0;
        while work < WORK && self.packer.waiting() < STEP {
            match self.at {
                Stage::Walk => work += self.next_member()?,
                Stage::File => match self.packer.go_on()? {
                    Progress::Read(bytes) => work += bytes,
                    Progress::Done { path, failure } => {
                        self.at = Stage::Walk;
                        if let Some(error) = failure {
                            self.walk.note(&path, b"", &error);
                        }
                    }
                },
                Stage::End => {
                    if self.packer.end()? {
                        return Ok(Step { pieces: self.packer.take(), is_last: true });
                    }
                }
            }
        }
        Ok(Step { pieces: self.packer.take(), is_last: false })
    }

    /// Begins what comes next in the walk. Returns how much work that was.
    fn next_member(&mut self) -> io::Result<usize> {
        match self.walk.next() {
            Some(Found::File { path, file }) => {
                self.packer.begin(path, file)?;
                self.at = Stage::File;
            }
            Some(Found::Folder { path, mtime_ns }) => self.packer.folder(&path, mtime_ns)?,
            Some(Found::Text { path, text, mtime_ns }) => self.packer.text(&path, &text, mtime_ns)?,
            None => self.at = Stage::End,
        }
        Ok(MEMBER)
    }
}

/// Appends bytes `at..at + most` of a file to `into`; zeros in place of those that cannot be had, and then the reason.
///
/// Always appends exactly `most` bytes, also when the file system gives fewer at a time: a zip says in advance into how
/// many blocks a file is cut.
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
