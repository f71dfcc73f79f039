//! The socket of a connection as russh sees it: counted, with a time limit for writes, and with an end that does not wait for
//! russh.

use crate::host::Host;
use futures_util::task::AtomicWaker;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// Ends the transport from another task.
#[derive(Clone, Default)]
pub(super) struct Cutter(Arc<Cut>);

#[derive(Default)]
struct Cut {
    is_cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Cutter {
    /// Makes every further read and write fail.
    pub fn cut(&self) {
        self.0.is_cut.store(true, SeqCst);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    fn check(&self, waker: &AtomicWaker, context: &Context<'_>) -> io::Result<()> {
        waker.register(context.waker());
        match self.0.is_cut.load(SeqCst) {
            true => Err(io::ErrorKind::ConnectionAborted.into()),
            false => Ok(()),
        }
    }
}

/// The socket of a connection.
pub(super) struct Transport {
    stream: TcpStream,
    host: Arc<dyn Host>,
    cutter: Cutter,
    stall_timeout: Duration,
    /// When a write that cannot go on ends the connection.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Transport {
    pub fn new(stream: TcpStream, host: Arc<dyn Host>, cutter: Cutter, stall_timeout: Duration) -> Self {
        Self { stream, host, cutter, stall_timeout, stalled: None }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cutter.check(&self.cutter.0.reader, context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.host.add_received((buffer.filled().len() - before) as u64);
        read
    }
}

impl AsyncWrite for Transport {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.cutter.check(&self.cutter.0.writer, context)?;
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Ready(written) => {
                self.stalled = None;
                if let Ok(count) = written {
                    self.host.add_sent(count as u64);
                }
                Poll::Ready(written)
            }
            Poll::Pending => {
                let deadline = Instant::now() + self.stall_timeout;
                let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
                match stalled.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
