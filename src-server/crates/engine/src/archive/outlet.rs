//! Where the bytes of an archive leave its thread.

use crate::files::read::BodyStream;
use crate::files::transfer::Transfer;
use bytes::Bytes;
use futures_util::Stream;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use store::disk::OpenFile;
use tokio::sync::mpsc;

/// Bytes that are gathered before they travel.
const CHUNK: usize = 256 << 10;
/// Bytes of one read from a big file.
const BIG: usize = 512 << 10;
/// Chunks under way; with the sizes above at most 3 MiB.
const UNDER_WAY: usize = 6;

/// The thread's end. Dropped without [`Outlet::end`], the body ends with an error.
pub(super) struct Outlet {
    buffer: Vec<u8>,
    sender: mpsc::Sender<Bytes>,
}

/// How the contents of a file came out.
pub(super) enum Poured {
    Whole,
    /// It could not be read to its end; zeros stand for the rest.
    Padded(io::Error),
}

/// An empty chunk says that the archive is complete.
const COMPLETE: Bytes = Bytes::new();

pub(super) fn channel(transfer: Arc<Transfer>) -> (Outlet, BodyStream) {
    let (sender, receiver) = mpsc::channel(UNDER_WAY);
    let body = Body { receiver, transfer, is_over: false };
    (Outlet { buffer: Vec::with_capacity(CHUNK), sender }, Box::pin(body))
}

impl Outlet {
    /// Adds `size` bytes of a file, shows them to `each` on the way.
    ///
    /// # Errors
    /// The client has gone. Failures of the file are in the answer.
    pub fn pour(&mut self, file: &OpenFile, size: u64, mut each: impl FnMut(&[u8])) -> io::Result<Poured> {
        let mut at = 0;
        while at < size {
            let rest = size - at;
            let read = if rest >= CHUNK as u64 {
                self.flush_buffer()?;
                let mut big = Vec::with_capacity(rest.min(BIG as u64) as usize);
                let read = file.read_at(at, big.capacity(), &mut big);
                if read.is_ok() && !big.is_empty() {
                    each(&big);
                    self.send(big.into())?;
                }
                read
            } else {
                let start = self.buffer.len();
                let most = (CHUNK - start).min(rest as usize);
                let read = file.read_at(at, most, &mut self.buffer);
                each(&self.buffer[start..]);
                if self.buffer.len() >= CHUNK {
                    self.flush_buffer()?;
                }
                read
            };
            match read {
                Ok(0) => return self.pad(size - at, each, io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => at += read as u64,
                Err(error) => return self.pad(size - at, each, error),
            }
        }
        Ok(Poured::Whole)
    }

    fn pad(&mut self, mut rest: u64, mut each: impl FnMut(&[u8]), error: io::Error) -> io::Result<Poured> {
        let zeros = [0; 4096];
        while rest > 0 {
            let part = &zeros[..rest.min(zeros.len() as u64) as usize];
            each(part);
            io::Write::write_all(self, part)?;
            rest -= part.len() as u64;
        }
        Ok(Poured::Padded(error))
    }

    /// Says that the archive is complete.
    pub fn end(&mut self) -> io::Result<()> {
        self.flush_buffer()?;
        self.send(COMPLETE)
    }

    fn flush_buffer(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        self.send(full.into())
    }

    fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        self.sender.blocking_send(bytes).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl io::Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let part = &bytes[..bytes.len().min(CHUNK - self.buffer.len())];
        self.buffer.extend_from_slice(part);
        if self.buffer.len() >= CHUNK {
            self.flush_buffer()?;
        }
        Ok(part.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Body {
    receiver: mpsc::Receiver<Bytes>,
    transfer: Arc<Transfer>,
    is_over: bool,
}

impl Stream for Body {
    type Item = io::Result<Bytes>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        ready!(self.transfer.poll_held(cx));
        let answer = match ready!(self.receiver.poll_recv(cx)) {
            Some(bytes) if bytes.is_empty() => None,
            Some(bytes) => Some(self.transfer.count(bytes.len() as u64).map(|()| bytes)),
            None => Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive could not be completed"))),
        };
        if !matches!(answer, Some(Ok(_))) {
            self.is_over = true;
            self.receiver.close();
        }
        Poll::Ready(answer)
    }
}
