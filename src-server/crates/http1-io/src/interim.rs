//! Interim responses (1xx), which hyper cannot send: a route queues one, and the guard writes it between the messages
//! that hyper writes.

use http::{HeaderMap, StatusCode};
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;

/// Longest head of an interim response that is sent.
const HEAD_MAX: usize = 4 << 10;

/// The interim response of the request that is being answered.
#[derive(Clone, Default)]
pub struct InterimSlot(Arc<Mutex<Vec<u8>>>);

impl InterimSlot {
    /// Queues a response. It is sent before the next bytes of the request's body are read, and not at all if the final
    /// response comes first.
    pub fn put(&self, status: StatusCode, headers: &HeaderMap) {
        let reason =
            status.canonical_reason().unwrap_or(if status == 104 { "Upload Resumption Supported" } else { "" });
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
        for (name, value) in headers {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        if status.is_informational() && head.len() <= HEAD_MAX {
            *self.lock() = head;
        }
    }

    fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Writes what is in the slot of a connection, at the places where a message may begin.
pub(crate) struct InterimWriter {
    slot: InterimSlot,
    /// The response that is being written, and how much of it was.
    head: Vec<u8>,
    written: usize,
    /// hyper has written nothing since it last had everything flushed: no message of it is cut here.
    is_between: bool,
}

impl InterimWriter {
    pub fn new() -> Self {
        Self { slot: InterimSlot::default(), head: Vec::new(), written: 0, is_between: true }
    }

    pub fn slot(&self) -> InterimSlot {
        self.slot.clone()
    }

    /// Notes that hyper has flushed all that it has to say.
    pub fn flushed(&mut self) {
        self.is_between = true;
    }

    /// Called before the body is read: writes the queued response if a message may begin here. Returns the bytes written.
    pub fn poll_send<S: AsyncWrite + Unpin>(&mut self, io: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.is_between && self.head.is_empty() {
            (self.head, self.written) = (self.slot.take(), 0);
        }
        if self.head.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let before = self.written;
        while self.written < self.head.len() {
            let written = ready!(Pin::new(&mut *io).poll_write(cx, &self.head[self.written..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
        ready!(Pin::new(&mut *io).poll_flush(cx))?;
        self.head = Vec::new();
        Poll::Ready(Ok(self.written - before))
    }

    /// Called before hyper writes: sends a response that may begin here or has begun, and drops another one.
    pub fn poll_before_write<S: AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let written = ready!(self.poll_send(io, cx))?;
        // It would be taken for an answer to the next request.
        drop(self.slot.take());
        self.is_between = false;
        Poll::Ready(Ok(written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::task::Waker;

    fn queue(slot: &InterimSlot) {
        let headers = HeaderMap::from_iter([(http::header::LOCATION, HeaderValue::from_static("/a"))]);
        slot.put(StatusCode::from_u16(104).expect("a status"), &headers);
    }

    const WRITTEN: &[u8] = b"HTTP/1.1 104 Upload Resumption Supported\r\nlocation: /a\r\n\r\n";

    #[test]
    fn nothing_is_written_into_a_message() {
        let (mut writer, mut io, mut cx) = (InterimWriter::new(), Vec::new(), Context::from_waker(Waker::noop()));
        assert!(writer.poll_before_write(&mut io, &mut cx).is_ready());
        io.extend_from_slice(b"half of ");
        queue(&writer.slot());
        assert!(writer.poll_send(&mut io, &mut cx).is_ready() && io == b"half of ");
        assert!(writer.poll_before_write(&mut io, &mut cx).is_ready());
        io.extend_from_slice(b"a message");
        writer.flushed();
        // It was for the request that has its answer now.
        assert!(writer.poll_send(&mut io, &mut cx).is_ready() && io == b"half of a message");
        queue(&writer.slot());
        assert!(writer.poll_send(&mut io, &mut cx).is_ready());
        assert!(writer.poll_send(&mut io, &mut cx).is_ready());
        assert_eq!(io, [b"half of a message", WRITTEN].concat());
    }

    #[test]
    fn a_response_that_the_socket_takes_in_parts_stays_whole() {
        let mut writer = InterimWriter::new();
        queue(&writer.slot());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("builds");
        let seen = runtime.block_on(async {
            let (mut near, mut far) = tokio::io::duplex(7);
            let reading = tokio::spawn(async move {
                let mut all = Vec::new();
                tokio::io::AsyncReadExt::read_to_end(&mut far, &mut all).await.expect("reads");
                all
            });
            std::future::poll_fn(|cx| writer.poll_before_write(&mut near, cx)).await.expect("writes");
            tokio::io::AsyncWriteExt::write_all(&mut near, b"final").await.expect("writes");
            drop(near);
            reading.await.expect("ends")
        });
        assert_eq!(seen, [WRITTEN, b"final"].concat());
    }

    #[test]
    fn only_interim_responses_are_queued() {
        let (mut writer, mut io, mut cx) = (InterimWriter::new(), Vec::new(), Context::from_waker(Waker::noop()));
        writer.slot().put(StatusCode::OK, &HeaderMap::new());
        let long = HeaderValue::from_bytes(&[b'a'; HEAD_MAX]).expect("a value");
        let headers = HeaderMap::from_iter([(http::header::LOCATION, long)]);
        writer.slot().put(StatusCode::from_u16(104).expect("a status"), &headers);
        assert!(writer.poll_send(&mut io, &mut cx).is_ready() && io.is_empty());
    }
}
