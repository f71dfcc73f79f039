//! Linux: a pipe holds pages, not copies of them. What a socket has received goes into it, and from it into a file, with
//! one copy instead of two (splice(2)).

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// Neither end waits.
#[derive(Debug)]
pub(crate) struct Pipe {
    end: OwnedFd,
    start: OwnedFd,
}

impl Pipe {
    /// `size`: bytes that it holds if they come in whole pages; it may be less.
    pub fn new(size: usize) -> io::Result<Self> {
        let (end, start) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // Who has many pipes already, and is not root, is refused (pipe(7), "pipe-user-pages-soft").
        rustix::pipe::fcntl_setpipe_size(&start, size)?;
        Ok(Self { end, start })
    }

    /// Takes what the socket has; 0: no more will come. `WouldBlock`: it has nothing now, or there is no room.
    pub fn fill_from(&self, socket: &OwnedFd, most: usize) -> io::Result<usize> {
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        Ok(rustix::pipe::splice(socket, None, &self.start, None, most, flags)?)
    }

    /// Writes into the file what comes next. `None`: this file takes nothing from pipes.
    pub fn drain_to(&self, file: &File, at: u64, most: usize) -> Option<io::Result<usize>> {
        let mut at = at;
        match rustix::pipe::splice(&self.end, None, file, Some(&mut at), most, SpliceFlags::MOVE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => None,
            answer => Some(answer.map_err(io::Error::from)),
        }
    }

    /// Copies what comes next.
    pub fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(&self.end, into)?)
    }
}
