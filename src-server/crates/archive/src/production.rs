//! Produces an archive step by step.

use super::compressor::Compressor;
use super::packer::{Packer, Progress};
use super::request::Format;
use super::tar::Tar;
use super::walk::{Found, Walk};
use super::zip::Zip;
use bytes::Bytes;
use std::io;
use std::path::Path;

/// Approximate output of a step: it ends when it has this many bytes.
const STEP_OUTPUT: usize = 256 << 10;
/// Most bytes read in a step, even if they give little or no output (checksum passes, compression).
const STEP_READ_MAX: usize = 2 << 20;
/// Cost of a member besides its bytes.
const MEMBER_COST: usize = 4 << 10;

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
