//! A Linux pipe for splice(2). It holds references to pages, so data moves from a socket into a file with one copy
//! instead of two.

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// A pipe with two non-blocking ends.
#[derive(Debug)]
pub(crate) struct Pipe {
    read_end: OwnedFd,
    write_end: OwnedFd,
}

impl Pipe {
    /// Creates a pipe. `size`: its capacity in bytes if it is filled with whole pages; it may be less otherwise.
    pub fn new(size: usize) -> io::Result<Self> {
        let (read_end, write_end) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // Fails for unprivileged users who have many pipes already (pipe(7), "pipe-user-pages-soft").
        rustix::pipe::fcntl_setpipe_size(&write_end, size)?;
        Ok(Self { read_end, write_end })
    }

    /// Moves data from the socket into the pipe; 0 at the end of the stream. `WouldBlock`: the socket has no data, or
    /// the pipe is full.
    pub fn fill_from(&self, socket: &OwnedFd, most: usize) -> io::Result<usize> {
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        Ok(rustix::pipe::splice(socket, None, &self.write_end, None, most, flags)?)
    }

    /// Moves data from the pipe into the file. `None`: this file does not support splicing.
    pub fn drain_to(&self, file: &File, at: u64, most: usize) -> Option<io::Result<usize>> {
        let mut at = at;
        match rustix::pipe::splice(&self.read_end, None, file, Some(&mut at), most, SpliceFlags::MOVE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => None,
            answer => Some(answer.map_err(io::Error::from)),
        }
    }

    /// Copies data out of the pipe.
    pub fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(&self.read_end, into)?)
    }
}
